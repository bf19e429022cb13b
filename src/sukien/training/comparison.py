"""What a user would pick instead, on the same articles: other taggers by their own rules, and a trivial floor.

Another tagger says its types, we say ours. A label map (`LabelMap`) brings both to the types that are compared, by
default PER, ORG and LOC; then `scoring.score` and `scoring.compare` hold for both alike.
"""

from __future__ import annotations

import importlib.util
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sukien.errors import DataError, ModelError, SukienError, nearest
from sukien.models.pretrained import load_token_classification
from sukien.models.tagging import best_device
from sukien.models.token_classifier import TokenClassifier, continued
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Prediction
from sukien.text.bio import as_iob2, bare_type, decode_bio
from sukien.text.segmentation import sentence_text, tokens_of_words
from sukien.text.words import Word, split_words
from sukien.training.label_map import COMPARED, LabelMap, read_label_map

_NO_NAMES = re.compile(r"LABEL_\d+")
_PREFIXED = re.compile(r"[BIMELSU]-.+")
_PREFIX_BEHIND = re.compile(r".+[-_][BIMELSU]")
_UNDERTHESEA_TYPES = ("PER", "ORG", "LOC", "MISC")

# Words of a sentence and their IOB2 tags; no tags where what the tagger says cannot be laid over the text.
Tagged = tuple[list[Word], list[str] | None]


@dataclass(frozen=True, slots=True)
class OtherTagger:
    """A tagger that is not ours.

    Attributes:
        name: for tables.
        entity_types: the types it can say, as ours.
        compared: of each of our types the one it is compared as, see `LabelMap.ours`.
        tag: entities of articles whose sentences are known, in their order; labels of the articles are not looked at.
    """

    name: str
    entity_types: tuple[str, ...]
    compared: Mapping[str, str]
    tag: Callable[[Iterable[Article]], Iterator[Prediction]]

    def compared_with(self, entity_types: Sequence[str]) -> dict[str, str]:
        """The part of `compared` that this tagger and one of ours with these types can both say.

        Raises DataError when that is nothing, and for a type in `compared` that is none of either's nor usual.
        """
        known = (*entity_types, *self.entity_types, *COMPARED)  # the usual map serves models that lack some of it
        if entity_types and (strange := [label for label in self.compared if label not in known]):
            raise DataError(
                f"label map: ours: {label!r} is no type of the model{nearest(label, entity_types)}"
                f" ({', '.join(entity_types)}); mend it or take it out"
                for label in strange
            )
        both = {self.compared[label] for label in self.entity_types}
        both &= {self.compared[label] for label in entity_types if label in self.compared}
        if not both:
            raise DataError(
                f"{self.name} says {', '.join(self.entity_types)} and the model {', '.join(entity_types) or 'nothing'}:"
                " no type is common to both; write a label map that names what is compared"
            )
        return {ours: theirs for ours, theirs in self.compared.items() if theirs in both}


def load_token_classifier(folder: str, label_map: Path | None = None) -> OtherTagger:
    """A token-classification model of Hugging Face, from a folder or by its name on the hub.

    Raises ModelError when it cannot be loaded or names no labels, DataError when the map does not fit its labels.
    """
    mapping = read_label_map(label_map)
    model, tokenizer = load_token_classification(folder)
    classifier = TokenClassifier(model.to(best_device()), tokenizer)
    types = mapping.of(_types_of_tags(classifier.labels, folder), folder)
    return _other(Path(folder).name or folder, types, mapping, classifier.tag)


def _types_of_tags(labels: Sequence[str], name: str) -> list[str]:
    """The types of a model's tags. Raises ModelError for tags of an unknown form."""
    tags = [label for label in labels if label != "O"]
    if not tags or all(map(_NO_NAMES.fullmatch, labels)):
        raise ModelError(f"{name}: config.json names no labels; write them into its id2label")
    if len(tags) == len(labels):
        raise ModelError(f"{name}: has no label O among {', '.join(labels[:8])}; it tags no spans")
    n_prefixed = sum(_PREFIXED.fullmatch(tag) is not None for tag in tags)
    if n_prefixed not in (0, len(tags)) or all(map(_PREFIX_BEHIND.fullmatch, tags)):
        raise ModelError(
            f"{name}: its labels are of no known scheme ({', '.join(labels[:8])}); IOB, BIOES, BILOU, BMES and types"
            " without prefix are"
        )
    return list(dict.fromkeys(map(bare_type, tags)))


def load_underthesea() -> OtherTagger:
    """The entity tagger that comes with underthesea, a CRF of 2017; it needs no network.

    The one of `ner(deep=True)` is on the hub: `load_token_classifier("undertheseanlp/vietnamese-ner-v1.4.0a2")`.
    A sentence whose text it changes in more than tone marks gets no entities; a warning tells how many.
    Raises SukienError when it is not installed.
    """
    if importlib.util.find_spec("underthesea") is None:
        raise SukienError("underthesea is not installed: pip install 'sukien[segment]'")
    return _other("underthesea", LabelMap().of(_UNDERTHESEA_TYPES, "underthesea"), LabelMap(), _underthesea)


def _underthesea(article: Article) -> Iterator[Tagged]:
    try:
        from underthesea import ner
    except ImportError as error:
        raise SukienError(f"underthesea is installed but does not load: {error}") from error
    for words in split_words(article.text, article.sentences):
        found = ner(sentence_text(words)) if words else []
        places = tokens_of_words(words, [row[0] for row in found])
        tags = as_iob2([row[-1] for row in found])
        yield words, None if places is None else _tags_of_words(places, tags)


def _tags_of_words(places: Sequence[int], tags: Sequence[str]) -> list[str]:
    """Tags of words from those of tokens, given the token that each word begins in; -1: in none."""
    spread = [
        "O" if place < 0 else continued(tags[place]) if before == place else tags[place]
        for before, place in zip([-1, *places], places, strict=False)
    ]
    return as_iob2(spread)  # a token that opens a span may itself begin inside a word


def _other(
    name: str, types: Mapping[str, str], mapping: LabelMap, tags: Callable[[Article], Iterator[Tagged]]
) -> OtherTagger:
    def tag(articles: Iterable[Article]) -> Iterator[Prediction]:
        n_sentences = n_lost = 0
        for article in articles:
            entities: list[Entity] = []
            for words, found in tags(article):
                n_sentences += 1
                n_lost += found is None
                entities += _entities(article, words, found or [], types)
            yield Prediction(article.id, article.text, tuple(entities), (), sentences=article.sentences)
        if n_lost:
            warnings.warn(
                f"{name} changed the text of {n_lost} of {n_sentences} sentences, which count as without entities",
                stacklevel=2,
            )

    return OtherTagger(name, tuple(dict.fromkeys(types.values())), mapping.ours, tag)


def _entities(
    article: Article, words: Sequence[Word], tags: Sequence[str], types: Mapping[str, str]
) -> Iterator[Entity]:
    for span in decode_bio(tags):
        if span.label in types:
            start, end = words[span.first].start, words[span.last].end
            yield Entity(start, end, article.text[start:end], types[span.label])


@dataclass(frozen=True, slots=True)
class Majority:
    """The trivial floor: every sentence has the event type that most sentences have; None where nothing was learnt."""

    event_type: str | None

    def predict(self, article: Article) -> Prediction:
        """One trigger over each whole sentence; its score is not known."""
        text, label = article.text, self.event_type
        events = tuple(
            Event(one.start, one.end, text[one.start : one.end], label) for one in article.sentences if label
        )
        types = {event.label: 1.0 for event in events}
        return Prediction(article.id, text, (), events, types, article.sentences)


def majority(train: Iterable[Article], labels: LabelSet) -> Majority:
    """Learn the event type that most sentences hold, of those in `labels`; of equals the first there.

    A sentence may have several types or, mostly, none, so "no type" would be the majority and score 0 by rule; the
    most frequent type is the strongest constant answer of one type. It is said by a trigger over the whole sentence:
    sentences and articles are scored for the type, while triggers score 0 but where a sentence is nothing else.
    Words outside any entity are the majority, so that entities score 0 as well.
    """
    counts: Counter[str] = Counter()
    for article in train:
        for sentence in article.sentences:
            counts.update({e.label for e in article.events if sentence.start <= e.start < sentence.end})
    known = [label for label in labels.event_types if counts[label]]
    return Majority(max(known, key=lambda label: counts[label], default=None))
