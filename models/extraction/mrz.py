"""Machine readable zones of travel documents (ICAO Doc 9303, parts 4, 5 and 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WEIGHTS = (7, 3, 1)
# What OCR takes for digits and letters, in the fields that hold only the other.
_DIGITS = str.maketrans("OQDIZSGB", "00012568")
_LETTERS = str.maketrans("01258", "OIZSB")
# Fields by format: line, first and last column. TD1 has 3 lines of 30, TD2 2 of 36, TD3 2 of 44.
_FIELDS: dict[str, dict[str, tuple[int, int, int]]] = {
    "TD1": {
        "kind": (0, 0, 2), "issuer": (0, 2, 5), "number": (0, 5, 14), "number_check": (0, 14, 15),
        "optional": (0, 15, 30), "birth": (1, 0, 6), "birth_check": (1, 6, 7), "sex": (1, 7, 8),
        "expiry": (1, 8, 14), "expiry_check": (1, 14, 15), "nationality": (1, 15, 18),
        "optional2": (1, 18, 29), "check": (1, 29, 30), "name": (2, 0, 30),
    },
    "TD2": {
        "kind": (0, 0, 2), "issuer": (0, 2, 5), "name": (0, 5, 36), "number": (1, 0, 9),
        "number_check": (1, 9, 10), "nationality": (1, 10, 13), "birth": (1, 13, 19),
        "birth_check": (1, 19, 20), "sex": (1, 20, 21), "expiry": (1, 21, 27),
        "expiry_check": (1, 27, 28), "optional": (1, 28, 35), "check": (1, 35, 36),
    },
    "TD3": {
        "kind": (0, 0, 2), "issuer": (0, 2, 5), "name": (0, 5, 44), "number": (1, 0, 9),
        "number_check": (1, 9, 10), "nationality": (1, 10, 13), "birth": (1, 13, 19),
        "birth_check": (1, 19, 20), "sex": (1, 20, 21), "expiry": (1, 21, 27),
        "expiry_check": (1, 27, 28), "optional": (1, 28, 42), "optional_check": (1, 42, 43),
        "check": (1, 43, 44),
    },
}  # fmt: skip
_SHAPES = {(3, 30): "TD1", (2, 36): "TD2", (2, 44): "TD3"}
_NUMERIC = {"birth", "expiry", "number_check", "birth_check", "expiry_check", "check"}
_ALPHABETIC = {"issuer", "nationality", "name"}
_COMPOSITE = {  # what the last check digit covers
    "TD1": ((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)),
    "TD2": ((1, 0, 10), (1, 13, 20), (1, 21, 35)),
    "TD3": ((1, 0, 10), (1, 13, 20), (1, 21, 43)),
}


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone that was read: its fields without fillers, and which check digits hold.

    Dates are YYMMDD as printed. `checks` has `number`, `birth`, `expiry` and `composite`.
    """

    format: str
    lines: tuple[str, ...]
    fields: dict[str, str]
    surname: str
    given_names: str
    checks: dict[str, bool]

    @property
    def valid(self) -> bool:
        """Tell whether every check digit holds."""
        return all(self.checks.values())


def check_digit(text: str) -> str:
    """Return the check digit of a text: weights 7, 3, 1, modulo 10; A is 10, the filler 0."""
    total = sum(
        (0 if char == "<" else int(char, 36)) * _WEIGHTS[index % 3]
        for index, char in enumerate(text)
    )
    return str(total % 10)


def line_like(text: str) -> str | None:
    """Return a line of a zone without spaces and in capitals, None for any other text."""
    plain = re.sub(r"\s", "", text).upper().replace("«", "<<").replace("‹", "<")
    if not 28 <= len(plain) <= 46 or not re.fullmatch(r"[A-Z0-9<]+", plain):
        return None
    return plain if "<" in plain or sum(char.isdigit() for char in plain) >= 10 else None


def parse(lines: tuple[str, ...]) -> Zone | None:
    """Return the zone of two or three lines, None when their lengths are of no format.

    Letters in fields of digits, and digits in fields of letters, are taken for what OCR confuses
    them with. A check digit that does not hold is told, not mended.
    """
    name = _SHAPES.get((len(lines), len(lines[0]))) if lines else None
    if name is None or len({len(line) for line in lines}) != 1:
        return None
    mended = [list(line) for line in lines]
    for field, (line, start, end) in _FIELDS[name].items():
        table = _DIGITS if field in _NUMERIC else _LETTERS if field in _ALPHABETIC else {}
        mended[line][start:end] = "".join(mended[line][start:end]).translate(table)
    final = tuple("".join(line) for line in mended)
    raw = {field: final[at][start:end] for field, (at, start, end) in _FIELDS[name].items()}
    covered = "".join(final[at][start:end] for at, start, end in _COMPOSITE[name])
    number, number_check = _long_number(raw)
    checks = {
        "number": check_digit(number) == number_check,
        "birth": check_digit(raw["birth"]) == raw["birth_check"],
        "expiry": check_digit(raw["expiry"]) == raw["expiry_check"],
        "composite": check_digit(covered) == raw["check"],
    }
    surname, _, given = raw["name"].partition("<<")
    fields = {field: value.replace("<", " ").strip() for field, value in raw.items()}
    fields["number"] = number.rstrip("<").replace("<", " ")
    return Zone(name, final, fields, _words(surname), _words(given), checks)


def _long_number(raw: dict[str, str]) -> tuple[str, str]:
    """Return a document's number and its check digit; a long one goes on in the optional data."""
    if raw["number_check"] == "<" and (rest := raw["optional"].split("<")[0]):
        return raw["number"] + "<" + rest[:-1], rest[-1]
    return raw["number"], raw["number_check"]


def _words(text: str) -> str:
    return " ".join(text.replace("<", " ").split())
