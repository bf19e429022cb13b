"""Offsets of predictions, and labelled spans that are out of reach."""

from __future__ import annotations

from dataclasses import replace

from sukien.models.inputs import PreparedArticle, Reader
from sukien.models.tagging import ArticleTagger
from sukien.schema import Article, Entity, Prediction, Sentence
from sukien.training.report.offsets import describe_offsets

TEXT = "Ông Tú ở Huế. " * 12


def article(*spans: tuple[int, int]) -> Article:
    entities = tuple(Entity(a, b, TEXT[a:b], "PER") for a, b in spans)
    return Article("a", TEXT, (Sentence(0, len(TEXT) - 1),), entities)


def test_spans_that_a_word_cuts(tagger: ArticleTagger) -> None:
    gold = article((0, 6), (9, 11), (18, 20))
    found = describe_offsets([gold], [Prediction("a", TEXT, gold.entities, ())], tagger.reader)
    assert (found["n_predicted"], found["n_exact"], found["n_gold"]) == (3, 3, 3)
    assert (found["n_cut"], found["cut"]) == (1, ["Hu"])
    assert (found["n_unread"], found["n_inside"]) == (0, 0)


def test_a_prediction_of_another_text_is_not_exact(tagger: ArticleTagger) -> None:
    moved = Prediction("a", "x" + TEXT, (Entity(1, 7, TEXT[0:6], "PER"),), ())
    found = describe_offsets([article()], [moved], tagger.reader)
    assert (found["n_predicted"], found["n_exact"]) == (1, 0)


def test_spans_in_no_window_and_in_segmented_words(tagger: ArticleTagger) -> None:
    class Poor(Reader):
        """Loses the last window, and joins the second syllable to the first."""

        def read(self, articles: object) -> list[PreparedArticle]:
            [one] = super().read(articles)  # type: ignore[arg-type]
            assert len(one.windows) > 1
            return [replace(one, windows=one.windows[:1], joined=[place == 1 for place in range(len(one.joined))])]

    reader = Poor(tagger.reader._tokenizer, 40, 12)
    last = len(TEXT) - 5
    found = describe_offsets([article((4, 6), (last, last + 3))], [Prediction("a", TEXT, (), ())], reader)
    assert (found["n_cut"], found["n_unread"], found["n_inside"]) == (0, 1, 1)
    assert (found["n_predicted"], found["n_exact"]) == (0, 0)
