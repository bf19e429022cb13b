from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from sukien.data.corpus import Source, distinct_articles, state_of
from sukien.errors import DataError


def read(*paths: Path, exclude: tuple[Path, ...] = ()) -> list[Source]:
    return list(distinct_articles(paths, exclude, Counter()))


def test_segmented_text_is_printed_and_other_text_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.seg").write_text('" Tổng_thống Mỹ " , ông\n\nDonald_Trump .', encoding="utf-8")
    (tmp_path / "b.txt").write_text("snake_case , tiếng  Việt\n\nhai", encoding="utf-8")
    segmented, plain = read(tmp_path)
    assert (segmented.name, segmented.text()) == ("a.seg", '"Tổng thống Mỹ", ông\nDonald Trump.')
    assert (plain.name, plain.text()) == ("b.txt", "snake_case , tiếng  Việt\n\nhai")


def test_all_forms_are_read_once_each(tmp_path: Path, corpus: Path):
    text = "một hai ba " * 10
    (tmp_path / "b.txt").write_text(text, encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(
        "".join(json.dumps({"id": n, "text": t}) + "\n" for n, t in enumerate([text, "bốn năm " * 20])),
        encoding="utf-8",
    )
    assert len(read(corpus, tmp_path / "b.txt", tmp_path / "c.jsonl")) == 42  # b.txt and the first line are one text


def test_what_lists_name_is_left_out(tmp_path: Path, corpus: Path):
    (tmp_path / "list.txt").write_text("00.seg\n\n01.seg\n", encoding="utf-8")
    (tmp_path / "labels.jsonl").write_text('{"path": "02.seg"}\n', encoding="utf-8")
    assert len(read(corpus, exclude=(tmp_path / "list.txt", tmp_path / "labels.jsonl"))) == 37


def test_copies_of_what_is_left_out_stay_out_too(tmp_path: Path, corpus: Path):
    (corpus / "copy.seg").write_bytes((corpus / "00.seg").read_bytes())
    (tmp_path / "list.txt").write_text("copy.seg\n", encoding="utf-8")
    assert len(read(corpus, exclude=(tmp_path / "list.txt",))) == 39


def test_a_list_that_matches_nothing_is_told(tmp_path: Path, corpus: Path):
    (tmp_path / "list.txt").write_text("data/00.seg\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"list\.txt names 1 articles, such as data/00\.seg, but none of them is in"):
        read(corpus, exclude=(tmp_path / "list.txt",))


def test_every_list_has_to_name_something(tmp_path: Path, corpus: Path):
    (tmp_path / "right.txt").write_text("00.seg\n", encoding="utf-8")
    (tmp_path / "wrong.jsonl").write_text('{"path": "data/01.seg"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"wrong\.jsonl names 1 articles"):
        read(corpus, exclude=(tmp_path / "right.txt", tmp_path / "wrong.jsonl"))
    (tmp_path / "wrong.jsonl").write_text('{"path": 5}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"wrong\.jsonl:1: names no path"):
        read(corpus, exclude=(tmp_path / "wrong.jsonl",))


def test_articles_of_a_jsonl_file_are_left_out_by_id_and_their_copies_too(tmp_path: Path):
    texts = {"x1": "một hai ba " * 10, "x2": "bốn năm sáu " * 10, "copy": "một hai ba " * 10}
    lines = [json.dumps({"id": name, "text": text}) + "\n" for name, text in texts.items()]
    (tmp_path / "c.jsonl").write_text("".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "list.txt").write_text("x1\n", encoding="utf-8")
    counts: Counter[str] = Counter()
    articles = distinct_articles([tmp_path / "c.jsonl"], [tmp_path / "list.txt"], counts)
    assert [article.name for article in articles] == ["x2"]
    assert counts == {"listed": 1, "copies": 1}
    (tmp_path / "list.txt").write_text("x9\n", encoding="utf-8")
    with pytest.raises(DataError, match="none of them is in"):
        read(tmp_path / "c.jsonl", exclude=(tmp_path / "list.txt",))


def test_the_state_of_a_corpus_changes_with_it(tmp_path: Path, corpus: Path):
    (tmp_path / "list.txt").write_text("00.seg\n", encoding="utf-8")
    before = state_of([corpus], [tmp_path / "list.txt"])
    assert before == state_of([corpus], [tmp_path / "list.txt"])
    (tmp_path / "list.txt").write_text("00.seg\n01.seg\n", encoding="utf-8")
    longer = state_of([corpus], [tmp_path / "list.txt"])
    assert longer["exclude"] != before["exclude"]
    (corpus / "00.seg").unlink()
    assert state_of([corpus], [tmp_path / "list.txt"])["files"] == 39


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", '{"id": 1}\n', "key text"),
        ("a.jsonl", '{"text": 1}\n', "not a string"),
        ("a.jsonl", '{"text": "\\ud800"}\n', "lone surrogate"),
        ("a.jsonl", "[" * 100_000, "no JSON object"),
        ("a.doc", "text", "is no file of text"),
        ("a.txt", b"\xff\xfe\xfa", "not valid utf-8"),
        ("a.jsonl", b'{"text": "\xff\xfe"}', "not valid utf-8"),
    ],
)
def test_broken_text_is_told(tmp_path: Path, name: str, content: str | bytes, told: str):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=told):
        read(tmp_path / name)


def test_missing_and_empty_places_are_told(tmp_path: Path):
    with pytest.raises(DataError, match="vietnews: no such file or folder; `sukien fetch vietnews --all` brings it"):
        read(tmp_path / "vietnews")
    with pytest.raises(DataError, match=r"nowhere: no such file or folder$"):
        read(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no file of text"):
        read(tmp_path / "empty")
