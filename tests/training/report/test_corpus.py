"""Overlap with training text, counted by hand."""

from __future__ import annotations

import unicodedata

from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Sentence
from sukien.training.report.corpus import describe_corpus

LONG = "Hai nước ký thỏa thuận hợp tác về an ninh biển tại Hà Nội hôm qua"
NEAR = "Hai nước ký thỏa thuận hợp tác về an ninh biển tại Hà Nội sáng nay"
OTHER = "Người dân thành phố phản đối kế hoạch xây thêm bãi rác ở ngoại ô"


def article(id: str, *texts: str, source: str = "", date: str | None = None) -> Article:
    """One sentence each; its first two letters are a PER, the rest an event."""
    text = "\n".join(texts)
    places, start = [], 0
    for one in texts:
        places.append((start, start + len(one)))
        start += len(one) + 1
    return Article(
        id,
        text,
        tuple(Sentence(*place) for place in places),
        tuple(Entity(a, a + 3, text[a : a + 3], "PER") for a, _ in places),
        tuple(Event(a + 4, b, text[a + 4 : b], "AID") for a, b in places),
        source,
        date,
    )


LABELS = LabelSet(("PER", "GPE"), ("AID",))


def test_exact_and_near_sentences_and_known_surfaces() -> None:
    train = [article("t", unicodedata.normalize("NFD", LONG), "Bà ấy nói"), article("u", "Thế thôi")]
    scored = [
        article("a", LONG.replace(" ", "  ", 1), "Bà ấy nói"),
        article("b", NEAR, OTHER),
        article("c", "Thế thôi"),
    ]
    overlap = describe_corpus(scored, train, LABELS)["overlap"]
    assert (overlap["n_train_articles"], overlap["n_train_sentences"]) == (2, 3)
    assert overlap["n_same_text"] == 1
    assert overlap["n_exact"] == 3
    assert overlap["n_near"] == 1
    assert overlap["n_comparable"] == 2  # not the exact copy
    assert overlap["entities"] == {"n_spans": 5, "n_seen": 4}  # "Hai" twice, "Bà ", "Thế"; not "Ngư"
    assert overlap["triggers"]["n_spans"] == 5


def test_near_sentences_within_one_side_do_not_count() -> None:
    overlap = describe_corpus([article("a", LONG), article("b", NEAR)], [article("t", OTHER)], LABELS)["overlap"]
    assert (overlap["n_exact"], overlap["n_near"]) == (0, 0)


def test_comparable_sentences_have_words_and_not_only_signs() -> None:
    """Dashes are no words; tone marks of their own (NFD) part none."""
    dashes, short = "Hai – ba – bốn – năm – sáu – bảy", unicodedata.normalize("NFD", "Bảy tiếng ở đây mà thôi nhé")
    overlap = describe_corpus([article("a", dashes, short, OTHER)], [article("t", LONG)], LABELS)["overlap"]
    assert overlap["n_comparable"] == 1


def test_counts_period_and_outlets() -> None:
    scored = [
        article("a", LONG, source="VOV", date="2023-02-03"),
        article("b", OTHER, "Thế thôi", source="VOV", date="2022-12-31"),
        Article("c", "Không có gì.", (Sentence(0, 12),)),
    ]
    found = describe_corpus(scored, [], LABELS)
    assert (found["n_articles"], found["n_sentences"], found["n_labelled_sentences"]) == (3, 4, 3)
    assert (found["n_dated"], found["first_date"], found["last_date"]) == (2, "2022-12-31", "2023-02-03")
    assert found["sources"] == {
        "not stated": {"n_articles": 1, "n_sentences": 1},
        "VOV": {"n_articles": 2, "n_sentences": 3},
    }
    assert found["entity_types"] == {"PER": 3, "GPE": 0}
    assert found["overlap"] is None
