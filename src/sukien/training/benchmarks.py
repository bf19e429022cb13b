"""BENCHMARKS.md: the scores of finished runs on public test sets, beside a floor and published figures.

Everything in it comes from the `metrics.json` of the runs; the same files give the same bytes.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from sukien.data import bkee_files, phoner
from sukien.errors import DataError
from sukien.files import read_json
from sukien.training.published import PHONER, PHONER_SOURCE, Published

_NONE = "–"
# Where `scoring.score` keeps a measure: its layer and the part of it; and its title.
MEASURES = {
    "entities": ("entities", "micro", "Entities"),
    "identification": ("triggers", "identification", "Event triggers, identification: the span alone"),
    "classification": ("triggers", "micro", "Event triggers, classification: the span and its type"),
    "sentence_event_types": ("sentence_event_types", "micro", "Event types of a sentence"),
    "article_event_types": ("article_event_types", "micro", "Event types of a document"),
}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A test set. `source` is that of its articles; the last benchmark, without one, takes all other runs."""

    title: str
    source: str
    about: str
    measures: tuple[str, ...]
    published: tuple[Published, ...] = ()
    published_in: str = ""


BENCHMARKS = (
    Benchmark(
        "PhoNER_COVID19",
        phoner.SOURCE,
        "Entities of 10 types in sentences about the epidemic, official split: `sukien fetch phoner`, then"
        " `sukien train configs/phoner.yaml`. An article is one sentence.",
        ("entities",),
        PHONER,
        PHONER_SOURCE,
    ),
    Benchmark(
        "BKEE",
        bkee_files.SOURCE,
        "Events of 33 types and entities of 13 in news, official split: `sukien fetch bkee`, then"
        " `sukien train configs/bkee.yaml`. What that changes in the annotation, it counts and tells. Only entities"
        " that take part in an event are marked (2,766 of the 3,017 of its test split), so a tagger has to tell these"
        " from all others.",
        ("identification", "classification", "article_event_types", "entities"),
    ),
    Benchmark(
        "News",
        "",
        "The held-out articles of our own labels: `sukien fetch vietnews`, `sukien build --output data/built-news`,"
        " then `sukien train configs/news-small.yaml`. Rows with another number of test sentences were scored on"
        " another test split.",
        ("entities", "identification", "classification", "sentence_event_types", "article_event_types"),
    ),
)


@dataclass(frozen=True, slots=True)
class Score:
    """F1 as shares of 1. What a measure does not have, or the file of an older run, is None."""

    f1: float
    low: float | None
    high: float | None
    macro: float | None
    floor: float | None


@dataclass(frozen=True, slots=True)
class Run:
    """What the tables need of one `metrics.json`."""

    folder: Path
    name: str
    seed: int
    data: str
    encoder: str
    parameters: int
    sources: frozenset[str]
    n_articles: int
    n_sentences: int
    n_seen: int
    scores: Mapping[str, Score]

    @property
    def base(self) -> str:
        """`phoner` of `phoner-14` with seed 14: the runs that differ in the seed alone."""
        return self.name.removesuffix(f"-{self.seed}")


def find_runs(folder: Path) -> tuple[list[Path], list[str]]:
    """The finished training runs below a folder, and what of it is none, with the reason."""
    runs, others = [], []
    for path in sorted(folder.glob("*/metrics.json")):
        if reason := _no_run(read_json(path)):
            others.append(f"{path.parent}: left out: {reason}")
        else:
            runs.append(path.parent)
    return runs, others


def read_run(folder: Path) -> Run:
    """A finished run. Raises DataError where `metrics.json` is missing, broken, or not that of a training run."""
    path = folder / "metrics.json"
    if not path.is_file():
        raise DataError(f"{path}: no such file; name the folder of a finished run, such as training/phoner")
    metrics = read_json(path)
    if reason := _no_run(metrics):
        raise DataError(f"{path}: {reason}")
    try:
        return _run(folder, metrics)
    except (KeyError, TypeError, ValueError) as error:
        what = f"has no {error}" if isinstance(error, KeyError) else f"has values of another form ({error})"
        raise DataError(f"{path}: {what}; `sukien train` did not write this: run it again") from None


def _no_run(metrics: object) -> str:
    if not isinstance(metrics, dict):
        return "is no JSON object; `sukien train` did not write this"
    if "run" not in metrics:
        return "is no record of a training run; `sukien evaluate` writes such files"
    return "" if "data" in metrics else "is of a cross-validation, which has no test split"


def _run(folder: Path, metrics: Mapping[str, Any]) -> Run:
    run = metrics["run"]
    return Run(
        folder=folder,
        name=str(run["name"]),
        seed=int(run["seed"]),
        data=str(run.get("data", _NONE)),  # runs of earlier versions do not say
        encoder=str(run["encoder"]),
        parameters=int(run["parameters"]),
        sources=frozenset(metrics["data"]["sources"]),
        n_articles=int(metrics["n_articles"]),
        n_sentences=int(metrics["n_sentences"]),
        n_seen=int(metrics.get("n_seen_in_training", 0)),
        scores={name: found for name in MEASURES if (found := _score(metrics, name))},
    )


def _score(metrics: Mapping[str, Any], measure: str) -> Score | None:
    layer, part, _ = MEASURES[measure]
    values = metrics.get(layer, {}).get(part)
    if values is None:
        return None
    low, high = values["interval"] or (None, None)
    floor = metrics.get("floor", {}).get(layer, {}).get(part)
    return Score(
        f1=float(values["f1"]),
        low=low,
        high=high,
        macro=float(metrics[layer]["macro"]["f1"]) if part == "micro" else None,
        floor=float(floor["f1"]) if floor else None,
    )


def benchmark_of(run: Run) -> Benchmark:
    """The benchmark whose text a run was trained and scored on."""
    return next(one for one in BENCHMARKS if not one.source or run.sources == {one.source})


def benchmarks_page(runs: Sequence[Run]) -> str:
    """Markdown. Raises DataError for two runs of one name, data and seed, which would count twice."""
    parts = [_INTRODUCTION]
    for benchmark in BENCHMARKS:
        groups = _grouped(run for run in runs if benchmark_of(run) is benchmark)
        parts += [f"## {benchmark.title}", benchmark.about]
        for measure in benchmark.measures:
            figures = [one for one in benchmark.published if one.measure == measure]
            if table := _table(groups, measure, figures):
                parts += [f"### {MEASURES[measure][2]}", table]
        parts += [f"Published: {benchmark.published_in}."] if benchmark.published else []
        parts += _notes(groups)
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = """\
# Benchmarks

Made by `sukien benchmarks` from the `metrics.json` of finished runs; nothing in it is written by hand. Numbers are F1
in percent on the test split. A span counts only when its start, its end and its type are all right; macro is the mean
over the types that occur. The interval is a 95% bootstrap over articles. The floor is a lexicon: the spans that were
labelled in training, tagged wherever they occur again. Of several seeds, F1 is their mean ± standard deviation, and all
else a mean. Rows marked *published* are figures of others, who may have counted otherwise; none was reproduced here."""


def _grouped(runs: Iterable[Run]) -> list[list[Run]]:
    """Runs that differ in the seed alone, each group in the order of seeds, the groups by name."""
    groups: dict[tuple[str, str, str, int, int], list[Run]] = {}
    for run in sorted(runs, key=lambda one: (one.seed, one.name, str(one.folder))):
        key = (run.base, run.data, run.encoder, run.parameters, run.n_sentences)
        groups.setdefault(key, []).append(run)
    for group in groups.values():
        for one, two in pairwise(group):
            if one.seed == two.seed:
                raise DataError(
                    f"{one.folder} and {two.folder}: both are {one.base} with seed {one.seed}; name one of them"
                )
    return [groups[key] for key in sorted(groups)]


def _table(groups: Sequence[Sequence[Run]], measure: str, published: Sequence[Published]) -> str:
    rows = [row for group in groups if (row := _row(group, measure))]
    rows += [[one.system, "*published, not reproduced here*", *[""] * 4, one.f1, "", "", ""] for one in published]
    if not rows:
        return ""
    head = ["run", "encoder", "parameters", "data", "seeds", "test sentences", "F1", "95% interval", "macro", "floor"]
    lines = [head, ["---", "---", "---:", "---", "---", "---:", "---:", "---:", "---:", "---:"], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(group: Sequence[Run], measure: str) -> list[str]:
    """The cells of runs that differ in the seed; none where they lack the measure."""
    scores = [run.scores[measure] for run in group if measure in run.scores]
    if len(scores) < len(group):
        return []
    first = group[0]
    f1 = _mean(scores, lambda score: score.f1)
    spread = f" ± {100 * statistics.stdev(score.f1 for score in scores):.1f}" if len(scores) > 1 else ""
    low, high = _mean(scores, lambda score: score.low), _mean(scores, lambda score: score.high)
    return [
        first.base,
        first.encoder,
        f"{first.parameters / 1e6:.1f} M",
        first.data,
        ", ".join(str(run.seed) for run in group),
        f"{first.n_sentences:,}",
        f"**{f1}**{spread}",
        f"{low}–{high}" if low != _NONE else _NONE,
        _mean(scores, lambda score: score.macro),
        _mean(scores, lambda score: score.floor),
    ]


def _mean(scores: Sequence[Score], value: Callable[[Score], float | None]) -> str:
    values = [found for score in scores if (found := value(score)) is not None]
    return f"{100 * statistics.fmean(values):.1f}" if len(values) == len(scores) else _NONE


def _notes(groups: Sequence[Sequence[Run]]) -> list[str]:
    """What a reader must know of single rows."""
    if not groups:
        return ["No run of ours was given."]
    seen = {
        f"- {group[0].base}: {group[0].n_seen:,} of its {group[0].n_articles:,} test articles have the text of an"
        " article that it was trained on or chosen by; they are scored with the rest, as in the published split."
        for group in groups
        if group[0].n_seen
    }
    return ["\n".join(sorted(seen))] if seen else []
