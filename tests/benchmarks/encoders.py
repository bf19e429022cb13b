"""What encoders are for: the same taggers fine-tuned from each of them.

    sukien fetch vietnews && sukien build --output data/built-news
    sukien fetch phoner && sukien fetch bkee
    python tests/benchmarks/encoders.py encoder-small training/encoder-small/encoder random

Each encoder is fine-tuned with three seeds by the run file of each data set, a folder each in training/encoders; what
has its metrics there already is not trained again, so the script can be stopped and started, or run side by side for
several `--data`. `random` is encoder-small with random weights. The table is printed; table.json holds its figures.
"""

from pathlib import Path
from statistics import mean, stdev
from typing import Annotated, Any

import torch
import typer
from transformers import AutoModel, AutoTokenizer

from sukien.config import load_config
from sukien.files import read_json, write_json
from sukien.models.places import resolve
from sukien.training.run import train

RUNS = {
    "news": ("configs/news-small.yaml", ("entities", "triggers")),
    "PhoNER_COVID19": ("configs/phoner.yaml", ("entities",)),
    "BKEE": ("configs/bkee.yaml", ("triggers",)),
}


def main(
    encoders: list[str],
    seeds: Annotated[list[int], typer.Option()] = [13, 14, 15],  # noqa: B006
    data: Annotated[list[str], typer.Option()] = list(RUNS),  # noqa: B006
    epochs: int | None = None,
    output: Path = Path("training/encoders"),
) -> None:
    for name in data:
        for encoder in encoders:
            for seed in seeds:
                if not (run := _run(output, name, encoder, seed) / "metrics.json").is_file():
                    source = _random(output) if encoder == "random" else encoder
                    overrides = [f"name={run.parent.name}", f"seed={seed}", f"output={output}", "save_model=null"]
                    overrides += [f"training.epochs={epochs}"] if epochs else []
                    config = load_config(Path(RUNS[name][0]), [*overrides, f"model.encoder={source}"])
                    train(config, resume=(run.parent / "config.yaml").is_file())
    done = {encoder: told for encoder in encoders if (told := summary(output, encoder, seeds))}
    write_json(output / "table.json", done)
    columns = [f"{name}, {layer}" for name, (_, layers) in RUNS.items() for layer in layers]
    print(f"| encoder | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for encoder, told in done.items():
        print(f"| {encoder} | {' | '.join(_shown(told.get(column)) for column in columns)} |")


def summary(output: Path, encoder: str, seeds: list[int]) -> dict[str, Any]:
    """Mean, standard deviation, intervals of the seeds that are done, of each data set and layer, on the test split."""
    told: dict[str, Any] = {}
    for name, (_, layers) in RUNS.items():
        files = [_run(output, name, encoder, seed) / "metrics.json" for seed in seeds]
        scores = [read_json(file) for file in files if file.is_file()]
        for layer in layers if scores else ():
            values = [score[layer]["micro"]["f1"] for score in scores]
            told[f"{name}, {layer}"] = {
                "seeds": [score["run"]["seed"] for score in scores],
                "mean": mean(values),
                "sd": stdev(values) if len(values) > 1 else None,
                "intervals": [score[layer]["micro"]["interval"] for score in scores],
            }
    return told


def _run(output: Path, name: str, encoder: str, seed: int) -> Path:
    slug = encoder.strip("/").replace("/", "-")
    return output / f"{name.lower()}-{slug}-{seed}"


def _random(output: Path) -> str:
    """encoder-small's shape and tokenizer with weights as they are before any training."""
    folder = output / "random-weights"
    if not folder.is_dir():
        source = resolve("encoder-small")
        torch.manual_seed(0)
        AutoModel.from_config(AutoModel.from_pretrained(source).config).save_pretrained(folder)
        AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return str(folder)


def _shown(value: dict[str, Any] | None) -> str:
    if value is None:
        return "–"
    spread = f" ± {100 * value['sd']:.1f}" if value["sd"] is not None else ""
    return f"{100 * value['mean']:.1f}{spread} ({len(value['seeds'])})"


if __name__ == "__main__":
    typer.run(main)
