"""Articles and predictions check themselves when they are built."""

import json
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sukien.schema import Article, Entity, Event, Prediction, Sentence, event_from_dict

TEXT = "Mỹ cảnh báo Nga. Nga đáp trả."
SENTENCES = (Sentence(0, 16), Sentence(17, 29))
US, RUSSIA = Entity(0, 2, "Mỹ", "GPE"), Entity(12, 15, "Nga", "GPE")
WARNS = Event(3, 11, "cảnh báo", "THREATEN", "asserted", (0,), (1,))
ANSWERS = Event(21, 28, "đáp trả", "THREATEN")


def _build(kind: type[Article] | type[Prediction], **changed: Any) -> Article | Prediction:
    values: dict[str, Any] = {
        "id": "a", "text": TEXT, "sentences": SENTENCES, "entities": (US, RUSSIA), "events": (WARNS, ANSWERS),
    }  # fmt: skip
    return kind(**{**values, **changed})


def test_an_article_knows_its_types() -> None:
    article = _build(Article, events=(WARNS, replace(ANSWERS, label="ACCUSE")))
    assert isinstance(article, Article)
    assert article.event_types() == ("ACCUSE", "THREATEN")
    with pytest.raises(FrozenInstanceError):
        article.text = ""  # type: ignore[misc]


@pytest.mark.parametrize("kind", [Article, Prediction])
@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"entities": (US, Entity(1, 2, "ỹ", "PER"))}, "out of order, overlapping"),
        ({"entities": (RUSSIA, US)}, "out of order"),
        ({"entities": (Entity(2, 2, "", "PER"),), "events": ()}, "is empty"),
        ({"entities": (Entity(-2, 2, "", "PER"),), "events": ()}, "out of order"),
        ({"entities": (US, Entity(25, 40, "trả.", "PER"))}, "beyond 29 characters"),
        ({"entities": (US, replace(RUSSIA, text="nga"))}, r"is not text\[start:end\] = 'Nga'"),
        ({"entities": (US, Entity(12, 20, "Nga. Nga", "PER"))}, "lies in no sentence"),
        ({"entities": (US, Entity(15, 17, ". ", "PER"))}, "lies in no sentence"),
        ({"sentences": (SENTENCES[1],)}, "lies in no sentence"),
        ({"events": (WARNS, replace(WARNS, start=4, text="ảnh báo"))}, "events: .* overlapping"),
        ({"events": (replace(WARNS, actors=(2,)),)}, "names entity 2 of 2"),
        ({"events": (replace(WARNS, recipients=(-1,)),)}, "names entity -1 of 2"),
        ({"entities": ()}, "names entity 0 of 0"),
    ],
)
def test_spans_that_cannot_be(kind: type[Article] | type[Prediction], changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        _build(kind, **changed)


@pytest.mark.parametrize(
    "sentences",
    [(Sentence(0, 17), Sentence(16, 29)), (SENTENCES[1], SENTENCES[0]), (Sentence(0, 30),), (Sentence(3, 3),)],
)
def test_sentences_that_cannot_be(sentences: tuple[Sentence, ...]) -> None:
    with pytest.raises(ValueError, match="article a, sentences"):
        Article("a", TEXT, sentences)


def test_layers_may_overlap_each_other_but_not_themselves() -> None:
    assert _build(Article, events=(replace(WARNS, start=0, text=TEXT[:11]),))


def _prediction(scores: list[float]) -> Prediction:
    return Prediction(
        "bài 1", TEXT,
        (replace(US, score=scores[0]), replace(RUSSIA, score=scores[1])),
        (replace(WARNS, score=scores[2]), ANSWERS),
        {"THREATEN": scores[3]}, SENTENCES, 2,
    )  # fmt: skip


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_prediction_survives_json(scores: list[float]) -> None:
    prediction = _prediction(scores)
    row = json.loads(json.dumps(prediction.to_dict(), ensure_ascii=False))
    assert list(row) == ["id", "text", "entities", "events", "event_types", "sentences", "n_windows"]
    assert Prediction.from_dict(row) == prediction


def test_a_row_that_was_changed_is_refused() -> None:
    row = _prediction([1.0] * 4).to_dict()
    row["text"] = row["text"].replace("Mỹ", "My~")
    with pytest.raises(ValueError, match="prediction bài 1, entities"):
        Prediction.from_dict(row)
    with pytest.raises(TypeError, match="colour"):
        event_from_dict({"start": 0, "end": 2, "text": "Mỹ", "label": "AID", "colour": "red"})


def test_participants_may_be_missing_or_null() -> None:
    bare = {"start": 0, "end": 2, "text": "Mỹ", "label": "AID"}
    assert event_from_dict(bare) == event_from_dict({**bare, "actors": None}) == Event(0, 2, "Mỹ", "AID")
