"""What is known of the labels, for the dataset card: agreement, audit, experiments."""

from __future__ import annotations

from typing import Any

from sukien.data.markdown import grouped, table

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
`configs/news-small.yaml`, without its noise, on parts of the training articles, scored on the fixed test split of real
articles; strict micro F1 in percent, mean and standard deviation over training seeds, or of one seed with its 95%
interval (`python tests/benchmarks/experiments.py`). The lexicon, which tags the phrases that were labelled in the same
articles, is the floor. All were trained for as many epochs, so that fewer articles also mean fewer steps; a share is
drawn anew with each seed. "Authored and seeds" trains on all of the text that needs no download, with its labels as
they are now. The other runs were made before most of the authored text was read a second time, which corrected 838 of
its sentences; all of them with the first `encoder-small`, two before the one that ships.

![Learning curve](learning-curve.png)"""


def labelling(stats: dict[str, Any]) -> str:
    """Who labelled, how far two labellings agree, and what an audit found."""
    agreement = stats["build"]["agreement"]
    if not agreement:
        return _LABELLING
    shown = {
        key: grouped(value) if isinstance(value, int) else f"{value:.3f}"
        for key, value in agreement.items()
        if not isinstance(value, dict)
    }
    rows = [
        [name, f"{value['f1']:.3f}", grouped(value["first"]), grouped(value["second"])]
        for name, value in agreement["types"].items()
    ]
    types = table(["type", "agreement F1", "first labelling", "second"], rows)
    low, high = agreement["intervals"]["triggers"]
    parts = [_LABELLING, _AGREEMENT.format(**shown, low=f"{low:.3f}", high=f"{high:.3f}"), _by_source(agreement), types]
    if audit := agreement.get("audit"):
        parts.append(_AUDIT.format(**audit, wrong=audit["model_right"] + audit["neither_right"]))
    return "\n\n".join(parts)


def _by_source(agreement: dict[str, Any]) -> str:
    layers = ("entities", "triggers", "sentence_types", "participants", "modality")
    rows = [
        [name, grouped(told["articles"]), grouped(told["sentences"]), *(f"{told[layer]:.3f}" for layer in layers)]
        for name, told in agreement["sources"].items()
    ]
    return table(["labelled twice", "articles", "sentences", *(layer.replace("_", " ") for layer in layers)], rows)


def what_it_buys(experiments: dict[str, Any]) -> str:
    """What a tagger learns from parts of the data."""
    layers = {"entities": "entities", "triggers": "triggers", "sentence_event_types": "sentence types"}
    rows = [
        [
            name,
            grouped(told["sentences"]),
            grouped(len(told["seeds"])),
            *(_mean(told[layer]) for layer in layers),
            *(f"{100 * told['floor'][layer]:.1f}" for layer in layers),
        ]
        for name, told in experiments.items()
    ]
    columns = ["trained on", "sentences", "seeds", *layers.values(), *(f"lexicon, {name}" for name in layers.values())]
    return f"{_EXPERIMENTS}\n\n{table(columns, rows)}"


def _mean(told: dict[str, Any]) -> str:
    mean, spread = 100 * told["mean"], told["sd"]
    if spread is not None:
        return f"{mean:.1f} ± {100 * spread:.1f}"
    low, high = told["intervals"][0]
    return f"{mean:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
