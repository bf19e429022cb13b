from __future__ import annotations

import dataclasses
import os
import subprocess
from pathlib import Path

import pytest

from sukien.data import repository
from sukien.data.fetch import CORPORA, fetch, save_labels
from sukien.data.inline import read_inline
from sukien.data.standoff import detach
from sukien.errors import DataError, SukienError
from sukien.files import write_jsonl
from sukien.ontology import LabelSet

LABELS = LabelSet()
PATH = "data/train/1.txt.seg"


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A repository with two articles, of which one is labelled."""
    folder = tmp_path / "upstream"
    (folder / "data/train").mkdir(parents=True)
    (folder / PATH).write_text("Mỹ gặp Nga .\n", encoding="utf-8")
    (folder / "data/train/2.txt.seg").write_text("Không có gì .\n", encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "text")
    return folder


@pytest.fixture
def data(tmp_path: Path, upstream: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with the stand-off labels of `upstream`, which stands in for the public corpus."""
    inline = tmp_path / "labels.txt"
    inline.write_text(f"# doc: vietnews/{PATH}\n[[Mỹ|GPE]] gặp [[Nga|GPE]].\n", encoding="utf-8")
    folder = tmp_path / "project/data"
    write_jsonl(
        folder / "standoff/vietnews.jsonl", [a.to_dict() for a in detach(read_inline(inline, LABELS), upstream)]
    )
    (folder / "standoff/reserved.txt").touch()
    monkeypatch.setitem(CORPORA, "vietnews", dataclasses.replace(CORPORA["vietnews"], url=upstream.as_uri()))
    return folder


def joined(data: Path) -> str:
    return (data / "local/vietnews.txt").read_text(encoding="utf-8")


EXPECTED = f"# doc: vietnews/{PATH}\n# source: ThanhChinhBK/vietnews\n[[Mỹ|GPE]] gặp [[Nga|GPE]].\n"


def test_labelled_files_come_over_the_network_and_are_joined(data: Path):
    fetched = fetch("vietnews", data)
    assert (fetched.made, fetched.text) == (data / "local/vietnews.txt", data / "local/vietnews")
    assert fetched.told == [f"1 labelled articles written to {fetched.made}; `sukien build` takes them in"]
    assert joined(data) == EXPECTED
    assert not (data / "local/vietnews/data/train/2.txt.seg").exists()


def test_everything_comes_when_asked_for_and_a_second_fetch_adds_it(data: Path):
    fetch("vietnews", data)
    fetch("vietnews", data, everything=True)
    assert (data / "local/vietnews/data/train/2.txt.seg").exists()


def test_a_work_tree_is_read_where_it_lies(data: Path, upstream: Path):
    fetch("vietnews", data, str(upstream))
    assert joined(data) == EXPECTED
    assert not (data / "local/vietnews").exists()


def test_a_repository_without_work_tree_is_unpacked_and_left_alone(data: Path, upstream: Path, tmp_path: Path):
    bare = tmp_path / "bare"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(upstream), str(bare)], check=True)
    before = sorted(path.name for path in bare.iterdir())
    fetch("vietnews", data, str(bare))
    assert joined(data) == EXPECTED
    assert sorted(path.name for path in bare.iterdir()) == before


def test_a_broken_off_fetch_goes_on(data: Path):
    subprocess.run(["git", "init", "--quiet", str(data / "local/vietnews")], check=True)
    fetch("vietnews", data)
    (data / "local/vietnews" / PATH).unlink()
    fetch("vietnews", data)
    assert joined(data) == EXPECTED


def test_changed_text_is_refused_and_the_old_join_stays(data: Path, upstream: Path):
    fetch("vietnews", data, str(upstream))
    (upstream / PATH).write_text("Mỹ gặp Anh .\n", encoding="utf-8")
    with pytest.raises(DataError, match="SHA-256 differs"):
        fetch("vietnews", data, str(upstream))
    assert joined(data) == EXPECTED


def test_a_changed_file_of_our_own_copy_is_mended(data: Path):
    fetch("vietnews", data)
    (data / "local/vietnews" / PATH).write_text("x", encoding="utf-8")
    fetch("vietnews", data)
    assert joined(data) == EXPECTED


def test_wrong_folders_are_told(data: Path, tmp_path: Path):
    with pytest.raises(DataError, match="no such folder"):
        fetch("vietnews", data, str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"lacks data/train/1\.txt\.seg and is no git repository; is it file://"):
        fetch("vietnews", data, str(tmp_path / "empty"))
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet", "--bare")
    with pytest.raises(DataError, match="is it the right repository"):
        fetch("vietnews", data, str(other))
    (tmp_path / "wrong/data").mkdir(parents=True)
    with pytest.raises(DataError, match=r"lacks data/train/1\.txt\.seg and is no git repository"):
        fetch("vietnews", data, str(tmp_path / "wrong"))
    with pytest.raises(DataError, match="is a file; --from wants a clone"):
        fetch("vietnews", data, str(data / "standoff/vietnews.jsonl"))


def test_a_folder_inside_another_repository_is_not_taken_for_it(data: Path, upstream: Path):
    (upstream / "sub").mkdir()
    with pytest.raises(DataError, match="is no git repository"):
        fetch("vietnews", data, str(upstream / "sub"))


def test_a_wrong_repository_is_not_unpacked_even_where_all_of_it_is_wanted(data: Path, tmp_path: Path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/a.txt").write_text("x", encoding="utf-8")
    git(tmp_path / "other", "init", "--quiet")
    git(tmp_path / "other", "add", ".")
    git(tmp_path / "other", "commit", "--quiet", "-m", "text")
    with pytest.raises(DataError, match=r"lacks data/train/1\.txt\.seg of .*right repository"):
        fetch("vietnews", data, str(tmp_path / "other"), everything=True)
    assert not (data / "local/vietnews").exists()


def test_all_of_a_repository_without_work_tree_is_unpacked(data: Path, upstream: Path, tmp_path: Path):
    bare = tmp_path / "bare"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(upstream), str(bare)], check=True)
    fetched = fetch("vietnews", data, str(bare), everything=True)
    assert (data / "local/vietnews/data/train/2.txt.seg").exists()
    assert fetched.told[1:] == [f"the text of the corpus is in {data / 'local/vietnews'}"]


def test_a_repository_that_lacks_contents_is_told(data: Path, upstream: Path, tmp_path: Path):
    bare = tmp_path / "bare"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(upstream), str(bare)], check=True)
    blob = subprocess.run(["git", "-C", str(bare), "rev-parse", f"HEAD:{PATH}"], capture_output=True, check=True)
    name = blob.stdout.decode().strip()
    (bare / "objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(DataError, match=r"cannot be unpacked: .*Clone it again"):
        fetch("vietnews", data, str(bare))
    assert not (data / "local/vietnews.txt").exists()


def test_it_is_told_where_all_text_lies_that_was_not_copied(data: Path, upstream: Path):
    fetched = fetch("vietnews", data, str(upstream), everything=True)
    assert fetched.text == upstream
    assert f"corpus.paths='[{upstream}]'" in fetched.told[-1]


def test_the_lock_of_a_killed_git_is_told_with_what_to_do(data: Path):
    fetch("vietnews", data)
    lock = data / "local/vietnews/.git/index.lock"
    lock.touch()
    with pytest.raises(SukienError, match=r"index\.lock: a git that was interrupted .*delete it and run .*again"):
        fetch("vietnews", data)
    lock.unlink()
    fetch("vietnews", data)
    assert joined(data) == EXPECTED


def test_no_network_is_told_with_the_way_out(data: Path, monkeypatch: pytest.MonkeyPatch):
    gone = dataclasses.replace(CORPORA["vietnews"], url=(data / "gone").as_uri())
    monkeypatch.setitem(CORPORA, "vietnews", gone)
    with pytest.raises(SukienError, match=r"cannot fetch .*fatal: .*gone.*--from.*run the command again"):
        fetch("vietnews", data)


def test_no_git_is_told_with_the_way_out(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(repository.shutil, "which", lambda _: None)
    with pytest.raises(SukienError, match=r"git is not installed.*--from"):
        fetch("vietnews", data)


def test_unknown_corpora_get_the_nearest_name(data: Path):
    with pytest.raises(DataError, match="did you mean vietnews"):
        fetch("vietnew", data)


def test_corrected_labels_go_back_without_text(data: Path):
    fetch("vietnews", data)
    before = (data / "standoff/vietnews.jsonl").read_text(encoding="utf-8")
    file = data / "local/vietnews.txt"
    file.write_text(joined(data).replace(" gặp ", " {{gặp|CONSULT|asserted|>}} "), encoding="utf-8")
    assert save_labels("vietnews", data) == (data / "standoff/vietnews.jsonl", 1)
    after = (data / "standoff/vietnews.jsonl").read_text(encoding="utf-8")
    assert after != before
    assert "gặp" not in after
    fetch("vietnews", data)
    assert "{{gặp|CONSULT|asserted|>}}" in joined(data)


def test_labels_corrected_by_hand_are_not_overwritten_unasked(data: Path):
    fetch("vietnews", data)
    file = data / "local/vietnews.txt"
    file.write_text(joined(data).replace("GPE", "LOC"), encoding="utf-8")
    with pytest.raises(DataError, match=r"--save.*--overwrite"):
        fetch("vietnews", data)
    assert "LOC" in joined(data)
    fetch("vietnews", data, overwrite=True)
    assert joined(data) == EXPECTED


def test_saving_less_than_there_was_is_refused(data: Path):
    fetch("vietnews", data)
    labels = data / "standoff/vietnews.jsonl"
    line = labels.read_text(encoding="utf-8")
    labels.write_text(line + line.replace("1.txt", "2.txt"), encoding="utf-8")
    with pytest.raises(DataError, match="lacks 1 labelled articles"):
        save_labels("vietnews", data, overwrite=True)


def _newer_labels(data: Path) -> Path:
    """As after an update of the repository: the stand-off file calls the second entity LOC."""
    labels = data / "standoff/vietnews.jsonl"
    one, found, other = labels.read_text(encoding="utf-8").rpartition("GPE")
    assert found
    labels.write_text(f"{one}LOC{other}", encoding="utf-8")
    return labels


def test_after_an_update_of_the_labels_an_untouched_file_is_made_anew(data: Path):
    fetch("vietnews", data)
    _newer_labels(data)
    fetch("vietnews", data)
    assert "[[Nga|LOC]]" in joined(data)


def test_after_an_update_older_labels_are_not_saved_over_the_newer_ones(data: Path):
    fetch("vietnews", data)
    file = data / "local/vietnews.txt"
    file.write_text(joined(data).replace(" gặp ", " {{gặp|CONSULT|asserted|>}} "), encoding="utf-8")
    labels = _newer_labels(data)
    newer = labels.read_text(encoding="utf-8")
    with pytest.raises(DataError, match=r"has changed since vietnews\.txt was fetched: keep a copy"):
        fetch("vietnews", data)
    with pytest.raises(DataError, match="its labels would be lost"):
        save_labels("vietnews", data)
    assert labels.read_text(encoding="utf-8") == newer
    assert "CONSULT" in joined(data)
    save_labels("vietnews", data, overwrite=True)
    assert "LOC" not in labels.read_text(encoding="utf-8")


def test_reserved_files_are_neither_laid_over_text_nor_saved(data: Path):
    fetch("vietnews", data)
    for name in (PATH, f"./{PATH}"):
        (data / "standoff/reserved.txt").write_text(f"{name}\n", encoding="utf-8")
        with pytest.raises(DataError, match=f"{PATH}: reserved by .*reserved.txt"):
            fetch("vietnews", data)
        with pytest.raises(DataError, match=f"{PATH}: reserved by"):
            save_labels("vietnews", data)
    (data / "standoff/reserved.txt").unlink()
    with pytest.raises(DataError, match=r"reserved\.txt: no such file"):
        fetch("vietnews", data)


def _spoil_stamp(data: Path, stamp: str | None) -> None:
    path = data / "local/vietnews.stamp.json"
    path.unlink()
    if stamp:
        path.write_text(stamp, encoding="utf-8")


@pytest.mark.parametrize("stamp", [None, "{", "[]"])
def test_a_corrected_file_of_unknown_age_never_replaces_labels_unasked(data: Path, stamp: str | None):
    fetch("vietnews", data)
    _spoil_stamp(data, stamp)
    fetch("vietnews", data)  # the same text: nothing to lose, and now it is known
    (data / "local/vietnews.txt").write_text(joined(data).replace("[[Nga|GPE]]", "Nga"), encoding="utf-8")
    _spoil_stamp(data, stamp)
    newer = _newer_labels(data).read_text(encoding="utf-8")
    with pytest.raises(
        DataError, match=r"nothing tells whether vietnews\.txt was made from the labels as they are now"
    ):
        fetch("vietnews", data)
    with pytest.raises(DataError, match=r"nothing tells whether .*--save --overwrite"):
        save_labels("vietnews", data)
    assert (data / "standoff/vietnews.jsonl").read_text(encoding="utf-8") == newer


def test_a_line_that_stands_twice_is_told(data: Path):
    fetch("vietnews", data)
    last = joined(data).splitlines()[-1]
    (data / "local/vietnews.txt").write_text(f"{joined(data)}{last}\n", encoding="utf-8")
    with pytest.raises(DataError, match="no further line of"):
        save_labels("vietnews", data)


def test_labels_of_sentences_that_are_gone_are_not_dropped_unasked(data: Path, upstream: Path, tmp_path: Path):
    (upstream / PATH).write_text("Mỹ gặp Nga .\nAnh đáp .\n", encoding="utf-8")
    two = tmp_path / "two.txt"
    two.write_text(f"# doc: vietnews/{PATH}\n[[Mỹ|GPE]] gặp [[Nga|GPE]].\n[[Anh|GPE]] đáp.\n", encoding="utf-8")
    labels = data / "standoff/vietnews.jsonl"
    write_jsonl(labels, [one.to_dict() for one in detach(read_inline(two, LABELS), upstream)])
    fetch("vietnews", data, str(upstream))
    (data / "local/vietnews.txt").write_text(joined(data).replace("[[Anh|GPE]] đáp.\n", ""), encoding="utf-8")
    with pytest.raises(DataError, match="has 1 sentences, but 2 were labelled"):
        save_labels("vietnews", data, str(upstream))
    assert "[0, 3" in labels.read_text(encoding="utf-8")
    save_labels("vietnews", data, str(upstream), overwrite=True)
    assert "[0, 3" not in labels.read_text(encoding="utf-8")


def test_bytes_that_are_no_text_and_an_empty_list_of_labels_are_told(data: Path):
    fetch("vietnews", data)
    with (data / "local/vietnews.txt").open("ab") as file:
        file.write(b"\xff")
    with pytest.raises(DataError, match="not valid utf-8"):
        fetch("vietnews", data)
    (data / "standoff/vietnews.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="labels no article"):
        fetch("vietnews", data)


def test_labelled_files_come_in_one_request(
    data: Path, upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    git(upstream, "config", "uploadpack.allowFilter", "true")
    monkeypatch.setitem(os.environ, "GIT_TRACE", str(tmp_path / "trace"))
    fetch("vietnews", data)
    assert joined(data) == EXPECTED
    assert not (data / "local/vietnews/data/train/2.txt.seg").exists()
    trace = (tmp_path / "trace").read_text(encoding="utf-8")
    assert trace.count("upload-pack") <= 6  # of the commit, and of all files together; each is traced a few times


def test_a_half_made_repository_never_touches_the_one_around_it(data: Path):
    outer = data.parent
    subprocess.run(["git", "init", "--quiet", str(outer)], check=True)
    (data / "local/vietnews/.git").mkdir(parents=True)
    fetch("vietnews", data)
    assert joined(data) == EXPECTED
    assert not (outer / ".git/FETCH_HEAD").exists()
    assert not (outer / ".git/shallow").exists()


def test_git_settings_of_the_caller_do_not_matter(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Line ends are the corpus's, whatever the user's git is told to make of them."""
    (tmp_path / "gitconfig").write_text("[core]\n\tautocrlf = true\n", encoding="utf-8")
    monkeypatch.setitem(os.environ, "GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    fetch("vietnews", data)
    assert joined(data) == EXPECTED
