"""Train, validation and test: fixed by a file, or drawn by story, stratified by source, seeded."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sukien.data.stories import story_groups
from sukien.errors import DataError
from sukien.files import read_json
from sukien.schema import Article

SPLITS = ("train", "validation", "test")
# A source with fewer articles cannot be spread over three splits: all such sources are one stratum.
MIN_ARTICLES_OF_SOURCE = 5


@dataclass(frozen=True)
class _Group:
    articles: tuple[Article, ...]
    stratum: str
    size: int


def fixed_split(articles: Sequence[Article], path: Path) -> dict[str, list[Article]] | None:
    """Articles by split as a file says, or None where not one of the articles is listed in it.

    The file is JSON, {"validation": [ids], "test": [ids]}. All other articles are for training, except those that tell
    the story of a listed one or share a sentence with it: they are under the key `left_out`. Raises DataError when only
    a part of the listed articles is there, since scores on a part cannot be compared.
    """
    listed = read_lists(path)
    here = {article.id for article in articles}
    wanted = set().union(*listed.values())
    if not wanted & here:
        return None
    if missing := sorted(wanted - here):
        raise DataError(
            f"{path}: {len(missing)} of its {len(wanted)} held-out articles are not among the labels"
            f" ({missing[0]}, ...); fetch the corpus again (`sukien fetch`), or draw another split with --splits none"
        )
    split_of = {name: split for split, names in listed.items() for name in names}
    ordered = sorted(articles, key=lambda article: article.id)
    for group in story_groups(ordered):
        members = [ordered[index].id for index in group]
        if any(name in wanted for name in members):
            split_of |= {name: "left_out" for name in members if name not in wanted}
    splits: dict[str, list[Article]] = {name: [] for name in (*SPLITS, "left_out")}
    for article in ordered:
        splits[split_of.get(article.id, "train")].append(article)
    if empty := [name for name in SPLITS if not splits[name]]:
        raise DataError(
            f"{path}: leaves no article for {' and '.join(empty)}; give more labelled text, or draw another split with"
            " --splits none"
        )
    return splits


def read_lists(path: Path) -> dict[str, list[str]]:
    """The ids of held-out articles, by split. Raises DataError for a file of another form."""
    value = read_json(path)
    names = ("validation", "test")
    if not isinstance(value, dict) or set(value) != set(names) or not all(_is_list_of_names(value[k]) for k in names):
        raise DataError(f'{path}: is no list of held-out articles; write {{"validation": [ids], "test": [ids]}}')
    if empty := [name for name in names if not value[name]]:
        raise DataError(f"{path}: names no article for {' and '.join(empty)}; draw a split with --splits none instead")
    if twice := set(value["validation"]) & set(value["test"]):
        raise DataError(f"{path}: {sorted(twice)[0]} is in both splits")
    return value


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def split_articles(articles: Sequence[Article], seed: int, validation: float, test: float) -> dict[str, list[Article]]:
    """Articles by split (`train`, `validation`, `test`), each in the order of ids.

    Shares are of sentences, met as nearly as whole story groups allow, within each source and in all. The
    result depends on the articles and the seed, not on their order or the machine. Raises DataError for
    shares that leave a split empty and for fewer than three stories.
    """
    if not (0 < validation < 1 and 0 < test < 1 and validation + test < 1):
        raise DataError(
            f"shares of validation {validation} and test {test}: both must be above 0, and their sum below 1"
        )
    shares = {"train": 1 - validation - test, "validation": validation, "test": test}
    groups = _groups(sorted(articles, key=lambda article: article.id))
    if len(groups) < len(SPLITS):
        raise DataError(
            f"{len(articles)} articles tell {len(groups)} different stories; three splits need three or more,"
            " since articles on one story stay together: label more articles"
        )
    chosen = _assign(groups, shares, random.Random(seed))
    _fill_empty(chosen)
    return {
        name: sorted((article for group in chosen[name] for article in group.articles), key=lambda one: one.id)
        for name in SPLITS
    }


def _groups(articles: list[Article]) -> list[_Group]:
    n_of_source = Counter(article.source for article in articles)
    groups = []
    for indices in story_groups(articles):
        members = tuple(articles[index] for index in indices)
        sources = Counter(article.source for article in members)
        source = min(sources, key=lambda name: (-sources[name], name))
        stratum = source if n_of_source[source] >= MIN_ARTICLES_OF_SOURCE else ""
        groups.append(_Group(members, stratum, sum(max(1, len(article.sentences)) for article in members)))
    return groups


def _assign(groups: list[_Group], shares: dict[str, float], chance: random.Random) -> dict[str, list[_Group]]:
    """Each stratum in random order, groups of several articles first while there is room for them."""
    strata: dict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        strata[group.stratum].append(group)
    chosen: dict[str, list[_Group]] = {name: [] for name in SPLITS}
    # What a stratum could not even out is carried to the next, so the shares of the whole stay right.
    missing = dict.fromkeys(SPLITS, 0.0)
    for _, stratum in sorted(strata.items()):
        chance.shuffle(stratum)
        stratum.sort(key=lambda group: -len(group.articles))
        total = sum(group.size for group in stratum)
        targets = {name: missing[name] + shares[name] * total for name in SPLITS}
        missing = dict(targets)
        for group in stratum:
            name = _place(group.size, missing, targets)
            chosen[name].append(group)
            missing[name] -= group.size
    return chosen


def _place(size: int, missing: dict[str, float], targets: dict[str, float]) -> str:
    """The split that is emptiest, as a share of its target, among those with room; else the one that lacks
    most.
    """
    roomy = [name for name in SPLITS if missing[name] >= size]
    if not roomy:
        return max(SPLITS, key=lambda name: missing[name])
    return max(roomy, key=lambda name: (round(missing[name] / targets[name], 9), missing[name]))


def _fill_empty(chosen: dict[str, list[_Group]]) -> None:
    """With few and uneven groups a small share may round to nothing: it gets the smallest group that can be
    spared.
    """
    for name in SPLITS:
        if not chosen[name]:
            giver = max(SPLITS, key=lambda other: len(chosen[other]))
            group = min(chosen[giver], key=lambda one: (one.size, one.articles[0].id))
            chosen[giver].remove(group)
            chosen[name].append(group)
