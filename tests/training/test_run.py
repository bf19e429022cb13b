"""A whole run on a random 2-layer encoder: train, save, load, compare; resume; repeat."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from transformers import TrainerCallback

from sukien.config import load_config
from sukien.data.dataset import load_built, save_built
from sukien.errors import ConfigError, DataError, ModelError
from sukien.inference.tagger import Tagger
from sukien.models.pretrained import load_tagger
from sukien.models.tagging import ArticleTagger
from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction
from sukien.training import finetune, optimization
from sukien.training.evaluation import evaluate
from sukien.training.run import train

WriteRun = Callable[..., Path]


def _weights(folder: Path) -> bytes:
    return (folder / "model/model.safetensors").read_bytes()


def test_train_save_load_compare(write_run: WriteRun, tiny_built: Path) -> None:
    config = load_config(write_run(), ["training.epochs=10"])
    scores = train(config)
    assert scores is not None
    names = {path.name for path in config.folder.iterdir()}
    assert names == {
        "config.yaml", "environment.json", "metrics.json", "log.jsonl", "curves.png", "predictions.jsonl", "model",
    }  # fmt: skip
    assert (scores["run"]["data"], scores["run"]["seed"]) == (tiny_built.name, config.seed)
    # The saved tagger, loaded again, gives the very scores and predictions of the run.
    splits, _ = load_built(tiny_built)
    loaded = ArticleTagger(*load_tagger(str(config.model_folder)))
    again, predictions = evaluate(loaded, splits["test"], splits["train"])
    assert again["n_seen_in_training"] == 0
    assert evaluate(loaded, splits["train"], [])[0]["n_seen_in_training"] == len(splits["train"])
    assert again["entities"] == scores["entities"]
    assert again["triggers"] == scores["triggers"]
    written = [json.loads(line) for line in (config.folder / "predictions.jsonl").read_text().splitlines()]
    assert [Prediction.from_dict(row) for row in written] == predictions
    assert written[0]["entities"], "the run learnt nothing, so the comparison says nothing"
    assert load_config(config.folder / "config.yaml") == config
    # Tagger finds the sentences itself; it is the same network.
    tagger = Tagger.from_pretrained(str(config.model_folder))
    assert tagger.tag(splits["test"]) == predictions


def test_two_epochs_lower_the_loss(write_run: WriteRun) -> None:
    config = load_config(write_run())
    train(config)
    rows = [json.loads(line) for line in (config.folder / "log.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in rows if "loss" in row]
    assert losses[-1] < losses[0]


def test_a_fixed_seed_gives_the_same_result_twice(write_run: WriteRun) -> None:
    first, second, other = (
        load_config(write_run(), [f"name={name}", f"seed={seed}"]) for name, seed in [("a", 1), ("b", 1), ("c", 2)]
    )
    for config in (first, second, other):
        train(config)
    assert _weights(first.folder) == _weights(second.folder)
    assert _weights(first.folder) != _weights(other.folder)


class _Kill(TrainerCallback):
    """A kill after some steps, in the middle of an epoch."""

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self.step:
            raise KeyboardInterrupt

    step = 0


def test_resume_after_a_kill_continues_to_the_same_result(write_run: WriteRun, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_config(write_run(), ["name=whole", "training.epochs=4", "training.early_stopping=3"])
    train(whole)
    steps = sum(1 for line in (whole.folder / "log.jsonl").read_text().splitlines() if '"loss"' in line)
    assert steps == 4
    broken = load_config(write_run(), ["name=broken", "training.epochs=4", "training.early_stopping=3"])
    callbacks = finetune.callbacks
    per_epoch = json.loads((whole.folder / "log.jsonl").read_text().splitlines()[0])["step"]
    monkeypatch.setattr(_Kill, "step", 2 * per_epoch + 1)
    monkeypatch.setattr(finetune, "callbacks", lambda *a, **k: [*callbacks(*a, **k), _Kill()])
    with pytest.raises(KeyboardInterrupt):
        train(broken)
    monkeypatch.setattr(finetune, "callbacks", callbacks)
    assert not (broken.folder / "metrics.json").exists()
    with pytest.raises(ConfigError, match="give --resume"):
        train(broken)
    train(broken, resume=True)
    assert _weights(broken.folder) == _weights(whole.folder)
    assert not (broken.folder / "checkpoints").exists()


def test_resume_with_another_config_is_refused(write_run: WriteRun) -> None:
    config = load_config(write_run())
    config.folder.mkdir(parents=True)
    (config.folder / "checkpoints").mkdir()
    other = config.model_copy(update={"seed": 99})
    (config.folder / "config.yaml").write_text(yaml.safe_dump(other.model_dump(mode="json"), sort_keys=False))
    with pytest.raises(ConfigError, match="was 'seed: 99'"):
        train(config, resume=True)


def test_a_finished_run_is_not_lost(write_run: WriteRun) -> None:
    config = load_config(write_run(), ["training.epochs=1"])
    train(config)
    with pytest.raises(ConfigError, match="finished run; give --overwrite"):
        train(config)
    assert train(config, overwrite=True) is not None


def test_a_start_that_fails_leaves_the_finished_run(write_run: WriteRun) -> None:
    config = load_config(write_run(), ["training.epochs=1"])
    train(config)
    before = {path.name: path.read_bytes() for path in config.folder.iterdir() if path.is_file()}
    with pytest.raises(ModelError):
        train(load_config(write_run(), ["training.epochs=1", "model.encoder=./none"]), overwrite=True)
    assert {path.name: path.read_bytes() for path in config.folder.iterdir() if path.is_file()} == before


def test_cross_validation_holds_each_article_out_and_a_wrong_folder_loses_nothing(
    write_run: WriteRun, tmp_path: Path, tiny_built: Path
) -> None:
    splits, _ = load_built(tiny_built)
    names = [split[0].id for split in splits.values()]
    (tmp_path / "raw").mkdir()
    for name in names:
        (tmp_path / "raw" / f"{name}.txt").write_text("raw")
    settings = ["training.epochs=1", "name=cv"]
    config = load_config(write_run(cross_validation={"held_out": str(tmp_path / "raw")}), settings)
    scores = train(config)
    assert scores is not None
    assert set(scores["folds"]) == set(names)
    written = [json.loads(line)["id"] for line in (config.folder / "predictions.jsonl").read_text().splitlines()]
    assert written == sorted(names)
    assert (
        sum(fold["entities"]["micro"]["support"] for fold in scores["folds"].values())
        == (scores["entities"]["micro"]["support"])
    )
    with pytest.raises(ConfigError, match="holds 0 raw files"):
        train(load_config(write_run(cross_validation={"held_out": str(tmp_path / "no")}), settings), overwrite=True)
    assert (config.folder / "metrics.json").exists()


def test_resume_after_early_stopping_gives_the_same_model(write_run: WriteRun, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing is learnt at this rate, so the first epoch stays the best and the run stops after it.
    settings = ["training.epochs=6", "training.early_stopping=1", "training.learning_rate=1.0e-9"]
    whole = load_config(write_run(), ["name=whole", *settings])
    train(whole)
    assert max(json.loads(line)["epoch"] for line in (whole.folder / "log.jsonl").read_text().splitlines()) < 6

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    broken = load_config(write_run(), ["name=broken", *settings])
    with monkeypatch.context() as patch:
        patch.setattr("sukien.training.run.save_tagger", full_disk)
        with pytest.raises(OSError, match="No space"):
            train(broken)
    train(broken, resume=True)
    assert _weights(broken.folder) == _weights(whole.folder)


def test_resume_over_other_data_is_refused(write_run: WriteRun, tmp_path: Path, authored: list[Article]) -> None:
    built = tmp_path / "built"
    save_built(built, {"train": authored[:2], "validation": authored[2:3], "test": authored[3:4]}, LabelSet())
    config = load_config(write_run(), [f"data.built={built}", "training.epochs=1"])
    train(config)
    (config.folder / "metrics.json").unlink()
    save_built(built, {"train": authored[:3], "validation": authored[3:4], "test": authored[4:]}, LabelSet())
    with pytest.raises(ConfigError, match="was built again"):
        train(config, resume=True)


def test_a_tagger_is_not_replaced_unasked(write_run: WriteRun, tmp_path: Path) -> None:
    place = [f"save_model={tmp_path / 'shipped'}", "training.epochs=1"]
    train(load_config(write_run(), place))
    with pytest.raises(ConfigError, match="holds a model; give --overwrite"):
        train(load_config(write_run(), [*place, "name=other"]))
    (tmp_path / "shipped/thesis.docx").write_text("years of work")
    with pytest.raises(ModelError, match="holds other files than a tagger"):
        train(load_config(write_run(), [*place, "name=other"]), overwrite=True)


def test_learning_rates_follow_from_the_size_of_the_encoder(
    write_run: WriteRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(write_run(), ["training.learning_rate=null"])
    model, _ = finetune.build_model(config, LabelSet())
    assert optimization.learning_rates(model, config) == (5e-4, 2e-3)
    monkeypatch.setattr(optimization, "SMALL_ENCODER", 10)
    assert optimization.learning_rates(model, config) == (3e-5, 1e-3)
    assert optimization.learning_rates(model, load_config(write_run())) == (0.005, 1e-3)


def test_noise_repeats_articles_as_they_are_also_typed(
    write_run: WriteRun, tiny_built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[Article]] = []

    def make_examples(articles: list[Article], *args: Any) -> finetune.Examples:
        seen.append(list(articles))
        return real(articles, *args)

    real = finetune.make_examples
    monkeypatch.setattr(finetune, "make_examples", make_examples)
    config = load_config(write_run(), ["training.noise=0.5", "training.epochs=1"])
    train(config)
    splits, _ = load_built(tiny_built)
    originals, validation = splits["train"], splits["validation"]
    n_chosen = round(0.5 * len(originals))
    assert n_chosen
    texts = {one.text for one in originals}
    assert {one.text for one in seen[0][: len(originals)]} == texts
    assert {one.text for one in seen[1]} == {one.text for one in validation}  # what is scored stays as it is written
    small, bare, unfinished = (seen[0][len(originals) + n * n_chosen :][:n_chosen] for n in range(3))
    assert len(seen[0]) == len(originals) + 3 * n_chosen
    assert all(one.text == one.text.lower() for one in small)
    assert not any(set("ảệđư") & set(one.text) for one in bare)
    assert all(one.text[sentence.end - 1] not in ".!?" for one in unfinished for sentence in one.sentences)
    by_id = {one.id: one for one in originals}
    for one in (*small, *bare, *unfinished):
        assert [span.label for span in one.entities] == [span.label for span in by_id[one.id].entities]
        assert all(one.text[span.start : span.end] == span.text for span in (*one.entities, *one.events))
    model, _ = load_tagger(str(config.model_folder))
    assert model.config.trained_on == sorted(one.fingerprint() for one in (*originals, *validation))


def test_entities_alone(write_run: WriteRun) -> None:
    config = load_config(write_run(), ["model.heads=[entities]", "training.epochs=1"])
    scores = train(config)
    assert scores is not None
    assert "triggers" not in scores
    model, _ = load_tagger(str(config.model_folder))
    assert list(model.heads) == ["entities"]


def test_a_window_beyond_the_encoder(write_run: WriteRun) -> None:
    with pytest.raises(ConfigError, match="reads at most 256; write window: 256 or less"):
        train(load_config(write_run(), ["model.window=512"]))


def test_data_that_was_never_built(write_run: WriteRun, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="sukien build"):
        train(load_config(write_run(), [f"data.built={tmp_path / 'none'}"]))
