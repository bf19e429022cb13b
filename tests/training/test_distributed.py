"""Training on two CPU processes, started as users start it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from sukien.config import load_config


def launch(*command: str) -> subprocess.CompletedProcess[str]:
    """`sukien` with this command in two processes."""
    flags = ["--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--main_process_port", "0"]
    flags += ["--num_cpu_threads_per_process", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    whole = [sys.executable, "-m", "accelerate.commands.launch", *flags, "-m", "sukien.cli", *command]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    return subprocess.run(whole, capture_output=True, text=True, check=False, env=environment)


def test_two_processes_score_each_article_once(write_run: Callable[..., Path]) -> None:
    path = write_run()
    config = load_config(path)
    done = launch("train", str(path), "training.epochs=1")
    assert done.returncode == 0, done.stderr[-3000:]
    scores = json.loads((config.folder / "metrics.json").read_text())
    assert json.loads((config.folder / "environment.json").read_text())["processes"] == 2
    # The scorer refuses an article that was predicted twice or not at all, so a score is proof of once.
    log = [json.loads(line) for line in (config.folder / "log.jsonl").read_text().splitlines()]
    assert any("eval_entities_f1" in row for row in log)
    assert scores["n_articles"] == len((config.folder / "predictions.jsonl").read_text().splitlines())
    assert done.stdout.count("results in") == 1


def test_two_processes_pretrain_one_encoder(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    for n in range(40):
        text = "\n".join(f"Tổng_thống Mỹ hôm_qua điện_đàm với người_đồng_cấp Nga . Số {n} {m}" for m in range(6))
        (tmp_path / f"corpus/{n:02}.seg").write_text(text, encoding="utf-8")
    values = {
        "name": "tiny",
        "output": str(tmp_path / "training"),
        "corpus": {"paths": [str(tmp_path / "corpus")], "tokens": str(tmp_path / "tokens")},
        "tokenizer": {"vocabulary": 320},
        "encoder": {"layers": 1, "width": 32, "heads": 4, "feed_forward": 48, "positions": 128},
        "objective": {"kind": "replaced", "generator_layers": 1, "generator_width": 16},
        "training": {"hours": 0.0005, "tokens": 128, "lengths": {64: 1.0}, "log_steps": 2, "compile": False},
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    done = launch("pretrain", str(path))
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("encoder in") == 1
    assert (tmp_path / "training/tiny/encoder/model.safetensors").is_file()
    assert (tmp_path / "training/tiny/log.jsonl").read_text().count("filling") > 0
    again = launch("pretrain", str(path))
    assert again.returncode != 0
    assert again.stderr.count("resume it with --resume, replace it with --overwrite") == 1
