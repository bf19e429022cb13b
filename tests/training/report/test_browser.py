"""The page in a real browser, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sukien.training.report.page import render_page

BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed: apt-get install chromium")


@pytest.fixture(scope="module")
def opened(scores: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, list[str]]]:
    """The page of the report on a phone, and what went wrong or was fetched since it was opened."""
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_page(scores), encoding="utf-8")
    told: list[str] = []
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.set_default_timeout(120_000)  # of a busy machine
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: told.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        yield page, told
        browser.close()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_never_scrolls_sideways(opened: tuple[Any, list[str]], width: int) -> None:
    page, _ = opened
    page.set_viewport_size({"width": width, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inner = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, figure, details')"
        " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert inner == []


def test_headings_sort_the_errors(opened: tuple[Any, list[str]]) -> None:
    page, _ = opened
    page.set_viewport_size({"width": 1280, "height": 740})

    def column(key: str) -> list[str]:
        found: list[str] = page.evaluate(
            f"[...document.querySelectorAll('#random tbody tr')].map(r => r.dataset.{key})"
        )
        return found

    before = column("score")
    assert len(set(before)) > 3
    head = page.locator("#random th[data-key=score]")
    head.get_by_role("button").click()
    assert [float(score) for score in column("score")] == sorted(map(float, before), reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    head.get_by_role("button").click()
    assert [float(score) for score in column("score")] == sorted(map(float, before))
    page.locator("#random th[data-key=kind]").get_by_role("button").click()
    assert column("kind") == sorted(column("kind"))
    assert head.get_attribute("aria-sort") is None


def test_without_script_all_errors_are_there(opened: tuple[Any, list[str]], scores: dict[str, Any]) -> None:
    page, _ = opened
    examples = scores["report"]["examples"]
    assert page.locator("#confident tbody tr").count() == len(examples["confident"])
    assert page.locator("#random tbody tr").count() == len(examples["random"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ink_stands_out_from_the_page(opened: tuple[Any, list[str]], scheme: str) -> None:
    page, _ = opened
    page.emulate_media(color_scheme=scheme)
    for selector in ("body", "p", ".few th", "a", "figcaption", "svg text"):
        ink = page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).color")
        if selector == "svg text":
            ink = page.evaluate("getComputedStyle(document.querySelector('svg text')).fill")
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert _contrast(ink, paper) >= 4.5, (selector, ink, paper)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio of two colours as `rgb(r, g, b)`."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_nothing_was_fetched_and_nothing_went_wrong(opened: tuple[Any, list[str]]) -> None:
    assert opened[1] == []
