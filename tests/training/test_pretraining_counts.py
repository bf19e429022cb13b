from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sukien.config import read_config
from sukien.data.detokenise import detokenise
from sukien.errors import ConfigError, DataError
from sukien.training.pretraining.batches import Blocks
from sukien.training.pretraining.config import EncoderSection, NoiseSection, PretrainConfig
from sukien.training.pretraining.corpus import read_corpus
from sukien.training.pretraining.counts import log_frequencies
from sukien.training.pretraining.encoder import make_encoder
from sukien.training.pretraining.selection import articles_like, most_like, pieces_of
from sukien.training.pretraining.tokenizer import train_tokenizer
from sukien.training.pretraining.tokens import TokenFile, write_tokens

ROOT = Path(__file__).parents[2]
WORDS = "Tổng_thống Mỹ hôm_qua điện_đàm với người_đồng_cấp Nga , theo Nhà_Trắng . Số nhà máy đầu tiên"


def token_file(folder: Path, ids: NDArray[np.int64]) -> TokenFile:
    folder.mkdir()
    ids.astype(np.uint16).tofile(folder / "ids.bin")
    np.zeros(len(ids), np.bool_).tofile(folder / "goes_on.bin")
    (folder / "tokens.json").write_text(
        json.dumps({"articles": 1, "tokens": len(ids), "vocabulary": "", "made_from": {}})
    )
    return TokenFile(folder)


@pytest.fixture
def made(tmp_path: Path):
    """A token file of shuffled words, and its tokenizer."""
    rng = np.random.default_rng(2)
    text = "\n".join(" ".join(rng.permutation(WORDS.split())) for _ in range(200))
    (tmp_path / "a.seg").write_text(text, encoding="utf-8")
    printed = NoiseSection(tone_marks=0, lower=0, upper=0, bare=0)
    articles = list(read_corpus([tmp_path / "a.seg"], [], printed, 1))
    tokenizer = train_tokenizer((article.words for article in articles), 300)
    write_tokens(tmp_path / "tokens", articles, tokenizer, {})
    return TokenFile(tmp_path / "tokens"), tokenizer


def test_a_new_encoder_starts_from_which_pieces_stand_near_each_other(made):
    tokens, tokenizer = made
    settings = EncoderSection(layers=1, width=16, heads=2, feed_forward=16, positions=64)
    vectors = make_encoder(settings, tokenizer, tokens).embeddings.tok_embeddings.weight
    assert vectors.norm(dim=1)[np.unique(tokens.ids[:-1])].detach().numpy() == pytest.approx(1, abs=1e-3)
    assert vectors[tokenizer.mask_token_id].norm() < 0.5  # not in the corpus: random
    together, apart = (
        torch.cosine_similarity(*vectors[tokenizer.convert_tokens_to_ids([f"▁{a}", f"▁{b}"])], dim=0)
        for a, b in (("đồng", "cấp"), ("đồng", "Trắng"))
    )
    assert together > apart
    settings = settings.model_copy(update={"embeddings": "random"})
    assert make_encoder(settings, tokenizer, tokens).embeddings.tok_embeddings.weight.norm(dim=1).max() < 0.5


def test_frequencies_are_shares_of_the_corpus(tmp_path: Path):
    found = np.exp(log_frequencies(token_file(tmp_path / "t", np.repeat([5, 6, 7], [600, 300, 95])), 10))
    assert found == pytest.approx(np.array([1, 1, 1, 1, 1, 601, 301, 96, 1, 1]) / 1005, rel=1e-5)


def test_blocks_like_given_articles_are_chosen(tmp_path: Path):
    rng = np.random.default_rng(1)
    war, sport = rng.integers(10, 60, 4000), rng.integers(60, 110, 40_000)
    tokens = token_file(tmp_path / "t", np.concatenate([sport[:20_000], war, sport[20_000:]]))
    chosen = most_like(tokens, 500, [rng.permutation(war) for _ in range(50)], 0.1)
    assert set(range(40, 48)) < set(chosen.tolist())
    assert len(chosen) == 9
    assert chosen.tolist() == sorted(chosen)
    blocks = Blocks(tokens, 500, chosen)
    assert len(blocks) == 9
    pieces = {number: ids.tolist() for number, ids, _ in (blocks[n] for n in range(9))}
    assert pieces[41] == war[500:1000].tolist()


def test_the_articles_to_be_like_are_labelled_ones(made):
    _, tokenizer = made
    articles = pieces_of([ROOT / "data" / "labels" / "seeds.txt"], tokenizer)
    assert len(articles) == 5
    assert min(map(len, articles)) > 100


def test_the_articles_most_like_labelled_ones_are_chosen_whole(tmp_path: Path):
    rng = np.random.default_rng(3)
    war = [
        "quân",
        "đội",
        "nga",
        "tấn",
        "công",
        "thành",
        "phố",
        "ukraine",
        "tên",
        "lửa",
        "phòng",
        "không",
        "bắn",
        "hạ",
        "xe",
        "tăng",
    ]
    sport = [
        "đội",
        "bóng",
        "ghi",
        "bàn",
        "hiệp",
        "hai",
        "cầu",
        "thủ",
        "vào",
        "sân",
        "huấn",
        "luyện",
        "viên",
        "khán",
        "đài",
        "cổ",
        "vũ",
    ]
    folder = tmp_path / "corpus"
    folder.mkdir()
    lines_of: list[str] = []
    for n in range(40):
        words = war if n % 4 == 0 else sport
        lines = [" ".join(rng.permutation(words)) + f" {n} ." for _ in range(5)]
        lines_of.append("\n\n".join(lines))
        (folder / f"{n:02}.seg").write_text(lines_of[-1], encoding="utf-8")
    (folder / "short.txt").write_text(" ".join(war[:6]), encoding="utf-8")
    (tmp_path / "out.txt").write_text("04.seg\n", encoding="utf-8")
    gold = "\n".join(json.dumps({"text": " ".join(rng.permutation(war)), "spans": [[0, 2, "A"]]}) for _ in range(50))
    known = detokenise(lines_of[8].replace("\n\n", " "))
    gold += "\n" + json.dumps({"text": known, "spans": [[0, 2, "A"]]})  # 08.seg is labelled already
    (tmp_path / "gold.jsonl").write_text(gold, encoding="utf-8")
    exclude = [tmp_path / "out.txt"]
    gold = [tmp_path / "gold.jsonl"]
    found = list(articles_like([folder], exclude, gold, 23, 9 / 38, 1))
    assert len(found) == 5  # of five lines each
    assert all(int(row["id"][:2]) % 4 == 0 and row["id"] not in ("04.seg", "08.seg") for row in found)
    assert [row["id"] for row in found] == sorted(row["id"] for row in found)
    assert found[0]["text"].count("\n") == 4
    assert found[0]["text"].endswith(f"{int(found[0]['id'][:2])}.")
    assert found == list(articles_like([folder], exclude, gold, 23, 9 / 38, 1))
    assert found != list(articles_like([folder], exclude, gold, 23, 9 / 38, 3))
    every = {row["id"] for row in articles_like([folder], exclude, gold, 10**6, 1.0, 1)}
    assert len(every) == 38
    assert not every & {"short.txt", "04.seg", "08.seg"}
    assert len(list(articles_like([folder], exclude, gold, 1, 1e-6, 1))) == 1
    (tmp_path / "all.txt").write_text("\n".join(every), encoding="utf-8")
    with pytest.raises(DataError, match="no article of 20 words or more that is not labelled or excluded"):
        list(articles_like([folder], [tmp_path / "all.txt", *exclude], gold, 1, 1.0, 1))


def test_likeness_and_share_go_together(tmp_path: Path):
    (tmp_path / "run.yaml").write_text("name: a\ncorpus: {paths: [x], tokens: y}\ntraining: {hours: 1}\n")
    for override in ("corpus.share=0.5", "corpus.like=[data/labels]"):
        with pytest.raises(ConfigError, match="name both, or neither"):
            read_config(tmp_path / "run.yaml", [override], PretrainConfig)
