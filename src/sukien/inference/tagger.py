"""The tagger that users call: text in, exact spans out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sukien.models.network import SukienModel
from sukien.models.pretrained import DEFAULT_TAGGER, load_tagger
from sukien.models.tagging import ArticleTagger, best_device
from sukien.schema import Article, Prediction
from sukien.text.article import article_sentences


class Tagger:
    """Finds entities and events in Vietnamese news.

    >>> tagger = Tagger.from_pretrained()
    >>> prediction = tagger("Tổng thống Mỹ Joe Biden điện đàm với ông Putin ngày 12/2.")
    >>> [(entity.text, entity.label) for entity in prediction.entities]
    """

    def __init__(self, model: SukienModel, tokenizer: Any) -> None:
        self._tagger = ArticleTagger(model, tokenizer)

    @classmethod
    def from_pretrained(cls, name: str = DEFAULT_TAGGER, device: str | None = None) -> Tagger:
        """Load a model folder, a shipped model by name, or a model of the Hugging Face hub.

        Args:
            device: where to compute, such as "cuda:0"; the GPU where there is one, else the CPU.

        Raises ModelError when it cannot be loaded.
        """
        model, tokenizer = load_tagger(str(name))
        model.to(device or best_device())
        return cls(model, tokenizer)

    @property
    def entity_types(self) -> list[str]:
        """Labels that entities can have."""
        return list(self._tagger.model.config.entity_types)

    @property
    def event_types(self) -> list[str]:
        """Labels that events can have."""
        return list(self._tagger.model.config.event_types)

    @property
    def thresholds(self) -> dict[str, dict[str, float]]:
        """Of "entities" and "triggers" and each type the least score to keep for the best F1 on validation articles."""
        return {head: dict(values) for head, values in self._tagger.model.config.thresholds.items()}

    def __call__(self, text: str, id: str = "") -> Prediction:
        """Tag one article, of any length."""
        return next(self.stream([(id, text)]))

    def batch(self, texts: Iterable[str]) -> list[Prediction]:
        """Tag several articles; faster than one at a time. Their ids are "0", "1", ..."""
        if isinstance(texts, str):
            raise TypeError("batch takes a list of texts; call the tagger itself for one text")
        return list(self.stream((str(index), text) for index, text in enumerate(texts)))

    def stream(self, articles: Iterable[tuple[str, str]]) -> Iterator[Prediction]:
        """Tag (id, text) pairs as they come, in order, holding only a few articles in memory."""
        return self._tagger.tag(_article(id, text) for id, text in articles)

    def tag(self, articles: Sequence[Article]) -> list[Prediction]:
        """Tag articles whose sentences are known, as evaluation does."""
        return list(self._tagger.tag(articles))


def _article(id: str, text: str) -> Article:
    if not isinstance(text, str):
        raise TypeError(f"the text of an article is a str, found {type(text).__name__}")
    return Article(id=id, text=text, sentences=article_sentences(text))
