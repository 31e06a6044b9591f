"""gs:// sources, in folders and in a storage emulator."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from sensorium.apis.sources import LocalSources
from sensorium.models.errors import (
    Failure,
    InvalidArgument,
    NotFound,
)
from tests.security.hosts import FIELD, Answer, http, listening, read, refused

# --- buckets that are folders ------------------------------------------------------------------


@pytest.fixture
def buckets(tmp_path: Path) -> LocalSources:
    root = tmp_path / "buckets"
    (root / "photos" / "2024").mkdir(parents=True)
    (root / "photos" / "2024" / "a b.png").write_bytes(b"picture")
    (root / "photos" / "..hidden").write_bytes(b"dots")
    (root / "private").mkdir()
    (root / "private" / "key").write_bytes(b"key")
    (root / "loose").write_bytes(b"no bucket")
    (tmp_path / "outside").write_bytes(b"outside")
    os.symlink(tmp_path / "outside", root / "photos" / "link")
    os.symlink(tmp_path, root / "photos" / "up")
    os.symlink(root / "private", root / "photos" / "sideways")
    os.symlink(root / "photos" / "ring", root / "photos" / "ring")
    os.symlink(tmp_path, root / "linked")
    os.symlink("2024/a b.png", root / "photos" / "inside")
    return LocalSources(root, limit=1000)


def test_an_object_is_a_file_below_its_buckets_folder(buckets: LocalSources) -> None:
    assert read(buckets, "gs://photos/2024/a b.png") == b"picture"
    assert read(buckets, "GS://photos/2024/a b.png") == b"picture"
    assert read(buckets, "gs://photos/inside") == b"picture"
    assert read(buckets, "gs://photos/..hidden") == b"dots"


@pytest.mark.parametrize(
    "uri",
    [
        "gs://photos/../private/key",
        "gs://photos/2024/../../private/key",
        "gs://photos/../../outside",
        "gs://photos//etc/passwd",
        "gs://photos/link",
        "gs://photos/up/outside",
        "gs://photos/sideways/key",
        "gs://photos/ring",
        "gs://linked/outside",
        "gs://../outside",
        "gs://./photos/inside",
        "gs://photos/./inside",
        "gs://..",
        "gs://../",
        "gs:///etc/passwd",
        "gs:///photos/inside",
        "gs://photos",
        "gs://photos/",
        "gs://photos/2024",
        "gs://photos/2024/",
        "gs://loose/x",
        "gs://photos/inside\0.png",
        "gs://pho\0tos/inside",
        "gs://photos/%2e%2e/private/key",
        "gs://photos/..%2fprivate%2fkey",
        "gs://photos/..\\private\\key",
        "gs://%2e%2e/outside",
        "gs://photos/nope",
        "gs://nope/nope",
        "gs://photos/" + "x" * 300,
        "gs://photos/" + "x/" * 3000 + "x",
        "gs://" + "x" * 300 + "/x",
        "gs://photos/\ud800",
        "gs:/photos/inside",
        "gs:photos/inside",
        "gs",
    ],
    ids=lambda uri: ascii(uri)[:40],
)
def test_nothing_else_is_an_object(buckets: LocalSources, uri: str) -> None:
    assert isinstance(refused(buckets, uri), (InvalidArgument, NotFound))


def test_a_file_that_is_none_is_not_opened(buckets: LocalSources) -> None:
    os.mkfifo(buckets.buckets / "photos" / "pipe")
    assert isinstance(refused(buckets, "gs://photos/pipe"), NotFound)


def test_an_object_that_is_too_large_is_refused(buckets: LocalSources) -> None:
    (buckets.buckets / "photos" / "large").write_bytes(b"x" * 1001)
    assert isinstance(refused(buckets, "gs://photos/large"), InvalidArgument)
    assert read(buckets, "gs://photos/inside", limit=7) == b"picture"
    assert isinstance(refused(buckets, "gs://photos/inside", limit=6), InvalidArgument)


def test_a_bucket_root_that_is_not_there_has_no_objects(tmp_path: Path) -> None:
    assert isinstance(refused(LocalSources(tmp_path / "none"), "gs://photos/x"), NotFound)


# --- a storage emulator ------------------------------------------------------------------------


def emulated(uri: str, answer: Answer, **how: Any) -> tuple[bytes, list[str]]:
    async def go() -> tuple[bytes, list[str]]:
        async with listening(answer) as (port, heads):
            for form in (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}/"):
                source = LocalSources(Path("/nowhere"), emulator=form, seconds=10.0, limit=1000)
                raw = await source.read(uri, field=FIELD, **how)
            return raw, heads

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("gs://b/a", "/storage/v1/b/b/o/a?alt=media"),
        ("gs://b/a/b c?d#e", "/storage/v1/b/b/o/a%2Fb%20c%3Fd%23e?alt=media"),
        ("gs://b/%2e%2e", "/storage/v1/b/b/o/%252e%252e?alt=media"),
        ("gs://b?x/a", "/storage/v1/b/b%3Fx/o/a?alt=media"),
    ],
)
def test_an_emulator_is_asked_for_the_object_and_nothing_else(uri: str, path: str) -> None:
    raw, heads = emulated(uri, lambda _: http(b"abc"))
    assert raw == b"abc"
    assert {head.split(" ")[1] for head in heads} == {path}


@pytest.mark.parametrize("uri", ["gs://b/..", "gs://b/.", "gs://b/../x", "gs://../x"])
def test_no_object_name_walks_about_an_emulator(uri: str) -> None:
    with pytest.raises(InvalidArgument):
        emulated(uri, lambda _: http(b"abc"))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http(b"", "404 Not Found"), NotFound),
        (http(b"", "500 Oops"), InvalidArgument),
        (http(b"", "302 Found", location="http://127.0.0.1:1/"), InvalidArgument),
        (http(b"x" * 1001), InvalidArgument),
        (b"", NotFound),
    ],
    ids=["404", "500", "302", "large", "nothing"],
)
def test_an_emulators_failure_is_told(answer: bytes, kind: type[Failure]) -> None:
    with pytest.raises(kind) as caught:
        emulated("gs://b/a", lambda _: answer)
    assert caught.value.field == FIELD


def test_an_emulator_that_is_off_is_told(tmp_path: Path) -> None:
    assert isinstance(refused(LocalSources(tmp_path, emulator="127.0.0.1:1"), "gs://b/a"), NotFound)
