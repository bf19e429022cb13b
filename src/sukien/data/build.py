"""From labelled files to the built dataset, its statistics and its card."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sukien.data.card import dataset_card
from sukien.data.dataset import save_built
from sukien.data.reading import DEFAULT_LABELS, read_labels
from sukien.data.seeds import seed_file
from sukien.data.splits import fixed_split, read_lists, split_articles
from sukien.data.standoff import read_standoff, refuse_reserved, totals
from sukien.data.stats import statistics
from sukien.data.stories import story_groups
from sukien.errors import DataError
from sukien.files import read_json, write_json, write_text
from sukien.ontology import LabelSet
from sukien.schema import Article


def build(
    paths: Sequence[Path],
    output: Path,
    card_folder: Path,
    *,
    labels: LabelSet | None = DEFAULT_LABELS,
    seeds: Path | None = None,
    seed: int = 13,
    validation: float = 0.1,
    test: float = 0.17,
    fixed: Path | None = None,
    standoff: Path | None = None,
    reserved: Path | None = None,
    agreement: Path | None = None,
    experiments: Path | None = None,
    encoding: str = "utf-8",
) -> dict[str, Any]:
    """Write the dataset to `output`, `stats.json` and `README.md` to `card_folder`; return the statistics.

    With `fixed`, a file of held-out articles, the split is that one wherever they are among the labels, else it is
    drawn by seed and shares. The card also tells of stand-off labels whose text is not here, of the agreement of
    annotators and of what a tagger learns from parts of the data, where `standoff`, `agreement` and `experiments` name
    their files. The same input gives the same bytes. Raises DataError for faults of the labels, for articles that the
    list `reserved` names, for fewer than three stories, and for a README.md of somebody else's in `card_folder`;
    SukienError where nothing can be written.
    """
    if (card_folder / "README.md").exists() and not (card_folder / "stats.json").exists():
        raise DataError(f"{card_folder / 'README.md'}: was not made by `sukien build`; name another folder with --card")
    articles, found = read_labels(paths, labels, seeds, encoding)
    if reserved:
        refuse_reserved((article.id.partition("/")[2] for article in articles), reserved)
    splits = fixed_split(articles, fixed) if fixed else None
    drawn = None if splits else {"seed": seed, "validation": validation, "test": test}
    splits = splits or split_articles(articles, seed, validation, test)
    left_out = splits.pop("left_out", [])
    stats = statistics(splits, found)
    stats["build"] = {
        "drawn": drawn,
        "left_out": [article.id for article in left_out],
        "stories": len(story_groups(sorted(articles, key=lambda article: article.id))),
        "standoff": _standoff(standoff, articles, fixed),
        "agreement": read_json(agreement) if agreement else None,
        "experiments": read_json(experiments) if experiments else None,
        "seed_articles": sorted(article.id for article in articles if seeds and seed_file(seeds, article.id)),
    }
    try:
        card_folder.parent.mkdir(parents=True, exist_ok=True)
        if card_folder != output:
            card_folder.mkdir(exist_ok=True)  # before the dataset is written, which would else stand without a card
    except OSError as error:
        raise DataError(f"{card_folder}: cannot be made: {error.strerror}; name another folder with --card") from error
    save_built(output, splits, found)
    write_json(card_folder / "stats.json", stats)
    relative = Path(os.path.relpath(output, card_folder)).as_posix()
    # A card can only name files below its own folder.
    write_text(card_folder / "README.md", dataset_card(stats, None if relative.startswith("..") else relative))
    return stats


def _standoff(path: Path | None, articles: Sequence[Article], fixed: Path | None) -> dict[str, Any] | None:
    """Counts of stand-off labels that are not among the articles, and of those that a fixed split holds out."""
    if path is None:
        return None
    here = {article.id.partition("/")[2] for article in articles}
    missing = [article for article in read_standoff(path) if article.path not in here]
    if not missing:
        return None
    lists = read_lists(fixed) if fixed else {}
    held_out = {
        name: totals(article for article in missing if article.path in {one.partition("/")[2] for one in ids})
        for name, ids in lists.items()
    }
    sizes = {name: {key: told[key] for key in ("articles", "sentences")} for name, told in held_out.items()}
    return {**totals(missing), "held_out": sizes}
