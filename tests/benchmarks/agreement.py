"""How far the two blind labellings of the corpus agree, from positions alone.

    python tests/benchmarks/agreement.py

In the repository's root. Writes the figures to data/agreement.json, from where `sukien build` takes them into the card.
What the third reading and the error audit found (`settled`, `first`, `second`, `neither`, `audit`) are counts of those
readings and stay.
"""

from pathlib import Path

from sukien.files import read_json, write_json
from sukien.ontology import LabelSet
from sukien.schema import Article
from sukien.training.agreement import agreement, read_labelling

FILE = Path("data/agreement.json")


def main() -> None:
    first, second = (read_labelling(Path(f"data/agreement/{name}.jsonl")) for name in ("first", "second"))
    told = agreement(first, second, LabelSet())
    told["sources"] = {
        name: {key: value for key, value in agreement(*parts, LabelSet()).items() if key != "types"}
        for name in dict.fromkeys(map(source, first))
        if (parts := [[one for one in labelling if source(one) == name] for labelling in (first, second)])
    }
    write_json(FILE, {**read_json(FILE), **told})


def source(article: Article) -> str:
    """Where its text is from, by its id."""
    begins = {"vietnews": "ThanhChinhBK/vietnews", "authored": "written for this project"}
    return next((name for begin, name in begins.items() if article.id.startswith(begin)), "seeds")


if __name__ == "__main__":
    main()
