"""The dataset card, in the form of the Hugging Face hub: https://huggingface.co/docs/hub/datasets-cards.

Every number is from the statistics of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sukien.data.splits import SPLITS

# The value of `# source:` that says that an article is ours, so that only its card speaks for it.
AUTHORED = "written for this project"
VIETNEWS = "ThanhChinhBK/vietnews"  # as `sukien fetch` names it
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_COLUMNS = ("articles", "sentences", "words", "characters", "entities", "events")

_AUTHORED_TEXT = """\
The {articles} articles with the source "{source}" were invented for it: their persons and places are mostly
real, but **facts and quotations in them are made up** and must not be taken for news."""
_SEEDS_TEXT = """\
The {articles} seed articles are published news of their outlets, named as the source where the text states
it. They are kept as raw material, character for character, with credit, for research and testing; the rights
to their text stay with the publishers. Labels are offsets into the published text; web-page residue around
the article is in no sentence."""
_OTHER_TEXT = """\
The other articles come from the sources in the table below. Who labelled them, and under which licence their
text stands, is for their provider to say."""
_VIETNEWS_TEXT = """\
The {articles} articles with the source "{source}" are news of 2016 to 2019 from a public corpus. Their text may
be read but is not ours to pass on: `sukien fetch` brings it, the repository holds positions and hashes only."""
_STANDOFF_TEXT = """\
Labels of **{articles} more articles** of real news ({sentences} sentences, {entities} entities, {events}
triggers) are in `standoff/` without their text, which is not ours to pass on. `sukien fetch vietnews` brings
the text, and `sukien build` then takes them in.{held_out}"""
_HELD_OUT = """
{test_articles} of them ({test_sentences} sentences) are the fixed test split, on which taggers of news are scored, and
{validation_articles} ({validation_sentences} sentences) its validation split: `splits.json` lists them, and `sukien
build` then holds these out instead of the articles that are held out below. All other articles are for training then,
but for those that tell the story of a held-out one."""
_LABELLING = """\
Language-model annotators read each sentence under the written guideline (`GUIDELINES.md`); no program or word
list assigned a label; **no human has checked the labels**."""
_AGREEMENT = """\
{sentences} sentences of {articles} articles were labelled twice, independently and blind, by annotators of one
kind; {settled} sentences on which they differed were settled by a third reading (at that time {first} times for the
first labelling, {second} for the second, {neither} for neither). Agreement of the two, before settling: F1 {entities}
for entities, {triggers} for triggers with their type (95% interval over articles {low} to {high}), {triggers_place} for
their place alone, {sentence_types} for event types of a sentence, {participants} for participants and {modality} of
modalities (both of triggers that agree). Both labellings are in `agreement/`, without text, and `python
tests/benchmarks/agreement.py` computes these figures from them. The first labelling of most of these sentences followed
an earlier version of the guideline. Agreement between models says that the guideline is clear to them, not that the
labels are right."""
_AUDIT = """\
An error audit then looked where a tagger disagreed with the labels most surely: in a {folds}-fold cross-validation over
all articles, the {disagreements} most confident disagreements were read, in {sentences} sentences, without saying which
version was the label. In {wrong} sentences the label was wrong and was corrected ({model_right} times the tagger was
right, {neither_right} times neither)."""
_EXPERIMENTS = """\
`models/news-small`'s run file on parts of the training articles, scored on the fixed test split of real articles;
strict micro F1 in percent, mean and standard deviation over training seeds, or of one seed with its 95% interval
(`python tests/benchmarks/experiments.py`). The lexicon, which tags the phrases that were labelled in the same articles,
is the floor. All were trained for as many epochs, so that fewer articles also mean fewer steps; a share is drawn anew
with each seed. "Authored and seeds" trains on all of the text that needs no download, with its labels as they are now.
The other runs were made before most of the authored text was read a second time, which corrected 838 of its sentences.

![Learning curve](learning-curve.png)"""
_LIMITS = """\
- Articles are few, and most tell of international politics: scores on other news will be lower.
- Words of one writer or outlet are not those of all. Invented articles are cleaner than published ones.
- Spans neither nest nor overlap within a layer, and participants are entities of the same sentence only.
- Event types follow what an act is; who is right, or whether it happened, is not labelled beyond modality."""

_FIXED_SPLIT = """\
Whole articles. Validation and test are fixed lists of real news articles (`splits.json`), so that scores of any two
versions can be compared; all others are for training. No training article tells the story of a held-out one or shares
a sentence with it: the {articles} articles tell {stories} stories."""


def dataset_card(stats: dict[str, Any], data_files: str | None = None) -> str:
    """The card of a built dataset, from `sukien.data.build.build`'s statistics.

    `data_files` is the folder of the Parquet files, relative to the card; None leaves them out of the
    metadata.
    """
    sections = [
        "---\n" + _metadata(stats, data_files) + "\n---",
        "# Vietnamese news: entities and political events",
        _summary(stats),
        "## Where the text comes from\n\n" + "\n\n".join(_provenance(stats)),
    ]
    if _n_own(stats):
        sections.append("## Who labelled it\n\n" + _labelling(stats))
    if experiments := stats["build"]["experiments"]:
        sections.append("## What the data buys\n\n" + _experiments(experiments))
    sections += [
        "## Size\n\n" + _size_table(stats),
        "## Sources\n\n" + _source_table(stats),
        *_type_sections(stats),
        "## Splits\n\n" + _split_text(stats),
        "## Form\n\n" + _form_text(),
        f"## Limits\n\n{_LIMITS}",
        "## Building it again\n\n" + _rebuild_text(stats),
    ]
    return "\n\n".join(sections) + "\n"


def _metadata(stats: dict[str, Any], data_files: str | None) -> str:
    from huggingface_hub import DatasetCardData

    total = stats["all"]["articles"]
    more: dict[str, Any] = {}
    if data_files is not None:
        files = [{"split": name, "path": f"{data_files}/{name}.parquet"} for name in SPLITS]
        more["configs"] = [{"config_name": "default", "data_files": files}]
    n_authored = stats["sources"].get(AUTHORED, {"articles": 0})["articles"]
    card = DatasetCardData(
        language="vi",
        # Ours to give only where the text is ours too: the built dataset holds it whole.
        license="apache-2.0" if n_authored == total else "other",
        annotations_creators="machine-generated" if _n_own(stats) == total else None,
        task_categories=["token-classification"],
        task_ids=["named-entity-recognition"],
        tags=["event-detection", "political-events", "plover", "news", "vietnamese"],
        size_categories=next((name for limit, name in _SIZES if total < limit), "n>1M"),
        pretty_name="Vietnamese news: entities and political events",
        **more,
    )
    return str(card.to_yaml())


def _n_own(stats: dict[str, Any]) -> int:
    """Articles that this project labelled."""
    sources = (stats["sources"].get(source, {"articles": 0}) for source in (AUTHORED, VIETNEWS))
    return sum(int(source["articles"]) for source in sources) + len(stats["build"]["seed_articles"])


def _summary(stats: dict[str, Any]) -> str:
    total = stats["all"]
    layers = []
    if stats["labels"]["entity_types"]:
        layers.append(f"named entities of {len(stats['labels']['entity_types'])} types")
    if stats["labels"]["event_types"]:
        layers.append(f"event triggers of {len(stats['labels']['event_types'])} types")
    return (
        f"{_n(total['articles'])} Vietnamese news articles with {_n(total['sentences'])} labelled sentences:"
        f" {' and '.join(layers)}, as exact character spans of the text ({_n(total['entities'])} entities,"
        f" {_n(total['events'])} triggers). Triggers can carry a modality and their actors and recipients."
    )


def _provenance(stats: dict[str, Any]) -> list[str]:
    authored = stats["sources"].get(AUTHORED)
    n_seeds = len(stats["build"]["seed_articles"])
    texts = []
    if authored:
        texts.append(_AUTHORED_TEXT.format(articles=authored["articles"], source=AUTHORED))
    if n_seeds:
        texts.append(_SEEDS_TEXT.format(articles=n_seeds))
    vietnews = stats["sources"].get(VIETNEWS)
    if vietnews:
        texts.append(_VIETNEWS_TEXT.format(articles=vietnews["articles"], source=VIETNEWS))
    if _n_own(stats) < stats["all"]["articles"]:
        texts.append(_OTHER_TEXT)
    if standoff := stats["build"]["standoff"]:
        counts = {key: _n(standoff[key]) for key in ("articles", "sentences")}
        entities, events = (sum(standoff[key].values()) for key in ("entity_types", "event_types"))
        held_out = {
            f"{name}_{key}": _n(count) for name, sizes in standoff["held_out"].items() for key, count in sizes.items()
        }
        told = _HELD_OUT.format(**held_out) if held_out else ""
        texts.append(_STANDOFF_TEXT.format(**counts, entities=_n(entities), events=_n(events), held_out=told))
    if _n_own(stats):
        texts.append("The labels of these articles and the invented text are under the Apache License 2.0.")
    return texts


def _labelling(stats: dict[str, Any]) -> str:
    agreement = stats["build"]["agreement"]
    if not agreement:
        return _LABELLING
    shown = {
        key: _n(value) if isinstance(value, int) else f"{value:.3f}"
        for key, value in agreement.items()
        if not isinstance(value, dict)
    }
    rows = [
        [name, f"{value['f1']:.3f}", _n(value["first"]), _n(value["second"])]
        for name, value in agreement["types"].items()
    ]
    table = _table(["type", "agreement F1", "first labelling", "second"], rows)
    low, high = agreement["intervals"]["triggers"]
    parts = [_LABELLING, _AGREEMENT.format(**shown, low=f"{low:.3f}", high=f"{high:.3f}"), _by_source(agreement), table]
    if audit := agreement.get("audit"):
        parts.append(_AUDIT.format(**audit, wrong=audit["model_right"] + audit["neither_right"]))
    return "\n\n".join(parts)


def _by_source(agreement: dict[str, Any]) -> str:
    layers = ("entities", "triggers", "sentence_types", "participants", "modality")
    rows = [
        [name, _n(told["articles"]), _n(told["sentences"]), *(f"{told[layer]:.3f}" for layer in layers)]
        for name, told in agreement["sources"].items()
    ]
    return _table(["labelled twice", "articles", "sentences", *(layer.replace("_", " ") for layer in layers)], rows)


def _experiments(experiments: dict[str, Any]) -> str:
    layers = {"entities": "entities", "triggers": "triggers", "sentence_event_types": "sentence types"}
    rows = [
        [
            name,
            _n(told["sentences"]),
            _n(len(told["seeds"])),
            *(_mean(told[layer]) for layer in layers),
            *(f"{100 * told['floor'][layer]:.1f}" for layer in layers),
        ]
        for name, told in experiments.items()
    ]
    columns = ["trained on", "sentences", "seeds", *layers.values(), *(f"lexicon, {name}" for name in layers.values())]
    return f"{_EXPERIMENTS}\n\n{_table(columns, rows)}"


def _mean(told: dict[str, Any]) -> str:
    mean, spread = 100 * told["mean"], told["sd"]
    if spread is not None:
        return f"{mean:.1f} ± {100 * spread:.1f}"
    low, high = told["intervals"][0]
    return f"{mean:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _size_table(stats: dict[str, Any]) -> str:
    rows = [[name, *(_n(counts[column]) for column in _COLUMNS)] for name, counts in stats["splits"].items()]
    rows.append(["all", *(_n(stats["all"][column]) for column in _COLUMNS)])
    note = "Words are runs of letters and digits: syllables in Vietnamese. Words and characters are counted in"
    return _table(["split", *_COLUMNS], rows) + f"\n\n{note} labelled sentences."


def _source_table(stats: dict[str, Any]) -> str:
    rows = []
    for name, counts in stats["sources"].items():
        dates = " to ".join(dict.fromkeys(filter(None, (counts["first_date"], counts["last_date"])))) or "not stated"
        sizes = (_n(counts[column]) for column in ("articles", "sentences", "entities", "events"))
        rows.append([name.replace("|", "\\|"), *sizes, dates])
    return _table(["source", "articles", "sentences", "entities", "events", "dates"], rows)


def _type_sections(stats: dict[str, Any]) -> list[str]:
    sections = []
    for key, title in (("entity_types", "Entities"), ("event_types", "Events"), ("modalities", "Modality")):
        names = stats["all"][key]
        if not names or not any(names.values()):
            continue
        more = (stats["build"]["standoff"] or {}).get(key, {})
        rows = [
            [
                name,
                *(_n(stats["splits"][split][key][name]) for split in SPLITS),
                _n(count),
                *([_n(more.get(name, 0)), _n(count + more.get(name, 0))] if more else []),
            ]
            for name, count in names.items()
        ]
        columns = [title.lower(), *SPLITS, "all", *(["in `standoff/`", "together"] if more else [])]
        sections.append(f"## {title}\n\n" + _table(columns, rows))
    return sections


def _split_text(stats: dict[str, Any]) -> str:
    how = stats["build"]["drawn"]
    if how is None:
        return _FIXED_SPLIT.format(stories=_n(stats["build"]["stories"]), articles=_n(stats["all"]["articles"]))
    return (
        f"Whole articles, drawn with seed {how['seed']}: {how['validation']:.0%} of the sentences for"
        f" validation, {how['test']:.0%} for test, as nearly as possible, within each source. Articles on one"
        " story, and articles that share a sentence, stay in one split: the"
        f" {_n(stats['all']['articles'])} articles tell {_n(stats['build']['stories'])} stories."
    )


def _form_text() -> str:
    return (
        "One row an article: `id`, `source`, `date` (YYYY-MM-DD or null), `text`, `sentences` (`start`,"
        " `end`), `entities` (`start`, `end`, `label`, `text`), `events` (the same, with `modality`, and with"
        " `actors` and `recipients` as places in `entities`), `event_types`. Offsets count Unicode characters"
        " of `text`; `end` is exclusive. Text outside `sentences` is unlabelled."
    )


def _rebuild_text(stats: dict[str, Any]) -> str:
    how = stats["build"]["drawn"]
    drawn = f" (seed {how['seed']}, validation {how['validation']}, test {how['test']})" if how else ""
    return (
        "The labels are plain text files, one sentence a line, to be read and corrected by people."
        " `sukien build` makes the Parquet files, `stats.json` and this card from them, the same bytes each"
        f" time with the same library versions{drawn}. Do not edit this card."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _n(count: int) -> str:
    return f"{count:,}"
