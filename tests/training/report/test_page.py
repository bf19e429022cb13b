"""The page: whole, safe, and in need of nothing from elsewhere."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from sukien.schema import Article
from sukien.training.report.figures import figures
from sukien.training.report.page import render_page
from sukien.training.report.sections import sections

VOID = {"meta", "br", "img", "input", "link", "hr"}


class Page(HTMLParser):
    """Elements with their attributes, text by enclosing languages, and faults of nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[tuple[str, str | None]] = []
        self.words: dict[str | None, list[str]] = {}
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            before = self.stack[-1][1] if self.stack else None
            self.stack.append((tag, dict(attrs).get("lang", before)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack[-1][0] != tag:
            self.faults.append(f"</{tag}> in {self.stack[-1:]}")
        elif self.stack:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        self.words.setdefault(self.stack[-1][1] if self.stack else None, []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(scores: dict[str, Any]) -> str:
    return render_page(scores)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_it_is_one_whole_page(text: str, page: Page) -> None:
    assert text.startswith("<!DOCTYPE html>")
    assert page.faults == []
    assert page.stack == []
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1


def test_nothing_comes_from_elsewhere(text: str, page: Page) -> None:
    for _, attributes in page.elements:
        for name, value in attributes.items():
            if name in ("src", "srcset", "data", "action", "poster") or name.startswith("on"):
                pytest.fail(f"{name}={value}")
            if name.endswith("href"):
                assert (value or "").startswith("#"), value
            assert not re.search(r"url\((?!#)", value or ""), value
    assert {tag for tag, _ in page.elements} & {"link", "iframe", "object", "embed", "img", "image", "base"} == set()
    assert "@import" not in text
    assert "url(" not in re.sub(r"url\(#", "", text)


def test_text_of_articles_is_text(text: str, page: Page, hostile: Article) -> None:
    assert len(page.all("script")) == 1
    assert "alert" not in "".join(re.findall(r"<script>.*?</script>", text, re.DOTALL))
    assert not [tag for tag, _ in page.elements if tag == "i"]
    seen = "".join(page.words["vi"])
    assert "<script>alert(1)</script>" in seen
    assert hostile.id in "".join(page.words["en"])
    assert "tiny <model>" in "".join(page.words["en"])


def test_vietnamese_is_said_to_be_vietnamese(page: Page, scores: dict[str, Any]) -> None:
    shown = scores["report"]["examples"]["confident"] + scores["report"]["examples"]["random"]
    whole = "".join(page.words["vi"])
    for one in shown:
        assert "".join(piece["text"] for piece in one["pieces"]) in whole
    assert "Evaluation" not in whole


def test_contents_lead_to_sections_and_ids_are_distinct(page: Page, scores: dict[str, Any]) -> None:
    ids = [value for _, attributes in page.elements if (value := attributes.get("id"))]
    assert len(ids) == len(set(ids))
    links = [(attributes["href"] or "")[1:] for attributes in page.all("a")]
    assert links == [*(one.id for one in sections(scores)), "examples"]
    targets = {value[1:] for _, a in page.elements for name, value in a.items() if name.endswith("href") and value}
    values = [value or "" for _, attributes in page.elements for value in attributes.values()]
    used = {found for value in values for found in re.findall(r"url\(#(.*?)\)", value)}
    assert targets | used <= set(ids)


def test_every_table_has_a_caption_and_every_figure_a_name(page: Page) -> None:
    assert len(page.all("table")) == len(page.all("caption")) > 20
    drawn = [attributes for attributes in page.all("svg") if attributes.get("role") == "img"]
    assert len(drawn) == len(page.all("figure")) == len(page.all("svg")) == 2 + 2 + 5 + 1
    assert all(attributes["aria-label"] and "viewbox" in attributes for attributes in drawn)


def test_a_type_neither_labelled_nor_predicted_is_not_drawn(scores: dict[str, Any]) -> None:
    nothing = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0, "predicted": 0, "interval": None}
    types = {"SEEN": nothing | {"support": 1}, "SAID": nothing | {"predicted": 1}, "ABSENT": nothing}
    changed = scores | {
        "entities": scores["entities"] | {"types": types},
        "triggers": scores["triggers"] | {"types": {"ABSENT": nothing}},
    }
    [figure] = figures(changed)["types"]
    assert [name for name in types if name in figure.svg] == ["SEEN", "SAID"]


def test_figures_are_lines_and_text_in_the_ink_of_the_page(text: str) -> None:
    figures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert all("currentColor" in one and "<text" in one for one in figures)
    assert not any("<metadata" in one or "font-face" in one or "#010203" in one for one in figures)


def test_each_error_says_what_is_labelled_and_what_predicted(page: Page, scores: dict[str, Any]) -> None:
    examples = scores["report"]["examples"]
    marked = [attributes.get("class") for attributes in page.all("mark")][2:]  # those before explain
    expected = [
        " ".join(name for name in ("gold", "predicted") if piece[name])
        for one in [*examples["confident"], *examples["random"]]
        for piece in one["pieces"]
        if piece["gold"] or piece["predicted"]
    ]
    assert marked == expected
    assert {"gold", "predicted"} < set(marked)


def test_the_same_numbers_make_the_same_page(scores: dict[str, Any], text: str) -> None:
    assert render_page(copy.deepcopy(scores)) == text


def test_the_warning_stands_before_everything(scores: dict[str, Any], text: str) -> None:
    seen = render_page({**scores, "n_seen_in_training": 1})
    assert seen.index("1 of the 4 articles") < seen.index("<nav")
    assert 'role="alert"' not in text


def test_labels_of_any_name_are_drawn_as_they_are(scores: dict[str, Any]) -> None:
    odd = copy.deepcopy(scores)
    odd["entities"]["types"] = {"$x": odd["entities"]["types"]["PER"], "<b>&$": odd["entities"]["types"]["GPE"]}
    text = render_page(odd)
    assert ">$x<" in text
    assert "&lt;b&gt;&amp;$" in text
    assert Page(text).faults == []
