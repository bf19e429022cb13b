"""The pictures of the report as inline SVG: no fonts, no bitmaps, text as text, ink in the colour of the page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sukien.training.report.layout import LAYER_NAMES
from sukien.training.report.systems import layers_of
from sukien.training.tables import FEW

# Okabe and Ito's palette: told apart by colour-blind readers, and on a light and a dark page.
_BLUE, _ORANGE, _GREEN, _PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
_INK = "#010203"  # stands for the colour of the page's text
_STYLES = {
    "entities": (_BLUE, "o", "-"),
    "triggers": (_ORANGE, "s", "--"),
    "sentence_event_types": (_GREEN, "^", "-."),
    "article_event_types": (_PINK, "D", ":"),
}
_WIDTH = 5.0  # inches: 360 points, so that on a phone the letters keep their size
_RC = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.parse_math": False,  # a user's label may hold a dollar
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"), _INK
    ),
}

Draw = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Figure:
    """`svg` is markup of our own making. `title` says what is seen. `size`: narrow, normal or wide."""

    svg: str
    title: str
    size: str = "normal"


def figures(scores: dict[str, Any]) -> dict[str, list[Figure]]:
    """The figures of each section, by its id; those that have nothing to show are left out."""
    report = scores["report"]
    confidence = {layer: values for layer, values in report["confidence"].items() if values["after"]["n"]}
    return {
        "types": [_types(layer, types) for layer, types in _measured(scores) if types],
        "errors": [_confusion(layer, matrix) for layer, matrix in report["confusion"].items()],
        "confidence": [
            *(_reliability(layer, values) for layer, values in confidence.items()),
            *([_coverage(confidence)] if confidence else []),
        ],
        "robustness": [_robustness(report["robustness"], layers_of(scores))],
    }


def _svg(name: str, title: str, height: float, draw: Draw, width: float = _WIDTH) -> str:
    """One drawing as an `<svg>` element whose ids are its own within the page."""
    # Figure and canvas by hand: pyplot would keep global state and may ask for a display.
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Drawing

    with rc_context({**_RC, "svg.hashsalt": name}):
        drawing = Drawing(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(drawing)
        axes = drawing.subplots()
        axes.set_facecolor("none")
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        handle = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        drawing.savefig(handle, format="svg", transparent=True, metadata=nothing)
    return _inline(handle.getvalue(), name, title)


def _inline(svg: str, name: str, title: str) -> str:
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#{name}-", svg)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    label = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace(_INK, "currentColor").replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()


def _measured(scores: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Per layer the types that were labelled or predicted: of the others there is no F1, not one of 0."""
    for layer in ("entities", "triggers"):
        types = scores.get(layer, {}).get("types", {})
        yield layer, {name: values for name, values in types.items() if values["support"] or values["predicted"]}


def _types(layer: str, types: dict[str, Any]) -> Figure:
    title = f"F1 of {LAYER_NAMES[layer]} by type with 95% range; hollow: under {FEW} labelled spans"

    def draw(axes: Any) -> None:
        for place, values in enumerate(types.values()):
            if values["interval"]:
                axes.plot([100 * bound for bound in values["interval"]], [place, place], color=_BLUE, linewidth=2)
            face = "none" if values["support"] < FEW else _BLUE
            axes.plot([100 * values["f1"]], [place], "o", color=_BLUE, markerfacecolor=face, markersize=6)
        axes.set_yticks(range(len(types)), list(types))
        axes.invert_yaxis()
        _percent_axis(axes, "F1, %")

    return Figure(_svg(f"types-{layer}", title, 0.6 + 0.24 * len(types), draw), title)


def _percent_axis(axes: Any, name: str) -> None:
    axes.set_xlim(-2, 102)
    axes.set_xlabel(name)
    axes.grid(axis="x", alpha=0.25)


def _confusion(layer: str, matrix: dict[str, Any]) -> Figure:
    title = f"{LAYER_NAMES[layer].capitalize()}: labelled type (rows) and predicted type (columns); O: no span"
    names, counts = matrix["types"], matrix["counts"]
    size = 1.2 + 0.36 * len(names)

    def draw(axes: Any) -> None:
        from matplotlib.patches import Rectangle

        for row, values in enumerate(counts):
            for column, count in enumerate(values):
                if not count:
                    continue
                share = count / sum(values)
                colour, on_it = (_BLUE, "white") if row == column else (_ORANGE, "black")
                # Faint up to one half, then full: the ink has to stand out on a light page and on a dark one.
                alpha, ink = (share**0.5, _INK) if share <= 0.5 else (1.0, on_it)
                axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, alpha=alpha, linewidth=0))
                axes.text(column + 0.5, row + 0.5, str(count), ha="center", va="center", fontsize=7.5, color=ink)
        places = [place + 0.5 for place in range(len(names))]
        axes.set_xticks(places, names, rotation=90)
        axes.set_yticks(places, names)
        axes.set(xlim=(0, len(names)), ylim=(len(names), 0), xlabel="predicted", ylabel="labelled", aspect="equal")

    svg = _svg(f"confusion-{layer}", title, size, draw, width=max(_WIDTH, size))
    return Figure(svg, title, "wide" if size > _WIDTH else "normal")


def _reliability(layer: str, values: dict[str, Any]) -> Figure:
    title = f"{LAYER_NAMES[layer].capitalize()}: share that is right against score; on the diagonal a score is a chance"

    def draw(axes: Any) -> None:
        axes.plot([0, 100], [0, 100], color=_INK, linewidth=0.8, alpha=0.5)
        _reliability_curve(axes, values["before"], "before", _ORANGE, "s--")
        _reliability_curve(axes, values["after"], "after" if values["before"] else "as it is", _BLUE, "o-")
        axes.set(xlim=(-2, 102), ylim=(-2, 102), xlabel="mean score, %", ylabel="right, %")
        axes.grid(alpha=0.25)
        axes.legend(frameon=False, loc="upper left", title=LAYER_NAMES[layer])

    return Figure(_svg(f"reliability-{layer}", title, 3.4, draw, width=3.8), title, "narrow")


def _reliability_curve(axes: Any, found: dict[str, Any] | None, name: str, colour: str, style: str) -> None:
    if found is None:
        return
    bins = [one for one in found["bins"] if one["n"]]
    label = f"{name} (ECE {100 * (found['ece'] or 0):.1f})"
    confidence, accuracy = ([100 * one[key] for one in bins] for key in ("confidence", "accuracy"))
    axes.plot(confidence, accuracy, style, color=colour, label=label, markersize=5)


def _coverage(confidence: dict[str, Any]) -> Figure:
    title = "F1 against coverage, the share of predicted spans that is kept, from all of them down to the surest"

    def draw(axes: Any) -> None:
        for layer, values in confidence.items():
            rows = values["coverage"]
            colour, _, line = _STYLES[layer]
            coverage, f1 = ([100 * row[key] for row in rows] for key in ("coverage", "f1"))
            axes.plot(coverage, f1, line, color=colour, label=LAYER_NAMES[layer])
        axes.set_ylim(0, 102)
        axes.set_ylabel("F1, %")
        _percent_axis(axes, "kept, %")
        axes.legend(frameon=False)

    return Figure(_svg("coverage", title, 3.0, draw), title)


def _robustness(found: dict[str, Any], layers: Sequence[str]) -> Figure:
    title = "F1 by way of writing"
    names = ["as it is", *found["variants"]]

    def draw(axes: Any) -> None:
        for layer in layers:
            values = [found["original"][layer], *(one[layer]["f1"] for one in found["variants"].values())]
            shown = [(100 * f1, place) for place, f1 in enumerate(values) if f1 is not None]
            colour, marker, _ = _STYLES[layer]
            axes.plot(*zip(*shown, strict=True), marker, color=colour, label=LAYER_NAMES[layer]) if shown else None
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        _percent_axis(axes, "F1, %")
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=2)

    return Figure(_svg("robustness", title, 3.4, draw), title)
