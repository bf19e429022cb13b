"""Articles through a network: offsets, windows, batches."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sukien.models.network import IGNORED, SukienModel
from sukien.models.tagging import ArticleTagger, type_probabilities
from sukien.schema import Article, Event, Prediction, Sentence
from sukien.text.article import article_sentences

TEXTS = [
    "Tổng thống Mỹ Joe Biden điện đàm với ông Putin ngày 12/2. Nga bác bỏ cáo buộc.",
    "Hội nghị khai mạc tại Hà Nội.\n\nCác bên nhất trí ngừng bắn.",
]


def _article(text: str, id: str = "a") -> Article:
    return Article(id=id, text=text, sentences=article_sentences(text))


@pytest.fixture(scope="module")
def tagger(make_tagger: Callable[[], tuple[Any, Any]]) -> ArticleTagger:
    return ArticleTagger(*make_tagger())


def _same(left: Sequence[Prediction], right: Sequence[Prediction]) -> bool:
    """Equal but for the last digits of scores, which the padding of a batch may move."""
    return [_shape(one) for one in left] == [_shape(one) for one in right]


def _shape(prediction: Prediction) -> list[object]:
    spans = [*prediction.entities, *prediction.events]
    return [(span.start, span.end, span.label, round(span.score or 0, 3)) for span in spans]


def test_spans_equal_the_text_and_scores_are_probabilities(tagger: ArticleTagger) -> None:
    [prediction] = tagger.tag([_article(TEXTS[0])])
    assert prediction.entities
    assert prediction.events
    for span in [*prediction.entities, *prediction.events]:
        assert prediction.text[span.start : span.end] == span.text
        assert span.score is not None
        assert 0.0 < span.score <= 1.0
    assert all(0.0 < score <= 1.0 for score in prediction.event_types.values())


def test_a_batch_gives_what_one_at_a_time_gives(tagger: ArticleTagger) -> None:
    articles = [_article(text, str(index)) for index, text in enumerate([*TEXTS, "!!", "", TEXTS[0] * 20])]
    together = list(tagger.tag(articles))
    assert [prediction.id for prediction in together] == ["0", "1", "2", "3", "4"]
    assert _same(together, [next(tagger.tag([article])) for article in articles])


def test_a_long_article_is_read_in_windows_and_nothing_is_dropped(tagger: ArticleTagger) -> None:
    [prediction] = tagger.tag([_article("\n".join(TEXTS) * 30)])
    assert prediction.n_windows > 10
    assert prediction.entities[-1].start > len(prediction.text) * 0.95


def test_a_sentence_without_end_is_tagged_to_its_last_word(tagger: ArticleTagger) -> None:
    text = "Tổng thống Mỹ điện đàm với ông Putin và " * 200
    [prediction] = tagger.tag([Article(id="a", text=text, sentences=(Sentence(0, len(text.rstrip())),))])
    assert prediction.entities[-1].start > len(text) * 0.95


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=80))
def test_any_text_gives_exact_offsets(tagger: ArticleTagger, text: str) -> None:
    # Prediction itself refuses a span that differs from the text.
    [prediction] = tagger.tag([_article(text)])
    assert prediction.text == text


def test_text_without_letters_has_no_result(tagger: ArticleTagger) -> None:
    [prediction] = tagger.tag([_article("... !!! \n")])
    assert (prediction.entities, prediction.events, prediction.n_windows) == ((), (), 0)


def test_loss_ignores_words_that_nobody_labelled(tagger: ArticleTagger) -> None:
    model: SukienModel = tagger.model
    ids = torch.tensor([[0, 7, 8, 9, 2]])
    places = torch.tensor([[1, 2, 3]])
    ignored = torch.full((1, 3), IGNORED)
    assert model(ids, word_pieces=places, entities=ignored).loss == 0.0
    one = torch.tensor([[3, IGNORED, IGNORED]])
    logits = model(ids, word_pieces=places).head_logits["entities"]
    expected = torch.nn.functional.cross_entropy(logits[0, :1], torch.tensor([3]))
    assert torch.allclose(model(ids, word_pieces=places, entities=one).loss, expected)


def test_type_probabilities_join_the_mentions() -> None:
    events = [
        Event(0, 1, "a", "AID", score=0.5),
        Event(2, 3, "b", "AID", score=0.5),
        Event(4, 5, "c", "ACCUSE", score=0.9),
    ]
    assert type_probabilities(events) == {"ACCUSE": 0.9, "AID": 0.75}
