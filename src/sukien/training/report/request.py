"""What a report is asked to hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sukien.errors import SukienError
from sukien.models.places import resolve
from sukien.training.label_map import read_label_map

PAGE = "report.html"


@dataclass(frozen=True, slots=True)
class Request:
    """What is scored, for the record, and what it is compared with.

    Attributes:
        model: folder or name of the tagger.
        data, split: where the articles are from; no split for labelled files.
        replicas: folders of the same run with other seeds.
        against: folders or names of taggers of ours to compare with.
        against_hf: folders or names of token classifiers of Hugging Face, whose labels `label_map` brings to ours.
        against_underthesea: whether to compare with the entities of underthesea.
    """

    model: str
    data: str
    split: str | None = None
    replicas: Sequence[str] = ()
    against: Sequence[str] = ()
    against_hf: Sequence[str] = ()
    label_map: Path | None = None
    against_underthesea: bool = False
    n_bootstrap: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.label_map and not self.against_hf:
            raise SukienError("--label-map tells how the labels of --against-hf compare: give both")

    def others(self) -> list[str]:
        """The places of all other models. Raises ModelError and DataError for a path or a label map that is none."""
        read_label_map(self.label_map)
        return [resolve(name) for name in (*self.replicas, *self.against, *self.against_hf)]

    @property
    def has_others(self) -> bool:
        """Whether any other tagger was asked for."""
        return bool(self.replicas or self.against or self.against_hf or self.against_underthesea)
