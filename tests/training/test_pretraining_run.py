from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from transformers import AutoModel, AutoTokenizer, RobertaConfig, RobertaModel

from sukien.config import dump_config, read_config
from sukien.errors import ConfigError, DataError, ModelError, SukienError
from sukien.training.pretraining import run as module
from sukien.training.pretraining.config import PretrainConfig
from sukien.training.pretraining.optimizer import Clock
from sukien.training.pretraining.run import ClockCallback, PretrainingTrainer, pretrain

Make = Callable[..., PretrainConfig]


@pytest.fixture
def config(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Run files of 20 seconds, with a clock that moves a second with each step."""

    def step(self: Clock) -> None:
        self.load_state_dict({**self.state_dict(), "seconds": self.seconds + 1.0})

    monkeypatch.setattr(Clock, "step", step)

    def make(**overrides: object) -> PretrainConfig:
        path = tmp_path / "run.yaml"
        path.write_text(
            f"""
name: tiny
output: {tmp_path}/training
corpus: {{paths: [{corpus}], tokens: {tmp_path}/made}}
tokenizer: {{vocabulary: 320}}
encoder: {{layers: 2, width: 32, heads: 4, feed_forward: 48, positions: 128}}
objective: {{kind: replaced, generator_layers: 1, generator_width: 16}}
training:
  hours: {20 / 3600}
  tokens: 256
  lengths: {{32: 0.5, 64: 0.5}}
  checkpoint_minutes: {3 / 60}
  constant: 0.5
  log_steps: 1
  compile: false
""",
            encoding="utf-8",
        )
        return read_config(
            path, [f"{key.replace('__', '.')}={value}" for key, value in overrides.items()], PretrainConfig
        )

    return make


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Lets runs die before they end a step."""
    usual = ClockCallback.on_step_begin

    def at(step: int | None) -> None:
        def dies(self: ClockCallback, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step == step:
                raise KeyboardInterrupt
            usual(self, args, state, control, **kwargs)

        monkeypatch.setattr(ClockCallback, "on_step_begin", dies)

    return at


@pytest.fixture
def read_batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A checksum of each batch that is trained on."""
    sums: list[int] = []
    usual = PretrainingTrainer.compute_loss

    def remembers(self: PretrainingTrainer, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        weights = torch.arange(inputs["input_ids"].numel())
        sums.append(int((inputs["input_ids"].flatten() * weights).sum() + inputs["masked"].sum()))
        return usual(self, model, inputs, *args, **kwargs)

    monkeypatch.setattr(PretrainingTrainer, "compute_loss", remembers)
    return sums


def rows(config: PretrainConfig) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (config.folder / "log.jsonl").read_text().splitlines()]


def test_a_run_leaves_an_encoder_that_loads_anywhere(config: Make, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pretrain(config())
    assert folder
    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    out = model(**tokenizer("Tổng thống Mỹ thăm Nga", return_tensors="pt"))
    assert out.last_hidden_state.shape[-1] == 32
    assert out.last_hidden_state.isfinite().all()
    assert tokenizer.model_max_length == 128
    run = config().folder
    assert [row["step"] for row in rows(config())] == list(range(1, 21))
    assert rows(config())[-1]["filling"] > 0
    assert read_config(run / "config.yaml", [], PretrainConfig) == config()  # it can be run from its record
    names = {"config.yaml", "environment.json", "log.jsonl", "curves.png", "encoder", "tokenizer", "blocks.npy"}
    assert {path.name for path in run.iterdir()} == names | {"before-fall"}
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG")
    told = capsys.readouterr().out
    assert "pieces of 40 articles; left out: nothing" in told
    assert "pieces/s" in told
    card = (folder / "README.md").read_text()
    assert "Replaced-token detection, 15% hidden, single pieces. 20 steps of 256 pieces" in " ".join(card.split())
    assert str(run) not in (folder / "config.json").read_text() + card


def test_a_run_of_masking_on_the_text_like_labelled_articles(config: Make, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("# doc: a\nTổng thống [[Mỹ|GPE]] hôm qua điện đàm .\n", encoding="utf-8")
    settings = config(corpus__like=f"[{labels}]", corpus__share=0.5, objective__kind="masked")
    folder = pretrain(settings)
    assert folder
    n_all = len(np.memmap(tmp_path / "made/ids.bin", np.uint16)) // 64
    blocks = np.load(settings.folder / "blocks.npy")
    assert len(blocks) == round(n_all / 2)
    card = " ".join((folder / "README.md").read_text().split())
    assert f"The {64 * len(blocks):,} pieces most like labels.txt were read" in card
    assert "Masked language modelling" in card
    assert "detection" not in rows(settings)[-1]


def test_a_run_whose_generator_begins_alone(config: Make) -> None:
    pretrain(config(training__generator_alone=0.3))
    alone = ["detection" not in row for row in rows(config())]
    assert alone == [True] * 6 + [False] * 14


def test_the_last_steps_are_logged_and_counted(config: Make) -> None:
    folder = pretrain(config(training__log_steps=7))
    assert folder
    assert [row["step"] for row in rows(config())] == [7, 14, 20]
    assert not [key for row in rows(config()) for key in row if key.startswith(("train_", "total_"))]
    assert "20 steps of 256 pieces" in (folder / "README.md").read_text()


def test_figures_of_a_few_last_steps_are_joined_with_those_before(config: Make) -> None:
    pretrain(config(training__log_steps=1))
    each = [row["filling"] for row in rows(config())]
    pretrain(config(training__log_steps=9), overwrite=True)
    first, last = rows(config(training__log_steps=9))
    assert (first["step"], last["step"]) == (9, 20)  # 2 steps of 20 are too few for a row
    assert last["filling"] == pytest.approx(sum(each[9:]) / 11, rel=1e-4)


def test_an_earlier_run_is_not_overwritten_unasked(config: Make) -> None:
    pretrain(config())
    with pytest.raises(ConfigError, match="--overwrite"):
        pretrain(config())
    pretrain(config(), overwrite=True)


def test_an_earlier_run_stays_until_a_new_one_can_begin(config: Make, tmp_path: Path) -> None:
    folder = pretrain(config())
    assert folder
    before = (folder / "model.safetensors").read_bytes()
    (tmp_path / "labels.txt").write_text("no labels\n", encoding="utf-8")
    faults = [
        {"corpus__like": f"[{tmp_path}/labels.txt]", "corpus__share": 0.5},
        {"training__tokens": 16384},
        {"encoder__start": folder, "encoder__layers": 3},
        {"encoder__start": folder, "training__lengths": "{256: 1.0}"},
    ]
    for fault in faults:
        with pytest.raises(SukienError):
            pretrain(config(**fault), overwrite=True)
        assert (folder / "model.safetensors").read_bytes() == before
        assert rows(config())


def test_a_run_may_go_on_from_the_encoder_that_it_replaces(
    config: Make, killed_at: Callable[[int | None], None]
) -> None:
    folder = pretrain(config())
    assert folder
    before = (folder / "model.safetensors").read_bytes()
    killed_at(1)
    with pytest.raises(KeyboardInterrupt):
        pretrain(config(encoder__start=folder), overwrite=True)
    assert (folder / "model.safetensors").read_bytes() == before
    killed_at(None)
    pretrain(config(encoder__start=folder), overwrite=True)
    assert (folder / "model.safetensors").read_bytes() != before
    assert "It went on from `encoder`" in (folder / "README.md").read_text()


def test_what_is_no_encoder_or_token_file_is_not_replaced(config: Make, corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds other things than a token file"):
        pretrain(config(corpus__tokens=corpus))
    with pytest.raises(ModelError, match="holds other files than an encoder"):
        pretrain(config(save_encoder=corpus), overwrite=True)
    with pytest.raises(ConfigError, match="exists; give --overwrite"):
        pretrain(config(save_encoder=corpus))
    (tmp_path / "training").mkdir()
    corpus.rename(tmp_path / "training/tiny")
    pretrain(config(corpus__paths=f"[{tmp_path}/training/tiny]"), overwrite=True)
    assert len(list((tmp_path / "training/tiny").glob("*.seg"))) == 40


def test_a_killed_run_goes_on_with_the_same_batches(
    config: Make, killed_at: Callable[[int | None], None], read_batches: list[int]
) -> None:
    settings = config(training__generator_alone=0.1)
    pretrain(settings)
    whole = read_batches.copy()
    log = [row["step"] for row in rows(settings)]
    read_batches.clear()
    killed_at(9)
    with pytest.raises(KeyboardInterrupt):
        pretrain(settings, overwrite=True)
    with pytest.raises(ConfigError, match=r"(?s)was 'hours: .*is now 'hours: 0.001"):
        pretrain(config(training__generator_alone=0.1, training__hours=0.001), resume=True)
    del read_batches[8:]  # the checkpoint is of step 8
    killed_at(None)
    pretrain(settings, resume=True)
    assert read_batches == whole
    assert [row["step"] for row in rows(settings)] == log


def test_a_damaged_checkpoint_is_left_out(
    config: Make, killed_at: Callable[[int | None], None], capsys: pytest.CaptureFixture[str]
) -> None:
    killed_at(9)
    with pytest.raises(KeyboardInterrupt):
        pretrain(config())
    first, second = sorted((config().folder / "checkpoints").iterdir())
    (first.parent / "checkpoint-9 copy").mkdir()
    killed_at(int(first.name.rpartition("-")[2]) + 1)
    for name in ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"):
        whole = (second / name).read_bytes()
        (second / name).write_bytes(whole[: len(whole) // 2])
        kept = shutil.copytree(second, second.with_name("kept"), dirs_exist_ok=True)
        with pytest.raises(KeyboardInterrupt):
            pretrain(config(), resume=True)
        assert f"{second}: is damaged and left out" in capsys.readouterr().err
        assert not second.exists()  # the run has another future now
        shutil.copytree(kept, second)
        (second / name).write_bytes(whole)
    shutil.rmtree(first.parent)
    with pytest.raises(ConfigError, match="has no whole checkpoint"):
        pretrain(config(), resume=True)


def test_nothing_to_resume_is_told(config: Make) -> None:
    with pytest.raises(ConfigError, match="holds no run to resume"):
        pretrain(config(), resume=True)


def test_what_changed_since_the_run_began_is_told(
    config: Make, corpus: Path, killed_at: Callable[[int | None], None]
) -> None:
    killed_at(9)
    with pytest.raises(KeyboardInterrupt):
        pretrain(config())
    (corpus / "00.seg").write_text("Tổng_thống Mỹ hôm_qua điện_đàm với Nga .\n" * 9, encoding="utf-8")
    with pytest.raises(DataError, match=r"\(bytes, names differ\); delete it"):
        pretrain(config(), resume=True)
    shutil.rmtree(config().corpus.tokens)
    with pytest.raises(ConfigError, match="was made again since the run began"):
        pretrain(config(), resume=True)


def test_a_finished_run_takes_more_time_from_before_its_rates_fell(
    config: Make, killed_at: Callable[[int | None], None], read_batches: list[int]
) -> None:
    pretrain(config())
    kept = config().folder / "before-fall"
    assert json.loads((kept / "trainer_state.json").read_text())["global_step"] == 11
    with pytest.raises(ConfigError, match=r"has ended; give it more time with a larger training\.hours"):
        pretrain(config(), resume=True)
    with pytest.raises(ConfigError, match=r"is now 'constant: 0\.4"):
        pretrain(config(training__constant=0.4, training__hours=1), resume=True)
    longer = config(training__hours=40 / 3600)
    read_batches.clear()
    killed_at(12)
    with pytest.raises(KeyboardInterrupt):
        pretrain(longer, resume=True)
    assert len(read_batches) == 1
    killed_at(None)
    pretrain(longer, resume=True)  # the second time from the same place, not from a later one of the fall
    assert len(read_batches) == 1 + 29
    assert read_batches[0] == read_batches[1]
    assert [row["step"] for row in rows(longer)] == list(range(1, 41))
    assert [row["rates"] for row in rows(longer)][11:20] == [1.0] * 9
    assert rows(longer)[-1]["rates"] < 0.1
    assert read_config(longer.folder / "config.yaml", [], PretrainConfig).training.hours == 40 / 3600
    assert json.loads((kept / "trainer_state.json").read_text())["global_step"] == 21  # for the next time


def test_rates_that_never_fall_leave_a_place_for_more_time_too(config: Make) -> None:
    pretrain(config(training__constant=1.0))
    pretrain(config(training__constant=1.0, training__hours=25 / 3600), resume=True)
    assert len(rows(config())) == 25


def test_more_time_is_refused_where_there_is_nothing_to_begin_from(config: Make) -> None:
    pretrain(config())
    model = config().folder / "before-fall/model.safetensors"
    model.write_bytes(model.read_bytes()[:100])
    with pytest.raises(ConfigError, match="before-fall: is damaged"):
        pretrain(config(training__hours=1), resume=True)
    shutil.rmtree(model.parent)
    with pytest.raises(ConfigError, match="no checkpoint from before its rates fell"):
        pretrain(config(training__hours=1), resume=True)


def test_a_run_killed_before_that_place_was_kept_keeps_it_when_it_goes_on(
    config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "keep_before_fall", dies)
        with pytest.raises(KeyboardInterrupt):
            pretrain(config())
    pretrain(config(), resume=True)
    assert json.loads((config().folder / "before-fall/trainer_state.json").read_text())["global_step"] == 12


def test_losses_that_are_no_numbers_end_a_run(config: Make) -> None:
    with pytest.raises(SukienError, match=r"step \d+: .* is no finite number any more; take lower rates"):
        pretrain(config(training__rate="1.0e+30", training__matrix_rate="1.0e+30", training__warmup=0))
    assert not config().encoder_folder.exists()


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), SafetensorError("IO"), RuntimeError("unexpected pos 1 vs 2")]
)
def test_a_full_disk_at_the_end_loses_nothing(config: Make, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_folder", full)
        with pytest.raises(SukienError, match="cannot be written"):
            pretrain(config())
    assert pretrain(config(), resume=True)
    assert len(rows(config())) == 21  # one step at rates of zero tells that the time is over


def test_a_tiny_corpus_is_told(config: Make, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name more text or take smaller steps"):
        pretrain(config(training__tokens=16384))
    labels = tmp_path / "labels.txt"
    labels.write_text("# doc: a\nTổng thống [[Mỹ|GPE]] .\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"has 1 in the share of 0.001 \(corpus.share\)"):
        pretrain(config(corpus__like=f"[{labels}]", corpus__share=0.001))


def test_an_encoder_of_another_kind_cannot_be_gone_on_from(config: Make, tiny_encoder: Path, tmp_path: Path) -> None:
    AutoTokenizer.from_pretrained(tiny_encoder).save_pretrained(tmp_path / "roberta")
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    RobertaModel(RobertaConfig(vocab_size=600, **sizes)).save_pretrained(tmp_path / "roberta")
    with pytest.raises(ConfigError, match="is a roberta, not a ModernBERT"):
        pretrain(config(encoder__start=tmp_path / "roberta"))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("training.hours", "-1", "greater than 0"),
        ("training.lengths", "{100: 1.0, 64: 1.0}", "divide"),
        ("training.lengths", "{64: 1.0, 32: -0.5}", "zero or more"),
        ("training.lengths", "{64: 0.0}", "not all zero"),
        ("training.lengths", "{256: 1.0}", "longer than encoder.positions, 128"),
        ("encoder.heads", "5", "even multiple"),
        ("objective.kind", "electra", "'masked' or 'replaced'"),
        ("objective.generator_width", "20", "multiple of 8"),
        ("trainig.hours", "1", "did you mean training"),
        ("training.generator_alone", "0.6", "must end before constant"),
    ],
)
def test_faults_of_the_run_file_are_told(config: Make, key: str, value: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        config(**{key.replace(".", "__"): value})


def test_settings_that_do_not_go_together_are_told(config: Make) -> None:
    with pytest.raises(ConfigError, match="has no generator"):
        config(objective__kind="masked", training__generator_alone=0.1)
    with pytest.raises(ConfigError, match="keeps its own tokenizer"):
        config(encoder__start="encoder-small", tokenizer__take="vinai/phobert-base")
    assert "lengths:\n    32: 0.5" in dump_config(config())
