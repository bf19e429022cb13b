"""The report as sections of words and tables, for the page and the terminal alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sukien.training.report.analysis import (
    buckets_section,
    confidence_section,
    matching_section,
    offsets_section,
    robustness_section,
)
from sukien.training.report.layout import (
    DASH,
    LAYER_NAMES,
    NOT_MEASURED,
    SCORE_COLUMNS,
    UNKNOWN,
    Row,
    Section,
    Table,
    facts,
    score_row,
    share_of,
    shown,
    shown_interval,
    shown_macro,
    signed,
    signed_interval,
)
from sukien.training.report.systems import layers_of
from sukien.training.tables import FEW, percent

_ANY_TYPE = "triggers, any type"


def sections(scores: dict[str, Any]) -> list[Section]:
    """All sections but the errors themselves. `scores` is the result of `measure`."""
    report = scores["report"]
    return [
        _run(report["run"], scores),
        _data(report["data"]),
        _headline(scores),
        _systems(report["systems"]),
        _types(scores),
        matching_section(report),
        buckets_section(report["buckets"]),
        confidence_section(report),
        robustness_section(report["robustness"]),
        offsets_section(report["offsets"]),
    ]


def warning(scores: dict[str, Any]) -> str | None:
    """What a reader must know before any number, or None."""
    seen, total = scores["n_seen_in_training"], scores["n_articles"]
    if not seen:
        return None
    return (
        f"{seen} of the {total} articles are of those that this tagger was trained on or chosen by: the scores are"
        " higher than on new text."
    )


def _run(run: dict[str, Any], scores: dict[str, Any]) -> Section:
    n_known = run["n_training_articles"]
    rows = [
        ("model", run["model"]),
        ("encoder", f"{run['encoder']} ({run['architecture']})"),
        ("parameters", run["parameters"]),
        ("window", f"{run['window']} pieces, {run['overlap']} of overlap"),
        ("word segmentation", run["segmentation"]),
        ("weights, SHA-256", run["weights_sha256"] or UNKNOWN),
        ("data", run["data"]),
        ("split", run["split"] or "none: labelled files"),
        ("articles it was trained on or chosen by", n_known or f"{UNKNOWN}: its folder does not say"),
        ("training text given here", _given(run)),
        ("of its training scored here", scores["n_seen_in_training"] if n_known else UNKNOWN),
        ("calibrated", ", ".join(f"{head} {t:g}" for head, t in run["temperatures"].items()) or "no"),
        ("sukien", run["sukien"]),
    ]
    return Section("run", "What was scored", (), (facts("The tagger and the text", rows),))


def _given(run: dict[str, Any]) -> str:
    """Floors and overlap are of this text, which need not be what the tagger was trained on."""
    if not run["n_train"]:
        return "none"
    known = f"{run['n_train_known']} of them in its training" if run["n_training_articles"] else UNKNOWN
    return f"{run['n_train']} articles, {known}"


def _data(data: dict[str, Any]) -> Section:
    n_articles, n_dated = data["n_articles"], data["n_dated"]
    period = f"{data['first_date']} to {data['last_date']} ({n_dated} of {n_articles} dated)" if n_dated else UNKNOWN
    rows = [
        ("articles", n_articles),
        ("sentences", data["n_sentences"]),
        ("sentences with labels", data["n_labelled_sentences"]),
        ("words (syllables)", data["n_words"]),
        ("entities", sum(data["entity_types"].values())),
        ("triggers", sum(data["event_types"].values())),
        ("period", period),
    ]
    sources = tuple(
        Row((name, shown(counts["n_articles"]), shown(counts["n_sentences"])))
        for name, counts in sorted(data["sources"].items(), key=lambda item: -item[1]["n_articles"])
    )
    spans = [(name, layer, n) for layer in ("entity_types", "event_types") for name, n in data[layer].items()]
    kinds = {"entity_types": "entity", "event_types": "trigger"}
    tables = [
        facts("The labelled text", rows),
        Table("Labelled spans by type", ("", "layer", "gold"), tuple(
            Row((name, kinds[layer], shown(n)), n < FEW) for name, layer, n in spans), n_text=2),
        Table("Outlets, as the data states them", ("", "articles", "sentences"), sources),
    ]  # fmt: skip
    words = ["A test on text like that of training says little about other text; the overlap tells how like it is."]
    if data["overlap"] is None:
        words.append("Overlap with the training text: not known, since no training text was given (--train PATH).")
    else:
        tables.append(_overlap(data, data["overlap"]))
    return Section("data", "The text", tuple(words), tuple(tables))


def _overlap(data: dict[str, Any], overlap: dict[str, Any]) -> Table:
    n_sentences = data["n_sentences"]
    rows = [
        ("articles with the same text", share_of(overlap["n_same_text"], data["n_articles"])),
        ("sentences that are the same", share_of(overlap["n_exact"], n_sentences)),
        ("other sentences in like words", share_of(overlap["n_near"], overlap["n_comparable"])),
        ("entities labelled so in training", share_of(overlap["entities"]["n_seen"], overlap["entities"]["n_spans"])),
        ("triggers labelled so in training", share_of(overlap["triggers"]["n_seen"], overlap["triggers"]["n_spans"])),
    ]
    caption = (
        f"Overlap with {overlap['n_train_articles']:,} articles of training ({overlap['n_train_sentences']:,}"
        " sentences); like words: most word trigrams in common, of sentences of eight words or more"
    )
    return facts(caption, rows)


def _headline(scores: dict[str, Any]) -> Section:
    report = scores["report"]
    rows = []
    for layer in layers_of(scores):
        rows.append(score_row(LAYER_NAMES[layer], scores[layer]["micro"], shown_macro(scores[layer]["macro"])))
        if layer == "triggers":
            rows.append(score_row(_ANY_TYPE, scores[layer]["identification"], DASH))
    columns = ("", "P", "R", "F1", "95% range", "macro", "gold", "found")
    tables = [Table("Micro-averaged scores, in percent", columns, tuple(rows))]
    macros = tuple(
        Row((LAYER_NAMES[layer], shown_macro(macro), shown_interval(macro["interval"]), str(macro["n_types"])))
        for layer in layers_of(scores)
        for macro in [scores[layer]["macro"]]
    )
    tables.append(Table("Macro F1: the mean over the types that occur", ("", "F1", "95% range", "types"), macros))
    if report["seeds"]:
        tables.append(_seeds(report["seeds"]))
    words = (
        scores["rule"],
        f"{_ANY_TYPE}: the trigger is found at its place, whatever type it is given (identification); the row"
        " above asks for the type too (classification). 95% range: where the F1 would fall had other articles of this"
        f" kind been drawn (percentile bootstrap over articles). {DASH} where too few articles hold anything to tell.",
    )
    return Section("headline", "How good it is", words, tuple(tables))


def _seeds(seeds: dict[str, Any]) -> Table:
    rows = []
    for layer, values in seeds["layers"].items():
        rows.append(Row((LAYER_NAMES[layer], _spread(values["micro"]), _spread(values["macro"]))))
        if "identification" in values:
            rows.append(Row((_ANY_TYPE, _spread(values["identification"]), DASH)))
    names = ", ".join(seeds["models"])
    return Table(
        f"Mean ± standard deviation over {len(seeds['models'])} seeds: {names}", ("", "micro", "macro"), tuple(rows)
    )


def _spread(values: dict[str, Any]) -> str:
    return percent(values["mean"]) + (f" ± {percent(values['sd'])}" if values["sd"] is not None else "")


def _systems(systems: Sequence[dict[str, Any]]) -> Section:
    tables = tuple(
        Table(
            f"Against {other['name']}" + (f": {other['note']}" if other["note"] else ""),
            ("", "ours", "theirs", "their range", "difference", "95% range", "p"),
            tuple(_system_row(layer, values) for layer, values in other["layers"].items()),
        )
        for other in systems
    )
    words = (
        "F1 of both on the same articles, the difference (ours less theirs) with its 95% range, and how often articles"
        " drawn at random would show a difference as large were there none (p, two-sided, paired bootstrap). Each p"
        " stands alone: of many comparisons some come out small by chance.",
    )
    none = ("Nothing to compare with: no training text for a floor, and no other tagger (--against) was given.",)
    return Section("systems", "Beside other ways", words if tables else none, tables)


def _system_row(layer: str, values: dict[str, Any]) -> Row:
    p_value = DASH if values["p_value"] is None else f"{values['p_value']:.3f}"
    cells = (
        percent(values["ours"]),
        percent(values["theirs"]),
        shown_interval(values["their_interval"]),
        signed(values["difference"]),
        signed_interval(values["interval"]),
        p_value,
    )
    return Row((LAYER_NAMES[layer], *cells))


def _types(scores: dict[str, Any]) -> Section:
    tables = tuple(
        Table(
            f"{LAYER_NAMES[layer].capitalize()} by type, in percent",
            ("", *SCORE_COLUMNS, "note"),
            tuple(_marked(label, values) for label, values in scores[layer]["types"].items()),
        )
        for layer in layers_of(scores)
    )
    words = (
        f"A type with fewer than {FEW} labelled spans is {NOT_MEASURED}: its numbers are here to be complete, and say"
        " little.",
    )
    return Section("types", "Type by type", words, tables)


def _marked(label: str, values: dict[str, Any]) -> Row:
    few = values["support"] < FEW
    row = score_row(label, values)
    return Row((*row.cells, NOT_MEASURED if few else ""), few)
