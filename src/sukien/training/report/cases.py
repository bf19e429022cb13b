"""Labelled and predicted spans side by side: what every part of the report counts.

The numbers follow the rule of `scoring`: a span belongs to the first labelled sentence that it touches, and one that
touches none is left out. A test holds both to the same counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction, Span
from sukien.training.scoring import placed

RIGHT = "right"
ERRORS = ("boundary", "type", "boundary and type", "missed", "spurious")

Place = tuple[int, int]  # index of the article, index of the sentence in it


@dataclass(frozen=True, slots=True)
class Case:
    """One span. `right`: the other side has a span of the same start, end and type."""

    place: Place
    span: Span
    right: bool


@dataclass(frozen=True, slots=True)
class Layer:
    """Entities or triggers of all articles, in the order of the text."""

    name: str
    types: tuple[str, ...]
    gold: list[Case]
    predicted: list[Case]


class Pair(NamedTuple):
    """A labelled span and the predicted one that stands for it; one of them is None where nothing does."""

    gold: Case | None
    predicted: Case | None

    @property
    def kind(self) -> str:
        """RIGHT or one of ERRORS."""
        if self.gold is None or self.predicted is None:
            return "spurious" if self.gold is None else "missed"
        same_place = _place(self.gold.span) == _place(self.predicted.span)
        same_type = self.gold.span.label == self.predicted.span.label
        if same_place:
            return RIGHT if same_type else "type"
        return "boundary" if same_type else "boundary and type"

    @property
    def place(self) -> Place:
        case = self.gold or self.predicted
        assert case
        return case.place


def make_layers(articles: Sequence[Article], predictions: Sequence[Prediction], labels: LabelSet) -> list[Layer]:
    """The layers that `labels` has. `predictions` are of the articles, in their order."""
    both = list(zip(articles, predictions, strict=True))
    found = []
    if labels.entity_types:
        cases = _cases((article, article.entities, one.entities) for article, one in both)
        found.append(Layer("entities", labels.entity_types, *cases))
    if labels.event_types:
        cases = _cases((article, article.events, one.events) for article, one in both)
        found.append(Layer("triggers", labels.event_types, *cases))
    return found


def _cases(rows: Iterable[tuple[Article, Sequence[Span], Sequence[Span]]]) -> tuple[list[Case], list[Case]]:
    gold: list[Case] = []
    predicted: list[Case] = []
    for index, (article, labelled, found) in enumerate(rows):
        ours = list(placed(labelled, article.sentences))
        theirs = list(placed(found, article.sentences))
        gold += _judged(index, ours, {_key(span) for _, span in theirs})
        predicted += _judged(index, theirs, {_key(span) for _, span in ours})
    return gold, predicted


def _judged(index: int, spans: Iterable[tuple[int, Span]], other: set[tuple[int, int, str]]) -> Iterator[Case]:
    for sentence, span in spans:
        yield Case((index, sentence), span, _key(span) in other)


def align(layer: Layer) -> list[Pair]:
    """Every span once, in the order of the text: labelled and predicted ones paired where they overlap.

    Equal spans are paired first, then those of one place, then overlapping ones of one type, then any that overlap;
    among several the one that shares most characters. Spans of one side do not overlap, so few have a choice.
    """
    groups: defaultdict[Place, tuple[list[Case], list[Case]]] = defaultdict(lambda: ([], []))
    for side, cases in enumerate((layer.gold, layer.predicted)):
        for case in cases:
            groups[case.place][side].append(case)
    return [pair for place in sorted(groups) for pair in _align_sentence(*groups[place])]


def _align_sentence(gold: list[Case], predicted: list[Case]) -> list[Pair]:
    options = sorted(
        (-_closeness(a.span, b.span)[0], -_closeness(a.span, b.span)[1], i, j)
        for i, a in enumerate(gold)
        for j, b in enumerate(predicted)
        if a.span.start < b.span.end and b.span.start < a.span.end
    )
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, i, j in options:
        if i not in partner and j not in taken:
            partner[i] = j
            taken.add(j)
    pairs = [Pair(case, predicted[partner[i]] if i in partner else None) for i, case in enumerate(gold)]
    pairs += [Pair(None, case) for j, case in enumerate(predicted) if j not in taken]
    return sorted(pairs, key=_start)


def _closeness(a: Span, b: Span) -> tuple[int, int]:
    """How well one span stands for the other, and the characters that they share."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    return 2 * (_place(a) == _place(b)) + (a.label == b.label), shared


def _start(pair: Pair) -> int:
    return min(case.span.start for case in pair if case)


def _key(span: Span) -> tuple[int, int, str]:
    return span.start, span.end, span.label


def _place(span: Span) -> tuple[int, int]:
    return span.start, span.end
