"""Whether a word could be Vietnamese by its spelling: to tell Vietnamese names from foreign ones.

The structure of the written syllable (onset, rime, one tone) follows Đoàn Thiện Thuật, Ngữ âm tiếng Việt, 1977.
It says what is possible, not what occurs: the foreign *Kim* and *Lee Min Ho*'s *Min* have the form of a syllable too.
"""

from __future__ import annotations

import re
import unicodedata

from sukien.text.normalise import normalise

_TONES = "\u0300\u0301\u0303\u0309\u0323"  # grave, acute, tilde, hook, dot below
_CLOSED = "\u0301\u0323"  # a syllable that ends in a stop has one of these two

_ONSETS = "b|ch|c|d|đ|gh|gi|g|h|kh|k|l|m|ngh|ng|nh|n|ph|p|qu|r|s|th|tr|t|v|x"
_OPEN = (
    "a ai ao au ay âu ây e eo ê êu i ia iu iêu o oa oai oao oay oe oeo oi ô ôi ơ ơi u ua uâ uây uê ui uôi uơ uy uya uyu"
    " ư ưa ưi ươi ươu ưu y yêu"
)
_NASAL = (
    "am an ang anh ăm ăn ăng âm ân âng em en eng ên êm ênh im in inh iêm iên iêng om on ong oong oam oan oang oanh oăm"
    " oăn oăng oem oen ôm ôn ông ơm ơn um un ung uân uâng uênh uôm uôn uông uyên uyn uynh"
    " ưm ưn ưng ươm ươn ương yêm yên yêng ynh"
)
_STOP = (
    "ac ach ap at ăc ăk ăp ăt âc âp ât ec ep et êch êp êt ich ip it iêc iêp iêt oc op ot ooc oac oach oap oat oăc oăp"
    " oăt oet ôc ôp ôt ơp ơt uc up ut uât uêch uôc uôp uôt uych uyp uyt uyêt ưc ưp ưt ươc ươp ươt yêt ych yt"
)


def _pattern(rimes: str) -> re.Pattern[str]:
    alternatives = "|".join(sorted(rimes.split(), key=len, reverse=True))
    return re.compile(f"(?:{_ONSETS})?(?:{alternatives})")


_WITHOUT_STOP, _WITH_STOP = _pattern(f"{_OPEN} {_NASAL}"), _pattern(_STOP)
_LETTERS = re.compile(r"[^\W\d_]+")


def is_syllable(word: str) -> bool:
    """Whether a word, in any case and normal form, has the form of one written Vietnamese syllable with its tone."""
    bare, tones = _without_tone(word.lower())
    if len(tones) > 1:
        return False
    if _WITHOUT_STOP.fullmatch(bare):
        return True
    return bool(_WITH_STOP.fullmatch(bare)) and tones in _CLOSED and tones != ""


def is_vietnamese_name(text: str) -> bool:
    """Whether a text has letters, all of them in possible syllables: Hà Nội, but neither NATO nor G7."""
    words = _LETTERS.findall(normalise(text).text)
    return bool(words) and all(is_syllable(word) for word in words)


def _without_tone(word: str) -> tuple[str, str]:
    """The word in NFC without its tone marks, and the marks."""
    letters = unicodedata.normalize("NFD", word)
    tones = "".join(c for c in letters if c in _TONES)
    return unicodedata.normalize("NFC", "".join(c for c in letters if c not in _TONES)), tones
