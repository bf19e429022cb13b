from __future__ import annotations

import re
import unicodedata

import pytest

from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Sentence
from sukien.training.lexicon import Lexicon

LABELS = LabelSet(("PER", "GPE", "ORG"), ("AID", "CONSULT"))


def article(*marked: str) -> Article:
    """Sentences with `[words|ENTITY]` and `{words|EVENT}`."""
    text, sentences, entities, events = "", [], [], []
    for sentence in marked:
        start = len(text)
        for piece in re.split(r"(\[[^]]*\]|\{[^}]*\})", sentence):
            surface, _, label = piece[1:-1].partition("|")
            place = len(text)
            if piece.startswith("["):
                entities.append(Entity(place, place + len(surface), surface, label))
            elif piece.startswith("{"):
                events.append(Event(place, place + len(surface), surface, label))
            text += surface if piece.startswith(("[", "{")) else piece
        sentences.append(Sentence(start, len(text)))
        text += "\n"
    return Article("a", text, tuple(sentences), tuple(entities), tuple(events))


def entities_of(lexicon: Lexicon, *marked: str) -> list[tuple[str, str, float | None]]:
    return [(found.text, found.label, found.score) for found in lexicon.predict(article(*marked)).entities]


def test_longest_match_from_the_left() -> None:
    lexicon = Lexicon.fit([article("[Mỹ|GPE] và [Bộ Ngoại giao Mỹ|ORG] ở [Mỹ|GPE]")], LABELS)
    # Mỹ inside the longer span is no counter-evidence.
    assert entities_of(lexicon, "Bộ Ngoại giao Mỹ, Mỹ Mỹ, mỹ") == [
        ("Bộ Ngoại giao Mỹ", "ORG", 1.0),
        ("Mỹ", "GPE", 1.0),
        ("Mỹ", "GPE", 1.0),
    ]


@pytest.mark.parametrize(("n_unlabelled", "expected"), [(2, [("Nga", "GPE", 0.5)]), (3, [])])
def test_kept_if_labelled_at_least_as_often_as_not(n_unlabelled: int, expected: list[object]) -> None:
    training = article("[Nga|GPE] [Nga|GPE]", *["Nga"] * n_unlabelled)
    assert entities_of(Lexicon.fit([training], LABELS), "Nga") == expected


def test_most_frequent_label_with_its_share() -> None:
    lexicon = Lexicon.fit([article("[Kim|PER] [Kim|PER] [Kim|ORG] Kim")], LABELS)
    assert entities_of(lexicon, "ông Kim") == [("Kim", "PER", 0.5)]


def test_matches_never_cross_sentences_and_stay_inside_them() -> None:
    lexicon = Lexicon.fit([article("[Joe Biden|PER]")], LABELS)
    assert entities_of(lexicon, "Joe", "Biden") == []
    outside = Article("a", "Joe Biden. Joe Biden", (Sentence(0, 10),))
    assert [found.start for found in lexicon.predict(outside).entities] == [0]


def test_event_types_have_the_probability_of_at_least_one_trigger() -> None:
    lexicon = Lexicon.fit([article("{gặp|CONSULT} gặp", "{thăm|CONSULT}, {cho|AID} cho")], LABELS)
    found = lexicon.predict(article("gặp rồi lại gặp, cho"))
    assert [(event.text, event.score) for event in found.events] == [("gặp", 0.5), ("gặp", 0.5), ("cho", 0.5)]
    assert found.event_types == pytest.approx({"AID": 0.5, "CONSULT": 0.75})


def test_decomposed_text_is_matched_and_keeps_its_offsets() -> None:
    lexicon = Lexicon.fit([article("[Hà Nội|GPE]")], LABELS)
    text = unicodedata.normalize("NFD", "ở Hà Nội")
    found = lexicon.predict(Article("a", text, (Sentence(0, len(text)),))).entities
    assert [entity.text for entity in found] == [unicodedata.normalize("NFD", "Hà Nội")]


def test_other_labels_and_spans_inside_words_are_passed_over() -> None:
    inside = Article("b", "Ngaa", (Sentence(0, 4),), (Entity(0, 3, "Nga", "GPE"),))
    assert Lexicon.fit([article("[Nga|MISC]"), inside], LABELS) == Lexicon({}, {})


def test_no_training_data_tags_nothing() -> None:
    found = Lexicon.fit([], LABELS).predict(article("Nga"))
    assert (found.entities, found.events, found.event_types) == ((), (), {})
