"""What each choice of pre-training brings: new encoders that differ from the recipe, trained for the same time.

    sukien fetch vietnews --all
    python tests/benchmarks/pretraining.py 0.15
    python tests/benchmarks/encoders.py training/choices/*/encoder --seeds 13 --epochs 2 --output training/judged

The number is hours of training for each. A run that has ended is not made again.
"""

import sys
from pathlib import Path

from sukien.config import read_config
from sukien.training.pretraining.config import PretrainConfig
from sukien.training.pretraining.run import pretrain

OUTPUT = Path("training/choices")
RECIPE = ("objective.kind=replaced", "training.weight_decay=0.01", "corpus.share=0.25")  # of the first encoders
CHOICES = {
    "recipe": (),
    "all-text": ("corpus.like=[]", "corpus.share=1.0"),
    "masking": ("objective.kind=masked",),
    "masking-30": ("objective.kind=masked", "objective.masked=0.3"),
    "masking-words": ("objective.kind=masked", "objective.whole_words=true"),
    "adamw": ("training.optimizer=adamw",),
    "random-embeddings": ("encoder.embeddings=random",),
    "whole-words": ("objective.whole_words=true",),
    "long-sequences": ("training.lengths={512: 1.0}",),
}


def main(hours: str) -> None:
    for name, choice in CHOICES.items():
        overrides = [f"name={name}", f"output={OUTPUT}", f"training.hours={hours}", *RECIPE, *choice]
        config = read_config(Path("configs/encoder-small.yaml"), overrides, PretrainConfig)
        if not config.encoder_folder.is_dir():
            print(f"== {name}", flush=True)
            pretrain(config, overwrite=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
