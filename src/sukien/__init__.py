"""Entities and political events in Vietnamese news. Importing does no work: torch is loaded with the first tagger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sukien.schema import Article, Entity, Event, Prediction, Sentence

if TYPE_CHECKING:
    from sukien.inference.tagger import Tagger

__all__ = ["Article", "Entity", "Event", "Prediction", "Sentence", "Tagger"]


def __getattr__(name: str) -> Any:
    if name == "Tagger":
        from sukien.inference.tagger import Tagger

        return Tagger
    raise AttributeError(f"module 'sukien' has no attribute {name!r}")
