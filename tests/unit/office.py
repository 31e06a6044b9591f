"""Office files made by the libraries that users make them with."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any


def docx(write: Callable[[Any], None]) -> bytes:
    """Return a DOCX that `write` filled."""
    import docx as library

    return _saved(library.Document(), write)


def pptx(write: Callable[[Any], None]) -> bytes:
    """Return a PPTX that `write` filled."""
    import pptx as library

    return _saved(library.Presentation(), write)


def xlsx(write: Callable[[Any], None]) -> bytes:
    """Return an XLSX that `write` filled."""
    import openpyxl

    return _saved(openpyxl.Workbook(), write)


def repacked(content: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """Return an archive with its parts changed, those left out for which `change` has None."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            changed = change(name, old.read(name))
            if changed is not None:
                new.writestr(name, changed)
    return target.getvalue()


def _saved(document: Any, write: Callable[[Any], None]) -> bytes:
    write(document)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()
