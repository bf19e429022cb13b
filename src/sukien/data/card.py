"""The dataset card, in the form of the Hugging Face hub: https://huggingface.co/docs/hub/datasets-cards.

Every number is from the statistics of the run.
"""

from __future__ import annotations

from typing import Any

from sukien.data.card_quality import labelling, what_it_buys
from sukien.data.markdown import grouped, table
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
        sections.append("## Who labelled it\n\n" + labelling(stats))
    if experiments := stats["build"]["experiments"]:
        sections.append("## What the data buys\n\n" + what_it_buys(experiments))
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
        f"{grouped(total['articles'])} Vietnamese news articles with {grouped(total['sentences'])} labelled sentences:"
        f" {' and '.join(layers)}, as exact character spans of the text ({grouped(total['entities'])} entities,"
        f" {grouped(total['events'])} triggers). Triggers can carry a modality and their actors and recipients."
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
        counts = {key: grouped(standoff[key]) for key in ("articles", "sentences")}
        entities, events = (sum(standoff[key].values()) for key in ("entity_types", "event_types"))
        held_out = {
            f"{name}_{key}": grouped(count)
            for name, sizes in standoff["held_out"].items()
            for key, count in sizes.items()
        }
        told = _HELD_OUT.format(**held_out) if held_out else ""
        texts.append(_STANDOFF_TEXT.format(**counts, entities=grouped(entities), events=grouped(events), held_out=told))
    if _n_own(stats):
        texts.append("The labels of these articles and the invented text are under the Apache License 2.0.")
    return texts


def _size_table(stats: dict[str, Any]) -> str:
    rows = [[name, *(grouped(counts[column]) for column in _COLUMNS)] for name, counts in stats["splits"].items()]
    rows.append(["all", *(grouped(stats["all"][column]) for column in _COLUMNS)])
    note = "Words are runs of letters and digits: syllables in Vietnamese. Words and characters are counted in"
    return table(["split", *_COLUMNS], rows) + f"\n\n{note} labelled sentences."


def _source_table(stats: dict[str, Any]) -> str:
    rows = []
    for name, counts in stats["sources"].items():
        dates = " to ".join(dict.fromkeys(filter(None, (counts["first_date"], counts["last_date"])))) or "not stated"
        sizes = (grouped(counts[column]) for column in ("articles", "sentences", "entities", "events"))
        rows.append([name.replace("|", "\\|"), *sizes, dates])
    return table(["source", "articles", "sentences", "entities", "events", "dates"], rows)


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
                *(grouped(stats["splits"][split][key][name]) for split in SPLITS),
                grouped(count),
                *([grouped(more.get(name, 0)), grouped(count + more.get(name, 0))] if more else []),
            ]
            for name, count in names.items()
        ]
        columns = [title.lower(), *SPLITS, "all", *(["in `standoff/`", "together"] if more else [])]
        sections.append(f"## {title}\n\n" + table(columns, rows))
    return sections


def _split_text(stats: dict[str, Any]) -> str:
    how = stats["build"]["drawn"]
    if how is None:
        return _FIXED_SPLIT.format(
            stories=grouped(stats["build"]["stories"]), articles=grouped(stats["all"]["articles"])
        )
    return (
        f"Whole articles, drawn with seed {how['seed']}: {how['validation']:.0%} of the sentences for"
        f" validation, {how['test']:.0%} for test, as nearly as possible, within each source. Articles on one"
        " story, and articles that share a sentence, stay in one split: the"
        f" {grouped(stats['all']['articles'])} articles tell {grouped(stats['build']['stories'])} stories."
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
