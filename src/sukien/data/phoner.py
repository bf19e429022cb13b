"""PhoNER_COVID19 (Truong et al. 2021): entities in reports on the epidemic, as two built datasets.

Its sentences come twice. At syllable level they are text as it is read, but for spaces around punctuation; that is what
our encoder reads. At word level underscores join the syllables that the authors' segmenter put into one word; that is
for PhoBERT, which keeps such words whatever `model.segmentation` names. The two are the same text but for one sentence
of 10,027, while 28 sentences are labelled a little differently, so both are built as they are. The tagger's words are
syllables and `_` a word of its own, so no span is cut at either level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sukien.data.conll import read_conll
from sukien.data.dataset import save_built
from sukien.data.stats import count_cut_spans
from sukien.errors import DataError
from sukien.ontology import from_labels
from sukien.schema import Article

SOURCE = "VinAIResearch/PhoNER_COVID19"
URL = f"https://github.com/{SOURCE}"
TERMS = (
    "PhoNER_COVID19 (Truong et al., NAACL 2021): for research or education only; no part of it may be passed on,"
    " changed or unchanged; published results cite the paper."
)
LEVELS = {"syllable": "built-phoner", "word": "built-phoner-word"}
# Of the official split. Scores on a part of it cannot be compared.
SENTENCES = {"train": 5027, "validation": 2000, "test": 3000}
_FILE = {"train": "train", "validation": "dev", "test": "test"}
PATHS = tuple(f"data/{level}/{name}_{level}.conll" for level in LEVELS for name in _FILE.values())


def build_phoner(corpus: Path, output: Path) -> list[str]:
    """Write `built-phoner` and `built-phoner-word` into `output` from the folder that PATHS start from.

    Returns what to tell. Raises DataError for files that are missing, broken or not all of the official split; then
    nothing is written.
    """
    levels = {level: _read_level(corpus, level) for level in LEVELS}
    told = []
    for level, splits in levels.items():
        articles = [article for split in splits.values() for article in split]
        labels = from_labels((entity.label for article in articles for entity in article.entities), (), ())
        save_built(output / LEVELS[level], splits, labels)
        n_spans = sum(len(article.entities) for article in articles)
        told.append(
            f"{level} level: {len(articles):,} sentences, {n_spans:,} entities of {len(labels.entity_types)} types,"
            f" {count_cut_spans(articles)} cut by words; built in {output / LEVELS[level]}"
        )
    return told


def _read_level(corpus: Path, level: str) -> Mapping[str, list[Article]]:
    splits = {}
    faults: list[str] = []
    for split, name in _FILE.items():
        path = corpus / f"data/{level}/{name}_{level}.conll"
        try:
            splits[split] = [replace(article, source=SOURCE) for article in read_conll(path, None)]
        except DataError as error:
            faults += error.faults
            continue
        if len(splits[split]) != SENTENCES[split]:
            faults.append(
                f"{path}: {len(splits[split]):,} sentences where the official split has {SENTENCES[split]:,}; is the"
                f" download complete? Fetch {URL} again"
            )
    if faults:
        raise DataError(faults)
    return splits
