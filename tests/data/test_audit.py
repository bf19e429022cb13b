from __future__ import annotations

from pathlib import Path

import pytest

from sukien.data.audit import CONTRADICTION, KINDS, REPEATED, SUSPICIOUS, UNLABELLED, Finding, audit
from sukien.data.inline import read_inline
from sukien.ontology import LabelSet
from sukien.schema import Article

LONG = "Tổng thống Nga hôm qua điện đàm với người đồng cấp Mỹ về tình hình Ukraine và Syria"


@pytest.fixture
def articles(tmp_path: Path):
    def read(*texts: str) -> list[Article]:
        file = tmp_path / "labels.txt"
        file.write_text("".join(f"# doc: {n}\n{text}\n" for n, text in enumerate(texts)), encoding="utf-8")
        return read_inline(file, LabelSet())

    return read


def of_kind(found: list[Finding], kind: str) -> list[tuple[str, int, str]]:
    return [finding[1:] for finding in found if finding.kind == kind]


def test_the_same_phrase_in_like_context_with_another_label(articles):
    found = audit(
        articles(
            "Mỹ {{cảnh báo|THREATEN|asserted|>}} Nga",
            "Mỹ {{cảnh báo|THREATEN|asserted|>}} Nga",
            "Rồi\nMỹ {{cảnh báo|ACCUSE|asserted|>}} Nga",
            "Anh {{cảnh báo|ACCUSE|asserted|>}} Nga",
        )
    )
    assert of_kind(found, CONTRADICTION) == [("2", 2, "'mỹ [cảnh báo] nga' is ACCUSE here, THREATEN 2 times elsewhere")]


def test_an_unlabelled_twin_is_a_contradiction_too(articles):
    found = audit(articles("Ở [[Mỹ|GPE]] nay", "Ở [[Mỹ|GPE]] nay", "Ở Mỹ nay"))
    assert of_kind(found, CONTRADICTION) == [("2", 1, "'ở [mỹ] nay' is unlabelled here, GPE 2 times elsewhere")]


def test_phrases_that_are_labelled_nearly_everywhere_else(articles):
    texts = [f"Có {n} [[Mỹ|GPE]] {n}" for n in range(10, 30)]
    found = audit(articles(*texts, "Rời Mỹ ngay", "Đội [[Mỹ Đình|LOC]] và [[Bắc Mỹ|LOC]]"))
    assert of_kind(found, UNLABELLED) == [("20", 1, "'mỹ' has no label here (rời … ngay), but 20 times elsewhere")]


def test_phrases_that_are_often_unlabelled_are_not_told(articles):
    texts = [f"Có {n} [[Mỹ|GPE]] {n}" for n in range(10, 15)]
    assert not of_kind(audit(articles(*texts, "Rời Mỹ ngay", "Tới Mỹ mai")), UNLABELLED)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[[ông Putin|PER]]", "begins with a title"),
        ("[[Putin,|PER]]", "ends with punctuation"),
        ("[[putin|PER]]", "has no capital letter"),
        ("[[vào hôm qua|TIME]]", "begins with a preposition"),
        ("[[mỗi ngày|TIME]]", "says how often, not when"),
        ("[[Tổng thống đắc cử|TITLE]]", "holds a word that stays outside"),
        ("[[nhiều|QUANTITY]]", "has no number"),
        ("[[hơn 100 người|QUANTITY]]", "begins with an approximator"),
        ("{{sẽ gặp|CONSULT|future|>}}", "begins with a word that stays outside a trigger"),
        ("{{vớt|AID|asserted|>1}} người [[Rohingya|MISC|1]]", "has MISC 'Rohingya' as a participant"),
    ],
)
def test_spans_of_unusual_form(articles, line: str, reason: str):
    ((_, _, what),) = of_kind(audit(articles(line)), SUSPICIOUS)
    assert what.endswith(reason)


def test_spans_of_usual_form_are_not_told(articles):
    line = (
        "[[Putin|PER]] [[gần đây|TIME]] {{không kích|ASSAULT|asserted|>}} [[0,6%|QUANTITY]] [[hàng chục|QUANTITY]]"
        " [[phương Tây|LOC]] [[11h04'|TIME]] [[phát ngôn viên|TITLE]]"
    )
    assert not audit(articles(line))


def test_near_duplicates_are_told_with_their_splits(articles):
    read = articles(LONG, f"Khác\n{LONG} nữa", "Hôm nay trời đẹp và không có gì xảy ra cả nhé")
    ((article, sentence, what),) = of_kind(audit(read), REPEATED)
    assert (article, sentence) == ("1", 2)
    assert what.endswith("is nearly the same in 0, sentence 1")
    assert not of_kind(audit(read, {"0": "train", "1": "train", "2": "test"}), REPEATED)
    ((_, _, told),) = of_kind(audit(read, {"0": "test", "1": "train", "2": "test"}), REPEATED)
    assert told.endswith("(test)")


def test_findings_come_by_kind_then_in_the_order_of_articles(articles):
    found = audit(articles("[[putin,|PER]]", "[[biden|PER]]", *[f"{n} [[Mỹ|GPE]] {n}" for n in range(9)], "Mỹ"))
    kinds = [list(KINDS).index(finding.kind) for finding in found]
    assert kinds == sorted(kinds)
    assert [finding.article for finding in found if finding.kind == SUSPICIOUS] == ["0", "0", "1"]
