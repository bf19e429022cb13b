"""One prediction as a picture for the terminal: the article with its spans marked, then what was found.

Colour helps but is not needed: entities stand in `[brackets|TYPE]`, triggers in `{braces|TYPE}`, close to the
form in which labels are written by hand. All text goes through `rich.text.Text`, so that `[bold]` in an
article is just text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from sukien.ontology import ENTITY_TYPES
from sukien.schema import Entity, Event, Prediction, Sentence, Span

# The sixteen ANSI colours follow the reader's theme, so they are legible on a light and on a dark ground.
_COLOURS = (
    "cyan",
    "magenta",
    "bright_blue",
    "blue",
    "bright_cyan",
    "yellow",
    "bright_yellow",
    "bright_magenta",
)
_ENTITY_COLOURS = dict(zip(ENTITY_TYPES, _COLOURS, strict=True))
_COOPERATION, _CONFLICT, _OTHER_ACT = "green", "red", "bright_magenta"
# What each PLOVER type means in a few words; the first seven are cooperation, the others conflict.
_MEANINGS = {
    "AGREE": "agree, promise, offer, invite",
    "CONSULT": "meet, call, visit, negotiate",
    "SUPPORT": "back, praise, recognise, ratify",
    "CONCEDE": "ease, lift, pardon, apologise",
    "COOPERATE": "trade, exercise jointly, share intelligence",
    "AID": "give money, arms, training, relief",
    "RETREAT": "withdraw, release, disarm, resign",
    "REQUEST": "ask, call for, demand, order",
    "ACCUSE": "criticise, blame, sue, investigate",
    "REJECT": "refuse, deny, veto",
    "THREATEN": "threaten, warn of consequences",
    "PROTEST": "demonstrate, strike, riot, boycott",
    "SANCTION": "sanction, expel, suspend, convict",
    "MOBILIZE": "deploy, mass, exercise, test weapons",
    "COERCE": "arrest, ban, seize, restrict",
    "ASSAULT": "attack, bomb, kill, fight",
}
_N_COOPERATION = 7
_ACT_COLOURS = {label: _COOPERATION if place < _N_COOPERATION else _CONFLICT for place, label in enumerate(_MEANINGS)}
_BAR_WIDTH = 10
_N_SURFACES = 6
_PARAGRAPH_BREAK = re.compile(r"[^\S\n]*\n\s*\n\s*")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def render_prediction(prediction: Prediction, title: str | None = None) -> RenderableType:
    """The article with entities and triggers marked in place, then what was found, with probabilities.

    Text outside the sentences (web-page residue), which nobody tags, is dim. Control characters are shown as
    U+FFFD: an article must not be able to move the reader's cursor or turn the writing direction.
    """
    parts: list[RenderableType] = []
    if title is not None:
        parts.append(Rule(Text(_shown(title), style="bold"), align="left", style="dim"))
    parts.append(Padding(_marked_text(prediction), (1, 1)))
    if prediction.events or prediction.event_types:
        parts += [Text("Events", style="bold"), Padding(_event_table(prediction), (0, 1, 1, 1))]
    if prediction.entities:
        parts += [Text("Entities", style="bold"), Padding(_entity_table(prediction.entities), (0, 1, 1, 1))]
    parts.append(Padding(_summary(prediction), (0, 1)))
    return Group(*parts)


def _marked_text(prediction: Prediction) -> Text:
    """The text, cut at every border of a span; each piece takes the styles of all spans that cover it."""
    sentences = prediction.sentences or (Sentence(0, len(prediction.text)),)
    colours = _entity_colours(prediction.entities)
    opening, closing = _borders([*prediction.entities, *prediction.events])
    inside = {sentence.start: True for sentence in sentences}
    outside = {sentence.end: False for sentence in sentences}
    cuts = sorted({0, *opening, *closing, *inside, *outside, len(prediction.text)})
    result, open_spans, in_sentence = Text(), list[Span](), False
    for start, end in pairwise(cuts + cuts[-1:]):
        for span in closing.get(start, ()):
            open_spans.remove(span)
            result.append(_tag(span), style=Style(dim=True) + _style(span, colours, marked=False))
        for span in opening.get(start, ()):
            open_spans.append(span)
            result.append("{" if isinstance(span, Event) else "[", style="dim")
        in_sentence = inside.get(start, outside.get(start, in_sentence))
        styles = [_style(span, colours) for span in open_spans] if in_sentence else [Style(dim=True)]
        style = Style.combine([Style(), *styles])
        result.append(_shown(prediction.text[start:end]), style=style)
    result.rstrip()
    return result


def _borders(spans: Sequence[Span]) -> tuple[dict[int, list[Span]], dict[int, list[Span]]]:
    """Spans by start and by end, so ordered that a span within another is also bracketed within it."""
    opening: defaultdict[int, list[Span]] = defaultdict(list)
    closing: defaultdict[int, list[Span]] = defaultdict(list)
    nested = sorted(spans, key=lambda span: (span.start, -span.end))
    for span in nested:
        opening[span.start].append(span)
    for span in reversed(nested):
        closing[span.end].append(span)
    return opening, closing


def _tag(span: Span) -> str:
    if isinstance(span, Entity):
        return f"|{span.label}]"
    modality = "" if span.modality in (None, "asserted") else f"|{span.modality}"
    return f"|{span.label}{modality}}}"


def _style(span: Span, entity_colours: dict[str, str], *, marked: bool = True) -> Style:
    if isinstance(span, Entity):
        return Style(color=entity_colours[span.label])
    return Style(color=_ACT_COLOURS.get(span.label, _OTHER_ACT), bold=marked, underline=marked)


def _entity_colours(entities: Iterable[Entity]) -> dict[str, str]:
    own = sorted({entity.label for entity in entities} - set(_ENTITY_COLOURS))
    return _ENTITY_COLOURS | {label: _COLOURS[place % len(_COLOURS)] for place, label in enumerate(own)}


def _shown(text: str) -> str:
    """Text without surprises for a terminal, paragraphs one blank line apart."""
    text = _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))
    return _PARAGRAPH_BREAK.sub("\n\n", text)


def _event_table(prediction: Prediction) -> Table:
    """One row a type: probability that the article has such an event, triggers, and what the type means."""
    table = Table.grid(padding=(0, 2), expand=False)
    for fixed in (True, True, True, False, False):
        table.add_column(no_wrap=fixed)
    spans = _by_label(prediction.events)
    probabilities = dict(prediction.event_types)
    labels = {*probabilities, *spans}
    for label in sorted(labels, key=lambda name: (-probabilities.get(name, 0.0), -len(spans.get(name, ())), name)):
        colour = _ACT_COLOURS.get(label, _OTHER_ACT)
        table.add_row(
            Text(label, style=Style(color=colour, bold=True)),
            _probability(probabilities.get(label), colour),
            _count(spans.get(label, ())),
            _surfaces(spans.get(label, ())),
            _one_line(_MEANINGS.get(label, ""), style="dim"),
        )
    return table


def _entity_table(entities: Sequence[Entity]) -> Table:
    table = Table.grid(padding=(0, 2), expand=False)
    for fixed in (True, True, False):
        table.add_column(no_wrap=fixed)
    colours, spans = _entity_colours(entities), _by_label(entities)
    for label in sorted(spans, key=lambda name: (-len(spans[name]), name)):
        name = Text(label, style=Style(color=colours[label], bold=True))
        table.add_row(name, _count(spans[label]), _surfaces(spans[label]))
    return table


def _probability(value: float | None, colour: str) -> Text:
    """A bar and a percentage; only certainty is shown as 100."""
    if value is None:
        return Text("")
    filled = round(_BAR_WIDTH * value)
    bar = Text("━" * filled, style=colour)
    bar.append("─" * (_BAR_WIDTH - filled), style="dim")
    percent = round(100 * value) if value >= 1 else min(round(100 * value), 99)
    return bar.append(f" {percent:3d}%")


def _count(spans: Sequence[Span]) -> Text:
    return Text(f"×{len(spans)}", justify="right")


def _surfaces(spans: Sequence[Span]) -> Text:
    """The distinct texts of some spans, the most frequent first."""
    counts = Counter(" ".join(_shown(span.text).split()) for span in spans)
    names = [f"{name} ×{count}" if count > 1 else name for name, count in counts.most_common(_N_SURFACES)]
    return _one_line(", ".join([*names, *(["…"] if len(counts) > _N_SURFACES else [])]))


def _one_line(text: str, style: str = "") -> Text:
    """What is cut at the right where the terminal is narrow; the columns before it are not."""
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _by_label(spans: Iterable[Span]) -> dict[str, list[Span]]:
    groups: defaultdict[str, list[Span]] = defaultdict(list)
    for span in spans:
        groups[span.label].append(span)
    return groups


def _summary(prediction: Prediction) -> Text:
    counts = ", ".join(
        f"{count:,} {name if count == 1 else plural}"
        for count, name, plural in (
            (len(prediction.entities), "entity", "entities"),
            (len(prediction.events), "event", "events"),
            (len(prediction.sentences), "sentence", "sentences"),
        )
    )
    result = Text(f"{counts}. ")
    result.append("Read: [entity|TYPE], ", style="dim")
    result.append("{trigger|EVENT}", style="dim underline")
    result.append(", green ", style="dim").append("cooperation", style=_COOPERATION)
    result.append(", red ", style="dim").append("conflict", style=_CONFLICT)
    return result.append("; dim text is no part of the article's body.", style="dim")
