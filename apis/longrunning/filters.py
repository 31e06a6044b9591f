"""The filter of ListOperations: `FIELD=VALUE` terms joined by AND (google.aip.dev/160, in part).

`done` is true or false, `state` what the metadata says, `name` a whole name or one with `*`, and
`type` a part of the metadata type's name (`TYPE=BATCH` finds `BatchProcessMetadata`). `:` means the
same as `=`, `!=` its contrary. Case and underscores do not matter in values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from sensorium.apis.operations import JSON, Operation
from sensorium.models.errors import InvalidArgument

Test = Callable[[Operation], bool]
_TERM = re.compile(r"(?:metadata\.)?(\w+)\s*(!=|=|:)\s*(?:\"([^\"]*)\"|([^\s\"]+))")
_AND = re.compile(r"\s+AND\s+", re.I)


def matcher(text: str) -> Test:
    """Return whether an operation passes a filter; every one passes an empty filter.

    Raises InvalidArgument for what is no such filter.
    """
    text = text.strip()
    if not text:
        return lambda operation: True
    tests = [_term(part) for part in _AND.split(text)]
    return lambda operation: all(test(operation) for test in tests)


def _term(part: str) -> Test:
    """Return the test that one term stands for."""
    found = _TERM.fullmatch(part.strip())
    read = _FIELDS.get(found[1].lower()) if found else None
    if found is None or read is None:
        raise InvalidArgument(
            f"{part[:80]!r} is no term of a filter.",
            field="filter",
            hint=f"Terms are FIELD=VALUE with {', '.join(_FIELDS)}, joined by AND.",
        )
    wanted, negated = _plain(found[3] if found[3] is not None else found[4]), found[2] == "!="
    return lambda operation: read(operation, wanted) != negated


def _plain(value: object) -> str:
    """Return a value without what does not matter in it."""
    return str(value).replace("_", "").lower()


def _state(metadata: JSON) -> str:
    """Return the state that metadata tell, their inner ones included."""
    inner = (value for value in metadata.values() if isinstance(value, dict))
    return _plain(metadata.get("state") or next((i["state"] for i in inner if "state" in i), ""))


_FIELDS: Mapping[str, Callable[[Operation, str], bool]] = {
    "done": lambda one, wanted: _plain(one.done) == wanted,
    "state": lambda one, wanted: _state(one.metadata) == wanted,
    "name": lambda one, wanted: fnmatchcase(_plain(one.name), wanted),
    "type": lambda one, wanted: wanted in _plain(str(one.metadata["@type"]).rpartition(".")[2]),
}
