"""Somebody else's token-classification model over our words, with our offsets.

The transformers pipeline for this cuts long text off and, with slow tokenizers, fuses and splits entities. Here a
sentence is read as in the corpora that such models are trained on, token by token, and a token has the label of its
first piece (Devlin et al. 2019, section 5.3). What a window cannot hold is read in the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from sukien.models.inputs import Reader, WindowInput, collate
from sukien.models.phobert import FOLD
from sukien.models.pretrained import window_limit
from sukien.models.tagging import logits_of_words
from sukien.schema import Article
from sukien.text.bio import as_iob2
from sukien.text.segmentation import load_segmenter, orthographic
from sukien.text.words import Word

_WINDOW = 512  # pieces, where the model sets no limit
_HEAD = "tags"
TaggedWords = tuple[list[Word], list[str]]


class TokenClassifier:
    """A model, its tokenizer, and the tokens that it wants: PhoBERT words of several syllables, the others what is
    written together.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: Any) -> None:
        """Raises SukienError where PhoBERT's words need a package that is missing."""
        self._model = model
        self.labels: list[str] = [model.config.id2label[number] for number in range(model.config.num_labels)]
        segmenter = load_segmenter("underthesea") if tokenizer.init_kwargs.get(FOLD) else orthographic
        window = min(window_limit(model) or _WINDOW, tokenizer.model_max_length)
        self._reader = Reader(tokenizer, window, window // 4, segmenter=segmenter)

    @torch.inference_mode()
    def tag(self, article: Article) -> Iterator[TaggedWords]:
        """Of each sentence its words and their tags in IOB2, with the model's own types."""
        # One sentence at a time: what such models were trained on.
        parts = [replace(article, sentences=(sentence,), entities=(), events=()) for sentence in article.sentences]
        reads = self._reader.read(parts)
        scores = logits_of_words(self._reader, reads, {_HEAD: len(self.labels)}, self._run)
        for read, logits in zip(reads, scores, strict=True):
            best = [self.labels[number] for number in logits[_HEAD].argmax(axis=1)]
            yield read.words[0], _spread(best, read.joined)

    def _run(self, inputs: list[WindowInput]) -> list[dict[str, NDArray[np.float32]]]:
        batch = collate(inputs, self._reader.encoder.pad_id)
        device = self._model.device
        output = self._model(input_ids=batch["input_ids"].to(device), attention_mask=batch["attention_mask"].to(device))
        logits = output.logits.float().cpu().numpy()
        return [{_HEAD: logits[row, window.word_pieces]} for row, window in enumerate(inputs)]


def _spread(labels: Sequence[str], joined: Sequence[bool]) -> list[str]:
    """Tags of words: a token's label, that of its first word, goes on over all of its words."""
    tokens = as_iob2([label for label, goes_on in zip(labels, joined, strict=True) if not goes_on])
    number, tags = -1, []
    for goes_on in joined:
        number += not goes_on
        tags.append(continued(tokens[number]) if goes_on else tokens[number])
    return tags


def continued(tag: str) -> str:
    """The IOB2 tag of the next word of the same span or of none."""
    return f"I-{tag[2:]}" if tag.startswith("B-") else tag
