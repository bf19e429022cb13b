"""Run files: what is accepted, and what each fault says."""

from pathlib import Path

import pytest

from sukien.config import check_same, dump_config, load_config
from sukien.errors import ConfigError

GOOD = """
name: x
data: {built: data/built}
model: {encoder: encoder-small}
training: {epochs: 1, learning_rate: 1.0e-3}
"""


def _faults(tmp_path: Path, text: str, *overrides: str) -> list[str]:
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return [fault.removeprefix(f"{path}: ") for fault in caught.value.faults]


def test_the_resolved_config_reads_back_to_the_same(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(GOOD, encoding="utf-8")
    config = load_config(path, ["training.epochs=3", "model.heads=[triggers]"])
    assert (config.training.epochs, config.model.heads, config.model.window) == (3, ["triggers"], 256)
    path.write_text(dump_config(config), encoding="utf-8")
    assert load_config(path) == config


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = "name: x\nmodel: {encodr: a}\ntraining: {epochs: 1.5, learning_rate: 1e-5, early_stopping: yes}\n"
    faults = _faults(tmp_path, text)
    assert "data: is missing" in faults
    assert "model.encoder: is missing" in faults
    assert any(fault.startswith("model.encodr: no such key; did you mean encoder?") for fault in faults)
    assert (
        "training.learning_rate: should be a valid number, found '1e-5'; YAML reads this as text, write 1.0e-05"
        in faults
    )
    assert any("training.epochs" in fault and "found 1.5" in fault for fault in faults)
    assert any("training.early_stopping" in fault and "found True" in fault for fault in faults)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "a run file holds sections"),
        ("- a", "a run file holds sections"),
        ("a: [", "no valid YAML"),
        (GOOD + "nam: y", "nam: no such key; did you mean name?"),
        (GOOD.replace("name: x", "name: ../x"), "name: String should match pattern"),
        (
            GOOD.replace("epochs: 1,", "epochs: 0,"),
            "training.epochs: should be greater than or equal to 1, found 0",
        ),
        (GOOD + "cross_validation: {held_out: seeds}\n", None),
    ],
)
def test_each_fault(tmp_path: Path, text: str, fault: str | None) -> None:
    if fault is None:
        faults = _faults(tmp_path, text, "training.early_stopping=2")
        assert "must be null in cross-validation" in faults[0]
    else:
        assert any(
            found.startswith(fault.replace("String ", "")) or fault in found for found in _faults(tmp_path, text)
        )


@pytest.mark.parametrize("override", ["epochs", "=3", "name.deep=3", "training.epochs=["])
def test_overrides_that_make_no_sense(tmp_path: Path, override: str) -> None:
    assert _faults(tmp_path, GOOD, override)


@pytest.mark.parametrize(("key", "fault"), [("save-model", "save_model"), ("training.learning-rate", "learning_rate")])
def test_a_hyphen_in_a_key(tmp_path: Path, key: str, fault: str) -> None:
    assert f"{key}: no such key; did you mean {fault}?" in _faults(tmp_path, GOOD, f"{key}=1")[0]


def test_an_unknown_override_names_the_nearest(tmp_path: Path) -> None:
    assert "did you mean epochs?" in _faults(tmp_path, GOOD, "training.epoch=3")[0]


@pytest.mark.parametrize("name", ["quickstart", "news-small", "seeds-cv"])
def test_the_run_files_of_the_repository(root: Path, name: str) -> None:
    path = root / f"configs/{name}.yaml"
    assert load_config(path).name == name
    assert f"sukien train configs/{name}.yaml" in path.read_text(encoding="utf-8")


def test_a_run_goes_on_with_the_config_that_it_began_with(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(GOOD, encoding="utf-8")
    config = load_config(tmp_path / "x.yaml")
    record = tmp_path / "config.yaml"
    record.write_text(dump_config(config), encoding="utf-8")
    check_same(record, config)
    record.write_text(dump_config(config) + "older: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="was 'older: 1'"):
        check_same(record, config)
    record.write_text(dump_config(config).replace("  standardise: true\n", ""), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"(?s)was 'standardise: false'.*is now 'standardise: true'"):
        check_same(record, config)  # it began before there was the option
    check_same(record, load_config(tmp_path / "x.yaml", ["model.standardise=false"]))
    with_lora = load_config(tmp_path / "x.yaml", ["model.dropout=0.05", "training.lora={}"])
    record.write_text(dump_config(with_lora), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:  # dropout: 0.05 stands in two sections, and changes in one
        check_same(record, load_config(tmp_path / "x.yaml", ["training.lora={}"]))
    assert caught.value.faults[1:] == (f"{record}: was 'dropout: 0.05'", f"{record}: is now 'dropout: 0.1'")
