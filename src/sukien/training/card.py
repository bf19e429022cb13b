"""The model card, made from the run: nothing in it is written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from sukien.config import RunConfig
from sukien.data import bkee, bkee_files, phoner
from sukien.models.pretrained import DEFAULT_ENCODER, DEFAULT_TAGGER
from sukien.ontology import LabelSet

_LAYERS = {
    "entities": ("token-classification", "named entities"),
    "triggers": ("token-classification", "event triggers"),
    "sentence_event_types": ("text-classification", "event types of a sentence"),
    "article_event_types": ("text-classification", "event types of an article"),
}
_READ_BEFORE = {
    DEFAULT_ENCODER: " The shipped encoder read other articles of that corpus as unlabelled text in pre-training,"
    " neither labelled nor reserved ones.",
    DEFAULT_TAGGER: " The encoder of the shipped tagger, an earlier one, read that corpus as unlabelled text in"
    " pre-training, the held-out and the reserved articles included.",
}
_TERMS = {phoner.SOURCE: phoner.TERMS, bkee_files.SOURCE: bkee.TERMS}


def model_card(config: RunConfig, scores: dict[str, Any], labels: LabelSet) -> str:
    """Markdown with Hugging Face metadata.

    Args:
        scores: result of `evaluate`, with `data` (statistics of the built dataset) and `run` added.
    """
    is_ours = config.model.encoder in (DEFAULT_ENCODER, DEFAULT_TAGGER)
    terms = [text for source, text in _TERMS.items() if source in scores["data"]["sources"]]
    metadata = ModelCardData(
        language="vi",
        license="apache-2.0" if is_ours and not terms else "other",  # other encoders and data pass their own terms on
        library_name="sukien",
        tags=["vietnamese", "named-entity-recognition", "event-detection", "plover", "news"],
        model_name=config.name,
        eval_results=_eval_results(config, scores),
    )
    parts = [
        f"---\n{metadata.to_yaml()}\n---",
        _introduction(config, labels),
        _training_section(config, scores),
        _score_section(scores),
        _calibration_section(scores["calibration"]),
        "\n".join(
            [
                _LIMITS,
                *([] if is_ours else ["- The terms of the encoder bind this model too."]),
                *(f"- The terms of the labelled text bind this model too. {text}" for text in terms),
            ]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _eval_results(config: RunConfig, scores: dict[str, Any]) -> list[EvalResult]:
    return [
        EvalResult(
            task_type=_LAYERS[layer][0],
            dataset_type="sukien",
            dataset_name=f"{config.data.built.name}, test split by article",
            metric_type="f1",
            metric_value=round(scores[layer]["micro"]["f1"], 4),
            metric_name=f"strict micro F1, {_LAYERS[layer][1]}",
        )
        for layer in _LAYERS
        if layer in scores
    ]


def _introduction(config: RunConfig, labels: LabelSet) -> str:
    lines = [
        f"# {config.name}",
        "",
        "Tagger of entities and political events in Vietnamese news, as exact character spans. Load it with",
        "",
        "```python",
        "from sukien import Tagger",
        "",
        'prediction = Tagger.from_pretrained("path/of/this/folder")("Tổng thống Mỹ điện đàm với ông Putin.")',
        "```",
        "",
    ]
    if labels.entity_types:
        lines.append(f"- Entity types: {', '.join(labels.entity_types)}")
    if labels.event_types:
        lines.append(f"- Event types of triggers: {', '.join(labels.event_types)}")
    lines.append(f"- Reads windows of {config.model.window} pieces with {config.model.overlap} of overlap; any length.")
    lines.append("- Weights are stored in bf16; the scores below are of the stored weights.")
    return "\n".join(lines)


def _training_section(config: RunConfig, scores: dict[str, Any]) -> str:
    run, data = scores["run"], scores["data"]
    lines = [
        "## Training",
        "",
        f"Encoder `{run['encoder']}`, {run['parameters'] / 1e6:.1f} M parameters with the heads; seed"
        f" {config.seed}; {run['train_seconds']:.0f} s of training. The run file is `config.yaml` of the run's folder.",
        "",
        "| split | articles | sentences | entities | triggers |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {split['articles']} | {split['sentences']} | {split['entities']} | {split['events']} |"
            for name, split in data["splits"].items()
        ),
        "",
        "Sources of the labelled text (articles): "
        + "; ".join(f"{source} ({counts['articles']})" for source, counts in data["sources"].items())
        + ".",
    ]
    if distillation := config.training.distillation:
        lines += [
            "",
            f"Knowledge distillation: {run['unlabelled_articles']:,} unlabelled articles with soft labels of"
            f" {len(distillation.teachers)} other taggers, averaged, beside the labelled ones:"
            f" {', '.join(_teacher(teacher) for teacher in distillation.teachers)}.",
        ]
    if any("vietnews" in source for source in data["sources"]):
        lines += [
            "",
            "The articles of ThanhChinhBK/vietnews are other people's text: labels on them were used for training and"
            " scoring from a folder outside this repository, and neither is redistributed here. Labels were made by"
            " language-model annotators reading under the guideline; no human has checked them."
            + _READ_BEFORE.get(scores["run"]["encoder"], ""),
        ]
    return "\n".join(lines)


def _score_section(scores: dict[str, Any]) -> str:
    lines = [
        "## Scores",
        "",
        f"On {scores['n_sentences']} sentences of {scores['n_articles']} held-out articles. {scores['rule']}",
        "The interval is a 95% bootstrap over articles; the floor is a lexicon of the training spans.",
        "",
        "| | micro F1 | interval | precision | recall | macro F1 | gold | floor F1 |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for layer in (name for name in _LAYERS if name in scores):
        micro, floor = scores[layer]["micro"], scores.get("floor", {}).get(layer)
        between = "{:.3f}-{:.3f}".format(*micro["interval"]) if micro["interval"] else "–"
        lines.append(
            f"| {_LAYERS[layer][1]} | {micro['f1']:.3f} | {between} | {micro['precision']:.3f} |"
            f" {micro['recall']:.3f} | {scores[layer]['macro']['f1']:.3f} | {micro['support']} |"
            + (f" {floor['micro']['f1']:.3f} |" if floor else " |")
        )
    for layer in (name for name in ("entities", "triggers") if name in scores):
        lines += ["", f"F1 by type, {_LAYERS[layer][1]} (gold spans; under 30 is too few to tell): "]
        lines[-1] += ", ".join(
            f"{name} {of_type['f1']:.2f} ({of_type['support']})" for name, of_type in scores[layer]["types"].items()
        )
    return "\n".join(lines)


def _calibration_section(calibration: dict[str, Any]) -> str:
    lines = [
        "## Scores of single predictions",
        "",
        "The score of a span is the probability of its least certain word, with one temperature a head fitted on the",
        "validation articles. Expected calibration error there, over the predicted spans:",
        "",
        "| head | temperature | before | after | spans |",
        "|---|---:|---:|---:|---:|",
    ]
    for head, told in calibration.items():
        before, after = (_share(told[key]) for key in ("ece_before", "ece_after"))
        lines.append(f"| {head} | {told['temperature']:.2f} | {before} | {after} | {told['n_spans']} |")
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


_LIMITS = """## Limits

- Other sources, periods and topics than those named above were not measured; expect lower scores.
- Strict spans: a span that misses one word counts as wrong.
- Scores of single predictions were calibrated on validation articles of the same sources; elsewhere they say less.
- Modality and participants of events are not predicted by this version.
- Predictions are a reading aid. Check them against the article before you publish or act on them."""


def _teacher(place: str) -> str:
    """A run's name for its folder `model`, as far as a path may be told to others."""
    path = Path(place)
    return f"`{path.parent.name if path.name == 'model' and path.parent.name else path.name}`"
