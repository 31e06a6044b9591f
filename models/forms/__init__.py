"""Forms by geometry and rules: named fields, checkboxes and tables of a page.

    form = read(document, page, pixels, rules)

`document` is the text of all pages with the places of its words; every span found is an offset into
its text. `pixels` and `rules` are those of a `DocumentPage`: pixels may be None, then only text and
vector rules are looked at and no checkbox is found. Where an engine tells the structure of tables,
`regrid` puts their words into its cells.
"""

from sensorium.models.forms.form import Cell, Checkbox, Field, Form, Part, Span, Table
from sensorium.models.forms.page import read
from sensorium.models.forms.regrid import Cutout, cutout, regrid

__all__ = [
    "Cell",
    "Checkbox",
    "Cutout",
    "Field",
    "Form",
    "Part",
    "Span",
    "Table",
    "cutout",
    "read",
    "regrid",
]
