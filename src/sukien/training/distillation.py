"""What other taggers say of unlabelled articles, as training examples (Hinton et al. 2015).

Several taggers that differ by their seed are right more often together than each alone. One tagger learns that from
them on text that nobody had to label: their mean probabilities of each word's tags are what it is trained to give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sukien.config import DistillationSection
from sukien.data.stories import story_groups
from sukien.errors import ConfigError, DataError
from sukien.models.decoding import Probabilities, softmax
from sukien.models.inputs import Reader
from sukien.models.network import SukienModel
from sukien.models.pretrained import load_tagger
from sukien.models.tagging import ArticleTagger, best_device
from sukien.schema import Article
from sukien.text.article import article_sentences
from sukien.training.features import Example
from sukien.training.pretraining.corpus import distinct_articles


def read_unlabelled(paths: Sequence[Path]) -> list[Article]:
    """The distinct articles of files and folders, as pre-training reads them. Raises DataError as it does."""
    texts = ((source.name, source.text()) for source in distinct_articles(paths, [], Counter()))
    return [Article(name, text, article_sentences(text)) for name, text in texts if text]


def without_stories_of(held_out: Sequence[Article], articles: Sequence[Article]) -> list[Article]:
    """Those of the articles that tell no story of a held-out one, and share no sentence with it.

    Raises DataError when nothing is left.
    """
    if not articles:
        raise DataError("training.distillation.text: holds no article")
    first = len(held_out)
    groups = story_groups([*held_out, *articles])
    known = {place for group in groups if group[0] < first for place in group}
    kept = [article for place, article in enumerate(articles, first) if place not in known]
    if not kept:
        raise DataError(
            f"training.distillation.text: all {len(articles)} articles tell stories of validation and test articles"
        )
    return kept


def load_teachers(settings: DistillationSection, model: SukienModel, test: Sequence[Article]) -> list[ArticleTagger]:
    """The teachers, ready to tag. Raises ConfigError for one with other labels, or that knows test articles."""
    prints = {article.fingerprint() for article in test}
    return [_load_teacher(name, model, prints) for name in settings.teachers]


def _load_teacher(name: str, model: SukienModel, test: set[str]) -> ArticleTagger:
    teacher, tokenizer = load_tagger(name)
    types, wanted = teacher.config.head_types(), model.config.head_types()
    for head, labels in wanted.items():
        if types.get(head) != labels:
            differing = sorted({*types.get(head, ())} ^ {*labels})
            raise ConfigError(
                f"training.distillation.teachers: {name} has other {head} than the data"
                f" ({', '.join(differing[:5]) or 'in another order'}); a teacher is trained on the same label set"
            )
    if seen := test & {*teacher.config.trained_on}:
        raise ConfigError(
            f"training.distillation.teachers: {name} was trained on {len(seen)} of the {len(test)} test articles; train"
            " it on the same data, or scores would tell nothing"
        )
    teacher.to(best_device())
    return ArticleTagger(teacher, tokenizer)


def taught_examples(teachers: Sequence[ArticleTagger], articles: Sequence[Article], reader: Reader) -> list[Example]:
    """Windows of the articles as the student reads them, with the teachers' mean probabilities."""
    means: list[dict[str, Probabilities]] = []
    for teacher in teachers:
        for place, (_, logits) in enumerate(teacher.word_logits(articles)):
            told = {head: softmax(values) / np.float32(len(teachers)) for head, values in logits.items()}
            if place == len(means):
                means.append(told)
            else:
                means[place] = {head: means[place][head] + values for head, values in told.items()}
    made = []
    for read, tags in zip(reader.read(articles), means, strict=True):
        for window in read.windows:
            cut = {head: values[window.first : window.last] for head, values in tags.items()}
            made.append(Example(reader.window_input(read, window), cut))
    return made
