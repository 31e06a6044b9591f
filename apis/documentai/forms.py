"""What a page's form is made of, as fields of `Document.Page`: form fields, tables, marks."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import geometry
from sensorium.apis.documentai.document import anchor
from sensorium.apis.documentai.geometry import Size
from sensorium.apis.documentai.reading import Reading
from sensorium.models import forms
from sensorium.models.errors import FailedPrecondition
from sensorium.models.forms import Cell, Checkbox, Field, Form, Part, Table
from sensorium.models.tasks import Pixels, Polygon, TableRecognizer


async def found(reading: Reading, index: int, call: Call) -> Form:
    """Return the form of a page, counted from 0; its pixels are looked at where there is a file."""
    paper = await reading.paper(index, call)
    pixels, rules = (None, ()) if paper is None else (paper.image, paper.rules)
    form = await asyncio.to_thread(forms.read, reading.placed, index, pixels, rules)
    return form if pixels is None else await _recognized(form, reading, index, pixels, call)


async def _recognized(form: Form, reading: Reading, index: int, pixels: Pixels, call: Call) -> Form:
    """Return the form with tables without rules as an engine sees them, where one is installed."""
    cuts = {at: forms.cutout(pixels, one) for at, one in enumerate(form.tables) if not one.ruled}
    shown = {at: cut for at, cut in cuts.items() if cut is not None}
    if not shown:
        return form
    try:
        recognize = call.models.use(TableRecognizer.cells, timeout=call.limits.seconds)
        told = await recognize([cut.pixels for cut in shown.values()])
    except FailedPrecondition:  # the rules tell tables too
        return form
    tables = list(form.tables)
    for (at, cut), cells in zip(shown.items(), told, strict=True):
        made = forms.regrid(reading.placed, index, tables[at], cut.corner, cells)
        tables[at] = made or tables[at]
    return replace(form, tables=tuple(tables))


def shown(form: Form, size: Size) -> JSON:
    """Return `formFields`, `tables` and `visualElements`.

    A checkbox with a caption is a form field, too, whose value says whether it is ticked.
    """
    captioned = [_ticked(one, one.caption, size) for one in form.checkboxes if one.caption]
    return {
        "formFields": [*(_field(one, size) for one in form.fields), *captioned],
        "tables": [_table(one, size) for one in form.tables],
        "visualElements": marks(form, size),
    }


def marks(form: Form, size: Size) -> list[JSON]:
    """Return the checkboxes of a page as `VisualElement`s."""
    return [{"type": _state(one), "layout": _mark(one, size)} for one in form.checkboxes]


def _field(one: Field, size: Size) -> JSON:
    name, value = _layout(one.name, size), _layout(one.value, size)
    name["confidence"] = value["confidence"] = one.confidence
    return {"fieldName": name, "fieldValue": value}


def _ticked(one: Checkbox, caption: Part, size: Size) -> JSON:
    """Return the `FormField` of a checkbox."""
    return {
        "fieldName": _layout(caption, size),
        "fieldValue": _mark(one, size),
        "valueType": _state(one),
    }


def _table(one: Table, size: Size) -> JSON:
    cells = [cell for row in one.rows for cell in row]
    spans = sorted(span for cell in cells for span in cell.part.spans)
    rows = [{"cells": [_cell(cell, size) for cell in row]} for row in one.rows]
    return {
        "layout": _place(one.polygon, one.confidence, size) | {"textAnchor": anchor(*spans)},
        "headerRows": rows[: one.headers],
        "bodyRows": rows[one.headers :],
    }


def _cell(one: Cell, size: Size) -> JSON:
    return {"layout": _layout(one.part, size), "rowSpan": one.rows, "colSpan": one.columns}


def _layout(part: Part, size: Size) -> JSON:
    return _place(part.polygon, part.confidence, size) | {"textAnchor": anchor(*part.spans)}


def _mark(one: Checkbox, size: Size) -> JSON:
    return _place(one.polygon, one.confidence, size)


def _place(polygon: Polygon, confidence: float, size: Size) -> JSON:
    """Return a `Layout` without text."""
    return {
        "confidence": confidence,
        "boundingPoly": geometry.poly(polygon, size),
        "orientation": geometry.orientation(polygon),
    }


def _state(one: Checkbox) -> str:
    return "filled_checkbox" if one.filled else "unfilled_checkbox"
