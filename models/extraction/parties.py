"""Parties: who sends an invoice, who receives it, and where the goods go."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sensorium.models.extraction.entity import Address, Entity, Text
from sensorium.models.extraction.labels import Label
from sensorium.models.extraction.rows import Part, Segment, entity
from sensorium.models.extraction.values import Sheet
from sensorium.models.quantities import recognize
from sensorium.models.quantities.span import Quantity

# What may introduce a line of a block without ending it.
_INNER = {"address", "phone", "email", "website", "tax_id", "fax"}
_LINES = 6  # the most lines of a block
_COMPANY = re.compile(
    r"(?<!\w)(?:GmbH(?: & Co\.? KG)?|AG|UG|KG|e\.K\.|Ltd|Limited|Inc|LLC|LLP|Corp|PLC|plc|"
    r"Co|SARL|SAS|"
    r"S\.?A\.?R\.?L|S\.?A\.?S?|S\.?L\.?U?|S\.?r\.?l|S\.?p\.?A|B\.?V)\.?(?!\w)"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}")
_SITE = re.compile(r"(?:https?://|www\.)[\w./-]{3,100}\w")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_PHONE = re.compile(r"[+(]?\d[\d ()/.-]{5,20}\d")
_TAX = re.compile(
    r"(?=[\w ./-]*\d{3})[A-Z]{0,3}[ -]?[\d][\w./-]{5,18}|[A-Z]{2} ?[A-Z0-9]\d[\d .]{5,14}\d"
)


def extract(sheet: Sheet) -> list[Entity]:
    """Return the names, addresses and numbers of supplier and receiver, as far as they stand there.

    What stands under a receiver's label is the receiver's; of the rest, the first of a kind is the
    supplier's.
    """
    taken: set[Segment] = set()
    found = _labelled(sheet, "receiver_name", "receiver_address", taken)
    found += _labelled(sheet, "ship_to_address", "ship_to_address", taken)
    found += _labelled(sheet, "supplier_name", "supplier_address", taken)
    rest = [
        segment
        for row in sheet.rows
        for segment in row.segments
        if segment not in taken and segment not in sheet.used
    ]
    if not any(one.type == "supplier_name" for one in found):
        found += _name(sheet, rest)
    if not any(one.type == "supplier_address" for one in found):
        found += _address(sheet, rest)
    return found + _contacts(sheet, rest, taken)


def _labelled(sheet: Sheet, name: str, address: str, taken: set[Segment]) -> list[Entity]:
    """Return the name and the address of the block that a label introduces."""
    for label in sheet.of_field(name):
        if label.part.start > 0:
            continue
        block = _block(sheet, label.part, sheet.behind(label))
        if not block or re.fullmatch(r"[\W\d]*", block[0].text):
            continue
        taken.update(part.segment for part in block)
        found = []
        if name != address:
            found.append(entity(name, block[:1], 0.85, Text(block[0].text)))
        lines = block[1:] if name != address else _from_street(block)
        lines = [
            part
            for part in lines
            if not (_EMAIL.search(part.text) or (part.start == 0 and sheet.opens(part.segment)))
        ]
        if lines:
            found.append(entity(address, lines, 0.85, _postal(sheet, lines)))
        return found
    return []


def _block(sheet: Sheet, label: Part, inside: Part | None) -> list[Part]:
    """Return the lines behind, beside and below a label that stand at one left edge."""
    box, height = label.box, label.segment.height
    if inside is None:
        inside = next(
            (
                other.part()
                for other in label.segment.row.segments
                if 0 <= other.box.left - box.right < 4 * height and not sheet.opens(other)
            ),
            None,
        )
    lines = [inside] if inside is not None else []
    left, bottom = (inside.box.left if inside is not None else box.left), box.bottom
    for row in sheet.rows[label.segment.row.index + 1 :]:
        if (
            row.page != label.segment.page
            or row.top - bottom > 2.2 * height
            or len(lines) >= _LINES
        ):
            break
        for segment in row.segments:
            edges = (left, box.left, lines[-1].box.left if lines else left)
            near = min(abs(segment.box.left - edge) for edge in edges)
            if near < 1.5 * height:
                opening = [one for one in sheet.labels.get(segment, ()) if not one.part.start]
                if any(not one.fields & _INNER for one in opening):
                    return lines
                at = [one.rest for one in opening if "address" in one.fields]
                lines.append(segment.part(*at[:1]))
                bottom = segment.box.bottom
                break
    return lines


def _from_street(lines: list[Part]) -> list[Part]:
    """Return the lines without a name: from the first that has a number, else all but one."""
    for index, part in enumerate(lines):
        if re.search(r"\d", part.text):
            return lines[index:]
    return lines[1:] or lines


def _postal(sheet: Sheet, lines: Sequence[Part]) -> Address:
    """Return an address of lines, its parts told apart where the rules know its form."""
    texts = tuple(part.text for part in lines)
    found = [one for one in recognize("\n".join(texts), sheet.language) if one.kind == "ADDRESS"]
    parts = found[0].parts if found else {}
    return Address(
        texts,
        parts.get("locality", ""),
        parts.get("broad_region", ""),
        parts.get("postal_code", ""),
        parts.get("country", ""),
    )


def _name(sheet: Sheet, rest: Sequence[Segment]) -> list[Entity]:
    """Return the supplier's name: the first company of the page, else its first line of words."""
    first = [segment for segment in rest if segment.page == 0]
    for segment in first:
        if _COMPANY.search(segment.text) and not sheet.opens(segment):
            return [entity("supplier_name", [segment.part()], 0.8, Text(segment.text))]
    for segment in first[:4]:
        words = re.search(r"[^\W\d_]{3,}", segment.text)
        if words and not sheet.opens(segment) and not re.search(r"\d{3}|@", segment.text):
            return [entity("supplier_name", [segment.part()], 0.55, Text(segment.text))]
    return []


def _address(sheet: Sheet, rest: Sequence[Segment]) -> list[Entity]:
    """Return the first postal address among segments, on one line or on two that are stacked."""
    for index, segment in enumerate(rest):
        if not re.search(r"\d", segment.text):
            continue
        lines = [segment]
        for other in rest[index + 1 : index + 8]:
            gap = other.box.top - lines[-1].box.bottom
            near = other.page == segment.page and gap < segment.height and len(lines) < 3
            if near and _stacked(segment, other) and other.row is not lines[-1].row:
                lines.append(other)
        found = _recognized(sheet, lines)
        if found is not None:
            parts = [line.part() for line in lines]
            used = [part for part in parts if _within(part, parts, found)]
            return [entity("supplier_address", used, 0.8, _postal(sheet, used))]
    return []


def _stacked(one: Segment, other: Segment) -> bool:
    """Tell whether two segments share their left edge, right edge or middle."""
    near, a, b = one.height, one.box, other.box
    return (
        abs(a.left - b.left) < near
        or abs(a.right - b.right) < near
        or abs(a.left + a.right - b.left - b.right) / 2 < near
    )


def _recognized(sheet: Sheet, lines: Sequence[Segment]) -> Quantity | None:
    text = "\n".join(line.text for line in lines)
    for language in dict.fromkeys((sheet.language, "en")):
        for one in recognize(text, language):
            if one.kind == "ADDRESS" and one.start < len(lines[0].text) and "locality" in one.parts:
                return one
    return None


def _within(part: Part, parts: Sequence[Part], found: Quantity) -> bool:
    at = 0
    for other in parts:
        if other is part:
            return at < found.end
        at += len(other.text) + 1
    return False


def _contacts(sheet: Sheet, rest: Sequence[Segment], taken: set[Segment]) -> list[Entity]:
    """Return e-mail, website, IBAN, telephone and tax numbers: the first of each."""
    found: dict[str, Entity] = {}
    for segment in rest:
        if segment in taken:
            continue
        for kind, pattern in (("email", _EMAIL), ("website", _SITE), ("iban", _IBAN)):
            match = pattern.search(segment.text)
            if match and (kind != "iban" or valid_iban(match[0])):
                part = segment.part(*match.span())
                value = Text(match[0].replace(" ", ""))
                one = entity(f"supplier_{kind}", [part], 0.92, value)
                found.setdefault(one.type, one)
    for label in sheet.of_field("phone"):
        hit = None if label.part.segment in taken else _after(sheet, label, _PHONE, "phone")
        if hit is not None:
            found.setdefault(hit.type, hit)
    for label in sheet.of_field("tax_id"):
        kind = "receiver_tax_id" if label.part.segment in taken else "supplier_tax_id"
        hit = _after(sheet, label, _TAX, kind.removeprefix("supplier_"))
        if hit is not None:
            found.setdefault(kind, hit)
    return list(found.values())


def _after(sheet: Sheet, label: Label, pattern: re.Pattern[str], kind: str) -> Entity | None:
    """Return what a label introduces if it starts as a pattern has it."""
    for part, likely in sheet.places(label):
        if match := pattern.match(part.text):
            place = part.segment.part(part.start, part.start + match.end())
            name = kind if kind.startswith("receiver") else f"supplier_{kind}"
            return entity(name, [place], 0.85 * likely, Text(re.sub(r"(?<=\d)[ .]", "", match[0])))
    return None


def valid_iban(text: str) -> bool:
    """Tell whether the check digits of an IBAN hold (ISO 13616, ISO 7064 MOD 97-10)."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34 or not plain.isascii() or not plain.isalnum():
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1
