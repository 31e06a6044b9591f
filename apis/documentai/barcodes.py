"""Barcodes as `DetectedBarcode`: their format by Google's names, and what their text is."""

from __future__ import annotations

import re

from sensorium.apis.core import JSON
from sensorium.apis.documentai import geometry
from sensorium.models.tasks import Barcode

# Google's names; zxing writes them without separators, and some with a variant behind (Code39Ext).
_FORMATS = (
    *("CODE_128", "CODE_39", "CODE_93", "CODABAR", "DATA_MATRIX", "ITF", "EAN_13", "EAN_8"),
    *("QR_CODE", "UPC_A", "UPC_E", "PDF417", "AZTEC", "DATABAR"),
)
# What begins a text of each kind, as the ZXing wiki lists it ("Barcode Contents").
_KINDS = (
    (r"(?i)BEGIN:VCARD|MECARD:|BIZCARD:", "CONTACT_INFO"),
    (r"(?i)mailto:|MATMSG:|[^\s@:/]+@[^\s@:/]+\.\w+\Z", "EMAIL"),
    (r"(?i)tel:", "PHONE"),
    (r"(?i)smsto?:|mmsto?:", "SMS"),
    (r"(?i)https?://|www\.|URL:|URLTO:|MEBKM:", "URL"),
    (r"(?i)WIFI:", "WIFI"),
    (r"(?i)geo:", "GEO"),
    (r"(?i)BEGIN:(VEVENT|VCALENDAR)", "CALENDAR_EVENT"),
    (r"@\n?[\x1e\r\n]+ANSI ", "DRIVER_LICENSE"),
)


def shown(one: Barcode, size: geometry.Size) -> JSON:
    """Return a `DetectedBarcode`; it has a place and no text anchor."""
    name = _format(one.format)
    return {
        "layout": {
            "boundingPoly": geometry.poly(one.polygon, size),
            "orientation": geometry.orientation(one.polygon),
        },
        "barcode": {"format": name, "valueFormat": _kind(name, one.text), "rawValue": one.text},
    }


def _format(name: str) -> str:
    """Return a symbology by Google's name, or as it is where Google has none."""
    if name == "ISBN":
        return "EAN_13"
    known = (one for one in _FORMATS if name.lower().startswith(one.replace("_", "").lower()))
    return next(known, name)


def _kind(name: str, text: str) -> str:
    """Return what a barcode's text is."""
    if name.startswith(("EAN", "UPC")):
        return "ISBN" if name == "EAN_13" and text.startswith(("978", "979")) else "PRODUCT"
    return next((kind for pattern, kind in _KINDS if re.match(pattern, text)), "TEXT")
