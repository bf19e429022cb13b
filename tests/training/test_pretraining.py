from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import ModernBertConfig, ModernBertModel

from sukien.errors import DataError
from sukien.training.pretraining.batches import Blocks, Masking, ShuffledEpochs
from sukien.training.pretraining.config import NoiseSection, ObjectiveSection, TrainingSection
from sukien.training.pretraining.corpus import read_corpus
from sukien.training.pretraining.objective import Pretraining
from sukien.training.pretraining.optimizer import Clock, make_optimizer, orthogonalise
from sukien.training.pretraining.tokenizer import train_tokenizer
from sukien.training.pretraining.tokens import TokenFile, check_tokens, write_tokens

PRINTED = NoiseSection(tone_marks=0, lower=0, upper=0, bare=0)


def read(*paths: Path, noise: NoiseSection = PRINTED) -> list[tuple[str, ...]]:
    return [tuple(article.words) for article in read_corpus(paths, [], noise, 1)]


def test_segmented_text_is_printed_and_its_compounds_known(tmp_path: Path):
    (tmp_path / "a.seg").write_text('" Tổng_thống Mỹ " , ông Donald_Trump nói\n' + "và " * 20, encoding="utf-8")
    (article,) = read_corpus([tmp_path / "a.seg"], [], PRINTED, 1)
    assert article.words[:7] == ['"Tổng', "thống", 'Mỹ",', "ông", "Donald", "Trump", "nói"]
    assert article.goes_on[:7] == [False, True, False, False, False, True, False]
    assert len(article.words) == len(article.goes_on)


def test_short_articles_are_counted_and_not_read(tmp_path: Path, corpus: Path):
    (corpus / "short.txt").write_text("một hai ba", encoding="utf-8")
    counts: Counter[str] = Counter()
    assert len(list(read_corpus([corpus], [], PRINTED, 1, counts))) == 40
    assert counts == {"under 20 words": 1}


def test_decomposed_text_is_composed_and_odd_places_are_passed_over(tmp_path: Path):
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "A.TXT").write_text(unicodedata.normalize("NFD", "hoà bình " * 20), encoding="utf-8")
    assert read(tmp_path)[0][:2] == ("hoà", "bình")
    assert read(tmp_path, noise=NoiseSection(tone_marks=1, lower=0, upper=0, bare=0))[0][0] == "hòa"


def test_noise_falls_to_its_share_and_always_to_the_same(corpus: Path):
    noise = NoiseSection(tone_marks=0, lower=0.3, upper=0.2, bare=0.2)
    articles = read(corpus, noise=noise)
    assert articles == read(corpus, noise=noise)
    lower = sum("tổng" in article for article in articles)
    upper = sum("TỔNG" in article for article in articles)
    bare = sum("Tong" in article for article in articles)
    assert 4 <= lower <= 20
    assert 2 <= upper <= 16
    assert 2 <= bare <= 16


@pytest.fixture
def tokens(tmp_path: Path, corpus: Path):
    tokenizer = train_tokenizer((a.words for a in read_corpus([corpus], [], PRINTED, 1)), 300)
    write_tokens(tmp_path / "tokens", read_corpus([corpus], [], PRINTED, 1), tokenizer, {"a": 1})
    return TokenFile(tmp_path / "tokens"), tokenizer


def test_the_token_file_holds_the_text_and_its_words(tokens):
    file, tokenizer = tokens
    end = int(np.flatnonzero(file.ids == tokenizer.sep_token_id)[0])
    assert file.n_articles == 40
    decoded = tokenizer.decode(file.ids[:end].tolist())
    assert decoded.replace(" ", "").startswith("TổngthốngMỹhômquađiệnđàmvớingườiđồngcấpNga,theoNhàTrắng.Số00")
    starts = [n for n in range(end) if not file.goes_on[n]]
    first_words = [tokenizer.decode(file.ids[a:b].tolist()) for a, b in pairwise(starts)][:3]
    assert first_words == ["Tổng thống", "Mỹ", "hôm qua"]


def test_another_tokenizer_or_corpus_is_refused(tokens, tmp_path: Path):
    _, tokenizer = tokens
    assert check_tokens(tmp_path / "tokens", tokenizer, {"a": 1})
    assert not check_tokens(tmp_path / "other", tokenizer, {"a": 1})
    with pytest.raises(DataError, match=r"another corpus or vocabulary than this run names \(a differ\)"):
        check_tokens(tmp_path / "tokens", tokenizer, {"a": 2})
    other = train_tokenizer([["xin", "chào"] * 20], 300)
    with pytest.raises(DataError, match=r"\(vocabulary differ\)"):
        check_tokens(tmp_path / "tokens", other, {"a": 1})


def test_a_token_file_cut_short_is_told_and_a_broken_writing_leaves_none(tokens, tmp_path: Path, corpus: Path):
    _, tokenizer = tokens

    def breaks_off():
        yield from list(read_corpus([corpus], [], PRINTED, 1))[:1]
        raise DataError("bad")

    with pytest.raises(DataError, match="bad"):
        write_tokens(tmp_path / "half", breaks_off(), tokenizer, {})
    assert not (tmp_path / "half").exists()
    ids = tmp_path / "tokens/ids.bin"
    whole = ids.read_bytes()
    for cut in (100, 101, 0):
        ids.write_bytes(whole[:cut])
        with pytest.raises(DataError, match="cut short"):
            TokenFile(tmp_path / "tokens")
    ids.unlink()
    with pytest.raises(DataError, match="cut short"):
        TokenFile(tmp_path / "tokens")
    (tmp_path / "tokens/tokens.json").write_text("[]")
    with pytest.raises(DataError, match="is damaged; delete the folder"):
        TokenFile(tmp_path / "tokens")
    with pytest.raises(DataError, match="no article"):
        write_tokens(tmp_path / "none", [], tokenizer, {})


@pytest.mark.parametrize("length", [32, 64])
def test_hidden_pieces_are_whole_words_of_the_right_number(tokens, length: int):
    file, tokenizer = tokens
    blocks = Blocks(file, 64)
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    masking = Masking({length: 1.0}, 0.25, first, last, whole_words=True, seed=3)
    items = [blocks[n] for n in range(4)]
    batch = masking(items)
    assert batch["input_ids"].shape == (4 * 64 // length, length)
    assert batch["masked"].shape == (4 * 64 // length, length // 4)
    assert (batch["input_ids"][:, 0] == first).all()
    assert (batch["input_ids"][:, -1] == last).all()
    again = masking(items)
    assert torch.equal(batch["masked"], again["masked"])
    goes_on = np.stack([item[2] for item in items]).reshape(-1, length)
    cut = 0
    for row, places in zip(goes_on, batch["masked"].tolist(), strict=True):
        assert len(set(places)) == len(places)
        assert not {0, length - 1} & set(places)
        words = np.cumsum(~row)
        for word in {int(words[place]) for place in places}:
            members = [n for n in range(1, length - 1) if words[n] == word]
            cut += not set(members) <= set(places)
    assert cut <= len(goes_on)  # at most the last word of each sequence


def test_every_epoch_has_its_own_order_of_all_blocks():
    sampler = ShuffledEpochs(50, 7)
    first = list(sampler)
    sampler.set_epoch(1)
    assert sorted(first) == sorted(sampler) == list(range(50))
    assert first != list(sampler)
    again = ShuffledEpochs(50, 7)
    assert list(again) == first


def encoder() -> ModernBertModel:
    torch.manual_seed(0)
    return ModernBertModel(
        ModernBertConfig(
            vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
            pad_token_id=1, global_attn_every_n_layers=2,
        )
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["replaced", "masked"])
@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_the_encoder_learns(kind: str, optimizer: str):
    model = Pretraining(encoder(), ObjectiveSection(kind=kind, generator_layers=1, generator_width=16), 4)
    settings = TrainingSection(hours=1, optimizer=optimizer, rate=0.005, embedding_rate=0.005)
    steps = make_optimizer(model, settings, torch.float32)
    ids = torch.arange(6, 38).repeat(8, 1)
    masked = torch.stack([torch.randperm(30)[:6] + 1 for _ in range(8)])
    figures = []
    for _ in range(60):
        found = model(ids, masked)
        found["loss"].backward()
        steps.step()
        steps.zero_grad()
        figures.append(float(found["filling"]))
    assert figures[-1] < 0.85 * figures[0]
    grown = [p for p in model.encoder.parameters() if p.grad is None]
    assert len(grown) == len(list(model.encoder.parameters()))  # all were reset by zero_grad


def test_generator_has_no_vocabulary_of_its_own_and_pieces_it_draws_are_of_the_encoder():
    model = Pretraining(encoder(), ObjectiveSection(kind="replaced", generator_layers=1, generator_width=16), 4)
    assert model.generator.embeddings.tok_embeddings.weight.shape[0] == 8
    found = model(torch.randint(5, 60, (2, 16)), torch.tensor([[1, 2], [3, 4]]))
    assert set(found) == {"loss", "filling", "filled", "detection"}
    assert found["loss"].item() == pytest.approx(found["filling"].item() + 50 * found["detection"].item(), rel=1e-5)


def test_a_generator_that_learns_alone_leaves_the_encoder_as_it_is():
    model = Pretraining(encoder(), ObjectiveSection(kind="replaced", generator_layers=1, generator_width=16), 4)
    model.generator_alone = True
    before = {name: weights.clone() for name, weights in model.named_parameters()}
    settings = TrainingSection(hours=1, rate=0.005, embedding_rate=0.005)
    steps = make_optimizer(model, settings, torch.float32)
    found = model(torch.randint(5, 60, (2, 16)), torch.tensor([[1, 2], [3, 4]]))
    assert set(found) == {"loss", "filling", "filled"}
    found["loss"].backward()
    steps.step()
    changed = {name for name, weights in model.named_parameters() if not torch.equal(weights, before[name])}
    assert any(name.startswith("generator.") for name in changed)
    assert not any(name.startswith(("encoder.", "detector.")) for name in changed)


def test_turned_matrices_have_singular_values_near_one():
    for shape in ((20, 50), (50, 20)):
        values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
        assert 0.5 < values.min() < values.max() < 1.5


def test_rates_rise_stay_and_fall_with_the_clock():
    settings = TrainingSection(hours=1.0, warmup=0.1, constant=0.5, rate=2.0)
    clock = Clock(
        torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "initial_lr": 2.0}], lr=0), settings
    )
    rates = []
    for seconds in (0, 180, 360, 1000, 1800, 2700, 3600, 9999):
        clock.load_state_dict({"seconds": float(seconds), "first_hours": 1.0})
        rates.append(clock.get_last_lr()[0])
    assert rates == pytest.approx([0.02, 1.0, 2.0, 2.0, 2.0, 1.0, 0.0, 0.0])
    assert clock.share == 1.0


def test_rates_rise_anew_when_the_encoder_joins_in():
    settings = TrainingSection(hours=1.0, warmup=0.1, generator_alone=0.2, constant=0.5)
    clock = Clock(
        torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "initial_lr": 2.0}], lr=0), settings
    )
    rates = []
    for seconds in (0, 180, 360, 719, 720, 900, 1080, 1800, 2700):
        clock.load_state_dict({"seconds": float(seconds), "first_hours": 1.0})
        rates.append(clock.get_last_lr()[0])
        assert clock.generator_alone == (seconds < 720)
    assert rates == pytest.approx([0.02, 1.0, 2.0, 2.0, 0.02, 1.0, 2.0, 2.0, 1.0])


def test_more_hours_keep_the_rates_up_and_do_not_begin_anew():
    settings = TrainingSection(hours=10.0, warmup=0.1, generator_alone=0.2, constant=0.5)
    clock = Clock(torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "initial_lr": 2.0}]), settings)
    for hours, rate in ((0.4, 2.0), (4.9, 2.0), (7.5, 1.0), (10.0, 0.0)):
        clock.load_state_dict({"seconds": hours * 3600, "first_hours": 1.0})
        assert clock.get_last_lr() == pytest.approx([rate])
        assert not clock.generator_alone
