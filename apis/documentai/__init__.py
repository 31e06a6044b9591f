"""Document AI v1: processors that turn documents into `Document` messages.

opening.py     bytes of a request -> a file whose kind and pages are known
reading.py     a file -> pages with words, each at its place in the text (`Reading`)
document.py    a reading -> `Document` JSON with text, pages and every layout
processing.py  the table of processor types

A processor type is one module with one coroutine, and nothing else is edited:

    @processes("INVOICE_PROCESSOR", category="SPECIALIZED", summary="Invoice parser")
    async def invoice(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
        words = reading.pages[0].words            # Placed: a word, and where it is in the text
        document["entities"] = [
            {"type": "invoice_id", **reading.mention(words[3:4]), "confidence": 0.9}
        ]
        return document

`document` is what OCR_PROCESSOR would answer. `reading.pages[i].page` is the page in reading
order (blocks, paragraphs, lines, words, boxes in pixels), `await reading.pixels(i, call)` its
picture, `reading.words_in(i, box)` the words within a box, `reading.anchor(words)` a `textAnchor`,
`reading.layout(i, words, box)` a `layout`, `reading.mention(words)` the anchors and text of an
entity. A processor that opens other kinds of file itself names them in `also`; for these `reading`
has no pages and `reading.file.content` the bytes.
"""

from sensorium.apis.core import api

documentai = api(
    "documentai",
    title="Document AI",
    summary="Read documents: their text, layout, forms, tables and fields.",
)
