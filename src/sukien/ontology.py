"""Label sets: which entity types, event types and modalities there are.

The default is the set of data/GUIDELINES.md: eight entity types and the sixteen event types of PLOVER
(https://github.com/openeventdata/PLOVER). A user's own set comes from a YAML file or from the data itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from sukien.errors import DataError
from sukien.files import read_text

ENTITY_TYPES = ("PER", "ORG", "GPE", "LOC", "TITLE", "TIME", "QUANTITY", "MISC")
EVENT_TYPES = (
    "AGREE", "CONSULT", "SUPPORT", "CONCEDE", "COOPERATE", "AID", "RETREAT", "REQUEST",
    "ACCUSE", "REJECT", "THREATEN", "PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT",
)  # fmt: skip
MODALITIES = ("asserted", "future", "hypothetical", "negated")


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels a dataset or a model may use. An empty tuple means that the layer does not exist."""

    entity_types: tuple[str, ...] = ENTITY_TYPES
    event_types: tuple[str, ...] = EVENT_TYPES
    modalities: tuple[str, ...] = MODALITIES

    def to_dict(self) -> dict[str, list[str]]:
        return {
            "entity_types": list(self.entity_types),
            "event_types": list(self.event_types),
            "modalities": list(self.modalities),
        }

    @classmethod
    def from_file(cls, path: Path) -> LabelSet:
        """Read a YAML (or JSON) file with `entity_types`, `event_types` and, if wanted, `modalities`: lists of names.

        Raises DataError for any other shape.
        """
        try:
            values = yaml.safe_load(read_text(path))
        except yaml.YAMLError as error:
            raise DataError(f"{path}: no valid YAML: {error}") from error
        keys = ("entity_types", "event_types", "modalities")
        if not isinstance(values, dict) or not values or any(key not in keys for key in values):
            raise DataError(f"{path}: a label set has the keys {', '.join(keys)}, each a list of names")
        faults = [
            f"{path}: {key} is not a list of distinct names"
            for key, names in values.items()
            if not isinstance(names, list)
            or not all(isinstance(name, str) and name for name in names)
            or len(set(names)) != len(names)
        ]
        if faults:
            raise DataError(faults)
        return cls(*(tuple(values.get(key, MODALITIES if key == "modalities" else ())) for key in keys))


def from_labels(entity_types: Iterable[str], event_types: Iterable[str], modalities: Iterable[str]) -> LabelSet:
    """The label set that some data uses: ours first and in our order, then the others by name."""
    return LabelSet(
        _ordered(set(entity_types), ENTITY_TYPES),
        _ordered(set(event_types), EVENT_TYPES),
        _ordered(set(modalities), MODALITIES) or MODALITIES,
    )


def _ordered(found: set[str], known: tuple[str, ...]) -> tuple[str, ...]:
    return (*(name for name in known if name in found), *sorted(found - set(known)))
