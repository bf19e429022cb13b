"""Scores that others have published, to stand beside ours. None of them was reproduced here."""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """One figure. `measure` is a key of `benchmarks.MEASURES`; `f1` is micro F1 in percent, as printed there."""

    measure: str
    system: str
    f1: str


PHONER_SOURCE = "Truong, Dao and Nguyen 2021, COVID-19 Named Entity Recognition for Vietnamese, NAACL"
PHONER = (
    Published("entities", "BiLSTM-CRF", "90.6–91.0"),
    Published("entities", "XLM-R base", "92.5"),
    Published("entities", "XLM-R large", "93.8"),
    Published("entities", "PhoBERT base", "94.2"),
    Published("entities", "PhoBERT large", "94.5"),
)
