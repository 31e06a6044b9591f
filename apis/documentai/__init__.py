"""Document AI v1: processors that turn documents into `Document` messages.

names.py tables.py store.py         resource names, and what the database keeps
processor_types.py processors.py versions.py train.py   the RPCs about processors
process_document.py batch_process.py                    the RPCs about documents
resolution.py  the processor and version that a name means
opening.py     bytes of a request -> a file whose kind and pages are known
options.py     how it is to be processed
sheets.py      a file -> its pages, read
document.py    pages -> `Document` JSON: text, pages and every layout
reading.py     what a parser gets: the pages, and the text with the places of its words
fields.py      what extraction found -> `Document.entities`
forms.py       what a form is made of -> form fields, tables, visual elements
masks.py shards.py   a document cut down to some fields or some pages
processing.py  the table of processor types
parsers/       one file for each processor type

A processor type is one module in `parsers/` with one coroutine, and nothing else is edited:

    @processes("INVOICE_PROCESSOR", category="SPECIALIZED", summary="Invoice parser")
    async def invoice(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
        found = await asyncio.to_thread(invoices.extract, reading.placed)
        document["entities"] = fields.entities(found, reading)
        return document

`document` is what OCR_PROCESSOR would answer, without barcodes; its `pages[i]` is
`reading.sheets[i]`, which has the page in reading order in pixels. `reading.placed` is the text of
all pages with the place of each word, `await reading.paper(i, call)` the page's picture again. A
parser that opens other kinds of file itself names them in `also`; for these `reading.sheets` is
empty and `reading.file.content` has the bytes.
"""

from sensorium.apis.core import api

documentai = api(
    "documentai",
    title="Document AI",
    summary="Read documents: their text, layout, forms, tables and fields.",
)
