from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer, ModernBertConfig, ModernBertModel, RobertaConfig, RobertaModel

from sukien.config import read_config
from sukien.errors import ConfigError, DataError
from sukien.training.pretraining.batches import Blocks, Masking, ShuffledEpochs
from sukien.training.pretraining.config import NoiseSection, ObjectiveSection, PretrainConfig, TrainingSection
from sukien.training.pretraining.corpus import read_corpus
from sukien.training.pretraining.objective import Pretraining
from sukien.training.pretraining.optimizer import Clock, make_optimizer, orthogonalise
from sukien.training.pretraining.run import pretrain
from sukien.training.pretraining.tokenizer import train_tokenizer
from sukien.training.pretraining.tokens import TokenFile, check_tokens, write_tokens

PRINTED = NoiseSection(tone_marks=0, lower=0, upper=0, bare=0)
SENTENCE = "Tổng_thống Mỹ hôm_qua điện_đàm với người_đồng_cấp Nga , theo Nhà_Trắng ."


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for n in range(40):
        (folder / f"{n:02}.seg").write_text("\n".join(f"{SENTENCE} Số {n} {m}" for m in range(6)), encoding="utf-8")
    return folder


def read(*paths: Path, exclude: tuple[Path, ...] = (), noise: NoiseSection = PRINTED) -> list[tuple[str, ...]]:
    return [tuple(article.words) for article in read_corpus(paths, exclude, noise, 1)]


def test_segmented_text_is_printed_and_its_compounds_known(tmp_path: Path):
    (tmp_path / "a.seg").write_text('" Tổng_thống Mỹ " , ông Donald_Trump nói\n' + "và " * 20, encoding="utf-8")
    (article,) = read_corpus([tmp_path / "a.seg"], [], PRINTED, 1)
    assert article.words[:7] == ['"Tổng', "thống", 'Mỹ",', "ông", "Donald", "Trump", "nói"]
    assert article.goes_on[:7] == [False, True, False, False, False, True, False]
    assert len(article.words) == len(article.goes_on)


def test_all_forms_are_read_once_each(tmp_path: Path, corpus: Path):
    text = "một hai ba " * 10
    (tmp_path / "b.txt").write_text(text, encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(
        "".join(json.dumps({"id": n, "text": t}) + "\n" for n, t in enumerate([text, "bốn năm " * 20])),
        encoding="utf-8",
    )
    assert len(read(corpus, tmp_path / "b.txt", tmp_path / "c.jsonl")) == 42  # b.txt and the first line are one text


def test_what_lists_name_is_left_out(tmp_path: Path, corpus: Path):
    (tmp_path / "list.txt").write_text("00.seg\n\n01.seg\n", encoding="utf-8")
    (tmp_path / "labels.jsonl").write_text('{"path": "02.seg"}\n', encoding="utf-8")
    assert len(read(corpus, exclude=(tmp_path / "list.txt", tmp_path / "labels.jsonl"))) == 37


def test_copies_of_what_is_left_out_stay_out_too(tmp_path: Path, corpus: Path):
    (corpus / "copy.seg").write_bytes((corpus / "00.seg").read_bytes())
    (tmp_path / "list.txt").write_text("copy.seg\n", encoding="utf-8")
    assert len(read(corpus, exclude=(tmp_path / "list.txt",))) == 39


def test_a_list_that_matches_nothing_is_told(tmp_path: Path, corpus: Path):
    (tmp_path / "list.txt").write_text("data/00.seg\n", encoding="utf-8")
    with pytest.raises(DataError, match="none of them is below"):
        read(corpus, exclude=(tmp_path / "list.txt",))


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


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", '{"id": 1}\n', "key text"),
        ("a.jsonl", '{"text": 1}\n', "not a string"),
        ("a.txt", b"\xff\xfe\xfa", "not valid utf-8"),
        ("a.jsonl", b'{"text": "\xff\xfe"}', "not valid utf-8"),
    ],
)
def test_broken_text_is_told(tmp_path: Path, name: str, content: str | bytes, told: str):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=told):
        read(tmp_path / name)


def test_missing_and_empty_places_are_told(tmp_path: Path):
    with pytest.raises(DataError, match="sukien fetch vietnews --all"):
        read(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no file of text"):
        read(tmp_path / "empty")


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
    with pytest.raises(DataError, match="another corpus"):
        check_tokens(tmp_path / "tokens", tokenizer, {"a": 2})
    other = train_tokenizer([["xin", "chào"] * 20], 300)
    with pytest.raises(DataError, match="another vocabulary"):
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
    ids.write_bytes(ids.read_bytes()[:100])
    with pytest.raises(DataError, match="cut short"):
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
    model = Pretraining(encoder(), ObjectiveSection(generator_layers=1, generator_width=16), 4)
    assert model.generator.embeddings.tok_embeddings.weight.shape[0] == 8
    found = model(torch.randint(5, 60, (2, 16)), torch.tensor([[1, 2], [3, 4]]))
    assert set(found) == {"loss", "filling", "filled", "detection"}
    assert found["loss"].item() == pytest.approx(found["filling"].item() + 50 * found["detection"].item(), rel=1e-5)


def test_a_generator_that_learns_alone_leaves_the_encoder_as_it_is():
    model = Pretraining(encoder(), ObjectiveSection(generator_layers=1, generator_width=16), 4)
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
        clock.load_state_dict({"seconds": float(seconds)})
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
        clock.load_state_dict({"seconds": float(seconds)})
        rates.append(clock.get_last_lr()[0])
        assert clock.generator_alone == (seconds < 720)
    assert rates == pytest.approx([0.02, 1.0, 2.0, 2.0, 0.02, 1.0, 2.0, 2.0, 1.0])


@pytest.fixture
def config(tmp_path: Path, corpus: Path):
    def make(**overrides: object) -> PretrainConfig:
        path = tmp_path / "run.yaml"
        path.write_text(
            f"""
name: tiny
output: {tmp_path}/training
corpus: {{paths: [{corpus}], tokens: {tmp_path}/made}}
tokenizer: {{vocabulary: 320}}
encoder: {{layers: 2, width: 32, heads: 4, feed_forward: 48, positions: 128}}
objective: {{generator_layers: 1, generator_width: 16}}
training:
  hours: 0.001
  tokens: 256
  lengths: {{32: 0.5, 64: 0.5}}
  checkpoint_minutes: 0.01
  log_steps: 2
  compile: false
""",
            encoding="utf-8",
        )
        return read_config(
            path, [f"{key.replace('__', '.')}={value}" for key, value in overrides.items()], PretrainConfig
        )

    return make


def test_a_run_leaves_an_encoder_that_loads_anywhere(config, capsys: pytest.CaptureFixture[str]):
    folder = pretrain(config())
    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    out = model(**tokenizer("Tổng thống Mỹ thăm Nga", return_tensors="pt"))
    assert out.last_hidden_state.shape[-1] == 32
    assert out.last_hidden_state.isfinite().all()
    run = config().folder
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert rows[-1]["filling"] > 0
    assert read_config(run / "config.yaml", [], PretrainConfig) == config()  # it can be run from its record
    assert {"config.yaml", "log.jsonl", "curves.png", "encoder"} == {path.name for path in run.iterdir()} - {
        "before-fall"
    }
    assert "pieces/s" in capsys.readouterr().out
    assert "replaced-token detection" in (folder / "README.md").read_text().lower()
    assert str(run) not in (folder / "config.json").read_text()


def test_a_run_whose_generator_begins_alone(config):
    pretrain(config(training__generator_alone=0.3, training__log_steps=1))
    rows = [json.loads(line) for line in (config().folder / "log.jsonl").read_text().splitlines()]
    alone = ["detection" not in row for row in rows]
    assert alone == sorted(alone, reverse=True)
    assert alone[0]
    assert not alone[-1]


def test_an_earlier_run_is_not_overwritten_unasked(config):
    pretrain(config())
    with pytest.raises(ConfigError, match="--overwrite"):
        pretrain(config())
    pretrain(config(), overwrite=True)


def test_a_killed_run_goes_on_and_its_time_counts(config, monkeypatch: pytest.MonkeyPatch):
    def dies(self, args, state, control, **kwargs):
        control.should_save = state.global_step == 3
        if state.global_step == 5:
            raise KeyboardInterrupt

    from sukien.training.pretraining.run import ClockCallback

    with monkeypatch.context() as patch:
        patch.setattr(ClockCallback, "on_step_end", dies)
        with pytest.raises(KeyboardInterrupt):
            pretrain(config(training__hours=1))
    with pytest.raises(ConfigError, match=r"(?s)was 'hours: 1.*is now 'hours: 0.002"):
        pretrain(config(training__hours=0.002), resume=True)
    started: list[int] = []
    usual = ClockCallback.on_train_begin

    def begins(self, args, state, control, **kwargs):
        started.append(state.global_step)
        usual(self, args, state, control, **kwargs)
        self._clock.seconds = 3600.0  # the hour is over

    monkeypatch.setattr(ClockCallback, "on_train_begin", begins)
    assert pretrain(config(training__hours=1), resume=True)
    assert started == [3]


def test_nothing_to_resume_is_told(config):
    with pytest.raises(ConfigError, match="holds no run to resume"):
        pretrain(config(), resume=True)


def test_a_finished_run_takes_more_time_from_before_its_rates_fell(config):
    pretrain(config(training__constant=0.3))
    kept = config().folder / "before-fall"
    was = json.loads((kept / "trainer_state.json").read_text())["global_step"]
    with pytest.raises(ConfigError, match=r"has ended; give it more time with a larger training\.hours"):
        pretrain(config(training__constant=0.3), resume=True)
    with pytest.raises(ConfigError, match=r"(?s)was 'hours: 0.001.*is now 'hours: 0.0009"):
        pretrain(config(training__constant=0.3, training__hours=0.0009), resume=True)
    with pytest.raises(ConfigError, match=r"is now 'constant: 0\.4"):
        pretrain(config(training__constant=0.4, training__hours=0.002), resume=True)
    longer = config(training__constant=0.3, training__hours=0.002)
    assert pretrain(longer, resume=True)
    rows = [json.loads(line) for line in (longer.folder / "log.jsonl").read_text().splitlines()]
    assert rows[-1]["hours"] > 0.0015
    assert next(row["rates"] for row in rows if row["step"] > was) == 1.0  # up again
    assert read_config(longer.folder / "config.yaml", [], PretrainConfig).training.hours == 0.002
    assert json.loads((kept / "trainer_state.json").read_text())["global_step"] > was  # for the next time


def test_more_time_is_refused_where_there_is_nothing_to_begin_from(config):
    pretrain(config(training__constant=0.3))
    shutil.rmtree(config().folder / "before-fall")
    with pytest.raises(ConfigError, match="no checkpoint from before its rates fell"):
        pretrain(config(training__constant=0.3, training__hours=0.002), resume=True)
    pretrain(config(training__constant=0.3, training__generator_alone=0.2), overwrite=True)
    with pytest.raises(ConfigError, match=r"generator would learn alone for 0\.20; give it fewer hours"):
        pretrain(config(training__constant=0.3, training__generator_alone=0.2, training__hours=1), resume=True)


def test_a_tiny_corpus_is_told(config):
    with pytest.raises(ConfigError, match="name more text or take smaller steps"):
        pretrain(config(training__tokens=16384))


def test_an_encoder_of_another_kind_cannot_be_gone_on_from(config, tiny_encoder: Path, tmp_path: Path):
    AutoTokenizer.from_pretrained(tiny_encoder).save_pretrained(tmp_path / "roberta")
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    RobertaModel(RobertaConfig(vocab_size=600, **sizes)).save_pretrained(tmp_path / "roberta")
    with pytest.raises(ConfigError, match="is a roberta, not a ModernBERT"):
        pretrain(config(encoder__start=tmp_path / "roberta"))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("training.hours", "-1", "greater than 0"),
        ("training.lengths", "{100: 1.0, 64: 1.0}", "divide"),
        ("encoder.heads", "5", "even multiple"),
        ("objective.kind", "electra", "'replaced' or 'masked'"),
        ("trainig.hours", "1", "did you mean training"),
        ("training.generator_alone", "0.6", "must end before constant"),
    ],
)
def test_faults_of_the_run_file_are_told(config, key: str, value: str, told: str):
    with pytest.raises(ConfigError, match=told):
        config(**{key.replace(".", "__"): value})
    with pytest.raises(ConfigError, match="has no generator"):
        config(objective__kind="masked", training__generator_alone=0.1)
