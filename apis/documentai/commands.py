"""Short names of the command line: one document through one processor."""

from __future__ import annotations

from sensorium.apis.core import JSON
from sensorium.apis.documentai import documentai
from sensorium.apis.documentai.process_document import RPC


@documentai.command("read", RPC)
def read(content: bytes) -> JSON:
    """Read the text and layout of a PDF or picture."""
    return _through("ocr", content)


@documentai.command("invoice", RPC)
def invoice(content: bytes) -> JSON:
    """Find the fields of an invoice."""
    return _through("invoice", content)


@documentai.command("receipt", RPC)
def receipt(content: bytes) -> JSON:
    """Find the fields of a receipt."""
    return _through("expense", content)


@documentai.command("layout", RPC)
def layout(content: bytes) -> JSON:
    """Return a document's headings, lists and tables as a tree (also DOCX, PPTX, XLSX, HTML)."""
    return _through("layout-parser", content)


def _through(processor: str, content: bytes) -> JSON:
    """Return the request for one document and a processor that is always there."""
    return {
        "name": f"projects/local/locations/us/processors/{processor}",
        "rawDocument": {"content": content},
        "imagelessMode": True,
    }
