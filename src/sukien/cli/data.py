"""Commands around labelled text: fetch, build, check."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sukien.cli.options import Encoding, LabelSetName, Seeds
from sukien.errors import SukienError

if TYPE_CHECKING:
    from sukien.ontology import LabelSet

DEFAULT_SPLITS = "data/splits.json"
RESERVED = "data/standoff/reserved.txt"


def fetch(
    corpus: Annotated[str, typer.Argument(help="Public corpus: vietnews, phoner or bkee.")],
    origin: Annotated[
        str | None, typer.Option("--from", help="Existing clone, unpacked download or archive, instead of the network.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All of it, as pre-training needs, not only what is labelled.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Give up what differs in its file in local/.")] = False,
    save: Annotated[
        bool, typer.Option("--save", help="The way back: corrected labels of its file in local/ to standoff/.")
    ] = False,
    folder: Annotated[
        Path, typer.Option("--data", help="Folder that holds standoff/; text goes to its local/.")
    ] = Path("data"),
) -> None:
    """Bring a public corpus here and check it.

    Our labels are laid over the text of vietnews, which `sukien build` then takes in; phoner (PhoNER_COVID19) and bkee
    become datasets with their official split, for configs/phoner.yaml and configs/bkee.yaml.
    """
    from sukien.data.fetch import fetch as run
    from sukien.data.fetch import save_labels

    if save:
        if everything:
            raise typer.BadParameter("--save writes labels and --all brings text: give one of them")
        saved, n_articles = save_labels(corpus, folder, origin, overwrite=overwrite)
        print(f"labels of {n_articles} articles written to {saved}, without their text")
        return
    print(*run(corpus, folder, origin, everything=everything, overwrite=overwrite).told, sep="\n")


def build(
    labels: Annotated[
        list[Path] | None, typer.Argument(help="Labelled files or folders: inline form, CoNLL, JSONL.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder of the built dataset.")] = Path("data/built"),
    card: Annotated[
        Path | None, typer.Option(help="Folder of card and statistics; default: data, or the output named.")
    ] = None,
    seeds: Seeds = None,
    label_set: LabelSetName = "sukien",
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 13,
    validation: Annotated[float, typer.Option(help="Share of sentences for validation.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share of sentences for testing.")] = 0.17,
    splits: Annotated[
        str,
        typer.Option(help="File of held-out articles, used where they are labelled; none: draw by seed."),
    ] = DEFAULT_SPLITS,
    encoding: Encoding = "utf-8",
) -> None:
    """Labelled files to a dataset of train, validation and test, with card and statistics."""
    from sukien.data.build import build as run

    card = card or (Path("data") if output == Path("data/built") else output)
    stats = run(
        labels or _default_labels(),
        output,
        card,
        labels=_label_set(label_set),
        seeds=seeds or _default_seeds(),
        seed=seed,
        validation=validation,
        test=test,
        fixed=_splits_file(splits),
        standoff=_if_there("data/standoff/vietnews.jsonl") if labels is None else None,
        reserved=_if_there(RESERVED),
        agreement=_if_there("data/agreement.json") if labels is None else None,
        experiments=_if_there("data/experiments.json") if labels is None else None,
        encoding=encoding,
    )
    for name, split in stats["splits"].items():
        print(f"{name:<11}{split['articles']:>5} articles{split['sentences']:>7} sentences", end="")
        print(f"{split['entities']:>8} entities{split['events']:>7} events")
    if left_out := stats["build"]["left_out"]:
        print(f"{len(left_out)} articles are in no split, since they tell the story of a held-out one", file=sys.stderr)
    for name, share in (("validation", validation), ("test", test)) if stats["build"]["drawn"] else ():
        if stats["splits"][name]["sentences"] < share / 2 * stats["all"]["sentences"]:
            print(f"{name} is far below its share: many articles tell one story and stay together", file=sys.stderr)
    print(f"written to {output}, card and statistics to {card}")


def _default_labels() -> list[Path]:
    """The labels of the repository, and the texts that `sukien fetch` brought, if any."""
    local = Path("data/local")
    return [Path("data/labels"), *sorted(local.glob("*.txt"))]


def _default_seeds() -> Path | None:
    return Path("seeds") if Path("seeds").is_dir() else None


def _if_there(name: str) -> Path | None:
    return Path(name) if Path(name).is_file() else None


def _splits_file(name: str) -> Path | None:
    """The file that is named; the default one only where it is there."""
    path = None if name == "none" else Path(name)
    return None if path is None or (name == DEFAULT_SPLITS and not path.is_file()) else path


def _label_set(name: str) -> LabelSet | None:
    from sukien.ontology import LabelSet

    if name == "sukien":
        return LabelSet()
    return None if name == "data" else LabelSet.from_file(Path(name))


def check_labels(
    paths: Annotated[list[Path] | None, typer.Argument(help="Labelled files or folders.")] = None,
    seeds: Seeds = None,
    label_set: LabelSetName = "sukien",
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only contradiction, unlabelled, suspicious or repeated."),
    ] = None,
    splits: Annotated[
        str, typer.Option(help="File of held-out articles: repeated sentences are told only across splits; or none.")
    ] = DEFAULT_SPLITS,
    most: Annotated[int, typer.Option(min=0, help="Findings to print of each kind; 0 prints all.")] = 20,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="JSONL file for all findings.")] = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Faults of labelled text (exit code 2), and places that look wrong for a person to read."""
    from sukien.data.audit import KINDS, audit
    from sukien.data.reading import read_labels
    from sukien.data.splits import fixed_split
    from sukien.data.standoff import refuse_reserved
    from sukien.errors import DataError, nearest
    from sukien.files import write_jsonl

    for kind in kinds or []:
        if kind not in KINDS:
            raise DataError(f"--kind {kind}: no such kind{nearest(kind, list(KINDS))} ({', '.join(KINDS)})")
    articles, _ = read_labels(paths or _default_labels(), _label_set(label_set), seeds or _default_seeds(), encoding)
    refuse_reserved((article.id.partition("/")[2] for article in articles), Path(RESERVED))
    file = _splits_file(splits)
    held_out = fixed_split(articles, file) if file else None
    split_of = {article.id: name for name, some in held_out.items() for article in some} if held_out else None
    found = [finding for finding in audit(articles, split_of) if not kinds or finding.kind in kinds]
    if output:
        write_jsonl(output, (finding._asdict() for finding in found))
    for kind, meaning in KINDS.items():
        mine = [finding for finding in found if finding.kind == kind]
        if kinds and kind not in kinds:
            continue
        print(f"{kind}: {len(mine)} ({meaning})")
        for finding in mine[: most or None]:
            print(f"  {finding.article}, sentence {finding.sentence}: {finding.what}")
        if most and len(mine) > most:
            print(f"  ... {len(mine) - most} more: --most 0, or --output FILE")
    print(f"no faults in {len(articles)} articles, {sum(len(article.sentences) for article in articles)} sentences")


def select(
    corpus: Annotated[list[Path], typer.Argument(help="Folders or files of text: .seg (segmented), .txt, .jsonl.")],
    like: Annotated[list[Path], typer.Option(help="Labelled files, or a built dataset (its train split).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="JSONL file for the articles (id, text).")],
    lines: Annotated[int, typer.Option(min=1, help="About how many lines of text to draw.")] = 8000,
    share: Annotated[
        float, typer.Option(min=1e-6, max=1.0, help="They are drawn from this share of the corpus, the most alike.")
    ] = 0.08,
    exclude: Annotated[
        list[Path] | None, typer.Option(help="Files that list what stays out: paths, or stand-off labels.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 13,
) -> None:
    """Draw unlabelled articles that are like labelled ones: to label them next, or for training.distillation."""
    from sukien.files import write_jsonl
    from sukien.training.pretraining.selection import articles_like, count_lines

    inputs = {path.resolve() for path in (*corpus, *like, *(exclude or []))}
    if inputs & {output.resolve(), *output.resolve().parents}:
        raise SukienError(f"{output}: is one of the inputs, or lies in one; write to another place")
    n_lines = 0

    def counted() -> Iterator[dict[str, str]]:
        nonlocal n_lines
        for article in articles_like(corpus, exclude or [], like, lines, share, seed):
            n_lines += count_lines(article["text"])
            yield article

    count = write_jsonl(output, counted())
    fewer = "" if n_lines >= lines else f", fewer than {lines:,}: a larger --share has more"
    print(f"{count:,} articles ({n_lines:,} lines{fewer}) written to {output}")
