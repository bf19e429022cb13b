"""How far the two blind labellings of the corpus agree, from positions alone.

    python tests/benchmarks/agreement.py

Writes the figures to data/agreement.json, from where `sukien build` takes them into the card. What the third reading
and the error audit found (`settled`, `first`, `second`, `neither`, `audit`) are counts of those readings and stay.
"""

from pathlib import Path

from sukien.files import read_json, write_json
from sukien.ontology import LabelSet
from sukien.training.agreement import agreement, read_labelling

FILE = Path("data/agreement.json")


def main() -> None:
    first, second = (read_labelling(Path(f"data/agreement/{name}.jsonl")) for name in ("first", "second"))
    write_json(FILE, {**read_json(FILE), **agreement(first, second, LabelSet())})


if __name__ == "__main__":
    main()
