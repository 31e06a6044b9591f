"""Schemas: what a user wants extracted, in the words of Google's DocumentSchema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sensorium.models.errors import InvalidArgument

ValueType = Literal[
    "string", "number", "integer", "float", "money", "currency", "date", "datetime", "address",
    "boolean", "checkbox",
]  # fmt: skip
Occurrence = Literal["OPTIONAL_ONCE", "OPTIONAL_MULTIPLE", "REQUIRED_ONCE", "REQUIRED_MULTIPLE"]
_MOST_PROPERTIES = 500
_LONGEST_PATTERN = 1000
_DIRECTIVE = re.compile(r"(?m)^\s*(anchors|regex)\s*:\s*(.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Property:
    """A field to extract: what introduces it, and the form that its value must have, if any."""

    name: str
    value_type: ValueType = "string"
    occurrence: Occurrence = "OPTIONAL_ONCE"
    anchors: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def multiple(self) -> bool:
        """Tell whether it may occur more than once."""
        return self.occurrence.endswith("MULTIPLE")

    @classmethod
    def described(
        cls, name: str, value_type: str, occurrence: str, description: str, display_name: str = ""
    ) -> Property:
        r"""Return a property as its description tells.

        Lines of the description that start with `anchors:` list the words that introduce the value,
        separated by `|`; a line `regex:` gives the form of the value (its first group, if it has
        one, is what is extracted). Without anchors, the display name or the name is one, its
        underscores as spaces; with a regex and no anchors, matches are taken from anywhere.

            anchors: Policy No | Policy number
            regex: [A-Z]{2}-\d{6}

        Raises InvalidArgument for an unknown type or occurrence, an empty name or a bad regex.
        """
        told = _DIRECTIVE.findall(description)
        anchors = tuple(
            word.strip()
            for key, value in told
            if key == "anchors"
            for word in value.split("|")
            if word.strip()
        )
        pattern = next((value for key, value in told if key == "regex"), "")
        if not name.strip():
            raise InvalidArgument("A property has no name.", field="name")
        kind = value_type or "string"
        if kind not in get_args(ValueType):
            names = ", ".join(get_args(ValueType))
            raise InvalidArgument(f"'{kind}' is none of {names}.", field=f"{name}.valueType")
        often = "OPTIONAL_ONCE" if "UNSPECIFIED" in occurrence or not occurrence else occurrence
        if often not in get_args(Occurrence):
            raise InvalidArgument(f"'{often}' is unknown.", field=f"{name}.occurrenceType")
        _checked(name, pattern)
        if not anchors and not pattern:
            anchors = (display_name or name.replace("_", " "),)
        return cls(name, kind, often, anchors, pattern)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Schema:
    """The properties of a document type, each with its own name."""

    properties: tuple[Property, ...]

    @classmethod
    def of(cls, properties: Sequence[Property]) -> Schema:
        """Return a schema; InvalidArgument for a name that comes twice or too many of them."""
        names = [one.name for one in properties]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise InvalidArgument(f"The property '{twice}' comes twice.", field="properties")
        if len(properties) > _MOST_PROPERTIES:
            raise InvalidArgument(
                f"A schema has at most {_MOST_PROPERTIES} properties.", field="properties"
            )
        return cls(tuple(properties))


def _checked(name: str, pattern: str) -> None:
    """Refuse a pattern that does not compile or is overlong."""
    import regex

    if len(pattern) > _LONGEST_PATTERN:
        raise InvalidArgument(
            f"The regex has more than {_LONGEST_PATTERN} characters.", field=f"{name}.description"
        )
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError) as error:
        raise InvalidArgument(
            f"The regex cannot be read: {error}.", field=f"{name}.description"
        ) from error
