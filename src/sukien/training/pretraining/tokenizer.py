"""A syllable-level tokenizer trained on the corpus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
MARK = "▁"
MIN_FREQUENCY = 3
# A run of digits and every other sign are words of their own, as in `sukien.text.words`.
_SPLIT = Regex(r"\d+|[^\w\s]|_")


def train_tokenizer(articles: Iterable[list[str]], vocabulary: int) -> Any:
    """Byte-pair encoding (Sennrich et al. 2016) of syllables, each marked at its start."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(_SPLIT, "isolated"),
            pre_tokenizers.Metaspace(MARK, prepend_scheme="always", split=False),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(MARK)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, min_frequency=MIN_FREQUENCY, special_tokens=list(SPECIAL), show_progress=False
    )
    tokenizer.train_from_iterator((" ".join(words) for words in articles), trainer)
    first, last = SPECIAL[0], SPECIAL[2]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} $B {last}",
        special_tokens=[(first, tokenizer.token_to_id(first)), (last, tokenizer.token_to_id(last))],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=first,
        cls_token=first,
        eos_token=last,
        sep_token=last,
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=1024,
    )
