"""Knowledge distillation (Hinton et al. 2015): a student learns from teachers on text that nobody labelled.

Several taggers that differ by their seed are right more often together than each alone. Their mean probabilities of
each word's tags are soft labels, and one tagger is trained on these beside the labelled text.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sukien.config import DistillationSection, RunConfig
from sukien.data.corpus import distinct_articles
from sukien.data.stories import same_story_as
from sukien.errors import ConfigError, DataError, ModelError
from sukien.models.decoding import Probabilities, softmax
from sukien.models.inputs import Reader
from sukien.models.places import resolve, weights_sha256
from sukien.models.pretrained import load_tagger
from sukien.models.tagging import ArticleTagger
from sukien.schema import Article
from sukien.text.article import article_sentences
from sukien.training.features import Example
from sukien.training.trainer import is_main_process

_MARKUP = re.compile(r"\[\[[^\[\]|]+\|[A-Z]+|\{\{[^{}|]+\|[A-Z]+")
_KEY = "training.distillation"


def unlabelled_articles(settings: DistillationSection, splits: Mapping[str, Sequence[Article]]) -> list[Article]:
    """The text of the run file as articles, without those that are in the dataset or tell its held-out stories.

    How many stay out, and why, is told. Raises DataError for what cannot be read, for labelled text, and when nothing
    is left.
    """
    left_out: Counter[str] = Counter()
    articles = []
    for source in distinct_articles(settings.text, settings.exclude, left_out):
        text = source.text()
        if _MARKUP.search(text):
            raise DataError(f"{_KEY}.text: {source.name} is labelled text, in the inline form; give plain text")
        if sentences := article_sentences(text):
            articles.append(Article(source.name, text, sentences))
        else:
            left_out["without sentences"] += 1
    known = {article.fingerprint() for article in splits["train"]}
    told_before = same_story_as([*splits["validation"], *splits["test"]], articles)
    kept = []
    for place, article in enumerate(articles):
        if place in told_before:
            left_out["that tell stories of validation and test articles"] += 1
        elif article.fingerprint() in known:
            left_out["of the train split"] += 1
        else:
            kept.append(article)
    reasons = ", ".join(f"{count:,} {why}" for why, count in left_out.items()) or "none"
    if not kept:
        where = ", ".join(map(str, settings.text))
        raise DataError(
            f"{_KEY}.text: {where}: no article to learn from is there (left out: {reasons}); name more text"
        )
    if is_main_process():
        print(
            f"{len(kept):,} unlabelled articles for {len(settings.teachers)} teachers; left out: {reasons}", flush=True
        )
    return kept


def check_teachers(config: RunConfig, head_types: Mapping[str, list[str]], test: Sequence[Article]) -> None:
    """Load each teacher once.

    Raises ModelError where it cannot be loaded; ConfigError for one with other labels, one that knows test articles,
    one that is named twice, and one that the run would write over.
    """
    settings = config.training.distillation
    assert settings
    prints = {article.fingerprint() for article in test}
    places = [Path(resolve(name)).resolve() for name in settings.teachers]
    for name, place in zip(settings.teachers, places, strict=True):
        if places.count(place) > 1:
            raise ConfigError(f"{_KEY}.teachers: {name} is named twice; name each teacher once")
        if place == config.model_folder.resolve():
            raise ConfigError(
                f"{_KEY}.teachers: {name} is where this run saves its own model; give the run another"
                " name or save_model"
            )
        known = _load(name, head_types).model.config.trained_on
        if seen := prints & {*known}:
            raise ConfigError(
                f"{_KEY}.teachers: {name} was trained on {len(seen)} of the {len(test)} test articles, so scores would"
                " say nothing; train teachers on the dataset that the student is trained on"
            )


def resume_record(settings: DistillationSection, articles: Sequence[Article]) -> dict[str, Any]:
    """What a resumed run must find again."""
    texts = hashlib.sha256("".join(article.fingerprint() for article in articles).encode()).hexdigest()[:16]
    return {"teachers": [weights_sha256(name) for name in settings.teachers], "text": texts}


def soft_label_examples(
    settings: DistillationSection,
    articles: Sequence[Article],
    reader: Reader,
    head_types: Mapping[str, list[str]],
    device: Any = "cpu",
) -> tuple[list[Example], set[str]]:
    """Windows of the articles as the student reads them, with the teachers' mean probabilities as they give them.

    Returns them and the fingerprints of the articles that the teachers know. Raises ModelError for a teacher whose
    probabilities are no numbers.
    """
    sums: list[dict[str, Probabilities]] = []
    known: set[str] = set()
    for name in settings.teachers:
        teacher = _load(name, head_types, device)
        known |= {*teacher.model.config.trained_on}
        for place, (_, logits) in enumerate(teacher.word_logits(articles)):
            soft = {head: softmax(logits[head]) / np.float32(len(settings.teachers)) for head in head_types}
            if not all(np.isfinite(values).all() for values in soft.values()):
                raise ModelError(
                    f"{name}: its weights are broken (it gives no numbers as probabilities);"
                    " train it again or leave it out"
                )
            if place == len(sums):
                sums.append(soft)
            else:
                sums[place] = {head: sums[place][head] + values for head, values in soft.items()}
    examples = []
    for read, tags in zip(reader.read(articles), sums, strict=True):
        for window in read.windows:
            cut = {head: values[window.first : window.last] for head, values in tags.items()}
            examples.append(Example(reader.window_input(read, window), cut))
    return examples, known


def _load(name: str, head_types: Mapping[str, list[str]], device: Any = "cpu") -> ArticleTagger:
    teacher, tokenizer = load_tagger(name)
    types = teacher.config.head_types()
    for head, labels in head_types.items():
        if head not in types:
            raise ConfigError(f"{_KEY}.teachers: {name} tags no {head}; write model.heads: [{', '.join(types)}]")
        if types[head] != labels:
            raise ConfigError(
                f"{_KEY}.teachers: {name} has other {head} than the data: {', '.join(types[head])} instead of"
                f" {', '.join(labels)}; a teacher is trained on the same label set"
            )
    return ArticleTagger(teacher.to(device), tokenizer)
