"""Words of several syllables, for encoders that were trained on them (PhoBERT).

A back-end only says which syllables belong together. Tagging stays by syllable, so a label can begin or end inside a
word that a back-end has joined, and offsets never depend on it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import regex

from sukien.errors import SukienError
from sukien.text.words import Word

# Sentences, as text, to the words of each, in order; spaces and underscores are free, all else must stay.
Segmenter = Callable[[Sequence[str]], list[list[str]]]
JAR = "VNCORENLP_JAR"  # environment variable: the path of VnCoreNLP's jar, its models/ beside it
_UNDERTHESEA, _PYVI, _VNCORENLP = "underthesea", "pyvi", "vncorenlp"
_LOST = 200  # words of changed sentences that are passed over
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_TOKEN = regex.compile(
    r"(?:\p{L}\p{M}*+|\p{N}\p{M}*+)++(?:(?:[.\-/&'’]|(?<=\p{N})[,:](?=\p{N}))(?:\p{L}\p{M}*+|\p{N}\p{M}*+)++)*+|\S"
)
SEGMENTERS = ("none", _UNDERTHESEA, _PYVI, _VNCORENLP)


def load_segmenter(name: str) -> Segmenter | None:
    """The back-end of that name; None for "none". Raises SukienError that says what to install."""
    if name == "none":
        return None
    if name in {_UNDERTHESEA, _PYVI}:
        if importlib.util.find_spec(name) is None:
            raise SukienError(f"word segmentation by {name} is not installed: pip install 'sukien[segment]'")
        return _underthesea if name == _UNDERTHESEA else _pyvi
    if name == _VNCORENLP:
        return _vncorenlp(os.environ.get(JAR, ""))
    raise SukienError(f"{name!r} is no word segmentation ({', '.join(SEGMENTERS)})")


def joined_to_previous(sentences: Sequence[Sequence[Word]], segmenter: Segmenter | None) -> list[list[bool]]:
    """For each word of each sentence whether the back-end puts it into one word with the word before it.

    A sentence whose text the back-end has changed keeps its syllables apart; a warning tells the first such sentence.
    """
    apart = [[False] * len(words) for words in sentences]
    if segmenter is None or not any(sentences):
        return apart
    found = segmenter([sentence_text(words) for words in sentences])
    changed = 0
    for words, segmented, joined in zip(sentences, found, apart, strict=True):
        starts = _starts(words, segmented)
        if starts is None:
            changed += 1
            if changed == 1:
                warnings.warn(
                    "word segmentation changed the text of a sentence, which is read by syllables:"
                    f" {sentence_text(words)!r}",
                    stacklevel=2,
                )
            continue
        place = 0
        for number, word in enumerate(words):
            bare = _bare(word.text)
            joined[number] = number > 0 and bool(bare) and place not in starts
            place += len(bare)
        _keep_underscores(words, joined)
    return apart


def _keep_underscores(words: Sequence[Word], joined: list[bool]) -> None:
    """Text that is already segmented stays so: what an underscore ties in the source is one word."""
    for number in range(1, len(words) - 1):
        before, sign, after = words[number - 1 : number + 2]
        if sign.text == "_" and before.end == sign.start and sign.end == after.start:
            joined[number] = joined[number + 1] = True


def word_text(words: Sequence[Word]) -> str:
    """How PhoBERT writes words that belong together: with an underscore where a space was between."""
    text = ""
    for number, word in enumerate(words):
        text += "_" if number and word.start > words[number - 1].end else ""
        text += word.text
    return text


def sentence_text(words: Sequence[Word]) -> str:
    """The sentence in normal form, with one space where the caller's text has any, or has an underscore.

    Half a surrogate pair, which no back-end takes, becomes one other sign.
    """
    text = "".join(
        (" " if number and word.start > words[number - 1].end else "") + word.text for number, word in enumerate(words)
    )
    return _HALF_PAIR.sub("?", text.replace("_", " "))


def tokens_of_words(words: Sequence[Word], tokens: Sequence[str]) -> list[int] | None:
    """For each word which of some back-end's tokens it begins in; -1 for an underscore between tokens.

    Spaces, underscores and the place of tone marks (hoà, hòa) are free; None when the tokens differ in more.
    """
    bare = [_bare_toneless(token) for token in tokens]
    found = [_bare_toneless(word.text) for word in words]
    if "".join(bare) != "".join(found):
        return None
    token_of = [number for number, token in enumerate(bare) for _ in token]
    places, place = [], 0
    for word in found:
        is_inside = bool(word) or token_of[max(place - 1, 0) : place] == token_of[place : place + 1] != []
        places.append(token_of[place] if is_inside else -1)
        place += len(word)
    return places


def _bare_toneless(text: str) -> str:
    return unicodedata.normalize("NFC", _TONES.sub("", unicodedata.normalize("NFD", _bare(text))))


def orthographic(sentences: Sequence[str]) -> list[list[str]]:
    """Tokens as CoNLL files have them: what is written together, without the punctuation around it.

    TP.HCM, Jong-un, 12/2 and 1.200,5 are one token each. A `Segmenter`, for models that were trained on such tokens.
    """
    return [_TOKEN.findall(sentence) for sentence in sentences]


def _bare(text: str) -> str:
    return "".join(_HALF_PAIR.sub("?", text).replace("_", "").split())


def _starts(words: Sequence[Word], segmented: Sequence[str]) -> set[int] | None:
    """Where segmented words start, counted over bare characters; None when these are not the sentence's."""
    bare = [_bare(word) for word in segmented]
    if "".join(bare) != "".join(_bare(word.text) for word in words):
        return None
    starts, place = set(), 0
    for word in bare:
        starts.add(place)
        place += len(word)
    return starts


def _underthesea(sentences: Sequence[str]) -> list[list[str]]:
    from underthesea import word_tokenize

    # Its default would rewrite hoà as hòa.
    return [word_tokenize(sentence, use_token_normalize=False) if sentence.strip() else [] for sentence in sentences]


def _pyvi(sentences: Sequence[str]) -> list[list[str]]:
    from pyvi import ViTokenizer

    return [ViTokenizer.tokenize(sentence).split() for sentence in sentences]


def _vncorenlp(jar: str) -> Segmenter:
    """VnCoreNLP's RDRSegmenter as a process of its own: its Python wrapper changes the working directory."""
    if not jar or not Path(jar).is_file():
        raise SukienError(
            f"word segmentation by vncorenlp needs its jar: download VnCoreNLP and set {JAR} to the path of"
            f" VnCoreNLP-1.2.jar (now {jar or 'not set'}), its models folder beside it"
        )
    if shutil.which("java") is None:
        raise SukienError("word segmentation by vncorenlp needs Java 1.8 or newer: no `java` is on the PATH")

    def segment(sentences: Sequence[str]) -> list[list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            given, made = Path(folder) / "in.txt", Path(folder) / "out.txt"
            given.write_text("".join(f"{sentence}\n" for sentence in sentences), encoding="utf-8")
            command = ["java", "-Xmx2g", "-jar", jar, "-fin", str(given), "-fout", str(made), "-annotators", "wseg"]
            done = subprocess.run(command, capture_output=True, check=False)
            if done.returncode or not made.is_file():
                said = done.stderr.decode(errors="replace").strip().splitlines()
                raise SukienError(f"VnCoreNLP failed: {said[-1] if said else f'exit code {done.returncode}'}")
            columns = [line.split("\t") for line in made.read_text(encoding="utf-8").splitlines()]
        return _dealt([row[1] for row in columns if len(row) > 1], sentences)

    return segment


def _dealt(words: Sequence[str], sentences: Sequence[str]) -> list[list[str]]:
    """Words of all sentences, which VnCoreNLP splits its own way, back to the sentences that were given.

    Where it has dropped or changed something, the words of the next sentence are looked for further on.
    """
    dealt: list[list[str]] = []
    place = 0
    for sentence in sentences:
        bare = _bare(sentence)
        for start in range(place, min(place + _LOST, len(words))):
            end, text = start, ""
            while end < len(words) and len(text) < len(bare):
                text += _bare(words[end])
                end += 1
            if text == bare:
                dealt.append(list(words[start:end]))
                place = end
                break
        else:
            dealt.append([])
    return dealt
