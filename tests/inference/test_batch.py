"""Articles from files and standard input, and predictions from files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sukien.errors import DataError
from sukien.inference.batch import read_documents, read_predictions
from sukien.schema import Entity, Event, Prediction, Sentence

Read = Callable[..., tuple[list[tuple[str, str]], list[str]]]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Documents and faults of `read_documents` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*paths: str, encoding: str = "utf-8", stdin: bytes = b"") -> tuple[list[tuple[str, str]], list[str]]:
        faults: list[str] = []
        return list(read_documents(paths, encoding, faults.append, lambda: stdin)), faults

    return call


def _save(name: str, content: str | bytes) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def test_text_files_are_one_article_each_exactly_as_they_are(read: Read) -> None:
    text = " Một.\r\n\r\nHai \u200b\ue000e\u0301\n"
    assert read(_save("a.b.txt", text), _save("x/c", text)) == ([("a.b", text), ("c", text)], [])


def test_jsonl_files_hold_many(read: Read) -> None:
    rows = [{"id": "x", "text": "Một"}, {"id": 0, "text": "Hai"}, {"text": "Ba\u2028Bốn", "more": []}]
    lines = "\r\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    for name in ("a.jsonl", "b.JSONL", "c.ndjson"):
        documents, faults = read(_save(name, lines))
        assert documents == [("x", "Một"), ("0", "Hai"), (f"{name[0]}-5", "Ba\u2028Bốn")]
        assert faults == []


def test_standard_input_tells_its_form_by_itself(read: Read) -> None:
    assert read("-", stdin="{Mỹ} và [Nga]".encode()) == ([("stdin", "{Mỹ} và [Nga]")], [])
    assert read("-", stdin=b'\xef\xbb\xbf\n{"id": "a", "text": "b"}\n') == ([("a", "b")], [])
    assert read("-", stdin="Mỹ".encode("utf-16"), encoding="utf-16") == ([("stdin", "Mỹ")], [])
    assert read("-", stdin=b"\xff") == ([], ["standard input: byte 0 (0xff) is not valid utf-8; name the right encoding"
        " with --encoding (Vietnamese files are often cp1258 or utf-16)"])  # fmt: skip


def test_ids_are_made_distinct_by_their_file(read: Read) -> None:
    paths = [_save("a.txt", "1"), _save("x/a.txt", "2"), _save("a.jsonl", '{"id": "a", "text": "3"}')]
    documents, _ = read(*paths)
    assert documents == [("a", "1"), ("x/a.txt:a", "2"), ("a.jsonl:a", "3")]


@pytest.mark.parametrize("again", [["a.jsonl"], ["a.jsonl", "a.jsonl", "a.jsonl"]])
def test_ids_are_distinct_even_within_one_file(read: Read, again: list[str]) -> None:
    _save("a.jsonl", '{"id": "a", "text": "1"}\n' * 3)
    documents, _ = read(*again)
    ids = [id for id, _ in documents]
    assert len(set(ids)) == len(ids) == 3 * len(again)


def test_what_is_bad_is_told_and_the_rest_is_read(read: Read) -> None:
    _save(
        "bad.jsonl",
        '{"text": ""}\n"x"\n{"text": 3}\n{"id": true, "text": "a"}\n{"id": "ok", "text": "a"}\n'
        '{"text": "\\udc00"}\n[[[',
    )
    documents, faults = read("none.txt", _save("b.txt", "b"), "bad.jsonl", _save("e.txt", " "), _save("z.jsonl", ""))
    assert documents == [("b", "b"), ("ok", "a")]
    starts = [
        "none.txt: no such file", "bad.jsonl:1: is empty", "bad.jsonl:2: an article is an object",
        "bad.jsonl:3: an article is an object", 'bad.jsonl:4: "id" is a text or a number, found True',
        "bad.jsonl:6: the text holds half of a surrogate pair", "bad.jsonl:7: no valid JSON", "e.txt: is empty",
        "z.jsonl: is empty",
    ]  # fmt: skip
    assert len(faults) == len(starts)
    assert all(fault.startswith(start) for fault, start in zip(faults, starts, strict=True))


def test_a_file_name_that_is_no_text_gives_an_id_that_is(read: Read) -> None:
    name = _save(b"b\xe0i.txt".decode("utf-8", "surrogateescape"), "a")
    ((id, _),), faults = read(name)
    assert id.encode().decode() == id == "b?i"
    assert faults == []


def test_documents_come_one_by_one(read: Read) -> None:
    _save("a.txt", "a")
    documents = read_documents(["a.txt", "none.txt"], "utf-8", pytest.fail)
    assert next(documents) == ("a", "a")


PREDICTION = Prediction(
    "a", "Mỹ giúp.", (Entity(0, 2, "Mỹ", "GPE", 0.5),), (Event(3, 7, "giúp", "AID", actors=(0,), score=0.25),),
    {"AID": 0.25}, (Sentence(0, 8),),
)  # fmt: skip


def test_predictions_read_back(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    line = json.dumps(PREDICTION.to_dict(), ensure_ascii=False)
    path.write_text(f"{line}\n\n{line}\n", encoding="utf-8")
    assert list(read_predictions(path)) == [PREDICTION, PREDICTION]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"text": "Nga giúp."}, "ValueError: prediction a, entities"),
        ({"entities": [{"start": "0", "end": 2, "text": "Mỹ", "label": "GPE"}]}, "TypeError"),
        ({"entities": [{"start": 0, "end": 2, "text": "Mỹ", "label": ["GPE"]}]}, "TypeError: id and labels are texts"),
        ({"entities": 3}, "TypeError"),
        ({"id": 3}, "TypeError: id and labels are texts"),
        ({"event_types": {"AID": 1e9}}, "ValueError: probabilities of event types lie between 0 and 1"),
        ({"event_types": {"AID": "x"}}, "TypeError"),
    ],
)
def test_lines_that_are_no_prediction(tmp_path: Path, change: dict[str, object], fault: str) -> None:
    path = tmp_path / "p.jsonl"
    good = PREDICTION.to_dict()
    path.write_text(json.dumps(good) + "\n" + json.dumps({**good, **change}) + "\n", encoding="utf-8")
    predictions = read_predictions(path)
    assert next(predictions) == PREDICTION
    with pytest.raises(DataError) as caught:
        next(predictions)
    assert str(caught.value).startswith(f"{path}:2: is no prediction ({fault}")


@pytest.mark.parametrize("line", ["{}", "[]", "3", "{", "[" * 100_000])
def test_lines_of_something_else(tmp_path: Path, line: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(DataError, match=r"p\.jsonl:1: is no prediction"):
        list(read_predictions(path))
