from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sukien.errors import SukienError
from sukien.text.segmentation import JAR, joined_to_previous, load_segmenter, orthographic, tokens_of_words, word_text
from sukien.text.words import Word, split_words


def words(text: str) -> list[Word]:
    return split_words(text)[0]


def joined(text: str, *segmented: str) -> list[bool]:
    return joined_to_previous([words(text)], lambda _: [list(segmented)])[0]


def test_joined_syllables_are_found_whatever_stands_between() -> None:
    text = "Tổng  thống Mỹ,\u200b ông Biden"
    assert joined(text, "Tổng_thống", "Mỹ", ",", "ông", "Biden") == [False, True, False, False, False, False]
    assert joined(text, "Tổng thống", "Mỹ ,", "ông Biden") == [False, True, False, True, False, True]


def test_a_border_inside_a_word_of_ours_changes_nothing() -> None:
    assert joined("TPHCM đẹp", "TP", "HCM_đẹp") == [False, True]


def test_text_with_underscores_of_its_own() -> None:
    assert joined("Tổng_thống Mỹ", "Tổng", "thống", "Mỹ") == [False, True, True, False]
    assert joined("a _ b", "a", "b") == [False, False, False]
    assert joined("_a_", "a") == [False, False, False]


@pytest.mark.parametrize("name", ["underthesea", "pyvi"])
def test_text_that_is_already_segmented_stays_so(name: str) -> None:
    pytest.importorskip(name)
    flags = joined_to_previous([words("Tổng_thống Mỹ đến Hà_Nội")], load_segmenter(name))[0]
    assert flags == [False, True, True, False, False, False, True, True]


@pytest.mark.parametrize("name", ["underthesea", "pyvi"])
def test_half_a_surrogate_pair_breaks_nothing(name: str) -> None:
    pytest.importorskip(name)
    flags = joined_to_previous([words("Tổng thống \ud800 Mỹ")], load_segmenter(name))[0]
    assert flags[:2] == [False, True]


def test_changed_text_is_told_and_read_by_syllables() -> None:
    with pytest.warns(UserWarning, match="changed the text of a sentence"):
        assert joined("hoà bình", "hòa_bình") == [False, False]


def test_word_text_is_as_phobert_writes_it() -> None:
    assert word_text(words("TP.HCM")) == "TP.HCM"
    assert word_text(words("Tổng  thống")) == "Tổng_thống"


def test_no_back_end_joins_nothing() -> None:
    assert load_segmenter("none") is None
    assert joined_to_previous([words("Tổng thống"), []], None) == [[False, False], []]


TEXT = 'Tổng thống Mỹ Joe Biden hoà giải với (Nga), ngày 14.2; TP.HCM  cho biết "xin chào".'


@pytest.mark.parametrize("name", ["underthesea", "pyvi"])
def test_real_back_ends(name: str) -> None:
    pytest.importorskip(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flags = joined_to_previous([words(TEXT), [], words("Nga")], load_segmenter(name))
    by_word = dict(zip([word.text for word in words(TEXT)], flags[0], strict=True))
    assert by_word["thống"]
    assert by_word["giải"]
    assert not by_word["Mỹ"]
    assert flags[1:] == [[], [False]]


@pytest.mark.parametrize("name", ["underthesea", "pyvi"])
@pytest.mark.parametrize(
    "text",
    [
        "😀😀 😀",
        "a" * 10_000,
        "Tổng_thống Mỹ _ __",
        "e\u0302\u0301 Tiê\u0301ng Viê\u0323t",
        "   ",
        "...",
        "\u200b",
        "1 2 3",
    ],
)
def test_hard_text_never_breaks(name: str, text: str) -> None:
    pytest.importorskip(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flags = joined_to_previous([words(text)], load_segmenter(name))[0]
    assert len(flags) == len(words(text))
    assert not flags[:1] or flags[0] is False


@given(st.lists(st.sampled_from(["Tổng", "thống", ",", "Mỹ", "_", "1"]), max_size=15), st.data())
def test_any_grouping_is_found_again(syllables: list[str], data: st.DataObject) -> None:
    flags = [False, *data.draw(st.lists(st.booleans(), min_size=len(syllables), max_size=len(syllables)))][
        : len(syllables)
    ]
    groups: list[list[str]] = []
    for syllable, flag in zip(syllables, flags, strict=True):
        if flag and groups:
            groups[-1].append(syllable)
        else:
            groups.append([syllable])

    def segmenter(_: Sequence[str]) -> list[list[str]]:
        return [["_".join(group) for group in groups]]

    text = words(" ".join(syllables))
    found = joined_to_previous([text], segmenter)[0]
    sure = [n for n, word in enumerate(text) if n and "_" not in {text[n - 1].text, word.text}]
    assert [found[n] for n in sure] == [flags[n] for n in sure]


@pytest.fixture
def vncorenlp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `java` that answers as VnCoreNLP's command line does, joining every second word, and splits sentences."""
    java = tmp_path / "bin/java"
    java.parent.mkdir()
    java.write_text(
        """#!/usr/bin/env python3
import sys
args = dict(zip(sys.argv[1:], sys.argv[2:]))
out = open(args["-fout"], "w", encoding="utf-8")
for line in open(args["-fin"], encoding="utf-8"):
    parts = line.split()
    for n in range(0, len(parts), 2):
        out.write(f"{n // 2 + 1}\\t{'_'.join(parts[n:n + 2])}\\n\\n")
""",
        encoding="utf-8",
    )
    java.chmod(java.stat().st_mode | stat.S_IEXEC)
    (tmp_path / "VnCoreNLP-1.2.jar").write_bytes(b"")
    monkeypatch.setenv("PATH", f"{java.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv(JAR, str(tmp_path / "VnCoreNLP-1.2.jar"))
    return java


def test_vncorenlp_runs_apart_and_its_own_sentences_do_not_matter(vncorenlp: Path) -> None:
    here = Path.cwd()
    segment = load_segmenter("vncorenlp")
    flags = joined_to_previous([words("Tổng thống Mỹ thăm"), words("Nga"), words("hôm qua")], segment)
    assert flags == [[False, True, False, True], [False], [False, True]]
    assert Path.cwd() == here


def test_vncorenlp_that_drops_a_sign_spoils_one_sentence_only(vncorenlp: Path) -> None:
    script = vncorenlp.read_text(encoding="utf-8").replace("line.split()", "line.replace('\U0001f600', '').split()")
    vncorenlp.write_text(script, encoding="utf-8")
    with pytest.warns(UserWarning, match="changed the text"):
        flags = joined_to_previous([words("Mỹ 😀 Nga"), words("Tổng thống Mỹ thăm")], load_segmenter("vncorenlp"))
    assert flags == [[False, False, False], [False, True, False, True]]


def test_vncorenlp_tells_what_is_missing(vncorenlp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vncorenlp.write_text("#!/bin/sh\necho no model >&2\nexit 3\n", encoding="utf-8")
    segment = load_segmenter("vncorenlp")
    assert segment is not None
    with pytest.raises(SukienError, match="VnCoreNLP failed: no model"):
        segment(["Tổng thống"])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SukienError, match="no `java` is on the PATH"):
        load_segmenter("vncorenlp")
    monkeypatch.setenv(JAR, "nowhere.jar")
    with pytest.raises(SukienError, match=f"set {JAR}"):
        load_segmenter("vncorenlp")


def test_missing_back_ends_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SukienError, match=r"pip install 'sukien\[segment\]'"):
        load_segmenter("pyvi")
    with pytest.raises(SukienError, match="is no word segmentation"):
        load_segmenter("spacy")


def test_tokens_over_words_whatever_stands_between_and_wherever_the_tone_mark_is() -> None:
    text = words("Tổng  thống Hoà_Bình, TPHCM đẹp")
    # words: Tổng, thống, Hoà, _, Bình, the comma, TPHCM, đẹp
    assert tokens_of_words(text, ["Tổng thống", "Hòa Bình", ",", "TP", "HCM đẹp"]) == [0, 0, 1, 1, 1, 2, 3, 4]
    assert tokens_of_words(text, ["Tổng", "thống Hòa", "Bình", ",", "TPHCM", "đẹp"]) == [0, 1, 1, -1, 2, 3, 4, 5]
    assert tokens_of_words(words("_"), []) == [-1]
    assert tokens_of_words([], []) == []
    assert tokens_of_words(words("Nga"), ["Ngà", "!"]) is None


def test_orthographic_tokens() -> None:
    text = "(TP.HCM) Kim Jong-un: “12/2/2022, 1.200,5 và 14:30”, GD&ĐT 50% Mỹ - Trung, cuối."
    assert orthographic([text]) == [[
        "(", "TP.HCM", ")", "Kim", "Jong-un", ":", "“", "12/2/2022", ",", "1.200,5", "và", "14:30", "”", ",", "GD&ĐT",
        "50", "%", "Mỹ", "-", "Trung", ",", "cuối", ".",
    ]]  # fmt: skip


@given(st.text())
def test_orthographic_tokens_are_the_whole_text(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # joined_to_previous warns of a changed text
        joined_to_previous([words(text)], orthographic)


def test_a_token_of_any_length_costs_linear_time() -> None:
    assert len(orthographic(["a." * 100_000])[0]) == 2
