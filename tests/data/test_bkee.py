from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sukien.data import bkee_files
from sukien.data.bkee import read_document
from sukien.data.dataset import load_built
from sukien.data.fetch import fetch
from sukien.errors import DataError

TEXT = "Ông_Minh tấn_công bà Lan ở TP.\nHà_Nội .\nHọ rời_khỏi nhà ."
ANN = """\
T1\tPER 0 8\tÔng_Minh
T2\tAttack 9 17\ttấn_công
T3\tPER 18 24\tbà Lan
T4\tPER 21 24\tLan
T5\tGPE 27 30;31 37\tTP. Hà_Nội
T6\tTransport 43 46\trời
E1\tAttack:T2 Attacker-Arg:T1 Target-Arg:T3 Target-Arg2:T4 Place-Arg:T5
E2\tTransport:T6\x20
"""


def test_a_document_keeps_its_offsets_and_its_spans():
    counts: Counter[str] = Counter()
    document = read_document("d", TEXT, ANN, counts)
    article = document.article
    assert article.text == TEXT.replace("_", " ")
    assert [(e.text, e.label) for e in article.entities] == [
        ("Ông Minh", "PER"),
        ("bà Lan", "PER"),
        ("TP.\nHà Nội", "GPE"),
    ]
    attack, transport = article.events
    assert (attack.label, attack.actors, attack.recipients) == ("Attack", (0,), (1,))
    assert (transport.start, transport.text) == (43, "rời")
    assert [(s.start, s.end) for s in article.sentences] == [(0, 39), (40, len(TEXT))]
    assert dict(counts) | {"found": 6} == {
        "found": 6,
        "joined": 1,
        "overlapping entities": 1,
        "merged": 1,
        "repaired": 0,
        "trimmed": 0,
        "widened": 0,
    }


def test_roles_are_kept_though_an_entity_is_not():
    roles = read_document("d", TEXT, ANN, Counter()).roles
    assert [(role["role"], role["name"], role["entity"]) for role in roles] == [
        ("Attacker", "Attacker-Arg", 0),
        ("Target", "Target-Arg", 1),
        ("Target", "Target-Arg2", None),
        ("Place", "Place-Arg", 2),
    ]
    assert roles[2] == {
        "article": "d",
        "event": 0,
        "role": "Target",
        "name": "Target-Arg2",
        "entity": None,
        "trigger": [9, 17, "Attack"],
        "argument": [21, 24, "PER"],
    }


@pytest.mark.parametrize(
    ("ann", "expected", "counted"),
    [
        ("T1\tPER 0 2\tÔn", "Ông Minh", "widened"),  # inside a syllable: the whole word
        ("T1\tPER 3 4\t_", "Ông Minh", "widened"),
        ("T1\tPER 0 3\tÔng", "Ông", None),  # a syllable of a word is a span that the tagger can find
        ("T1\tPER 0 9\tÔng_Minh ", "Ông Minh", "trimmed"),
        ("T1\tPER 18 22\tbà L", "bà Lan", "widened"),
        ("T1\tPER 20 26\tbà Lan", "bà Lan", "repaired"),
    ],
)
def test_slips_are_mended_and_counted(ann: str, expected: str, counted: str | None):
    counts: Counter[str] = Counter()
    (entity,) = read_document("d", TEXT, f"{ann}\n", counts).article.entities
    assert entity.text == expected
    assert [key for key in ("widened", "trimmed", "repaired") if counts[key]] == ([counted] if counted else [])


def test_what_cannot_be_placed_is_left_out_and_counted():
    counts: Counter[str] = Counter()
    ann = (
        "T1\tPER 0 3\tHuế\nT2\tPER 0 3;21 24\tÔng Lan\nT3\tA 9 17\ttấn_công\nT4\tB 9 17\ttấn_công\nE1\tA:T3\nE2\tB:T4\n"
    )
    article = read_document("d", TEXT, ann, counts).article
    assert (article.entities, [event.label for event in article.events]) == ((), ["A"])
    assert (counts["misplaced"], counts["discontinuous"], counts["overlapping triggers"]) == (1, 1, 1)


def test_a_byte_order_mark_counts_as_brat_counts_it():
    (entity,) = read_document("d", "\ufeffBà Lan\r\nvui .", "T1\tPER 1 7\tBà Lan\n", Counter()).article.entities
    assert (entity.start, entity.text) == (1, "Bà Lan")


def member(archive: tarfile.TarFile, name: str, content: str) -> None:
    info = tarfile.TarInfo(name)
    raw = content.encode()
    info.size = len(raw)
    archive.addfile(info, io.BytesIO(raw))


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive in the layout of the corpus: three training documents, one of each other split."""
    monkeypatch.setattr(bkee_files, "DOCUMENTS", {"train": 3, "validation": 1, "test": 1})
    folder = tmp_path / "upstream"
    folder.mkdir()
    with tarfile.open(folder / "data.gz", "w:gz") as archive:
        for split, numbers in (("train", (1, 2, 3)), ("dev", (1,)), ("test", (1,))):
            for number in numbers:
                text = "\ufeff" * (number == 2) + TEXT + "!" * number * (split == "train" or number > 1)
                ann = ANN.replace("T4\t", "T44\t").replace(":T4 ", ":T44 ") if number == 1 else ""
                member(archive, f"data/{split}/EV-{split}-{number:04d}.txt", text)
                member(archive, f"data/{split}/EV-{split}-{number:04d}.ann", ann)
        member(archive, "data/event.png", "no picture")
    return folder


def built(data: Path) -> dict[str, list[str]]:
    splits, _ = load_built(data / "local/built-bkee")
    return {name: [article.id for article in articles] for name, articles in splits.items()}


EXPECTED = {
    "train": ["EV-train-0001", "EV-train-0002", "EV-train-0003"],
    "validation": ["EV-dev-0001"],
    "test": ["EV-test-0001"],
}


def test_the_archive_itself_and_folders_that_hold_it_are_read(upstream: Path, tmp_path: Path):
    told = fetch("bkee", tmp_path / "a", str(upstream / "data.gz")).told
    assert "CC BY-NC" in told[0]
    assert told[1].startswith("5 documents, 12 sentences, 9 entities of 2 types, 6 triggers of 2 types, 0 cut by words")
    assert any(line.endswith("entities left out: they overlap a longer one") and "3 " in line for line in told)
    assert built(tmp_path / "a") == EXPECTED
    rows = [json.loads(line) for line in (tmp_path / "a/local/bkee-roles.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 3 * 4
    fetch("bkee", tmp_path / "b", str(upstream))
    assert built(tmp_path / "b") == EXPECTED
    (upstream / "data").write_bytes(gzip.decompress((upstream / "data.gz").read_bytes()))  # what gunzip leaves
    (upstream / "data.gz").unlink()
    fetch("bkee", tmp_path / "c", str(upstream))
    assert built(tmp_path / "c") == EXPECTED


def test_an_unpacked_archive_is_read(upstream: Path, tmp_path: Path):
    with tarfile.open(upstream / "data.gz") as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    fetch("bkee", tmp_path, str(tmp_path / "unpacked"))
    fetch("bkee", tmp_path, str(tmp_path / "unpacked/data"))
    assert built(tmp_path) == EXPECTED


def test_a_repository_without_work_tree_is_read(upstream: Path, tmp_path: Path):
    for command in (
        ["init", "--quiet"],
        ["add", "data.gz"],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "data"],
    ):
        subprocess.run(["git", "-C", str(upstream), *command], check=True)
    fetch("bkee", tmp_path, str(upstream / ".git"))
    assert built(tmp_path) == EXPECTED
    assert (tmp_path / "local/bkee/data.gz").is_file()


def broken_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-60])


def broken_middle(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 40] = bytes(40)
    path.write_bytes(bytes(raw))


def no_archive(path: Path) -> None:
    path.write_text("<html>404</html>", encoding="utf-8")


@pytest.mark.parametrize("spoil", [broken_end, broken_middle, no_archive])
def test_a_broken_archive_is_told_and_the_dataset_stays(upstream: Path, tmp_path: Path, spoil: Callable[[Path], None]):
    fetch("bkee", tmp_path, str(upstream))
    spoil(upstream / "data.gz")
    with pytest.raises(DataError, match=r"is no whole archive \(.+\); download data\.gz of https://"):
        fetch("bkee", tmp_path, str(upstream))
    assert built(tmp_path) == EXPECTED


def test_a_part_of_the_documents_is_refused(upstream: Path, tmp_path: Path, faults_of: Callable[..., tuple[str, ...]]):
    with tarfile.open(upstream / "data.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "data/test/EV-test-0001.ann").unlink()
    shutil.rmtree(tmp_path / "data/dev")
    (tmp_path / "data/dev").mkdir()
    faults = faults_of(fetch, "bkee", tmp_path, str(tmp_path / "data"))
    assert "0 documents in validation where the official split has 1" in faults[0]
    assert "1 documents, such as EV-test-0001, lack their .txt or .ann file" in faults[1]
    assert not (tmp_path / "local").exists()
    shutil.rmtree(tmp_path / "data/dev")
    with pytest.raises(DataError, match=r"lacks data\.gz"):
        fetch("bkee", tmp_path, str(tmp_path / "data"))
