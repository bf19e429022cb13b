"""Every family of encoder, as a tiny checkpoint in the hub's own layout: trained, saved, loaded, exact offsets."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import transformers as hf
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer

from sukien.config import RunConfig
from sukien.errors import ModelError
from sukien.models.inputs import Reader
from sukien.models.pieces import PieceEncoder
from sukien.models.pretrained import load_encoder, load_tagger, save_tagger
from sukien.models.tagging import ArticleTagger
from sukien.ontology import LabelSet
from sukien.schema import Article, Sentence
from sukien.training.finetune import fine_tune

SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 80,
}
HARD = (
    "Tổng thống Mỹ (phải) nói: “Không”, hoà/hòa 14.2.2022; TP.HCM_Việt_Nam 😀😀 \u200bxin"
    " chào Ukraina 1.200,5 tỷ " + "ê" * 300 + " e\u0302\u0301 Hò̀a."
)
Maker = Callable[[Path, str], Any]


def fastbpe(text: str, folder: Path, n_merges: int = 300) -> None:
    """The two files that fastBPE writes, by the algorithm of Sennrich et al. 2016."""
    counts = Counter((*word[:-1], f"{word[-1]}</w>") for word in text.split())
    lines = []
    for _ in range(n_merges):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, count in counts.items():
            for pair in pairwise(word):
                pairs[pair] += count
        (first, second), count = max(pairs.items(), key=lambda item: (item[1], item[0]))
        lines.append(f"{first} {second} {count}\n")
        merged: Counter[tuple[str, ...]] = Counter()
        for word, number in counts.items():
            joined: list[str] = []
            for symbol in word:
                if joined and (joined[-1], symbol) == (first, second):
                    joined[-1] += symbol
                else:
                    joined.append(symbol)
            merged[tuple(joined)] += number
        counts = merged
    pieces: Counter[str] = Counter()
    for word, number in counts.items():
        for symbol in word:
            pieces[symbol.removesuffix("</w>") if symbol.endswith("</w>") else f"{symbol}@@"] += number
    (folder / "bpe.codes").write_text("".join(lines), encoding="utf-8")
    (folder / "vocab.txt").write_text(
        "".join(f"{piece} {number}\n" for piece, number in pieces.most_common() if number > 1), encoding="utf-8"
    )


def phobert(folder: Path, text: str) -> Any:
    fastbpe(text.replace("Tổng thống", "Tổng_thống"), folder)
    size = len(hf.PhobertTokenizer(str(folder / "vocab.txt"), str(folder / "bpe.codes")))
    (folder / "tokenizer_config.json").write_text("{}")
    return hf.RobertaModel(hf.RobertaConfig(vocab_size=size, pad_token_id=1, **SIZES))


def roberta(folder: Path, text: str) -> Any:
    tokenizer = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator([text], vocab_size=400, special_tokens=special, show_progress=False)
    tokenizer.save_model(str(folder))
    hf.RobertaTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
    return hf.RobertaModel(hf.RobertaConfig(vocab_size=420, pad_token_id=1, **SIZES))


def spm(folder: Path, text: str, name: str, **settings: Any) -> Path:
    (folder / "corpus").write_text(text, encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus"), model_prefix=str(folder / name), vocab_size=300, hard_vocab_limit=False,
        minloglevel=2, **settings
    )  # fmt: skip
    (folder / "corpus").unlink()
    (folder / f"{name}.vocab").unlink()
    return folder / f"{name}.model"


def xlm_roberta(folder: Path, text: str) -> Any:
    spm(folder, text, "sentencepiece.bpe")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "XLMRobertaTokenizer"}))
    return hf.XLMRobertaModel(hf.XLMRobertaConfig(vocab_size=320, pad_token_id=1, **SIZES))


def wordpiece(folder: Path, text: str) -> None:
    tokenizer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    tokenizer.train_from_iterator([text], vocab_size=400, show_progress=False)
    tokenizer.save_model(str(folder))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"do_lower_case": False, "tokenizer_class": "BertTokenizer"})
    )


def bert(folder: Path, text: str) -> Any:
    wordpiece(folder, text)
    return hf.BertModel(hf.BertConfig(vocab_size=420, **SIZES))


def electra(folder: Path, text: str) -> Any:
    wordpiece(folder, text)
    return hf.ElectraModel(hf.ElectraConfig(vocab_size=420, embedding_size=12, **SIZES))


def deberta_v3(folder: Path, text: str) -> Any:
    spm(folder, text, "spm")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"do_lower_case": False, "vocab_type": "spm", "tokenizer_class": "DebertaV2Tokenizer"})
    )
    shape = {"relative_attention": True, "position_buckets": 16, "norm_rel_ebd": "layer_norm", "share_att_key": True}
    shape |= {"pos_att_type": "p2c|c2p", "max_relative_positions": -1, "position_biased_input": False}
    return hf.DebertaV2Model(hf.DebertaV2Config(vocab_size=320, **shape, **SIZES))


def modernbert(folder: Path, text: str) -> Any:
    roberta(folder, text)
    settings = {
        "vocab_size": 420,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "cls_token_id": 0,
        "sep_token_id": 2,
    }
    return hf.ModernBertModel(hf.ModernBertConfig(**settings, **SIZES))


MAKERS: list[Maker] = [phobert, roberta, xlm_roberta, bert, electra, deberta_v3, modernbert]


@pytest.fixture(scope="module", params=MAKERS, ids=lambda maker: maker.__name__)
def checkpoint(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, authored: list[Article]
) -> Path:
    folder = tmp_path_factory.mktemp(request.param.__name__)
    model = request.param(folder, "\n".join(article.text for article in authored))
    model.save_pretrained(folder)
    return folder


def run(encoder: Path, output: Path, **model: Any) -> RunConfig:
    settings = {"encoder": str(encoder), "window": 64, "overlap": 16, **model}
    values = {"name": "t", "output": output, "data": {"built": output}, "model": settings, "training": {"epochs": 1}}
    return RunConfig.model_validate(values)


def article(text: str) -> Article:
    return Article("a", text, (Sentence(0, len(text)),))


@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_train_save_load_predict(checkpoint: Path, tmp_path: Path, authored: list[Article], pooling: str) -> None:
    made = fine_tune(run(checkpoint, tmp_path, pooling=pooling), authored[:1], [], LabelSet(), tmp_path / "checkpoints")
    save_tagger(tmp_path / "model", made.model, made.tokenizer, "")
    loaded, tokenizer = load_tagger(str(tmp_path / "model"))
    articles = [article(HARD), authored[1]]
    before = list(ArticleTagger(made.model, made.tokenizer).tag(articles))
    after = list(ArticleTagger(loaded, tokenizer).tag(articles))
    assert before == after
    assert after[1].n_windows > 1
    for prediction in after:  # Prediction checks every offset against the text as well
        assert all(
            prediction.text[span.start : span.end] == span.text for span in (*prediction.entities, *prediction.events)
        )


def test_every_word_has_its_own_pieces(checkpoint: Path, authored: list[Article]) -> None:
    _, tokenizer = load_encoder(str(checkpoint))
    known = tokenizer(["Nga", "Ukraina"], add_special_tokens=False)["input_ids"]
    assert all(ids and tokenizer.unk_token_id not in ids for ids in known)
    assert tokenizer.is_fast


@pytest.mark.parametrize("name", ["pyvi", "underthesea"])
def test_phobert_reads_segmented_words(
    name: str, tmp_path: Path, authored: list[Article], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip(name)
    checkpoint = tmp_path / "phobert"
    checkpoint.mkdir()
    phobert(checkpoint, "\n".join(article.text for article in authored)).save_pretrained(checkpoint)
    settings = run(checkpoint, tmp_path, segmentation=name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyvi, which changes a few sentences
        made = fine_tune(settings, authored[:2], [], LabelSet(), tmp_path / "checkpoints")
        save_tagger(tmp_path / "model", made.model, made.tokenizer, "")
        tagger = ArticleTagger(*load_tagger(str(tmp_path / "model")))
        assert tagger.model.config.segmentation == name
        articles = [article(HARD), article("Tổng thống Mỹ hội đàm. " * 60), article("😀"), authored[2]]
        predictions = list(tagger.tag(articles))
    assert [prediction.text for prediction in predictions] == [one.text for one in articles]
    assert predictions[1].n_windows > 1
    assert made.n_inside > 0  # found by reading the labels: joined words across borders of spans
    assert "gold spans across a border of segmented words: " in capsys.readouterr().out


def test_segmentation_gives_every_syllable_a_piece_of_its_word(tmp_path: Path, authored: list[Article]) -> None:
    phobert(tmp_path, "\n".join(article.text for article in authored)).save_pretrained(tmp_path)
    _, tokenizer = load_encoder(str(tmp_path))

    def segmenter(sentences: Sequence[str]) -> list[list[str]]:
        return [["_".join(sentence.split())] for sentence in sentences]

    text = "Tổng thống Mỹ Joe Biden thăm Ukraina"
    (read,) = Reader(tokenizer, 64, 0, segmenter=segmenter).read([article(text)])
    whole = PieceEncoder(tokenizer, 64).encode([text.replace(" ", "_")])[0]
    assert [number for piece in read.pieces for number in piece.ids] == whole
    window = Reader(tokenizer, 64, 0, segmenter=segmenter).window_input(read, read.windows[0])
    offsets = tokenizer([[text.replace(" ", "_")]], is_split_into_words=True, return_offsets_mapping=True)[
        "offset_mapping"
    ][0]
    for word, place in zip(read.words[0], window.word_pieces, strict=True):
        start, end = offsets[place]
        assert start <= word.start < end
    assert window.joined == [0, 1, 1, 1, 1, 1, 1]


def t5() -> Any:
    return hf.T5Model(hf.T5Config(vocab_size=40, d_model=16, d_kv=8, d_ff=24, num_layers=1, num_heads=2))


def bart() -> Any:
    layers = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    return hf.BartModel(hf.BartConfig(vocab_size=40, d_model=16, encoder_ffn_dim=8, decoder_ffn_dim=8, **layers))


def vit() -> Any:
    sizes = {name: size for name, size in SIZES.items() if name != "max_position_embeddings"}
    return hf.ViTModel(hf.ViTConfig(image_size=8, patch_size=4, **sizes))


def clip() -> Any:
    vision = {name: size for name, size in SIZES.items() if name != "max_position_embeddings"}
    sides = {"text_config": {"vocab_size": 40, **SIZES}, "vision_config": {"image_size": 8, "patch_size": 4, **vision}}
    return hf.CLIPModel(hf.CLIPConfig(projection_dim=8, **sides))


@pytest.mark.parametrize(
    ("maker", "told"), [(t5, "has a decoder"), (bart, "has a decoder"), (vit, "no text"), (clip, "more than text")]
)
def test_what_is_no_encoder_of_text_is_told(maker: Callable[[], Any], told: str, tmp_path: Path) -> None:
    maker().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=f"{told}.*such as those of the families BERT"):
        load_encoder(str(tmp_path))
