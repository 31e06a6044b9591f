"""Office files as the archives that they are: what can be told before a library opens one."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sensorium.models.errors import Failure, InvalidArgument

# [MS-CFB] 2.2: what Office wrote before 2007, and what it wraps a file with a password in
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.3.4.4
_CONTENT_TYPES = "[Content_Types].xml"
_STRICT = b"purl.oclc.org/ooxml"
_MOST_PARTS = 20_000
_MOST_BYTES = 400_000_000  # unpacked
_PROLOG = 4096  # bytes of a part in which a DOCTYPE would stand


def check(content: bytes, kind: str, main: str) -> None:
    """Refuse what is no `kind` such as DOCX, whose main part is `main`, or hostile.

    Raises InvalidArgument that says why: other files, older formats, a password, archives that
    unpack to too much, parts that define entities (ISO/IEC 29500-2 forbids a DTD).
    """
    if content.startswith(_COMPOUND):
        raise _compound(content, kind)
    with reading(kind), zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_BYTES:
            raise InvalidArgument(f"The {kind} unpacks to more than {_MOST_BYTES // 10**6} MB.")
        if any(part.flag_bits & 1 for part in parts):
            raise _locked(kind)
        names = {part.filename for part in parts}
        if _CONTENT_TYPES not in names or main not in names:
            raise InvalidArgument(f"This is an archive, but no {kind}: it has no {main}.")
        for part in parts:
            if part.filename.endswith((".xml", ".rels", ".vml")):
                with archive.open(part) as opened:
                    _prolog(opened.read(_PROLOG), part.filename, kind)


@contextmanager
def reading(kind: str) -> Iterator[None]:
    """Turn whatever a library trips over in a file into InvalidArgument."""
    try:
        yield
    except (Failure, MemoryError):
        raise
    except RecursionError:
        raise InvalidArgument(f"The parts of the {kind} nest too deeply.") from None
    except zipfile.BadZipFile as error:
        raise InvalidArgument(f"This is no {kind}, or it is cut: {error}.") from error
    except zlib.error as error:
        raise InvalidArgument(f"The {kind} is damaged: it cannot be unpacked.") from error
    except Exception as error:
        what = type(error).__name__
        raise InvalidArgument(f"The {kind} is not made as the format says ({what}).") from error


def _prolog(start: bytes, name: str, kind: str) -> None:
    plain = start.replace(b"\0", b"")  # of UTF-16, too
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise InvalidArgument(f"The part {name[:100]!r} of the {kind} has a DTD, which none may.")
    if _STRICT in plain and b"schemas.openxmlformats.org" not in plain:
        raise InvalidArgument(
            f"The {kind} is of the strict kind, which is not read.", hint="Save it as usual."
        )


def _compound(content: bytes, kind: str) -> InvalidArgument:
    if _ENCRYPTED in content:
        return _locked(kind)
    return InvalidArgument(
        f"This is a file of an Office before 2007, no {kind}.", hint=f"Save it as {kind}."
    )


def _locked(kind: str) -> InvalidArgument:
    return InvalidArgument(
        f"The {kind} is encrypted and needs a password.", hint="Send it without one."
    )
