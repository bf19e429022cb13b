"""Hand-computed scores of every layer, and agreement with seqeval, nervaluate and scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nervaluate.evaluator import Evaluator
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2
from sklearn.metrics import precision_recall_fscore_support as multilabel_scores

from sukien.errors import DataError
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Prediction, Sentence
from sukien.text.bio import encode_bio
from sukien.training.scoring import compare, compare_runs, score

LABELS = LabelSet(("PER", "GPE"), ("AID", "CONSULT", "ASSAULT"))
TEXT = "aa bb cc dd. ee ff gg hh."
SENTENCES = (Sentence(0, 12), Sentence(13, 25))


def entity(start: int, end: int, label: str) -> Entity:
    return Entity(start, end, TEXT[start:end], label)


def event(start: int, end: int, label: str) -> Event:
    return Event(start, end, TEXT[start:end], label)


def article(*spans: Entity | Event, id: str = "a", sentences: tuple[Sentence, ...] = SENTENCES) -> Article:
    return Article(
        id,
        TEXT,
        sentences,
        tuple(span for span in spans if isinstance(span, Entity)),
        tuple(span for span in spans if isinstance(span, Event)),
    )


def prediction(*spans: Entity | Event, id: str = "a", text: str = TEXT) -> Prediction:
    return Prediction(
        id,
        text,
        tuple(span for span in spans if isinstance(span, Entity)),
        tuple(span for span in spans if isinstance(span, Event)),
    )


def test_entities_by_hand() -> None:
    gold = article(entity(0, 2, "PER"), entity(3, 5, "GPE"), entity(13, 15, "GPE"))
    found = prediction(entity(0, 2, "PER"), entity(3, 8, "GPE"), entity(13, 15, "PER"), entity(16, 18, "GPE"))
    layer = score([gold], [found], LABELS)["entities"]
    # One of four predicted and of three gold is right: a longer span and another type are both wrong.
    assert layer["micro"] == pytest.approx(
        {"precision": 1 / 4, "recall": 1 / 3, "f1": 2 / 7, "support": 3, "predicted": 4, "interval": None}
    )
    assert layer["types"]["PER"]["f1"] == pytest.approx(2 / 3)
    assert layer["types"]["GPE"]["f1"] == 0.0
    assert layer["macro"] == {"f1": pytest.approx(1 / 3), "interval": None, "n_types": 2}


def test_event_layers_by_hand() -> None:
    gold = article(event(0, 2, "AID"), event(3, 5, "AID"), event(6, 8, "CONSULT"), event(13, 15, "AID"))
    found = prediction(event(0, 2, "AID"), event(3, 5, "CONSULT"), event(16, 18, "ASSAULT"))
    scores = score([gold], [found], LABELS)
    assert (scores["triggers"]["micro"]["precision"], scores["triggers"]["micro"]["recall"]) == (1 / 3, 1 / 4)
    # Sentence 1: {AID, CONSULT} both found, whatever the triggers; sentence 2: {AID} against {ASSAULT}.
    sentence = scores["sentence_event_types"]
    assert (sentence["micro"]["precision"], sentence["micro"]["recall"]) == (2 / 3, 2 / 3)
    assert sentence["types"]["AID"]["f1"] == pytest.approx(2 / 3)
    assert sentence["types"]["CONSULT"]["f1"] == 1.0
    assert sentence["macro"] == {"f1": pytest.approx(5 / 6), "interval": None, "n_types": 2}
    whole = scores["article_event_types"]
    assert (whole["micro"]["precision"], whole["micro"]["recall"]) == (2 / 3, 1.0)
    assert whole["types"]["ASSAULT"]["predicted"] == 1


def test_event_types_of_sentences_and_articles_by_hand() -> None:
    gold = [
        article(event(0, 2, "AID"), event(3, 5, "CONSULT"), event(13, 15, "CONSULT"), id="a"),
        article(event(13, 15, "AID"), id="b"),
    ]
    found = [
        prediction(event(6, 8, "AID"), event(9, 11, "AID"), event(16, 18, "AID"), event(19, 21, "ASSAULT"), id="a"),
        prediction(event(0, 2, "AID"), event(3, 5, "CONSULT"), id="b"),
    ]
    scores = score(gold, found, LABELS)
    # Right: AID of the first sentence. Found beside it: AID, ASSAULT; AID, CONSULT. Labelled beside it: CONSULT;
    # CONSULT; AID. Where a trigger stands in its sentence, and how often, does not count.
    sentence = scores["sentence_event_types"]
    assert (sentence["micro"]["support"], sentence["micro"]["predicted"]) == (4, 5)
    assert (sentence["micro"]["precision"], sentence["micro"]["recall"]) == (1 / 5, 1 / 4)
    assert sentence["micro"]["f1"] == pytest.approx(2 / 9)
    assert sentence["types"]["AID"]["f1"] == pytest.approx(2 / 5)
    assert sentence["types"]["CONSULT"]["f1"] == 0.0
    assert sentence["macro"]["f1"] == pytest.approx(1 / 5)  # ASSAULT has no gold
    # Articles: {AID, CONSULT} against {AID, ASSAULT}, and {AID} against {AID, CONSULT}.
    whole = scores["article_event_types"]
    assert (whole["micro"]["precision"], whole["micro"]["recall"]) == (2 / 4, 2 / 3)
    assert whole["types"]["AID"]["f1"] == 1.0
    assert (whole["macro"]["f1"], whole["macro"]["n_types"]) == (0.5, 2)
    assert scores["triggers"]["micro"]["f1"] == 0.0


def test_identification_of_triggers_by_hand() -> None:
    gold = article(event(0, 2, "AID"), event(3, 5, "AID"), event(6, 8, "CONSULT"), event(13, 15, "AID"))
    found = prediction(event(0, 2, "AID"), event(3, 5, "CONSULT"), event(16, 18, "ASSAULT"))
    scores = score([gold], [found], LABELS)
    # Two of three predicted and of four gold are at the right place, one of them with the wrong type.
    assert scores["triggers"]["identification"] == pytest.approx(
        {"precision": 2 / 3, "recall": 2 / 4, "f1": 4 / 7, "support": 4, "predicted": 3, "interval": None}
    )
    assert "identification" not in scores["entities"]
    two = [article(event(0, 2, "AID"), id=id) for id in "ab"]
    low, high = score(two, [prediction(event(0, 2, "CONSULT")), prediction(id="b")], LABELS)["triggers"][
        "identification"
    ]["interval"]
    assert 0.0 <= low < 2 / 3 < high <= 1.0


def test_counts_are_summed_over_articles_in_any_order() -> None:
    gold = [article(entity(0, 2, "PER"), id="a"), article(entity(0, 2, "PER"), entity(3, 5, "PER"), id="b")]
    found = [prediction(entity(3, 5, "PER"), id="b"), prediction(entity(0, 2, "PER"), id="a")]
    scores = score(gold, found, LABELS)
    assert scores["entities"]["micro"]["recall"] == 2 / 3
    assert (scores["n_articles"], scores["n_sentences"]) == (2, 4)


@pytest.mark.parametrize("place", [0, 1])
def test_predictions_outside_the_labelled_sentences_are_ignored(place: int) -> None:
    gold = article(entity(3 + 13 * place, 5 + 13 * place, "PER"), sentences=SENTENCES[place : place + 1])
    found = prediction(entity(3, 5, "PER"), entity(16, 18, "PER"), event((16, 3)[place], (18, 5)[place], "AID"))
    scores = score([gold], [found], LABELS)
    assert scores["entities"]["micro"]["precision"] == 1.0
    assert scores["triggers"]["micro"]["predicted"] == 0
    assert scores["article_event_types"]["micro"]["predicted"] == 0


@pytest.mark.parametrize(("start", "end"), [(9, 15), (12, 15)])
def test_predictions_across_a_sentence_border_are_wrong(start: int, end: int) -> None:
    gold = article(event(13, 15, "AID"))
    scores = score([gold], [prediction(event(start, end, "AID"))], LABELS)
    assert scores["triggers"]["micro"]["predicted"] == 1
    assert scores["triggers"]["micro"]["f1"] == 0.0
    # Its type belongs to the sentence of its start, and where none holds the start to the first one touched.
    assert scores["sentence_event_types"]["micro"]["f1"] == (0.0 if start == 9 else 1.0)


def test_nothing_gold_and_nothing_predicted_is_not_perfect() -> None:
    scores = score([article(id="a"), article(id="b")], [prediction(id="a"), prediction(id="b")], LABELS)
    zero = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0, "predicted": 0, "interval": None}
    for layer in ("entities", "triggers", "sentence_event_types", "article_event_types"):
        assert scores[layer]["micro"] == zero
        assert scores[layer]["macro"] == {"f1": 0.0, "interval": None, "n_types": 0}


def test_types_without_gold_stay_out_of_the_macro_mean() -> None:
    gold, found = article(entity(0, 2, "PER")), prediction(entity(0, 2, "PER"), entity(3, 5, "GPE"))
    assert score([gold], [found], LABELS)["entities"]["macro"] == {"f1": 1.0, "interval": None, "n_types": 1}


def test_a_layer_without_types_is_left_out_and_its_labels_unchecked() -> None:
    gold, found = article(entity(0, 2, "PER"), event(3, 5, "ANY")), prediction(entity(0, 2, "PER"))
    scores = score([gold], [found], LabelSet(("PER",), ()))
    assert set(scores) == {"n_articles", "n_sentences", "rule", "entities"}


def test_the_result_is_json_and_the_same_twice() -> None:
    gold = [article(entity(0, 2, "PER"), event(3, 5, "AID"), id=str(n)) for n in range(5)]
    found = [prediction(*([entity(0, 2, "PER")] if n % 2 else []), id=str(n)) for n in range(5)]
    first, second = (json.dumps(score(gold, found, LABELS, seed=3)) for _ in range(2))
    assert first == second
    low, high = json.loads(first)["entities"]["micro"]["interval"]
    assert 0 <= low < score(gold, found, LABELS)["entities"]["micro"]["f1"] < high <= 1
    assert score(gold, found, LABELS, n_bootstrap=0)["entities"]["micro"]["interval"] is None


def test_two_systems_compared_by_hand() -> None:
    gold = [article(entity(0, 2, "PER"), event(3, 5, "AID"), id=str(n)) for n in range(20)]
    right = [prediction(entity(0, 2, "PER"), event(3, 5, "AID"), id=str(n)) for n in range(20)]
    partly = [prediction(*([entity(0, 2, "PER")] if n % 2 else []), event(6, 8, "AID"), id=str(n)) for n in range(20)]
    found = compare(gold, right[::-1], partly, LABELS, n_bootstrap=99)
    assert json.loads(json.dumps(found)) == found
    assert found["entities"]["difference"] == pytest.approx(1 - 2 / 3)
    assert 1 / 100 <= found["entities"]["p_value"] <= 5 / 100
    low, high = found["entities"]["interval"]
    assert 0.1 < low < 1 / 3 < high < 0.7
    # Every article shows the same difference, so the draws cannot tell; and there is none at all in the types.
    assert found["triggers"] == {"difference": 1.0, "interval": None, "p_value": None}
    assert found["sentence_event_types"] == {"difference": 0.0, "interval": None, "p_value": 1.0}
    assert set(compare(gold, right, partly, LabelSet(("PER",), ()), n_bootstrap=0)) == {"entities"}


def test_runs_of_several_seeds_are_counted_together() -> None:
    gold = [article(entity(0, 2, "PER"), id=str(n)) for n in range(20)]

    def found(right: Callable[[int], bool]) -> list[Prediction]:
        return [prediction(*([entity(0, 2, "PER")] if right(n) else []), id=str(n)) for n in range(20)]

    always, half, other_half = found(lambda n: True), found(lambda n: n % 2 == 0), found(lambda n: n % 2 == 1)
    labels = LabelSet(("PER",), ())
    told = compare_runs(gold, [always], [half, other_half], labels)["entities"]
    assert told["difference"] == pytest.approx(1 - 2 / 3)
    # Each article is found by one of the two runs, so whichever are drawn, the difference is the same.
    assert told["interval"] is None
    assert compare_runs(gold, [always, half], [half, always, always, half], labels)["entities"] == {
        "difference": 0.0,
        "interval": None,
        "p_value": 1.0,
    }
    assert compare_runs(gold, [half], [other_half], labels) == compare(gold, half, other_half, labels)
    with pytest.raises(DataError, match="labelled but not predicted"):
        compare_runs(gold, [always], [half, always[1:]], labels)


@pytest.mark.parametrize("place", [0, 1])
def test_both_compared_systems_are_checked_as_scored_ones_are(place: int) -> None:
    systems = [[prediction(id="a")], [prediction(id="a")]]
    systems[place] = [prediction(entity(0, 2, "PERS"), id="a")]
    with pytest.raises(DataError, match="'PERS' \\(1 spans\\) is no entity type"):
        compare([article(id="a")], *systems, LABELS)
    systems[place] = []
    with pytest.raises(DataError, match="labelled but not predicted"):
        compare([article(id="a")], *systems, LABELS)


@pytest.mark.parametrize(
    ("gold", "found", "message"),
    [
        ([], [], "no labelled articles"),
        (["a", "b"], ["a"], r"1 article \(b\) labelled but not predicted"),
        (["a"], list("abcde"), r"4 articles \(b, c, d and 1 more\) predicted but not labelled"),
        (["a", "a"], ["a"], r"\(a\) more than once among the labelled articles"),
        (["a"], ["a", "a"], r"\(a\) more than once among the predictions"),
    ],
)
def test_articles_and_predictions_must_be_the_same(gold: list[str], found: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        score([article(id=id) for id in gold], [prediction(id=id) for id in found], LABELS)


def test_texts_must_be_the_same() -> None:
    with pytest.raises(DataError, match=r"\(a\) predicted from another text"):
        score([article()], [prediction(text="another")], LABELS)


def test_labelled_spans_need_sentences() -> None:
    with pytest.raises(DataError, match="without sentences"):
        score([article(entity(0, 2, "PER"), sentences=())], [prediction()], LABELS)


def test_unknown_labels_are_named_all_at_once() -> None:
    gold, found = article(entity(0, 2, "PERS")), prediction(event(0, 2, "FOO"), event(3, 5, "FOO"))
    with pytest.raises(DataError) as caught:
        score([gold], [found], LABELS)
    assert caught.value.faults == (
        "gold: 'PERS' (1 spans) is no entity type; did you mean PER? (PER, GPE)",
        "predictions: 'FOO' (2 spans) is no event type (AID, CONSULT, ASSAULT)",
    )


N_WORDS = 10
WORDS = tuple(Sentence(3 * place, 3 * place + 2) for place in range(N_WORDS))


@st.composite
def word_spans(draw: st.DrawFn) -> list[Entity]:
    borders = sorted(draw(st.sets(st.integers(0, N_WORDS), max_size=8)))
    spans = []
    for first, last in zip(borders[::2], borders[1::2], strict=False):
        start, end = WORDS[first].start, WORDS[last - 1].end
        text = ("ab " * N_WORDS)[start:end]
        spans.append(Entity(start, end, text, draw(st.sampled_from(["PER", "GPE"]))))
    return spans


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(word_spans(), word_spans()), min_size=1, max_size=4))
def test_micro_scores_equal_seqeval_strict(pairs: list[tuple[list[Entity], list[Entity]]]) -> None:
    assume(any(gold or found for gold, found in pairs))  # seqeval raises on data that is all O
    text = ("ab " * N_WORDS).strip()
    whole = (Sentence(0, len(text)),)
    gold = [Article(str(n), text, whole, tuple(spans)) for n, (spans, _) in enumerate(pairs)]
    found = [Prediction(str(n), text, tuple(spans), ()) for n, (_, spans) in enumerate(pairs)]
    ours = score(gold, found, LABELS, n_bootstrap=0)["entities"]
    tags = [[encode_bio(WORDS, spans)[0] for spans in side] for side in zip(*pairs, strict=True)]
    options: dict[str, Any] = {"scheme": IOB2, "zero_division": 0}
    theirs = precision_recall_fscore_support(*tags, average="micro", **options)
    assert [ours["micro"][key] for key in ("precision", "recall", "f1", "support")] == pytest.approx(theirs)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(word_spans(), word_spans()), min_size=1, max_size=4))
def test_counts_and_scores_equal_nervaluate_strict(pairs: list[tuple[list[Entity], list[Entity]]]) -> None:
    assume(any(gold or found for gold, found in pairs))  # nervaluate has no result where there is nothing
    text = ("ab " * N_WORDS).strip()
    whole = (Sentence(0, len(text)),)
    gold = [Article(str(n), text, whole, tuple(spans)) for n, (spans, _) in enumerate(pairs)]
    found = [Prediction(str(n), text, tuple(spans), ()) for n, (_, spans) in enumerate(pairs)]
    ours = score(gold, found, LABELS, n_bootstrap=0)["entities"]
    theirs = Evaluator(*map(list, zip(*[map(inclusive, pair) for pair in pairs], strict=True)), ["PER", "GPE"], "dict")
    results = theirs.evaluate()
    assert_same(ours["micro"], results["overall"]["strict"])
    for label in ("PER", "GPE"):
        if label in results["entities"]:
            assert_same(ours["types"][label], results["entities"][label]["strict"])
        else:
            assert ours["types"][label]["support"] == ours["types"][label]["predicted"] == 0


def inclusive(spans: list[Entity]) -> list[dict[str, Any]]:
    """In nervaluate the end of a span belongs to it: with ours, neighbours would overlap."""
    return [{"label": span.label, "start": span.start, "end": span.end - 1} for span in spans]


def assert_same(ours: dict[str, Any], theirs: Any) -> None:
    assert (ours["predicted"], ours["support"]) == (theirs.actual, theirs.possible)
    assert [ours[key] for key in ("precision", "recall", "f1")] == pytest.approx(
        [theirs.precision, theirs.recall, theirs.f1]
    )


TYPES = st.lists(st.sets(st.sampled_from(LABELS.event_types)), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(TYPES, TYPES)
def test_event_types_equal_scikit_learn_multilabel(gold: list[set[str]], found: list[set[str]]) -> None:
    """Two articles of two sentences; the n-th word of a sentence is a trigger of the n-th type that it has."""
    articles = [article(*triggers(gold[n : n + 2]), id=str(n)) for n in (0, 2)]
    predictions = [prediction(*triggers(found[n : n + 2]), id=str(n)) for n in (0, 2)]
    scores = score(articles, predictions, LABELS, n_bootstrap=0)
    assert_multilabel(scores["sentence_event_types"], gold, found)
    assert_multilabel(scores["article_event_types"], *([one[0] | one[1], one[2] | one[3]] for one in (gold, found)))


def triggers(types: list[set[str]]) -> list[Event]:
    return [
        event(sentence.start + 3 * n, sentence.start + 3 * n + 2, label)
        for sentence, labels in zip(SENTENCES, types, strict=True)
        for n, label in enumerate(sorted(labels))
    ]


def assert_multilabel(ours: dict[str, Any], gold: list[set[str]], found: list[set[str]]) -> None:
    flags = [[[label in labels for label in LABELS.event_types] for labels in side] for side in (gold, found)]
    micro = multilabel_scores(*flags, average="micro", zero_division=0)[:3]
    assert [ours["micro"][key] for key in ("precision", "recall", "f1")] == pytest.approx(micro)
    precision, recall, f1, support = multilabel_scores(*flags, average=None, zero_division=0)
    for n, label in enumerate(LABELS.event_types):
        theirs = (precision[n], recall[n], f1[n], support[n])
        assert [ours["types"][label][key] for key in ("precision", "recall", "f1", "support")] == pytest.approx(theirs)
