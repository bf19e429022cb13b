"""The sections that look into the errors: kinds, parts of the text, scores, ways of writing, offsets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sukien.training.report.cases import ERRORS
from sukien.training.report.layout import (
    DASH,
    LAYER_NAMES,
    SCORE_COLUMNS,
    Row,
    Section,
    Table,
    facts,
    score_row,
    share_of,
    shown,
    signed,
)
from sukien.training.report.matching import NONE
from sukien.training.tables import FEW, percent

_N_CONFUSIONS = 10
_SHORT = {
    "entities": "entity",
    "triggers": "trigger",
    "sentence_event_types": "sentence",
    "article_event_types": "article",
}


def matching_section(report: dict[str, Any]) -> Section:
    tables: list[Table] = []
    for layer, ways in report["matching"].items():
        tables.append(_four_ways(layer, ways))
    tables.append(_error_classes(report["errors"]))
    for layer, matrix in report["confusion"].items():
        tables.append(_confusions(layer, matrix))
    for layer, matrix in report["confusion"].items():
        tables.append(_matrix(layer, matrix))
    words = (
        "strict: place and type are right; exact: the place, whatever the type; partial: the spans overlap, which"
        " counts half where the borders differ; type: they overlap and have one type (SemEval-2013 task 9.1, by"
        " nervaluate).",
        "Each labelled span is paired with at most one predicted span that overlaps it. boundary: right type, wrong"
        " borders; type: right borders, wrong type; missed: nothing was predicted there; spurious: nothing is labelled"
        " there.",
    )
    return Section("errors", "Kinds of error", words, tuple(tables))


def _four_ways(layer: str, ways: dict[str, Any]) -> Table:
    rows = tuple(
        Row((name, *(percent(v[key]) for key in ("precision", "recall", "f1")), *(
            shown(v[key]) for key in ("correct", "incorrect", "partial", "missed", "spurious"))))
        for name, v in ways.items()
    )  # fmt: skip
    columns = ("", "P", "R", "F1", "right", "wrong", "partial", "missed", "spurious")
    return Table(f"{LAYER_NAMES[layer].capitalize()} under four rules", columns, rows)


def _error_classes(errors: dict[str, Any]) -> Table:
    columns = ["", *(name for layer in errors for name in (LAYER_NAMES[layer], "share"))]
    rows = []
    for kind in ERRORS:
        found = [layer["classes"][kind] for layer in errors.values()]
        rows.append(Row((kind, *(cell for one in found for cell in (shown(one["count"]), percent(one["share"]))))))
    total = [cell for layer in errors.values() for cell in (shown(layer["n_errors"]), "")]
    rows.append(Row(("all errors", *total)))
    return Table("Errors by kind; the share is of all errors, in percent", tuple(columns), tuple(rows))


def _confusions(layer: str, matrix: dict[str, Any]) -> Table:
    names = matrix["types"]
    found = sorted(
        (-count, names[row], names[column])
        for row, counts in enumerate(matrix["counts"])
        for column, count in enumerate(counts)
        if row != column and count and NONE not in (names[row], names[column])
    )
    rows = tuple(Row((gold, predicted, shown(-count))) for count, gold, predicted in found[:_N_CONFUSIONS])
    caption = f"Most frequent confusions of {LAYER_NAMES[layer]}"
    return Table(caption, ("labelled", "predicted", "count"), rows, n_text=2)


def _matrix(layer: str, matrix: dict[str, Any]) -> Table:
    rows = tuple(Row((name, *map(str, counts))) for name, counts in zip(matrix["types"], matrix["counts"], strict=True))
    caption = f"{LAYER_NAMES[layer].capitalize()}: labelled type (rows) and predicted type (columns); {NONE}: no span"
    return Table(caption, ("", *matrix["types"]), rows, wide=True)


def buckets_section(buckets: dict[str, Any]) -> Section:
    """`buckets` by layer and division."""
    tables = tuple(
        Table(
            f"{LAYER_NAMES[layer].capitalize()} by {name}",
            ("", *SCORE_COLUMNS, "note"),
            tuple(_bucket_row(part, values) for part, values in parts.items()),
        )
        for layer, divisions in buckets.items()
        for name, parts in divisions.items()
    )
    words: tuple[str, ...] = (
        f"Scores of parts of the text, by what the span itself is like or where it stands; under {FEW} labelled spans a"
        " part says little (few). Modality is known of labelled triggers only, so it has a recall and nothing else."
        " A kind of name is told for PER, GPE and ORG, by the spelling of its syllables.",
    )
    if not any("surface" in divisions for divisions in buckets.values()):
        words += ("Surfaces seen in training are left out: no training text was given.",)
    return Section("buckets", "Where it is good and where not", words, tables)


def _bucket_row(part: str, values: dict[str, Any]) -> Row:
    few = values["support"] < FEW
    return Row((*score_row(part, values).cells, "few" if few else ""), few)


def confidence_section(report: dict[str, Any]) -> Section:
    confidence, calibrated = report["confidence"], bool(report["run"]["temperatures"])
    rows = tuple(
        Row((LAYER_NAMES[layer], _ece(values["before"] or values["after"]),
             _ece(values["after"]) if calibrated else DASH, shown(values["after"]["n"])), values["after"]["n"] < FEW)
        for layer, values in confidence.items()
    )  # fmt: skip
    tables = [Table("Expected calibration error, in percent points", ("", "before", "after", "predicted"), rows)]
    tables += [_coverage(layer, values["coverage"]) for layer, values in confidence.items() if values["coverage"]]
    tables += [_thresholds(head, types) for head, types in report["thresholds"].items() if types]
    words = [
        "A score is meant to be a probability: of the spans with a score near 0.8, eight in ten should be right. The"
        " calibration error is the mean distance from that. Coverage: the share of predicted spans that is kept when"
        " those under the threshold are left out.",
        "Before: scores as the network gives them. After: divided by the temperatures in the model's configuration."
        if calibrated
        else "The model's configuration has no temperatures: its scores are not calibrated.",
    ]
    if not report["thresholds"]:
        words.append("The model's configuration has no thresholds by type.")
    return Section("confidence", "Whether its scores are probabilities", tuple(words), tuple(tables))


def _ece(values: dict[str, Any]) -> str:
    return percent(values["ece"])


def _coverage(layer: str, curve: Sequence[dict[str, float]]) -> Table:
    """A few points of the curve: the page has the picture."""
    chosen = [curve[round(place * (len(curve) - 1) / 5)] for place in range(6)] if len(curve) > 6 else curve
    rows = tuple(
        Row((f"{row['threshold']:.3f}", *(percent(row[key]) for key in ("coverage", "precision", "recall", "f1"))))
        for row in chosen
    )
    caption = f"{LAYER_NAMES[layer].capitalize()} above a threshold"
    return Table(caption, ("score at least", "coverage", "P", "R", "F1"), rows)


def _thresholds(head: str, types: dict[str, Any]) -> Table:
    rows = tuple(
        Row((label, f"{v['threshold']:.3f}", percent(v["all"]["f1"]), percent(v["kept"]["f1"]),
             signed(v["kept"]["f1"] - v["all"]["f1"]), percent(v["kept"]["precision"]), percent(v["kept"]["recall"])),
            v["support"] < FEW)
        for label, v in types.items()
    )  # fmt: skip
    caption = f"{LAYER_NAMES[head].capitalize()} with the thresholds of the model's configuration, chosen on other text"
    return Table(caption, ("", "threshold", "F1 of all", "F1", "difference", "P", "R"), rows)


def robustness_section(found: dict[str, Any]) -> Section:
    layers = list(found["original"])
    rows = [Row(("as it is", *(cell for layer in layers for cell in (percent(found["original"][layer]), ""))))]
    for name, values in found["variants"].items():
        cells = [c for one in values.values() for c in (percent(one["f1"]), signed(one["difference"]))]
        rows.append(Row((name, *cells)))
    columns = ("", *(name for layer in layers for name in (_SHORT[layer], "±")))
    text = f"{found['n_articles']:,} articles, {found['n_sentences']:,} sentences"
    drawn = f"drawn at random by article (seed {found['seed']}): {text}" if found["is_sample"] else f"all of it: {text}"
    words = (
        "The same text written otherwise, labels moved along: micro F1, and in ± the difference to the text as it is."
        f" Text: {drawn}.",
    )
    return Section("robustness", "The same text written otherwise", words,
                   (Table("F1 by way of writing, in percent", columns, tuple(rows)),))  # fmt: skip


def offsets_section(found: dict[str, Any]) -> Section:
    n_gold = found["n_gold"]
    rows = [
        ("predicted spans that equal text[start:end]", share_of(found["n_exact"], found["n_predicted"])),
        ("labelled spans that begin or end inside a word of ours", share_of(found["n_cut"], n_gold)),
        ("labelled spans with a word in no window", share_of(found["n_unread"], n_gold)),
        ("labelled spans with a border in a segmented word", share_of(found["n_inside"], n_gold)),
    ]
    words = [
        "A span that begins or ends inside a word, or that no window reads, can never be predicted right. One with a"
        " border inside what word segmentation joins can, since tags are by syllable.",
    ]
    if found["cut"]:
        words.append(f"Cut by a word: {'; '.join(found['cut'])}.")
    return Section("offsets", "Offsets", tuple(words), (facts("Offsets and lost spans", rows),))
