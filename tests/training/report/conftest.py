"""Articles by hand, and one measured report that the tests of its forms share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sukien.data.inline import read_inline
from sukien.models.tagging import ArticleTagger
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Prediction, Sentence

TEXT = "aa bb cc dd. ee ff gg hh."
SENTENCES = (Sentence(0, 12), Sentence(13, 25))
HOSTILE = "Ông <script>alert(1)</script> \"Tú\" & bà <b onclick='x'>Hoà</b> đàm phán ở Huế. ]]> &amp; --> </style>"


class Made(NamedTuple):
    """Makers of labelled articles and predictions over one text."""

    article: Callable[..., Article]
    prediction: Callable[..., Prediction]


def _span(start: int, end: int, label: str, score: float | None = None, modality: str | None = None) -> Entity | Event:
    if label in ("AID", "CONSULT"):
        return Event(start, end, TEXT[start:end], label, modality=modality, score=score)
    return Entity(start, end, TEXT[start:end], label, score=score)


def _split(spans: tuple[Any, ...]) -> tuple[tuple[Entity, ...], tuple[Event, ...]]:
    made = [_span(*span) for span in spans]
    return tuple(s for s in made if isinstance(s, Entity)), tuple(s for s in made if isinstance(s, Event))


@pytest.fixture(scope="session")
def make() -> Made:
    """`make.article((0, 2, "PER"))`, `make.prediction((0, 2, "PER", 0.9))`: AID and CONSULT are triggers."""

    def article(*spans: Any, id: str = "a", source: str = "", sentences: Any = SENTENCES) -> Article:
        return Article(id, TEXT, sentences, *_split(spans), source=source)

    def prediction(*spans: Any, id: str = "a") -> Prediction:
        return Prediction(id, TEXT, *_split(spans))

    return Made(article, prediction)


@pytest.fixture(scope="session")
def labels() -> LabelSet:
    return LabelSet(("PER", "GPE"), ("AID", "CONSULT"))


@pytest.fixture(scope="session")
def tagger(make_tagger: Callable[[], tuple[Any, Any]]) -> ArticleTagger:
    """A random tagger that was calibrated."""
    model, tokenizer = make_tagger()
    model.config.temperatures = {"entities": 2.0, "triggers": 0.5}
    model.config.thresholds = {"entities": {"PER": 0.5}, "triggers": {}}
    return ArticleTagger(model, tokenizer)


@pytest.fixture(scope="session")
def hostile() -> Article:
    """An article whose text would be markup if it were not escaped."""
    start, act = HOSTILE.index("<script>"), HOSTILE.index("đàm phán")
    end = HOSTILE.index(' "Tú')
    return Article(
        "<img src=x onerror=alert(1)>",
        HOSTILE,
        (Sentence(0, len(HOSTILE)),),
        (Entity(start, end, HOSTILE[start:end], "PER"),),
        (Event(act, act + 8, "đàm phán", "CONSULT", modality="asserted"),),
        source="<i>báo</i>",
        date="2023-05-01",
    )


@pytest.fixture(scope="session")
def scores(root: Path, tagger: ArticleTagger, hostile: Article) -> dict[str, Any]:
    """What `measure` says of the random tagger on a few articles, with training text beside."""
    from sukien.training.report.measure import measure
    from sukien.training.report.request import Request

    authored = read_inline(root / "data/labels/authored-a3.txt", LabelSet())
    request = Request("tiny <model>", "data/<built>", "test", n_bootstrap=60)
    return measure(request, tagger, [hostile, *authored[2:]], authored[:2])[0]
