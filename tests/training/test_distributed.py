"""Training on two CPU processes, started as users start it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sukien.config import load_config


def test_two_processes_score_each_article_once(write_run: Callable[..., Path]) -> None:
    path = write_run()
    config = load_config(path)
    flags = ["--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--main_process_port", "0"]
    flags += ["--num_cpu_threads_per_process", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    launch = [sys.executable, "-m", "accelerate.commands.launch", *flags]
    command = [*launch, "-m", "sukien.cli", "train", str(path), "training.epochs=1"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    scores = json.loads((config.folder / "metrics.json").read_text())
    assert json.loads((config.folder / "environment.json").read_text())["processes"] == 2
    # The scorer refuses an article that was predicted twice or not at all, so a score is proof of once.
    log = [json.loads(line) for line in (config.folder / "log.jsonl").read_text().splitlines()]
    assert any("eval_entities_f1" in row for row in log)
    assert scores["n_articles"] == len((config.folder / "predictions.jsonl").read_text().splitlines())
    assert done.stdout.count("results in") == 1
