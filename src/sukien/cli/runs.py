"""Commands around training: check a run file, train, evaluate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from sukien.cli.options import Encoding, Overrides, Overwrite, Resume
from sukien.errors import SukienError

if TYPE_CHECKING:
    from sukien.models.tagging import ArticleTagger
    from sukien.schema import Article
    from sukien.training.report.request import Request


def check(
    config: Annotated[Path, typer.Argument(help="Run file.")],
    overrides: Overrides = None,
) -> None:
    """Check a run file of `train` or `pretrain` and print it with all defaults, without running it."""
    from sukien.config import RunConfig, Section, dump_config, has_section, read_config
    from sukien.training.pretraining.config import PretrainConfig

    kind: type[Section] = PretrainConfig if has_section(config, "corpus") else RunConfig
    print(dump_config(read_config(config, overrides or [], kind)), end="")


def vectors(
    corpus: Annotated[list[Path], typer.Argument(help="Folders or files of text: .seg (segmented), .txt, .jsonl.")],
    output: Annotated[Path, typer.Option(help="Folder for the vectors.")],
    exclude: Annotated[
        list[Path] | None, typer.Option(help="Files that list what stays out: paths, or stand-off labels.")
    ] = None,
    width: Annotated[int, typer.Option(min=8, help="Numbers in a vector.")] = 128,
    min_count: Annotated[int, typer.Option(min=1, help="Occurrences that a word needs.")] = 10,
    overwrite: Overwrite = False,
) -> None:
    """Vectors of whole words from a corpus, in minutes, for `model.word_vectors` of a run file."""
    from sukien.training.word_vectors import make_word_vectors

    n_words = make_word_vectors(corpus, exclude or [], output, width=width, min_count=min_count, overwrite=overwrite)
    print(f"vectors of {n_words:,} words in {output}")


def pretrain(
    config: Annotated[Path, typer.Argument(help="Run file, such as configs/encoder-small.yaml.")],
    overrides: Overrides = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
) -> None:
    """Pre-train an encoder on unlabelled text, for the hours that the run file gives."""
    from sukien.config import read_config
    from sukien.training.pretraining.config import PretrainConfig

    settings = read_config(config, overrides or [], PretrainConfig)
    _either(resume, overwrite)
    from sukien.training.pretraining.run import pretrain as run

    if folder := run(settings, resume=resume, overwrite=overwrite):
        print(f"encoder in {folder}, log in {settings.folder}")


def train(
    config: Annotated[Path, typer.Argument(help="Run file, such as configs/quickstart.yaml.")],
    overrides: Overrides = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
) -> None:
    """Fine-tune a tagger (or cross-validate it) as a run file says, and score it on held-out text."""
    from sukien.config import load_config

    settings = load_config(config, overrides or [])
    _either(resume, overwrite)
    from sukien.training.run import train as run
    from sukien.training.tables import score_table

    scores = run(settings, resume=resume, overwrite=overwrite)
    if scores is not None:
        title = f"{settings.name}, held-out articles"
        Console().print(score_table(scores, scores.get("floor"), title))
        print(
            f"results in {settings.folder}"
            + ("" if settings.cross_validation else f", model in {settings.model_folder}")
        )


def evaluate(
    model: Annotated[str, typer.Argument(help="Model folder or shipped model.")],
    data: Annotated[Path, typer.Argument(help="Built dataset, or labelled file or folder.")] = Path("data/built"),
    split: Annotated[str | None, typer.Option(help="Split of a built dataset; default: test.")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for metrics.json and predictions.jsonl.")] = None,
    encoding: Encoding = "utf-8",
    report: Annotated[
        Path | None, typer.Option(help="Folder for a full report: report.html beside the two files.")
    ] = None,
    train: Annotated[
        Path | None, typer.Option(help="Report: text that the model was trained on; default: the train split.")
    ] = None,
    replica: Annotated[list[str] | None, typer.Option(help="Report: the same run with another seed.")] = None,
    against: Annotated[list[str] | None, typer.Option(help="Report: a tagger of ours to compare with.")] = None,
    against_hf: Annotated[
        list[str] | None, typer.Option(help="Report: a Hugging Face token classifier to compare with.")
    ] = None,
    label_map: Annotated[Path | None, typer.Option(help="Report: YAML of how the labels of both compare.")] = None,
    against_underthesea: Annotated[bool, typer.Option(help="Report: compare with underthesea's entities.")] = False,
) -> None:
    """Strict F1 of a tagger on labelled text, with intervals and a floor; with --report all that can be told."""
    from sukien.data.dataset import is_built, load_articles
    from sukien.models.places import resolve
    from sukien.models.pretrained import load_tagger
    from sukien.models.tagging import ArticleTagger
    from sukien.training.evaluation import check_folder, readable_labels
    from sukien.training.report.request import PAGE, Request

    if not data.exists():
        raise SukienError(f"{data}: no such file or folder; run `sukien build` first, or name labelled text")
    built = is_built(data)
    if split and not built:
        raise SukienError(f"{data}: is no built dataset and has no splits; leave --split out")
    split = (split or "test") if built else None
    request = Request(
        model,
        str(data),
        split,
        replica or [],
        against or [],
        against_hf or [],
        label_map,
        against_underthesea,
    )
    _check_report_options(report, output, needs_report=bool(train or request.has_others))
    folder = report or output or _evaluation_folder(request)
    read = [resolve(model), str(data), *([str(train)] if train else []), *request.others()]
    check_folder(folder, read, PAGE if report else None)
    tagger = ArticleTagger(*load_tagger(model))
    labels = readable_labels(tagger.model.config)
    articles, _ = load_articles(data, split, labels=labels, encoding=encoding)
    floor = load_articles(data, "train")[0] if built and split != "train" else []
    if train:
        floor, _ = load_articles(train, "train", labels=labels, encoding=encoding)
    if report:
        _report(request, tagger, articles, floor, folder)
    else:
        _score(request, tagger, articles, floor, folder)


def _check_report_options(report: Path | None, output: Path | None, *, needs_report: bool) -> None:
    if report is None and needs_report:
        raise SukienError("--train, --replica and --against... are for a report: give --report FOLDER")
    if report and output:
        raise SukienError("--report names the folder for all files: leave --output out")


def _evaluation_folder(request: Request) -> Path:
    """Where an evaluation goes that names no folder."""
    place = Path(request.model).resolve()
    name = place.parent.name if place.name == "model" else place.name
    return Path("training") / f"evaluate-{name}-{request.split or Path(request.data).stem}"


def _score(
    request: Request, tagger: ArticleTagger, articles: list[Article], floor: list[Article], folder: Path
) -> None:
    from sukien.training.evaluation import evaluate as run
    from sukien.training.evaluation import write_evaluation
    from sukien.training.tables import score_table

    scores, predictions = run(tagger, articles, floor)
    _tell_of_training(scores)
    model, data, split = request.model, request.data, request.split
    write_evaluation(folder, {"model": model, "data": data, "split": split, **scores}, predictions)
    Console().print(score_table(scores, scores.get("floor"), f"{model} on {data}{f', {split}' if split else ''}"))
    print(f"results in {folder}")


def _report(
    request: Request, tagger: ArticleTagger, articles: list[Article], train: list[Article], folder: Path
) -> None:
    from sukien.training.report.measure import measure
    from sukien.training.report.output import write_report
    from sukien.training.report.request import PAGE
    from sukien.training.report.terminal import report_tables

    with Console(stderr=True).status("reading") as status:
        scores, predictions = measure(request, tagger, articles, train, lambda step: status.update(f"{step} ..."))
    _tell_of_training(scores)
    facts = {"model": request.model, "data": request.data, "split": request.split}
    write_report(folder, {**facts, **scores}, predictions)
    Console().print(report_tables(scores))
    print(f"report in {folder / PAGE}")


def _tell_of_training(scores: dict[str, Any]) -> None:
    if seen := scores["n_seen_in_training"]:
        told = (
            f"{seen} of the {scores['n_articles']} articles are of those that this tagger was trained on or chosen by"
        )
        print(f"{told}: the score is too good", file=sys.stderr)


def benchmarks(
    runs: Annotated[
        list[Path] | None, typer.Argument(help="Folders of finished runs; default: all in training/.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Markdown file.")] = Path("BENCHMARKS.md"),
) -> None:
    """Tables of finished runs on PhoNER_COVID19, BKEE and news, beside a floor and published figures."""
    from sukien.errors import DataError
    from sukien.files import write_text
    from sukien.training.benchmarks import benchmarks_page, find_runs, read_run

    folders, others = (runs, []) if runs else find_runs(Path("training"))
    print(*others, sep="\n", end="\n" * bool(others), file=sys.stderr)
    if not folders:
        raise DataError("training: holds no finished run; train one, such as `sukien train configs/phoner.yaml`")
    write_text(output, benchmarks_page([read_run(folder) for folder in folders]))
    print(f"{len(folders)} run{'s' if len(folders) != 1 else ''} in {output}")


def _either(resume: bool, overwrite: bool) -> None:
    if resume and overwrite:
        raise SukienError("--resume continues a run and --overwrite discards it: give one of them")
