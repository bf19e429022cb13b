"""Commands: parse, call, print. Exit codes: 0 done, 1 some articles failed, 2 nothing could be done."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from sukien.errors import SukienError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sukien.ontology import LabelSet
    from sukien.schema import Prediction

app = typer.Typer(
    help="Entities and political events in Vietnamese news, as exact spans of the published text.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Encoding = Annotated[str, typer.Option(help="Encoding of the text files.")]


def main() -> None:
    """The `sukien` command. Faults that the user can mend go to standard error, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Vietnamese on any terminal, and JSON that is always UTF-8; names of files may be no text at all.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except SukienError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:
        # Standard output on a full disk, or its reader has gone, as in `sukien predict ... | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the rest must not fail again at exit
        if isinstance(error, BrokenPipeError):
            raise SystemExit(1) from None
        print(f"{error.filename or 'standard output'}: {error.strerror or error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None


def _version(wanted: bool) -> None:
    if wanted:
        print(f"sukien {metadata.version('sukien')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


@app.command()
def build(
    labels: Annotated[
        list[Path] | None, typer.Argument(help="Labelled files or folders: inline form, CoNLL, JSONL.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder of the built dataset.")] = Path("data/built"),
    card: Annotated[
        Path | None, typer.Option(help="Folder of card and statistics; default: data, or the output named.")
    ] = None,
    seeds: Annotated[
        Path | None, typer.Option(help="Folder of raw articles that labels are anchored in; default: seeds, if any.")
    ] = None,
    label_set: Annotated[
        str, typer.Option(help="sukien (the default types), data (types as they come), or a YAML file.")
    ] = "sukien",
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 13,
    validation: Annotated[float, typer.Option(help="Share of sentences for validation.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share of sentences for testing.")] = 0.17,
    encoding: Encoding = "utf-8",
) -> None:
    """Labelled files to a dataset of train, validation and test, with card and statistics."""
    from sukien.data.build import build as run

    card = card or (Path("data") if output == Path("data/built") else output)
    stats = run(
        labels or [Path("data/labels")],
        output,
        card,
        labels=_label_set(label_set),
        seeds=seeds or (Path("seeds") if Path("seeds").is_dir() else None),
        seed=seed,
        validation=validation,
        test=test,
        encoding=encoding,
    )
    for name, split in stats["splits"].items():
        print(f"{name:<11}{split['articles']:>5} articles{split['sentences']:>7} sentences", end="")
        print(f"{split['entities']:>8} entities{split['events']:>7} events")
    for name, share in (("validation", validation), ("test", test)):
        if stats["splits"][name]["sentences"] < share / 2 * stats["all"]["sentences"]:
            print(f"{name} is far below its share: many articles tell one story and stay together", file=sys.stderr)
    print(f"written to {output}, card and statistics to {card}")


def _label_set(name: str) -> LabelSet | None:
    from sukien.ontology import LabelSet

    if name == "sukien":
        return LabelSet()
    return None if name == "data" else LabelSet.from_file(Path(name))


@app.command()
def check(
    config: Annotated[Path, typer.Argument(help="Run file.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key.path=value ...")] = None,
) -> None:
    """Check a run file and print it with all defaults, without running it."""
    from sukien.config import dump_config, load_config

    print(dump_config(load_config(config, overrides or [])), end="")


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="Run file, such as configs/quickstart.yaml.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key.path=value ...")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run of this name.")] = False,
) -> None:
    """Fine-tune a tagger (or cross-validate it) as a run file says, and score it on held-out text."""
    from sukien.config import load_config

    settings = load_config(config, overrides or [])
    if resume and overwrite:
        raise SukienError("--resume continues a run and --overwrite discards it: give one of them")
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


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="Model folder or shipped model.")],
    data: Annotated[Path, typer.Argument(help="Built dataset, or labelled file or folder.")] = Path("data/built"),
    split: Annotated[str, typer.Option(help="Split of a built dataset.")] = "test",
    output: Annotated[Path | None, typer.Option(help="Folder for metrics.json and predictions.jsonl.")] = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Strict F1 of a tagger on labelled text, with intervals and a floor."""
    from sukien.data.dataset import is_built, load_articles
    from sukien.models.pretrained import load_tagger
    from sukien.models.tagging import ArticleTagger
    from sukien.training.evaluation import evaluate as run
    from sukien.training.evaluation import readable_labels, write_evaluation
    from sukien.training.tables import score_table

    if not data.exists():
        raise SukienError(f"{data}: no such file or folder; run `sukien build` first, or name labelled text")
    tagger = ArticleTagger(*load_tagger(model))
    articles, _ = load_articles(data, split, labels=readable_labels(tagger.model.config), encoding=encoding)
    built = is_built(data)
    floor = load_articles(data, "train")[0] if built and split != "train" else []
    scores, predictions = run(tagger, articles, floor)
    if seen := scores["n_seen_in_training"]:
        told = f"{seen} of the {len(articles)} articles were in this tagger's training: the score is too good"
        print(told, file=sys.stderr)
    place = Path(model).resolve()
    name = place.parent.name if place.name == "model" else place.name
    folder = output or Path("training") / f"evaluate-{name}-{split if built else data.stem}"
    write_evaluation(
        folder,
        {"model": model, "data": str(data), "split": split if built else None, **scores},
        predictions,
    )
    Console().print(score_table(scores, scores.get("floor"), f"{model} on {data}{f', {split}' if built else ''}"))
    print(f"results in {folder}")


@app.command()
def predict(
    paths: Annotated[list[str], typer.Argument(help="Text files, JSONL files (id, text), - for standard input.")],
    model: Annotated[str, typer.Option(help="Model folder or shipped model.")] = "news-small",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="JSONL file for the predictions; - for standard output."),
    ] = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Tag new articles: coloured on the terminal, or as JSONL."""
    from sukien.inference.batch import Document, read_documents

    if output and any(_is_same(output, path) for path in paths):
        raise SukienError(f"{output}: is one of the inputs; write to another file")
    faults: list[str] = []

    def report(fault: str) -> None:
        faults.append(fault)
        print(fault, file=sys.stderr)

    documents = read_documents(paths, encoding, report)
    first = next(documents, None)  # before the model is loaded: a mistyped path is told at once
    if first is None:
        raise typer.Exit(2)

    def all_documents() -> Iterator[Document]:
        yield first
        yield from documents

    from sukien.inference.tagger import Tagger

    predictions = Tagger.from_pretrained(model).stream(all_documents())
    _print_or_write(predictions, output)
    if faults:
        raise typer.Exit(1)


@app.command()
def show(
    predictions: Annotated[Path, typer.Argument(help="JSONL file that `sukien predict --output` wrote.")],
    id: Annotated[str | None, typer.Option(help="Show this article only.")] = None,
    scores: Annotated[Path | None, typer.Option(help="metrics.json to print below.")] = None,
) -> None:
    """Show predictions of a file in colour, and the scores of a run below them."""
    from sukien.inference.batch import read_predictions

    shown = [prediction for prediction in read_predictions(predictions) if id in (None, prediction.id)]
    if not shown:
        raise SukienError(f"{predictions}: has no article{'' if id is None else f' {id!r}'}")
    table = _score_table(scores) if scores else None
    _print_or_write(iter(shown), None)
    if table:
        Console().print(table)


def _score_table(path: Path) -> RenderableType:
    from sukien.files import read_json
    from sukien.training.tables import score_table

    values = read_json(path)
    try:
        return score_table(values, values.get("floor"), str(path))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SukienError(f"{path}: holds no scores; give the metrics.json of a run or an evaluation") from error


def _is_same(output: Path, path: str) -> bool:
    try:
        return path != "-" and output.is_file() and output.samefile(path)
    except OSError:  # no such input: told when it is read
        return False


def _print_or_write(predictions: Iterator[Prediction], output: Path | None) -> None:
    import json

    if output is None:
        from sukien.inference.render import render_prediction

        console = Console()
        for prediction in predictions:
            console.print(render_prediction(prediction, prediction.id))
    elif str(output) == "-":
        for prediction in predictions:
            print(json.dumps(prediction.to_dict(), ensure_ascii=False))
    else:
        from sukien.files import write_jsonl
        from sukien.inference.batch import counted

        count = write_jsonl(output, (prediction.to_dict() for prediction in counted(predictions)))
        print(f"{count} articles written to {output}")


if __name__ == "__main__":
    main()
