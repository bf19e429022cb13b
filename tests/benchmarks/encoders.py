"""What encoders are for: the same taggers fine-tuned from each of them.

    sukien fetch vietnews && sukien build --output data/built-news
    sukien fetch phoner && sukien fetch bkee
    python tests/benchmarks/encoders.py encoder-small training/encoder-small/encoder random

Each encoder is fine-tuned with three seeds by the run file of each data set, in a folder each that is named after its
weights; what has its metrics there already is not trained again, so the script can be stopped and started, or run side
by side for several `--data`. `random` is encoder-small with random weights. The table is printed: F1 of validation and
test split, mean and 95% interval over seeds (Student's t), and how the test split differs from the first encoder's
(paired bootstrap over articles, all seeds together); table.json holds all figures.
"""

from pathlib import Path
from statistics import mean, stdev
from typing import Annotated, Any

import torch
import typer
from scipy.stats import t
from transformers import AutoModel, AutoTokenizer

from sukien.config import load_config
from sukien.data.dataset import load_built
from sukien.errors import ConfigError
from sukien.files import read_json, write_json
from sukien.inference.batch import read_predictions
from sukien.models.places import resolve, weights_sha256
from sukien.training.run import train
from sukien.training.scoring import compare_runs

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
    write_json(output / "table.json", done)  # at once: a fault in what follows must not lose it
    for encoder in list(done)[1:]:
        for column, told in differences(output, encoder, encoders[0], seeds, data).items():
            done[encoder][column] |= told
    write_json(output / "table.json", done)
    columns = [f"{name}, {layer}" for name, (_, layers) in RUNS.items() for layer in layers]
    print(f"| encoder | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for encoder, told in done.items():
        print(f"| {encoder} | {' | '.join(_shown(told.get(column)) for column in columns)} |")


def summary(output: Path, encoder: str, seeds: list[int]) -> dict[str, Any]:
    """F1 of the seeds that are done, of each data set, layer and split."""
    told: dict[str, Any] = {}
    for name, (_, layers) in RUNS.items():
        files = [_run(output, name, encoder, seed) / "metrics.json" for seed in seeds]
        scores = [read_json(file) for file in files if file.is_file()]
        for layer in layers if scores else ():
            told[f"{name}, {layer}"] = {
                "seeds": [score["run"]["seed"] for score in scores],
                "validation": [score["validation"][layer]["micro"]["f1"] for score in scores],
                "test": [score[layer]["micro"]["f1"] for score in scores],
                "test_intervals": [score[layer]["micro"]["interval"] for score in scores],
            }
    return told


def differences(output: Path, encoder: str, first: str, seeds: list[int], data: list[str]) -> dict[str, Any]:
    """Test F1 of an encoder less that of the first one, of all seeds that are done, on the articles as they are now."""
    told: dict[str, Any] = {}
    for name in data:
        config, layers = RUNS[name]
        sides = [
            [list(read_predictions(run / "predictions.jsonl")) for run in runs if (run / "metrics.json").is_file()]
            for runs in ([_run(output, name, side, seed) for seed in seeds] for side in (encoder, first))
        ]
        if all(sides):
            splits, labels = load_built(load_config(Path(config)).data.built)
            compared = compare_runs(splits["test"], sides[0], sides[1], labels)
            told |= {f"{name}, {layer}": compared[layer] for layer in layers}
    return told


def _run(output: Path, name: str, encoder: str, seed: int) -> Path:
    weights = weights_sha256(_random(output) if encoder == "random" else encoder)
    if weights is None:
        raise ConfigError(f"{encoder}: is no local encoder with a model.safetensors; runs are named after its weights")
    return output / f"{name.lower()}-{weights[:8]}-{seed}"


def _random(output: Path) -> str:
    """encoder-small's shape and tokenizer with weights as they are before any training."""
    folder = output / "random-weights"
    if not folder.is_dir():
        source = resolve("encoder-small")
        torch.manual_seed(0)
        AutoModel.from_config(AutoModel.from_pretrained(source).config).save_pretrained(folder)
        AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return str(folder)


def _shown(told: dict[str, Any] | None) -> str:
    if told is None:
        return "–"
    splits = [told["validation"], told["test"]]
    spread = [
        f" ± {100 * t.ppf(0.975, len(f1) - 1) * stdev(f1) / len(f1) ** 0.5:.1f}" if len(f1) > 1 else "" for f1 in splits
    ]
    shown = [f"{100 * mean(f1):.1f}{wide}" for f1, wide in zip(splits, spread, strict=True)]
    against = ""
    if told.get("interval"):
        low, high = told["interval"]
        against = f"; {100 * told['difference']:+.1f} [{100 * low:.1f}, {100 * high:.1f}], p {told['p_value']:.3f}"
    return f"{' / '.join(shown)} ({len(told['seeds'])}){against}"


if __name__ == "__main__":
    typer.run(main)
