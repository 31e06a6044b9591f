"""Model cards: what is wrong with one is told by its file and key."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.errors import InvalidArgument
from sensorium.models.weights.cards import Card, File, cards, load


def _file(path: str) -> File:
    return File(path=path, size=3, sha256=hashlib.sha256(b"{}\n").hexdigest())


def _card(*paths: str) -> Card:
    facts: dict[str, Any] = {"task": "ObjectDetector", "repo": "owner/tiny", "revision": "main"}
    text = {"summary": "S", "licence": "MIT", "limits": "L"}
    return Card(name="tiny", files=tuple(map(_file, paths)), **facts, **text)


def test_every_shipped_card_is_valid_and_pinned() -> None:
    shipped = cards()
    assert shipped
    assert all(file.sha256 for card in shipped.values() for file in card.files)


GOOD = """
name = "good"
summary = "S"
task = "ObjectDetector"
repo = "owner/name"
revision = "main"
licence = "MIT"
limits = "L"
[[files]]
path = "model.onnx"
size = 10
sha256 = "{sha}"
""".format(sha="a" * 64)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('licence = "MIT"\n', "", "licence: Field required"),
        ('"owner/name"', '"../name"', "repo"),
        ('"main"', '"../../etc"', "revision"),
        ("size = 10", "size = 0", r"files\[0\]\.size"),
        ("size = 10", 'size = "10"', r"files\[0\]\.size"),
        ("a" * 64, "A" * 63, r"files\[0\]\.sha256"),
        ('"model.onnx"', '"../model.onnx"', r"files\[0\]\.path: must be a relative path"),
        ('"model.onnx"', '"/etc/model.onnx"', r"files\[0\]\.path"),
        ('"model.onnx"', '".verified.json"', r"files\[0\]\.path"),
        ('"model.onnx"', '"C:model.onnx"', r"files\[0\]\.path"),
        ('"model.onnx"', '"model.py"', r"files\[0\]\.path: must end in"),
        ("size = 10", 'size = 10\nurl = "http://example.org/m"', r"files\[0\]\.url"),
        ("size = 10", 'size = 10\nurl = "file:///etc/passwd"', r"files\[0\]\.url"),
        ("size = 10", "size = 10\nmode = 7", r"files\[0\]\.mode: Extra inputs"),
        ('name = "good"', 'name = "bad"', "name: must be 'good'"),
        ('name = "good"', "name = good", "is not TOML"),
        (f'model.onnx"\nsize = 10\nsha256 = "{"a" * 64}"', 'model.pt"\nsize = 10', "a pickle"),
    ],
)
def test_a_bad_card_is_refused_with_its_file_and_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    path = tmp_path / "good.toml"
    path.write_text(GOOD)
    assert load(path).name == "good"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InvalidArgument, match=key) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_two_files_of_a_card_never_share_a_place() -> None:
    with pytest.raises(ValueError, match="same path"):
        _card("a.json", "A.json")
    with pytest.raises(ValueError, match="another file's folder"):
        _card("a.json", "a.json/b.json")


@given(st.text(max_size=40))
def test_no_accepted_path_leaves_its_folder(text: str) -> None:
    root = Path("/root/of/model")
    try:
        file = _file(f"{text}.json")
    except ValueError:
        return
    assert (root / file.path).resolve().is_relative_to(root)
