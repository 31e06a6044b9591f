"""Forms by geometry and rules: named fields, checkboxes and tables of a page.

    form = read(document, page, pixels, rules)

`document` is the text of all pages with the places of its words; every span found is an offset into
its text. `pixels` and `rules` are those of a `DocumentPage`: pixels may be None, then only text and
vector rules are looked at and no checkbox is found.
"""

from collections.abc import Sequence

from sensorium.models.extraction.placed import PlacedText
from sensorium.models.forms.form import Cell, Checkbox, Field, Form, Part, Span, Table
from sensorium.models.tasks.pictures import Pixels, Rule

__all__ = ["Cell", "Checkbox", "Field", "Form", "Part", "Span", "Table", "read"]


def read(
    document: PlacedText, page: int = 0, pixels: Pixels | None = None, rules: Sequence[Rule] = ()
) -> Form:
    """Return the fields, checkboxes and tables of page `page`, counted from 0.

    The page may be askew or lie on its side: words tell how. Costs a fraction of reading the page
    by OCR. A page without words is an empty form, or one of checkboxes without captions.
    """
    raise NotImplementedError
