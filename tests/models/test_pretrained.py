"""Model folders: what can be loaded, and what each broken one says."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer

from sukien.errors import ModelError
from sukien.models.network import SukienConfig, SukienModel
from sukien.models.places import resolve, shipped_models
from sukien.models.pretrained import load_encoder, load_tagger, round_weights, save_tagger, window_limit
from sukien.models.word_vectors import WordIndex


@pytest.fixture
def tagger_folder(tmp_path: Path, tiny_encoder: Path) -> Path:
    encoder, tokenizer = load_encoder(str(tiny_encoder))
    config = SukienConfig(encoder=encoder.config.to_dict(), entity_types=["PER"], event_types=["AID"], window=64)
    model = SukienModel(config, encoder)
    round_weights(model)
    save_tagger(tmp_path / "model", model, tokenizer, "---\nlanguage: vi\n---\n")
    return tmp_path / "model"


def test_what_is_saved_is_what_is_loaded(tiny_encoder: Path, tmp_path: Path) -> None:
    encoder, tokenizer = load_encoder(str(tiny_encoder))
    config = SukienConfig(encoder=encoder.config.to_dict(), entity_types=["PER"], window=64, dropout=0.2)
    model = SukienModel(config, encoder).eval()
    round_weights(model)
    save_tagger(tmp_path / "model", model, tokenizer, "")
    loaded, _ = load_tagger(str(tmp_path / "model"))
    ids = torch.arange(5, 45)[None]
    assert torch.equal(model(ids).logits, loaded(ids).logits)
    assert (loaded.config.window, loaded.config.dropout, loaded.config.entity_types) == (64, 0.2, ["PER"])
    assert "_name_or_path" not in json.loads((tmp_path / "model/config.json").read_text())["encoder"]
    assert loaded.config.id2label == {0: "O", 1: "B-PER", 2: "I-PER"}
    assert not loaded.training


def test_a_folder_holds_safetensors_in_bf16_and_no_pickle(tagger_folder: Path) -> None:
    from safetensors import safe_open

    names = {path.name for path in tagger_folder.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "README.md"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]
    with safe_open(tagger_folder / "model.safetensors", "pt") as weights:
        assert {weights.get_tensor(name).dtype for name in weights.keys()} == {torch.bfloat16}  # noqa: SIM118


def test_a_saved_tokenizer_does_not_tell_how_it_was_found(tagger_folder: Path, tmp_path: Path) -> None:
    model, tokenizer = load_tagger(str(tagger_folder))
    save_tagger(tmp_path / "again", model, tokenizer, "")
    saved = json.loads((tmp_path / "again/tokenizer_config.json").read_text(encoding="utf-8"))
    assert saved["tokenizer_class"]
    assert not {"local_files_only", "is_local"} & set(saved)


def test_auto_classes_know_our_folders(tagger_folder: Path) -> None:
    assert isinstance(AutoConfig.from_pretrained(tagger_folder), SukienConfig)
    assert isinstance(AutoModel.from_pretrained(tagger_folder), SukienModel)
    assert AutoTokenizer.from_pretrained(tagger_folder)("a")["input_ids"]


def test_a_tagger_can_be_fine_tuned_again(tagger_folder: Path) -> None:
    encoder, _ = load_encoder(str(tagger_folder))
    assert encoder.config.model_type == "modernbert"


def test_an_encoder_is_no_tagger(tiny_encoder: Path) -> None:
    with pytest.raises(ModelError, match="modernbert model, not a tagger; fine-tune it first"):
        load_tagger(str(tiny_encoder))


def test_a_folder_without_config_or_weights(tmp_path: Path, tagger_folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_tagger(str(tmp_path / "empty"))
    (tagger_folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="has no weights"):
        load_tagger(str(tagger_folder))


def test_weights_that_are_cut_short(tagger_folder: Path) -> None:
    weights = tagger_folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_tagger(str(tagger_folder))


@pytest.mark.parametrize("labels", [["PER", "ORG"], []])
def test_labels_changed_by_hand(tagger_folder: Path, labels: list[str]) -> None:
    path = tagger_folder / "config.json"
    config = json.loads(path.read_text())
    config["entity_types"] = labels
    path.write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"cannot be loaded|do not fit"):
        load_tagger(str(tagger_folder))


def test_config_that_is_no_json(tagger_folder: Path) -> None:
    (tagger_folder / "config.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_tagger(str(tagger_folder))


def test_a_tokenizer_that_lost_its_vocabulary(tiny_encoder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(tiny_encoder, folder)
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = dict(list(vocabulary.items())[:5])
    tokenizer["model"]["merges"] = []
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ModelError, match="its tokenizer has 5 pieces"):
        load_encoder(str(folder))


def test_a_hub_name_without_network() -> None:
    with pytest.raises(ModelError, match=r"give a local folder .* or connect to the network"):
        load_encoder("vinai/phobert-base")


_ASK = """
import json, time
from sukien.errors import ModelError
from sukien.models import places
from sukien.models.info import describe
places._HUB_SECONDS = 1.0
fetched, started = describe("someone/tagger"), time.perf_counter()
try:
    describe("someone/other")
except ModelError as error:
    print(json.dumps([fetched, str(error), time.perf_counter() - started]))
"""


def test_without_an_answer_what_was_fetched_is_read_and_what_was_not_is_told_in_seconds(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    encoder, tokenizer = load_encoder(str(tiny_encoder))
    config = SukienConfig(encoder=encoder.config.to_dict(), entity_types=["PER"], word_vectors=[2, 8])
    model = SukienModel(config, encoder)
    model.index = WordIndex(["Mỹ", "Tổng_thống"])
    kept = tmp_path / "hub/models--someone--tagger"
    save_tagger(kept / "snapshots/abc", model, tokenizer, "---\nlicense: mit\n---\n")
    (kept / "refs").mkdir()
    (kept / "refs/main").write_text("abc")
    with socket.socket() as silent:  # accepts a connection and never answers, as a hub behind a firewall
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hub = {"HF_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}", "HF_HUB_CACHE": str(tmp_path / "hub")}
        environment = {**os.environ, **hub, "HF_HUB_OFFLINE": "0"}
        done = subprocess.run(
            [sys.executable, "-c", _ASK], capture_output=True, text=True, check=False, env=environment, timeout=120
        )
    assert done.returncode == 0, done.stderr[-2000:]
    fetched, told, seconds = json.loads(done.stdout)
    assert fetched["kind"] == "tagger"
    assert fetched["entity types"] == "PER"
    assert fetched["word vectors"] == "2 of width 8"  # their words lie in a file that only we know
    assert fetched["licence"] == "mit"
    assert "connect to the network" in told
    assert seconds < 5


def test_no_name_at_all() -> None:
    with pytest.raises(ModelError, match="is longer than the name of any"):
        resolve("ế" * 200)
    with pytest.raises(ModelError, match="no model is named"):
        resolve("")


@pytest.mark.parametrize("name", ["./nothing", "/nothing/here", "a/b/c"])
def test_a_path_that_does_not_exist(name: str) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        resolve(name)


def test_a_file_instead_of_a_folder(tagger_folder: Path) -> None:
    with pytest.raises(ModelError, match="is a file"):
        resolve(str(tagger_folder / "config.json"))


def test_the_shipped_encoder_loads_with_stock_classes_and_exact_offsets() -> None:
    encoder, tokenizer = load_encoder("encoder-small")
    assert encoder.config.model_type == "modernbert"
    assert window_limit(encoder) == 1024
    text = "Ông Tập điện đàm ngày 14.2/2022 (S-400)."
    offsets = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)["offset_mapping"]
    assert "".join(text[start:end] for start, end in offsets).replace(" ", "") == text.replace(" ", "")
    assert resolve("encoder-small") == str(shipped_models()["encoder-small"])


def test_positions_of_roberta_are_counted_from_the_padding_id() -> None:
    from transformers import RobertaConfig, RobertaModel

    config = RobertaConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        max_position_embeddings=258,
    )  # fmt: skip
    assert window_limit(RobertaModel(config)) == 256
