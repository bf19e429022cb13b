"""The tagger that users call. Its heads are random here: what they find is nonsense, but its place must be exact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import regex
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sukien
from sukien.errors import ModelError
from sukien.inference.tagger import Tagger
from sukien.models import tagging
from sukien.models.network import SukienConfig, SukienModel
from sukien.models.pretrained import load_encoder, save_tagger
from sukien.schema import Article, Prediction

TEXTS = [
    "Ông Joe Biden điện đàm với ông Putin ngày 12/2. Nga cáo buộc Mỹ đe doạ.",
    "Canberra đi xa nhất: sứ quán đóng cửa lúc 17h.\n\nHàn Quốc chưa rút đại sứ. " * 20,
    "Hà Nội.",
    "123 --- !!!",
    "",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Path:
    encoder, tokenizer = load_encoder(str(tiny_encoder))
    torch.manual_seed(3)
    config = SukienConfig(
        encoder=encoder.config.to_dict(), entity_types=["PER", "GPE"], event_types=["AID"], window=64, overlap=16
    )
    model = SukienModel(config, encoder)
    save_tagger(tmp_path_factory.mktemp("random") / "model", model, tokenizer, "")
    return tmp_path_factory.getbasetemp() / "random0/model"


@pytest.fixture(scope="module")
def tagger(folder: Path) -> Tagger:
    return Tagger.from_pretrained(str(folder))


def _rounded(prediction: Prediction) -> dict[str, object]:
    """Without the last digits of the scores, which depend on what else is in the batch."""
    row = prediction.to_dict()
    for span in row["entities"] + row["events"]:
        span["score"] = round(span["score"], 2)
    row["event_types"] = {label: round(value, 2) for label, value in row["event_types"].items()}
    return row


def test_the_package_gives_the_tagger() -> None:
    assert sukien.Tagger is Tagger
    assert set(sukien.__all__) <= {*dir(sukien), "Tagger"}
    with pytest.raises(AttributeError, match="no attribute 'Taggr'"):
        sukien.Taggr  # noqa: B018


def test_labels_come_from_the_model_folder(folder: Path, tagger: Tagger) -> None:
    assert (tagger.entity_types, tagger.event_types) == (["PER", "GPE"], ["AID"])
    with pytest.raises(ModelError, match="no such folder"):
        Tagger.from_pretrained(str(folder / "none"))
    assert Tagger.from_pretrained(folder, device="cpu")(TEXTS[0]) == tagger(TEXTS[0])  # type: ignore[arg-type]


def test_one_article(tagger: Tagger) -> None:
    prediction = tagger(TEXTS[1], id="a")
    assert (prediction.id, prediction.text) == ("a", TEXTS[1])
    assert prediction.n_windows > 1
    assert prediction.entities, "the random heads found nothing, so the test says nothing"
    assert prediction.events
    assert prediction.sentences[-1].end == len(TEXTS[1].rstrip())
    for span in (*prediction.entities, *prediction.events):
        assert TEXTS[1][span.start : span.end] == span.text
        assert span.score is not None
        assert 0 < span.score <= 1
    assert set(prediction.event_types) == {event.label for event in prediction.events}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_has_exact_spans(tagger: Tagger, text: str) -> None:
    prediction = tagger(text)  # spans are checked at construction
    assert prediction.text == text
    if not regex.search(r"\p{L}", text):  # str.isalpha knows fewer letters: its Unicode is that of Python's version
        assert (prediction.entities, prediction.events, prediction.event_types) == ((), (), {})


def test_a_batch_is_its_calls(tagger: Tagger) -> None:
    together = tagger.batch(TEXTS)
    alone = [tagger(text, id=str(place)) for place, text in enumerate(TEXTS)]
    assert [_rounded(one) for one in together] == [_rounded(one) for one in alone]
    assert [prediction.id for prediction in together] == ["0", "1", "2", "3", "4"]
    assert tagger.batch([]) == []
    assert tagger.batch(iter(TEXTS)) == together


def test_a_stream_reads_no_more_than_a_few_articles_ahead(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagging, "CHUNK_CHARACTERS", 200)
    taken: list[str] = []

    def articles() -> Iterator[tuple[str, str]]:
        for place in range(1000):
            taken.append(str(place))
            yield str(place), TEXTS[0]

    stream = tagger.stream(articles())
    assert not taken
    assert [next(stream).id for _ in range(5)] == taken[:5]
    assert len(taken) < 10


def test_sentences_that_are_known_are_kept(tagger: Tagger) -> None:
    article = Article("a", TEXTS[0], (sukien.Sentence(0, 13),))
    (prediction,) = tagger.tag([article])
    assert prediction.sentences == article.sentences
    assert all(span.end <= 13 for span in (*prediction.entities, *prediction.events))


@pytest.mark.parametrize("wrong", [None, 3, b"Nga", ["Nga"]])
def test_what_is_no_text(tagger: Tagger, wrong: object) -> None:
    with pytest.raises(TypeError, match=f"the text of an article is a str, found {type(wrong).__name__}"):
        tagger(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the text of an article is a str"):
        tagger.batch([wrong])  # type: ignore[list-item]


def test_one_text_is_no_batch(tagger: Tagger) -> None:
    with pytest.raises(TypeError, match="batch takes a list of texts; call the tagger itself for one text"):
        tagger.batch(TEXTS[0])


def test_the_shipped_tagger_reads_news() -> None:
    text = "Tổng thống Mỹ Joe Biden ngày 12/2 điện đàm với ông Vladimir Putin, Nhà Trắng cho biết."
    prediction = Tagger.from_pretrained()(text)
    found = {(entity.text, entity.label) for entity in prediction.entities}
    assert {("Mỹ", "GPE"), ("Joe Biden", "PER"), ("ngày 12/2", "TIME"), ("Vladimir Putin", "PER")} <= found
    assert [(event.text, event.label) for event in prediction.events] == [("điện đàm", "CONSULT")]
    assert prediction.event_types["CONSULT"] > 0.9
    assert text.index("điện đàm") == prediction.events[0].start
