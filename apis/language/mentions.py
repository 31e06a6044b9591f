"""The mentions of a document: names that the engine finds and quantities that the rules find."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sensorium.apis.language.analysis import Analysis
from sensorium.apis.language.document import Span
from sensorium.models import quantities
from sensorium.models.tasks import Sentiment

# What the rules for quantities are held to: at least so many of what they find is right
# (benchmarks/quality_quantities.py).
RULE_PRECISION = 0.95


@dataclass(frozen=True, slots=True)
class Found:
    """A mention: where, of what kind, how sure, in which sentence, and how its clause feels.

    `parts` are the normalized parts of a quantity, empty for a name; `label` is the caller's own
    name for the kind.
    """

    span: Span
    kind: str
    proper: bool
    confidence: float
    sentence: int
    parts: dict[str, str] = field(default_factory=dict)
    sentiment: Sentiment | None = None
    label: str = ""

    @property
    def metadata(self) -> dict[str, str]:
        """Return what an entity's metadata tell."""
        return self.parts or ({"entity_type": self.label} if self.label else {})

    def covers(self, other: Found) -> bool:
        """Tell whether another mention lies within this one."""
        return self.span.at <= other.span.at and other.span.end <= self.span.end


async def find(analysis: Analysis) -> list[Found]:
    """Return the mentions of a document in order.

    Where a name and a quantity meet, a date, price, number or phone number keeps what it covers,
    an address lets the names in it be, and a name keeps the number in it. What has a kind of the
    caller's own is kept in any case.
    """
    names = [
        replace(
            _found(
                analysis,
                number,
                mention.start,
                mention.end,
                mention.kind,
                mention.proper,
                confidence,
            ),
            label=mention.label,
        )
        for number, reading in enumerate(analysis.readings)
        for mention in reading.mentions
        if (confidence := min(1.0, max(mention.confidence, 1e-4)))
    ]
    counted = await asyncio.to_thread(_quantities, analysis)
    return sorted(_settled(names, counted), key=lambda one: (one.span.block, one.span.at))


def _found(
    analysis: Analysis,
    number: int,
    start: int,
    end: int,
    kind: str,
    proper: bool,
    confidence: float,
    parts: dict[str, str] | None = None,
) -> Found:
    """Return a mention at a place of a sentence, with the sentiment of the clause around it."""
    span = analysis.document.within(analysis.spans[number], start, end)
    feeling = next((one.sentiment for one in analysis.clauses[number] if start < one.end), None)
    if feeling is None and analysis.clauses[number]:
        feeling = analysis.clauses[number][-1].sentiment
    return Found(span, kind, proper, confidence, number, parts or {}, feeling)


def _quantities(analysis: Analysis) -> list[Found]:
    """Return the quantities of every block; an address may run over sentences."""
    document = analysis.document
    starts = [(span.block, span.at) for span in analysis.spans]
    found = []
    for number, block in enumerate(document.blocks):
        text = block.text
        for one in quantities.recognize(text, document.language):
            sentence = max(0, bisect_right(starts, (number, one.start)) - 1)
            at = analysis.spans[sentence].at
            made = _found(
                analysis, sentence, one.start - at, one.end - at, one.kind, False, RULE_PRECISION,
                one.parts,
            )  # fmt: skip
            # the text of the block, for what goes on behind its first sentence
            whole = Span(text[one.start : one.end], made.span.start, number, one.start)
            found.append(
                Found(whole, one.kind, False, RULE_PRECISION, sentence, one.parts, made.sentiment)
            )
    return found


def _settled(names: list[Found], counted: list[Found]) -> Iterable[Found]:
    """Yield the mentions of both that may stand beside each other."""
    by_block: dict[int, list[Found]] = {}
    for one in counted:
        by_block.setdefault(one.span.block, []).append(one)
    dropped: set[int] = set()
    for name in names:
        near = by_block.get(name.span.block, [])
        keep = True
        for one in _overlapping(name, near):
            if one.kind == "ADDRESS" and one.covers(name):
                continue
            if name.label or (one.kind != "ADDRESS" and name.covers(one) and not one.covers(name)):
                dropped.add(id(one))
            else:
                keep = False
        if keep:
            yield name
    yield from (one for one in counted if id(one) not in dropped)


def _overlapping(name: Found, near: list[Found]) -> Iterable[Found]:
    """Yield the quantities that share characters with a name; both are in order."""
    index = bisect_right(near, name.span.at, key=lambda one: one.span.end)
    while index < len(near) and near[index].span.at < name.span.end:
        yield near[index]
        index += 1
