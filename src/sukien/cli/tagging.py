"""Commands that tag new articles and show what was found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from sukien.cli.options import Encoding
from sukien.errors import SukienError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sukien.schema import Prediction


def info(model: Annotated[str, typer.Argument(help="Model folder, shipped model, or name on the hub.")]) -> None:
    """What a tagger or an encoder is: labels, limits, licence, scores."""
    from sukien.models.info import describe

    for name, value in describe(model).items():
        print(f"{name:<44}{value}" if len(name) > 20 else f"{name:<20}{value}")


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
