"""The labelled photos that the picture adapters learn from, and the fifth they never see.

The folder holds `labels/caltech101` (Caltech-101, CC BY 4.0) and `labels/clothing`
(clothing-dataset-small, CC0), a folder of JPEG files for each class.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sensorium.models.errors import InvalidArgument

SOURCES = ("caltech101", "clothing")
_HELD_BACK = 0.2
# what Google calls a class, where its folder's name in words is not it
_SAID: Mapping[str, str] = {
    "Faces": "Face",
    "Faces_easy": "Face",
    "Leopards": "Leopard",
    "Motorbikes": "Motorcycle",
    "airplanes": "Airplane",
    "bass": "Bass (fish)",
    "binocular": "Binoculars",
    "brontosaurus": "Brontosaurus",
    "buddha": "Buddha statue",
    "car_side": "Car",
    "cellphone": "Mobile phone",
    "cougar_body": "Cougar",
    "cougar_face": "Cougar",
    "crocodile_head": "Crocodile",
    "dollar_bill": "Banknote",
    "flamingo_head": "Flamingo",
    "garfield": "Garfield",
    "hawksbill": "Hawksbill sea turtle",
    "headphone": "Headphones",
    "inline_skate": "Inline skates",
    "joshua_tree": "Joshua tree",
    "ketch": "Sailboat",
    "longsleeve": "Long-sleeved t-shirt",
    "outwear": "Outerwear",
    "rhino": "Rhinoceros",
    "schooner": "Schooner",
    "sea_horse": "Seahorse",
    "shoes": "Shoe",
    "snoopy": "Snoopy",
    "soccer_ball": "Football",
    "t-shirt": "T-shirt",
    "water_lilly": "Water lily",
    "wild_cat": "Wildcat",
    "yin_yang": "Yin and yang",
}
# classes of which one is no stranger to who knows the other
_KIN: Mapping[str, str] = {
    "ketch": "ship",
    "schooner": "ship",
    "lotus": "water lily",
    "water_lilly": "water lily",
    "crayfish": "lobster",
    "lobster": "lobster",
    "chair": "chair",
    "windsor_chair": "chair",
    "Leopards": "cat",
    "cougar_body": "cat",
    "cougar_face": "cat",
    "wild_cat": "cat",
    "brontosaurus": "dinosaur",
    "stegosaurus": "dinosaur",
    "euphonium": "brass",
    "saxophone": "brass",
}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo, its class (`caltech101/cup`), and whether it is held back from training."""

    path: Path
    kind: str
    held: bool


def photos(data: Path) -> list[Photo]:
    """Return every photo in the order of its path; InvalidArgument where they are not."""
    found = []
    for source in SOURCES:
        root = data / "labels" / source
        if not root.is_dir():
            raise InvalidArgument(f"{data} holds no folder 'labels/{source}'.")
        for folder in sorted(one for one in root.iterdir() if one.is_dir()):
            paths = sorted(folder.glob("*.jpg"))
            kind = f"{source}/{folder.name}"
            count = int(len(paths) * _HELD_BACK)
            held = set(random.Random(kind).sample(range(len(paths)), count))
            found += [Photo(path, kind, at in held) for at, path in enumerate(paths)]
    return found


def said(kind: str) -> str:
    """Return the label of a class; some have one in common."""
    name = kind.rpartition("/")[2]
    plain = name.replace("_", " ")
    return _SAID.get(name, plain[:1].upper() + plain[1:])


def family(kind: str) -> str:
    """Return what a class has in common with others that look like it; garments are one family."""
    source, _, name = kind.partition("/")
    return source if source == "clothing" else _KIN.get(name, said(kind))
