"""Documents that say which class they are of, for training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from sensorium.apis.core import Call
from sensorium.apis.documentai import sheets
from sensorium.apis.documentai.document import document
from sensorium.apis.documentai.inputs import Input
from sensorium.apis.documentai.opening import Given, opened
from sensorium.apis.documentai.options import Options
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument

_DOCUMENT = "google.cloud.documentai.v1.Document"
_OPTIONS = "google.cloud.documentai.v1.ProcessOptions"
LONGEST = 20_000  # characters of a text that its vector is made of
_PAGES = 10  # that are read of a training document


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and its class."""

    text: str
    label: str


async def labelled(one: Input, by_page: bool, call: Call) -> list[Labelled]:
    """Return what a training document is an example of: itself, or each of its pages.

    A `Document` in JSON has the class of its first entity, or each page that of the entity which
    has the page; any other file has the name of its folder. InvalidArgument without a class or
    text.
    """
    content = await call.sources.read(one.uri, field=one.field)
    if content[:1] == b"{":
        found = _from_json(content, by_page)
    elif not one.folder:
        raise InvalidArgument("The document is in no folder that names its class.")
    else:
        texts = await _texts(Given(content, one.said, one.field, one.uri), call)
        pieces = texts if by_page else ["".join(texts)]
        found = [Labelled(text[:LONGEST], one.folder) for text in pieces]
    found = [example for example in found if example.text.strip()]
    if not found:
        raise InvalidArgument("There is no text in the document.")
    return found


async def _texts(given: Given, call: Call) -> list[str]:
    """Return the text of each of a document's first pages."""
    file = await opened(given, call)
    message: Any = load().message(_OPTIONS)()
    message.from_start = _PAGES
    read = await sheets.read(file, Options(message), sheets.Extras(), call)
    _, reading = document(file, read, symbols=False)
    return reading.texts()


def _from_json(content: bytes, by_page: bool) -> list[Labelled]:
    """Return the examples that a `Document` in JSON says."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidArgument(f"This is no JSON: {error}.") from None
    message: Any = load().message(_DOCUMENT)()
    decode(message, value)
    if not message.entities:
        raise InvalidArgument("The Document has no entity that names its class.")
    if not by_page:
        return [Labelled(message.text[:LONGEST], message.entities[0].type_)]
    return [
        Labelled(_page_text(message, ref.page)[:LONGEST], entity.type_)
        for entity in message.entities
        for ref in entity.page_anchor.page_refs
    ]


def _page_text(message: Any, page: int) -> str:
    """Return the text of a page; InvalidArgument for one that is not there."""
    if not 0 <= page < len(message.pages):
        raise InvalidArgument(f"The Document has no page {page}, counted from 0.")
    segments = message.pages[page].layout.text_anchor.text_segments
    return "".join(message.text[one.start_index : one.end_index] for one in segments)
