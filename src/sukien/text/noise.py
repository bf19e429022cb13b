"""Vietnamese as it is also written: other tone placement, no diacritics."""

from __future__ import annotations

import re
import unicodedata

# Two conventions place the tone of oa, oe, uy at the end of a syllable: new hoà, hoè, uỷ; old hòa, hòe, ủy.
_NEW = ["oà", "oá", "oả", "oã", "oạ", "oè", "oé", "oẻ", "oẽ", "oẹ", "uỳ", "uý", "uỷ", "uỹ", "uỵ"]
_OLD = ["òa", "óa", "ỏa", "õa", "ọa", "òe", "óe", "ỏe", "õe", "ọe", "ùy", "úy", "ủy", "ũy", "ụy"]
_PAIRS = dict(zip(_NEW, _OLD, strict=True)) | dict(zip(_OLD, _NEW, strict=True))
_FORMS = (str.lower, str.upper, str.capitalize)
_PAIRS |= {form(a): form(b) for a, b in _PAIRS.items() for form in _FORMS}
# Not behind q, where u belongs to the consonant (quý), and only at the end of the syllable (hoàn keeps its place).
_TONED = re.compile(rf"(?<![qQ])(?:{'|'.join(_PAIRS)})(?![^\W\d_])")

_TONED_OLD = re.compile(rf"(?<![qQ])(?:{'|'.join(form(a) for a in _OLD for form in _FORMS)})(?![^\W\d_])")


def move_tone_marks(word: str) -> str:
    """The word in the other convention of tone placement: hoà as hòa, and back. In NFC the length stays."""
    return _TONED.sub(lambda match: _PAIRS[match[0]], word)


def new_tone_marks(word: str) -> str:
    """The word in the new convention, so that both find the same entry: hòa as hoà, hoà as it is."""
    return _TONED_OLD.sub(lambda match: _PAIRS[match[0]], word)


def strip_diacritics(text: str) -> str:
    """Vietnamese letters without their marks, as typed in haste: Tổng thống Đức as Tong thong Duc."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return bare.replace("đ", "d").replace("Đ", "D")
