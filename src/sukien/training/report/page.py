"""The report as one page that needs nothing else: no script, font, style or picture from elsewhere."""

from __future__ import annotations

from typing import Any

from sukien.training.report.figures import figures
from sukien.training.report.sections import sections, warning
from sukien.training.report.systems import layers_of

_TEMPLATE = "report.html.jinja"


def render_page(scores: dict[str, Any]) -> str:
    """HTML of the result of `measure`. All text of articles is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sukien.training.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    report = scores["report"]
    return environment.get_template(_TEMPLATE).render(
        title=f"{report['run']['model']} on {report['run']['data']}",
        warning=warning(scores),
        sections=sections(scores),
        figures=figures(scores),
        layers=layers_of(scores),
        examples=report["examples"],
    )
