"""What the labels of entity taggers mean: CoNLL 2003, OntoNotes 5, WNUT 17, FEW-NERD and kin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from sensorium.models.tasks import EntityKind

Place = Literal["outside", "begin", "inside", "end", "single"]

# Schemes: IOB1 and IOB2; BIOES; BILOU; BMES. A label without a prefix is "inside".
_PREFIX: Mapping[str, Place] = {
    "B": "begin",
    "I": "inside",
    "M": "inside",
    "E": "end",
    "L": "end",
    "S": "single",
    "U": "single",
}
_TAG = re.compile(r"([BIMELSU])[-_](.+)")
_NAMELESS = re.compile(r"LABEL_\d+")

_KINDS: Mapping[EntityKind, str] = {
    "PERSON": "per pers person people persname",
    "LOCATION": "loc location gpe geo fac facility building place city country state",
    "ORGANIZATION": "org organization organisation corporation company group orgname institution",
    "EVENT": "event eve evt",
    "WORK_OF_ART": "work_of_art creative_work art work title",
    "CONSUMER_GOOD": "product prod consumer_good",
}
_BY_LABEL = {label: kind for kind, labels in _KINDS.items() for label in labels.split()}
# Quantities and moments: rules find these with their values, which no tagger tells.
_NO_ENTITY = frozenset(
    "date time tim percent percentage money quantity ordinal cardinal number num duration".split()  # noqa: SIM905
)


class Tag(NamedTuple):
    """A label taken apart: where in a mention it stands, and of what; None: of nothing."""

    place: Place
    kind: EntityKind | None


OUTSIDE = Tag("outside", None)


def tag(label: str) -> Tag:
    """Return what a tagger's label says, such as `B-PER`, `I-corporation`, `GPE` or `O`."""
    if label.upper() in ("O", "OUTSIDE", "NONE"):
        return OUTSIDE
    found = _TAG.fullmatch(label)
    place: Place = _PREFIX[found[1]] if found else "inside"
    kind = kind_of(found[2] if found else label)
    return OUTSIDE if kind is None else Tag(place, kind)


def kind_of(label: str) -> EntityKind | None:
    """Return the kind of entity that a label names, None for dates and quantities.

    What no scheme here knows, such as `Disease`, is an entity of kind OTHER.
    """
    plain = re.sub(r"[\s/-]+", "_", label.strip()).casefold()
    if plain in _NO_ENTITY:
        return None
    return _BY_LABEL.get(plain) or _BY_LABEL.get(plain.partition("_")[0], "OTHER")


def nameless(label: str) -> bool:
    """Tell whether a label is what configurations hold when nobody named it: `LABEL_3`."""
    return _NAMELESS.fullmatch(label) is not None
