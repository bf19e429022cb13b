"""Faults that a user can cause and mend. The commands print them without a traceback and exit with 2.

Every message says where, what was found, what is allowed and what to do. `DataError` and `ConfigError` carry
all faults of one reading, so that a file is mended in one go.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class SukienError(Exception):
    """Base of all faults that are not ours."""

    def __init__(self, faults: str | Iterable[str]) -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class DataError(SukienError):
    """Text, labels or a dataset that cannot be read as what it should be."""


class ConfigError(SukienError):
    """A run configuration with unknown keys, wrong types or values that exclude each other."""


class ModelError(SukienError):
    """A model folder or encoder that cannot be loaded, or does not fit its data."""


def nearest(word: str, allowed: Sequence[str]) -> str:
    """`"; did you mean X?"` for the nearest allowed name, or an empty string when nothing is near."""
    by_folded = {name.casefold(): name for name in allowed}
    found = difflib.get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f"; did you mean {by_folded[found[0]]}?" if found else ""
