"""What the data buys: a learning curve and an ablation, on the fixed test split.

    sukien fetch vietnews
    sukien build --output data/built-news
    python tests/benchmarks/experiments.py configs/news-small.yaml data/experiments.json

Each line of EXPERIMENTS is trained with three seeds, a folder each in training/experiments; what has its metrics
there already is not trained again, so the script can be stopped and started; what was trained on other labels is told.
All are trained without noise, and for as many epochs, so a smaller share also means fewer steps. A share is drawn anew
with each seed, and holds that of the smaller ones with the same seed.
"""

import hashlib
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from sukien.config import load_config
from sukien.data.dataset import load_built, save_built
from sukien.files import read_json, write_json
from sukien.schema import Article, Sentence
from sukien.training.run import train

SEEDS = (13, 14, 15)
OUTPUT = Path("training/experiments")
EXPERIMENTS = {
    "all labels": [],
    "10%": [],
    "25%": [],
    "50%": [],
    "authored and seeds": [],
    "real only": [],
    "one sentence at a time": ["training.batch_size=24"],  # windows; about as many words a step as otherwise
}
SHARES = {"10%": 0.1, "25%": 0.25, "50%": 0.5}


def main(config: str, output: str, *names: str) -> None:
    if unknown := set(names) - set(EXPERIMENTS):
        sys.exit(f"no such experiments: {', '.join(unknown)} ({', '.join(EXPERIMENTS)})")
    base = load_config(Path(config))
    splits, labels = load_built(base.data.built)
    for name in names or EXPERIMENTS:
        for seed in SEEDS:
            folder = f"{name.replace(' ', '-').replace('%', '')}-{seed}"
            built = OUTPUT / "built" / folder
            save_built(built, chosen(splits, name, seed), labels)
            if (OUTPUT / folder / "metrics.json").is_file():
                tell_of_other_labels(OUTPUT / folder, built)
            else:
                overrides = [f"name={folder}", f"seed={seed}", f"output={OUTPUT}", f"data.built={built}"]
                overrides += ["save_model=null", "training.noise=0", *EXPERIMENTS[name]]
                train(load_config(Path(config), overrides), overwrite=True)
    done = {name: told for name in EXPERIMENTS if (told := summary(name))}
    write_json(Path(output), done)
    draw(done, Path(output).with_name("learning-curve.png"))


def tell_of_other_labels(run: Path, built: Path) -> None:
    for name, then in read_json(run / "environment.json")["data_sha256"].items():
        if hashlib.sha256((built / name).read_bytes()).hexdigest() != then:
            print(f"{run}: {name} has changed since it was trained; delete the folder to train it again")


def chosen(splits: dict[str, list[Article]], name: str, seed: int) -> dict[str, list[Article]]:
    """The splits of an experiment: held-out articles are always the same."""
    train = splits["train"]
    if name in SHARES:
        order = random.Random(seed).sample(train, len(train))
        wanted = SHARES[name] * sum(len(article.sentences) for article in train)
        train = []
        while sum(len(article.sentences) for article in train) < wanted:
            train.append(order[len(train)])
    elif name in ("authored and seeds", "real only"):
        train = [article for article in train if ("vietnews" in article.source) == (name == "real only")]
    elif name == "one sentence at a time":
        return {split: [alone for one in articles for alone in sentences(one)] for split, articles in splits.items()}
    return {**splits, "train": train}


def sentences(article: Article) -> Iterator[Article]:
    """Each sentence as an article of its own; participants are left out."""
    for number, place in enumerate(article.sentences):
        entities, events = (
            tuple(
                replace(span, start=span.start - place.start, end=span.end - place.start)
                for span in spans
                if place.start <= span.start < place.end
            )
            for spans in (article.entities, [replace(e, actors=(), recipients=()) for e in article.events])
        )
        text = article.text[place.start : place.end]
        whole = (Sentence(0, len(text)),)
        yield Article(f"{article.id}#{number}", text, whole, entities, events, article.source, article.date)


def summary(name: str) -> dict[str, Any] | None:
    """Mean and standard deviation over the seeds that are done, of each layer's micro F1; None without any."""
    slug = name.replace(" ", "-").replace("%", "")
    done = [path for seed in SEEDS if (path := OUTPUT / f"{slug}-{seed}" / "metrics.json").is_file()]
    scores = [read_json(path) for path in done]
    if not scores:
        return None
    layers = ["entities", "triggers", "sentence_event_types"]
    if name != "one sentence at a time":
        layers.append("article_event_types")
    told: dict[str, Any] = {
        "seeds": [score["run"]["seed"] for score in scores],
        "sentences": round(mean(score["data"]["splits"]["train"]["sentences"] for score in scores)),
    }
    for layer in layers:
        values = [score[layer]["micro"]["f1"] for score in scores]
        told[layer] = {
            "mean": mean(values),
            "sd": stdev(values) if len(values) > 1 else None,
            "intervals": [score[layer]["micro"]["interval"] for score in scores],
        }
    told["floor"] = {layer: mean(score["floor"][layer]["micro"]["f1"] for score in scores) for layer in layers}
    return told


def draw(done: dict[str, Any], path: Path) -> None:
    """F1 against training sentences, a line with standard deviations for each layer, the lexicon dashed beside it."""
    from matplotlib.figure import Figure

    curve = sorted(
        (told for name, told in done.items() if name.endswith(("%", "labels"))), key=lambda t: t["sentences"]
    )
    figure = Figure(figsize=(7, 4.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    layers = {"entities": "#0072B2", "triggers": "#009E73", "sentence_event_types": "#D55E00"}
    for layer, colour in layers.items():
        sizes = [told["sentences"] for told in curve]
        means = [100 * told[layer]["mean"] for told in curve]
        spreads = [100 * (told[layer]["sd"] or 0.0) for told in curve]
        name = layer.removesuffix("_event_types") + (" types" if layer.endswith("types") else "")
        axes.errorbar(sizes, means, yerr=spreads, color=colour, marker="o", markersize=4, capsize=3, label=name)
        floor = [100 * told["floor"][layer] for told in curve]
        axes.plot(sizes, floor, "--", color=colour, alpha=0.6, label=f"{name}, lexicon")
    axes.set_xscale("log")
    axes.set_xticks([told["sentences"] for told in curve], [f"{told['sentences']:,}" for told in curve], minor=False)
    axes.minorticks_off()
    axes.set_xlabel("labelled sentences in training")
    axes.set_ylabel("strict micro F1 on the test split, %")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", frameon=False, ncols=3)
    figure.savefig(path, format="png")


if __name__ == "__main__":
    main(*sys.argv[1:])
