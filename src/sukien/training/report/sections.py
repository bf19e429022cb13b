"""The report as sections of words and tables, for the page and the terminal alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sukien.training.report.cases import ERRORS
from sukien.training.report.matching import NONE
from sukien.training.report.systems import layers_of
from sukien.training.tables import FEW, percent

LAYER_NAMES = {
    "entities": "entities",
    "triggers": "triggers",
    "sentence_event_types": "sentence types",
    "article_event_types": "article types",
}
_SHORT = {
    "entities": "entity",
    "triggers": "trigger",
    "sentence_event_types": "sentence",
    "article_event_types": "article",
}
DASH = "–"
UNKNOWN = "not known"
NOT_MEASURED = "not measured"
_N_CONFUSIONS = 10
_SCORES = ("P", "R", "F1", "95% range", "gold", "found")


@dataclass(frozen=True, slots=True)
class Row:
    """`few`: too little stands behind the numbers, which are shown dim and marked in words."""

    cells: tuple[str, ...]
    few: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`n_text`: so many columns at the left are words; the rest are numbers. `wide`: does not fit a terminal."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    n_text: int = 1
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    words: tuple[str, ...]
    tables: tuple[Table, ...] = field(default=())


def sections(scores: dict[str, Any]) -> list[Section]:
    """All sections but the errors themselves. `scores` is the result of `measure`."""
    report = scores["report"]
    return [
        _run(report["run"], scores),
        _data(report["data"]),
        _headline(scores),
        _systems(report["systems"]),
        _types(scores),
        _matching(report),
        _buckets(report["buckets"]),
        _confidence(report),
        _robustness(report["robustness"]),
        _offsets(report["offsets"]),
    ]


def warning(scores: dict[str, Any]) -> str | None:
    """What a reader must know before any number, or None."""
    seen, total = scores["n_seen_in_training"], scores["n_articles"]
    if not seen:
        return None
    return f"{seen} of the {total} articles were in this tagger's training: the scores are higher than on new text."


def _facts(caption: str, rows: Iterable[tuple[str, object]]) -> Table:
    return Table(caption, ("", ""), tuple(Row((name, _shown(value))) for name, value in rows), n_text=2)


def _run(run: dict[str, Any], scores: dict[str, Any]) -> Section:
    n_known = run["n_training_articles"]
    rows = [
        ("model", run["model"]),
        ("encoder", f"{run['encoder']} ({run['architecture']})"),
        ("parameters", run["parameters"]),
        ("window", f"{run['window']} pieces, {run['overlap']} of overlap"),
        ("word segmentation", run["segmentation"]),
        ("weights written", run["weights_date"] or UNKNOWN),
        ("data", run["data"]),
        ("split", run["split"] or "none: labelled files"),
        ("articles in its training", n_known or f"{UNKNOWN}: its folder does not say"),
        ("of these scored here", scores["n_seen_in_training"] if n_known else UNKNOWN),
        ("calibrated", ", ".join(f"{head} {t:g}" for head, t in run["temperatures"].items()) or "no"),
        ("sukien", run["sukien"]),
    ]
    return Section("run", "What was scored", (), (_facts("The tagger and the text", rows),))


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
        Row((name, _shown(counts["n_articles"]), _shown(counts["n_sentences"])))
        for name, counts in sorted(data["sources"].items(), key=lambda item: -item[1]["n_articles"])
    )
    spans = [(name, layer, n) for layer in ("entity_types", "event_types") for name, n in data[layer].items()]
    kinds = {"entity_types": "entity", "event_types": "trigger"}
    tables = [
        _facts("The labelled text", rows),
        Table("Labelled spans by type", ("", "layer", "gold"), tuple(
            Row((name, kinds[layer], _shown(n)), n < FEW) for name, layer, n in spans), n_text=2),
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
        ("articles with the same text", _part(overlap["n_same_text"], data["n_articles"])),
        ("sentences that are the same", _part(overlap["n_exact"], n_sentences)),
        ("other sentences in like words", _part(overlap["n_near"], overlap["n_comparable"])),
        ("entities labelled so in training", _part(overlap["entities"]["n_seen"], overlap["entities"]["n_spans"])),
        ("triggers labelled so in training", _part(overlap["triggers"]["n_seen"], overlap["triggers"]["n_spans"])),
    ]
    caption = (
        f"Overlap with {overlap['n_train_articles']:,} articles of training ({overlap['n_train_sentences']:,}"
        " sentences); like words: most word trigrams in common, of sentences of eight words or more"
    )
    return _facts(caption, rows)


def _headline(scores: dict[str, Any]) -> Section:
    report = scores["report"]
    rows = []
    for layer in layers_of(scores):
        rows.append(_score_row(LAYER_NAMES[layer], scores[layer]["micro"], _macro(scores[layer]["macro"])))
        if layer == "triggers" and report["identification"]:
            rows.append(_score_row("triggers, any type", report["identification"], DASH))
    columns = ("", "P", "R", "F1", "95% range", "macro", "gold", "found")
    tables = [Table("Micro-averaged scores, in percent", columns, tuple(rows))]
    macros = tuple(
        Row((LAYER_NAMES[layer], _macro(macro), _interval(macro["interval"]), str(macro["n_types"])))
        for layer in layers_of(scores)
        for macro in [scores[layer]["macro"]]
    )
    tables.append(Table("Macro F1: the mean over the types that occur", ("", "F1", "95% range", "types"), macros))
    if report["seeds"]:
        tables.append(_seeds(report["seeds"]))
    words = (
        scores["rule"],
        "triggers, any type: the trigger is found at its place, whatever type it is given (identification); the row"
        " above asks for the type too (classification). 95% range: where the F1 would fall had other articles of this"
        f" kind been drawn (percentile bootstrap over articles). {DASH} where too few articles hold anything to tell.",
    )
    return Section("headline", "How good it is", words, tuple(tables))


def _seeds(seeds: dict[str, Any]) -> Table:
    rows = tuple(
        Row((LAYER_NAMES[layer], _spread(values["micro"]), _spread(values["macro"])))
        for layer, values in seeds["layers"].items()
    )
    names = ", ".join(seeds["models"])
    return Table(f"Mean ± standard deviation over {len(seeds['models'])} seeds: {names}", ("", "micro", "macro"), rows)


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
        " drawn at random would show a difference as large were there none (p, two-sided, paired bootstrap).",
    )
    none = ("Nothing to compare with: no training text for a floor, and no other tagger (--against) was given.",)
    return Section("systems", "Beside other ways", words if tables else none, tables)


def _system_row(layer: str, values: dict[str, Any]) -> Row:
    p_value = DASH if values["p_value"] is None else f"{values['p_value']:.3f}"
    cells = (
        percent(values["ours"]),
        percent(values["theirs"]),
        _interval(values["their_interval"]),
        _signed(values["difference"]),
        _signed_interval(values["interval"]),
        p_value,
    )
    return Row((LAYER_NAMES[layer], *cells))


def _types(scores: dict[str, Any]) -> Section:
    tables = tuple(
        Table(
            f"{LAYER_NAMES[layer].capitalize()} by type, in percent",
            ("", *_SCORES, "note"),
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
    row = _score_row(label, values)
    return Row((*row.cells, NOT_MEASURED if few else ""), few)


def _matching(report: dict[str, Any]) -> Section:
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
            _shown(v[key]) for key in ("correct", "incorrect", "partial", "missed", "spurious"))))
        for name, v in ways.items()
    )  # fmt: skip
    columns = ("", "P", "R", "F1", "right", "wrong", "partial", "missed", "spurious")
    return Table(f"{LAYER_NAMES[layer].capitalize()} under four rules", columns, rows)


def _error_classes(errors: dict[str, Any]) -> Table:
    columns = ["", *(name for layer in errors for name in (LAYER_NAMES[layer], "share"))]
    rows = []
    for kind in ERRORS:
        found = [layer["classes"][kind] for layer in errors.values()]
        rows.append(Row((kind, *(cell for one in found for cell in (_shown(one["count"]), percent(one["share"]))))))
    total = [cell for layer in errors.values() for cell in (_shown(layer["n_errors"]), "")]
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
    rows = tuple(Row((gold, predicted, _shown(-count))) for count, gold, predicted in found[:_N_CONFUSIONS])
    caption = f"Most frequent confusions of {LAYER_NAMES[layer]}"
    return Table(caption, ("labelled", "predicted", "count"), rows, n_text=2)


def _matrix(layer: str, matrix: dict[str, Any]) -> Table:
    rows = tuple(Row((name, *map(str, counts))) for name, counts in zip(matrix["types"], matrix["counts"], strict=True))
    caption = f"{LAYER_NAMES[layer].capitalize()}: labelled type (rows) and predicted type (columns); {NONE}: no span"
    return Table(caption, ("", *matrix["types"]), rows, wide=True)


def _buckets(buckets: dict[str, Any]) -> Section:
    tables = tuple(
        Table(
            f"{LAYER_NAMES[layer].capitalize()} by {name}",
            ("", *_SCORES, "note"),
            tuple(_bucket_row(part, values) for part, values in parts.items()),
        )
        for layer, divisions in buckets.items()
        for name, parts in divisions.items()
    )
    words = (
        f"Scores of parts of the text, by what the span itself is like or where it stands; under {FEW} labelled spans a"
        " part says little (few). Modality is known of labelled triggers only, so it has a recall and nothing else."
        " A kind of name is told for PER, GPE and ORG, by the spelling of its syllables.",
    )
    return Section("buckets", "Where it is good and where not", words, tables)


def _bucket_row(part: str, values: dict[str, Any]) -> Row:
    few = values["support"] < FEW
    return Row((*_score_row(part, values).cells, "few" if few else ""), few)


def _confidence(report: dict[str, Any]) -> Section:
    confidence, calibrated = report["confidence"], bool(report["run"]["temperatures"])
    rows = tuple(
        Row((LAYER_NAMES[layer], _ece(values["before"] or values["after"]),
             _ece(values["after"]) if calibrated else DASH, _shown(values["after"]["n"])), values["after"]["n"] < FEW)
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
             _signed(v["kept"]["f1"] - v["all"]["f1"]), percent(v["kept"]["precision"]), percent(v["kept"]["recall"])),
            v["support"] < FEW)
        for label, v in types.items()
    )  # fmt: skip
    caption = f"{LAYER_NAMES[head].capitalize()} with the thresholds of the model's configuration, chosen on other text"
    return Table(caption, ("", "threshold", "F1 of all", "F1", "difference", "P", "R"), rows)


def _robustness(found: dict[str, Any]) -> Section:
    layers = list(found["original"])
    rows = [Row(("as it is", *(cell for layer in layers for cell in (percent(found["original"][layer]), ""))))]
    for name, values in found["variants"].items():
        cells = [c for one in values.values() for c in (percent(one["f1"]), _signed(one["difference"]))]
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


def _offsets(found: dict[str, Any]) -> Section:
    n_gold = found["n_gold"]
    rows = [
        ("predicted spans that equal text[start:end]", _part(found["n_exact"], found["n_predicted"])),
        ("labelled spans that begin or end inside a word of ours", _part(found["n_cut"], n_gold)),
        ("labelled spans with a word in no window", _part(found["n_unread"], n_gold)),
        ("labelled spans with a border in a segmented word", _part(found["n_inside"], n_gold)),
    ]
    words = [
        "A span that begins or ends inside a word, or that no window reads, can never be predicted right. One with a"
        " border inside what word segmentation joins can, since tags are by syllable.",
    ]
    if found["cut"]:
        words.append(f"Cut by a word: {'; '.join(found['cut'])}.")
    return Section("offsets", "Offsets", tuple(words), (_facts("Offsets and lost spans", rows),))


def _score_row(name: str, values: dict[str, Any], *macro: str) -> Row:
    """What has no denominator is a dash, not a zero."""
    support, predicted = values["support"], values["predicted"]
    cells: Iterator[str] = iter((
        percent(values["precision"] if predicted else None),
        percent(values["recall"] if support else None),
        percent(values["f1"] if predicted is not None and support + predicted else None),
        _interval(values["interval"]),
        *macro,
        _shown(support),
        _shown(predicted),
    ))  # fmt: skip
    return Row((name, *cells))


def _macro(macro: dict[str, Any]) -> str:
    return percent(macro["f1"] if macro["n_types"] else None)


def _interval(interval: Sequence[float] | None) -> str:
    return DASH if interval is None else f"{percent(interval[0])}–{percent(interval[1])}"


def _signed_interval(interval: Sequence[float] | None) -> str:
    return DASH if interval is None else f"{_signed(interval[0])} to {_signed(interval[1])}"


def _signed(value: float | None) -> str:
    return DASH if value is None else f"{100 * value:+.1f}".replace("-", "−")


def _shown(value: object) -> str:
    return DASH if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _part(count: int, total: int) -> str:
    return f"{count:,} of {total:,}" + (f" ({100 * count / total:.1f}%)" if total else "")
