"""Forms by geometry and rules: named fields, checkboxes and tables of a page.

    form = read(document, page, pixels, rules)

`document` is the text of all pages with the places of its words; every span found is an offset into
its text. `pixels` and `rules` are those of a `DocumentPage`: pixels may be None, then only text and
vector rules are looked at and no checkbox is found.
"""

from sensorium.models.forms.form import Cell, Checkbox, Field, Form, Part, Span, Table
from sensorium.models.forms.page import read

__all__ = ["Cell", "Checkbox", "Field", "Form", "Part", "Span", "Table", "read"]
