"""Other taggers on our offsets: a model whose answers are known by construction, underthesea, and the trivial floor."""

from __future__ import annotations

import importlib.util
import json
import unicodedata
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as hf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.models.test_architectures import fastbpe

from sukien.errors import DataError, ModelError, SukienError
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Prediction, Sentence
from sukien.text.article import article_sentences
from sukien.training.comparison import OtherTagger, load_token_classifier, load_underthesea, majority
from sukien.training.label_map import compared_labels, reduce_articles, reduce_predictions
from sukien.training.scoring import compare, score

Maker = Callable[..., Path]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
BIO = {"Kim": "B-PER", "Jong": "I-PER", "un": "B-LOC", "Hà": "B-LOC", "Nội": "I-LOC", "TP": "B-LOC", "Quốc": "B-ORG",
       "hội": "I-ORG", "ở": "O", "-": "O", "##c": "B-PER"}  # fmt: skip
TEXT = "Ông Kim Jong-un ở Hà Nội, TP.HCM. Quốc hội ở Hà Nội Hà Nội."
FOUND = [("Kim Jong-un", "PER"), ("Hà Nội", "LOC"), ("TP.HCM", "LOC"), ("Quốc hội", "ORG"), *[("Hà Nội", "LOC")] * 2]


def article(text: str, id: str = "a") -> Article:
    return Article(id, text, article_sentences(text))


def entities(tagger: OtherTagger, text: str) -> list[tuple[str, str]]:
    [prediction] = tagger.tag([article(text)])
    return [(entity.text, entity.label) for entity in prediction.entities]


def certain(model: Any, labels: Sequence[str], label_of: Mapping[int, str]) -> Any:
    """A model without layers that gives each piece the label that is written for it, and O to all others."""
    with torch.no_grad():
        for weights in model.parameters():
            weights.zero_()
        words = model.get_input_embeddings().weight
        for number in range(len(words)):
            words[number, labels.index(label_of.get(number, "O"))] = 1.0
        for name, weights in model.named_parameters():
            if name.endswith("LayerNorm.weight"):
                weights.fill_(1.0)
        model.classifier.weight.copy_(torch.eye(len(labels)))
    return model


def config_of(labels: Sequence[str], size: int) -> dict[str, Any]:
    return {
        "vocab_size": size,
        "hidden_size": len(labels),
        "num_hidden_layers": 0,
        "num_attention_heads": 1,
        "intermediate_size": 4,
        "max_position_embeddings": 48,
        "id2label": dict(enumerate(labels)),
        "label2id": {label: number for number, label in enumerate(labels)},
    }


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """Save a BERT that knows the label of each piece of a vocabulary."""

    def make(label_of: Mapping[str, str] = BIO) -> Path:
        folder = tmp_path / "their-ner"
        pieces = [*SPECIAL, *label_of, "H", ".", ",", "Ông", "HCM"]
        names = list(dict.fromkeys(["O", *label_of.values()]))
        model = hf.BertForTokenClassification(hf.BertConfig(**config_of(names, len(pieces))))
        certain(model, names, {pieces.index(piece): label for piece, label in label_of.items()}).save_pretrained(folder)
        (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
        hf.BertTokenizer(vocab=str(folder / "vocab.txt"), do_lower_case=False).save_pretrained(folder)
        return folder

    return make


def test_a_token_has_the_label_of_its_first_piece(make: Maker) -> None:
    tagger = load_token_classifier(str(make()))
    assert (tagger.name, tagger.entity_types) == ("their-ner", ("PER", "LOC", "ORG"))
    assert entities(tagger, TEXT) == FOUND  # though "un" alone is a place


def test_their_pieces_and_ours_are_the_same_where_the_tokens_are(make: Maker) -> None:
    """The reading of the run_ner script: tokens given as such, the label of each first piece."""
    folder = make()
    tokenizer, tokens = hf.AutoTokenizer.from_pretrained(folder), ["Hc", "Kim", "Jong-un", ",", "hội", "Nội"]
    given = tokenizer(tokens, is_split_into_words=True, return_tensors="pt")
    model = hf.AutoModelForTokenClassification.from_pretrained(folder).eval()
    best = model(**given).logits[0].argmax(-1).tolist()
    first = [given.word_ids().index(number) for number in range(len(tokens))]
    assert [model.config.id2label[best[place]] for place in first] == ["O", "B-PER", "I-PER", "O", "I-ORG", "I-LOC"]
    found = entities(load_token_classifier(str(folder)), "Hc Kim Jong-un, hội Nội")
    assert found == [("Kim Jong-un", "PER"), ("hội", "ORG"), ("Nội", "LOC")]


@pytest.mark.parametrize(
    "renamed",
    [
        {"I-PER": "E-PER", "I-LOC": "E-LOC", "I-ORG": "L-ORG"},
        {"B-PER": "I-PER", "B-ORG": "I-ORG"},  # IOB1, which opens with B only beside a span of the same type
        {"I-PER": "M-PER"},
    ],
)
def test_other_schemes_give_the_same_spans(make: Maker, renamed: dict[str, str]) -> None:
    label_of = {piece: renamed.get(label, label) for piece, label in BIO.items()}
    assert entities(load_token_classifier(str(make(label_of))), TEXT) == FOUND


def test_types_without_prefix_join_neighbours(make: Maker) -> None:
    tagger = load_token_classifier(str(make({piece: label[-3:] for piece, label in BIO.items()})))
    assert entities(tagger, TEXT) == [*FOUND[:4], ("Hà Nội Hà Nội", "LOC")]


def test_a_sentence_longer_than_the_model_reads_is_tagged_to_its_end(make: Maker) -> None:
    text = " ".join(["Hà Nội ở"] * 200)
    assert entities(load_token_classifier(str(make())), text) == [("Hà Nội", "LOC")] * 200


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from([*"KimHàNội.-_ \n\u200b\u0301\ud800"]) | st.characters(), max_size=60))
def test_any_text_gives_exact_offsets(make: Maker, tmp_path: Path, text: str) -> None:
    tagger = load_token_classifier(str(make() if not (tmp_path / "their-ner").exists() else tmp_path / "their-ner"))
    [prediction] = tagger.tag([article(text)])  # Prediction itself refuses a span that differs from the text
    assert prediction.text == text


def test_phobert_reads_words_of_several_syllables(tmp_path: Path) -> None:
    pytest.importorskip("underthesea")
    folder = tmp_path / "phobert-ner"
    folder.mkdir()
    fastbpe("Hà_Nội ở " * 9 + "Quốc_hội", folder, n_merges=8)  # the first five make one piece of Hà_Nội
    tokenizer = hf.PhobertTokenizer(str(folder / "vocab.txt"), str(folder / "bpe.codes"))
    [hanoi] = tokenizer("Hà_Nội", add_special_tokens=False)["input_ids"]
    labels = ["O", "B-LOCATION", "I-LOCATION"]
    config = hf.RobertaConfig(pad_token_id=1, **config_of(labels, len(tokenizer)))
    certain(hf.RobertaForTokenClassification(config), labels, {hanoi: "B-LOCATION"}).save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PhobertTokenizer"}))
    assert entities(load_token_classifier(str(folder)), "Quốc hội ở  Hà Nội.") == [("Hà Nội", "LOC")]


def write_map(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_label_map_renames_and_leaves_out(make: Maker, tmp_path: Path) -> None:
    mapping = write_map(
        tmp_path, "theirs: {B-PER: PER, LOC: GPE, ORG: null}\nours: {PER: PER, GPE: PLACE, LOC: PLACE}\n"
    )
    tagger = load_token_classifier(str(make()), mapping)
    assert tagger.entity_types == ("PER", "GPE")
    assert entities(tagger, TEXT)[:2] == [("Kim Jong-un", "PER"), ("Hà Nội", "GPE")]
    assert tagger.compared_with(["PER", "GPE", "ORG"]) == {"PER": "PER", "GPE": "PLACE", "LOC": "PLACE"}
    assert tagger.compared_with(["LOC"]) == {"GPE": "PLACE", "LOC": "PLACE"}
    with pytest.raises(DataError, match="no type is common"):
        tagger.compared_with(["ORG"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("theirs: {PER: PER, LOC: LOC}", "label 'ORG' is not in the map"),
        ("theirs: {PER: PER, LOC: LOC, B-ORG: ORG, I-ORG: LOC}", "label 'ORG' is mapped to LOC and ORG; name one"),
        ("theirs: {PER: PER, LOC: LOC, ORG: ORG, B-OGR: ORG}", "theirs: 'B-OGR' is no label of it.*PER, LOC, ORG"),
        ("theirs: {PER: PER, LOC: LOC, ORG: ORG, O: PER}", "theirs: 'O' is no label of it"),
        ("theirs: {PER: PER, LOC: LOC, ORG: ORG, LOCS: LOC}", "'LOCS' is no label of it; did you mean LOC"),
        ("theirs: {PER: PERS}", "'PERS' is no type under `ours`; did you mean PER"),
        ("theirs: {PER: null, LOC: null, ORG: null}", "not one of its labels"),
        ("theirs: {PER: 3, yes: PER}", "theirs: 'PER': 3: a label and a type are wanted or null"),
        ("theirs: {PER: 3, yes: PER}", "theirs: True: 'PER'"),
        ("ours: {PER: null}", "ours: 'PER': None: a label and a type are wanted$"),
        ("theirs: [PER]", "theirs: '': \\['PER'\\]"),
        ("their: {PER: PER}", "the keys theirs and ours"),
        ("- PER", "the keys theirs and ours"),
        ("", "the keys theirs and ours"),
        ("theirs: {", "no valid YAML"),
    ],
)
def test_faults_of_a_label_map_are_told(make: Maker, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_token_classifier(str(make()), write_map(tmp_path, text))


def test_a_type_of_ours_that_no_model_has_is_told(make: Maker, tmp_path: Path) -> None:
    mapping = write_map(tmp_path, "ours: {PER: PER, OGR: ORG, GPE: LOC, LOC: LOC}\n")
    tagger = load_token_classifier(str(make()), mapping)
    with pytest.raises(DataError, match=r"ours: 'OGR' is no type of the model; did you mean ORG\? \(PER, GPE, ORG\)"):
        tagger.compared_with(["PER", "GPE", "ORG"])


def test_tags_and_o_may_stand_in_a_label_map(make: Maker, tmp_path: Path) -> None:
    mapping = write_map(tmp_path, "theirs: {O: null, B-PER: PER, I-PER: PER, LOC: LOC, ORG: ORG}\n")
    assert load_token_classifier(str(make()), mapping).entity_types == ("PER", "LOC", "ORG")


def test_labels_of_unusual_names_need_a_map(make: Maker) -> None:
    folder = make({"Hà": "B-LOC", "Kim": "B-PATIENT_ID"})
    with pytest.raises(DataError, match="'PATIENT_ID' is not in the map; add `PATIENT_ID: `"):
        load_token_classifier(str(folder))
    with pytest.raises(DataError, match="no such file"):
        load_token_classifier(str(folder), folder / "none.yaml")


@pytest.mark.parametrize(
    ("label_of", "message"),
    [
        ({"Hà": "LOC-B", "Kim": "LOC-I"}, "of no known scheme"),
        ({"Hà": "B-LOC", "Kim": "PER"}, "of no known scheme"),
        ({}, "names no labels"),
    ],
)
def test_unusable_labels_of_a_model_are_told(make: Maker, label_of: dict[str, str], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_token_classifier(str(make(label_of)))


def test_a_config_without_names_and_one_without_o_are_told(make: Maker) -> None:
    folder = make({"Hà": "B-LOC"})
    config = json.loads((folder / "config.json").read_text())
    for names, message in ((["LABEL_0", "LABEL_1"], "names no labels"), (["NAME", "PLACE"], "no label O")):
        changed = config | {"id2label": dict(enumerate(names)), "label2id": {name: n for n, name in enumerate(names)}}
        (folder / "config.json").write_text(json.dumps(changed))
        with pytest.raises(ModelError, match=message):
            load_token_classifier(str(folder))


def test_folders_that_hold_no_token_classification_model_are_told(
    make: Maker, tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="ModernBertModel, not a token-classification model"):
        load_token_classifier(str(tiny_encoder))
    with pytest.raises(ModelError, match=r"no model folder \(no config.json\)"):
        load_token_classifier(str(tmp_path))
    with pytest.raises(ModelError, match="no such folder"):
        load_token_classifier(str(tmp_path / "none"))
    folder = make()
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="has no weights"):
        load_token_classifier(str(folder))
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_token_classifier(str(folder))


def test_weights_without_a_classifier_are_told(make: Maker) -> None:
    folder = make()
    model = hf.AutoModelForTokenClassification.from_pretrained(folder)
    stored = {name: weights for name, weights in model.state_dict().items() if not name.startswith("classifier")}
    model.save_pretrained(folder, state_dict=stored)
    with pytest.raises(ModelError, match=r"weights do not fit config\.json, which also wants classifier.bias"):
        load_token_classifier(str(folder))


def labelled(text: str, *found: tuple[str, str], id: str = "a") -> Article:
    spans = [Entity(text.index(part), text.index(part) + len(part), part, label) for part, label in found]
    return Article(id, text, (Sentence(0, len(text)),), tuple(spans), (Event(0, 3, text[:3], "AID", actors=(0,)),))


def test_both_systems_are_scored_on_the_common_types(make: Maker) -> None:
    tagger = load_token_classifier(str(make()))
    gold = [labelled("Ông Kim ở Hà Nội", ("Ông", "TITLE"), ("Kim", "PER"), ("Hà Nội", "GPE"), id=str(n)) for n in "ab"]
    ours = [Prediction(one.id, one.text, one.entities[:2], one.events, {"AID": 1.0}) for one in gold]
    compared = tagger.compared_with(["PER", "GPE", "LOC", "TITLE"])
    assert compared == {"PER": "PER", "GPE": "LOC", "LOC": "LOC"}
    labels = compared_labels(compared)
    assert labels.entity_types == ("PER", "LOC")
    reduced = reduce_articles(gold, compared)
    assert [entity.label for entity in reduced[0].entities] == ["PER", "LOC"]
    mine, theirs = reduce_predictions(ours, compared), reduce_predictions(tagger.tag(gold), compared)
    assert (mine[0].events, mine[0].event_types) == ((), {})
    assert score(reduced, mine, labels)["entities"]["micro"]["recall"] == 0.5
    assert score(reduced, theirs, labels)["entities"]["micro"]["f1"] == 1.0
    assert compare(reduced, mine, theirs, labels)["entities"]["difference"] == pytest.approx(2 / 3 - 1)


def test_neighbours_stay_two_when_their_types_become_one() -> None:
    one = labelled("ở Hồ Gươm Hà Nội", ("Hồ Gươm", "LOC"), ("Hà Nội", "GPE"))
    [reduced] = reduce_articles([one], {"GPE": "LOC", "LOC": "LOC"})
    assert [(entity.text, entity.label) for entity in reduced.entities] == [("Hồ Gươm", "LOC"), ("Hà Nội", "LOC")]


@pytest.fixture
def underthesea() -> OtherTagger:
    pytest.importorskip("underthesea")
    return load_underthesea()


def test_underthesea_on_our_offsets(underthesea: OtherTagger) -> None:
    assert underthesea.entity_types == ("PER", "ORG", "LOC")
    text = "Ông Putin  gặp Kim Jong-un tại Hà Nội.\n\u200bHội nghị ở Hoà\u00a0Bình và Hà_Nội."
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = entities(underthesea, text)
        decomposed = entities(underthesea, unicodedata.normalize("NFD", text))
    assert found[:3] == [("Putin", "PER"), ("Kim Jong-un", "PER"), ("Hà Nội", "LOC")]
    assert ("Hoà\u00a0Bình", "LOC") in found  # which underthesea itself writes Hòa Bình
    assert found[-1] == ("Hà_Nội", "LOC")
    assert [(unicodedata.normalize("NFC", part), label) for part, label in decomposed] == found


@pytest.mark.parametrize("text", ["", "!!!", "_ _", "\ud800 Mỹ \U0001f600", "\u0301\u0301"])
def test_underthesea_takes_any_text(underthesea: OtherTagger, text: str) -> None:
    [prediction] = underthesea.tag([Article("a", text, (Sentence(0, len(text)),) if text else ())])
    assert prediction.text == text


def test_sentences_that_underthesea_changes_are_counted(
    underthesea: OtherTagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("underthesea.ner", lambda text: [(text[1:], "N", "O", "B-PER")])
    with pytest.warns(UserWarning, match="underthesea changed the text of 2 of 2 sentences"):
        assert entities(underthesea, "Nga và Mỹ.\nPháp và Anh.") == []


def test_a_missing_underthesea_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SukienError, match="pip install 'sukien\\[segment\\]'"):
        load_underthesea()


def news(*types: Sequence[str], id: str = "a") -> Article:
    """A sentence for each argument, with a trigger word for each of its types."""
    text = "\n".join(" ".join(["ab"] * (len(names) + 1)) for names in types)
    sentences, events, start = [], [], 0
    for names in types:
        events += [Event(start + 3 * n, start + 3 * n + 2, "ab", name) for n, name in enumerate(names)]
        sentences.append(Sentence(start, start + 3 * len(names) + 2))
        start = sentences[-1].end + 1
    return Article(id, text, tuple(sentences), (), tuple(events))


def test_the_majority_is_the_type_that_most_sentences_hold() -> None:
    labels = LabelSet(("PER",), ("AID", "CONSULT", "ASSAULT"))
    train = [news(["CONSULT"], ["CONSULT"], ["AID"] * 5, ["OTHER"], ["OTHER"], ["OTHER"])]
    floor = majority(train, labels)
    assert floor.event_type == "CONSULT"
    gold = [news(["CONSULT"], ["AID"], [], id="a"), news(["ASSAULT"], id="b")]
    scores = score(gold, [floor.predict(one) for one in gold], labels)
    micro = {layer: scores[layer]["micro"] for layer in scores if layer not in ("n_articles", "n_sentences", "rule")}
    assert (micro["sentence_event_types"]["precision"], micro["sentence_event_types"]["recall"]) == (1 / 4, 1 / 3)
    assert (micro["article_event_types"]["precision"], micro["article_event_types"]["recall"]) == (1 / 2, 1 / 3)
    assert (micro["triggers"]["f1"], micro["triggers"]["predicted"]) == (0.0, 4)
    assert (micro["entities"]["f1"], micro["entities"]["predicted"]) == (0.0, 0)


def test_a_majority_of_nothing_says_nothing() -> None:
    for train in ([], [news([])], [news(["OTHER"])]):
        floor = majority(train, LabelSet(("PER",), ("AID",)))
        assert floor.predict(news(["AID"])).events == ()
    assert majority([news(["AID"], ["CONSULT"])], LabelSet((), ("CONSULT", "AID"))).event_type == "CONSULT"
    assert majority([news(["AID"])], LabelSet(("PER",), ())).event_type is None
