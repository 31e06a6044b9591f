"""Listing a prefix: only objects of the bucket, and not without end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sensorium.apis.sources import LocalSources
from sensorium.models.errors import Failure, InvalidArgument
from tests.security.hosts import FIELD, http, listening
from tests.security.test_source_buckets import buckets

__all__ = ["buckets"]


def find(source: LocalSources, prefix: str, most: int = 10) -> list[str]:
    return asyncio.run(source.find(prefix, field=FIELD, most=most))


def test_a_prefix_finds_the_files_below_its_buckets_folder(buckets: LocalSources):
    assert find(buckets, "gs://photos/") == ["gs://photos/2024/a b.png", "gs://photos/inside"]
    assert find(buckets, "gs://photos/20") == ["gs://photos/2024/a b.png"]
    assert find(buckets, "gs://photos/2024/a") == ["gs://photos/2024/a b.png"]
    assert find(buckets, "gs://private") == ["gs://private/key"]


@pytest.mark.parametrize(
    "prefix",
    ["gs://photos/up/", "gs://photos/sideways/", "gs://photos/ring", "gs://linked/", "gs://none/"],
)
def test_nothing_is_found_behind_a_link_that_leads_out(buckets: LocalSources, prefix: str):
    assert find(buckets, prefix) == []


@pytest.mark.parametrize("prefix", ["gs://", "gs://../", "gs://photos/../", "/etc/", "gs://a\0/"])
def test_what_is_no_prefix_is_refused(buckets: LocalSources, prefix: str):
    with pytest.raises(InvalidArgument) as refused:
        find(buckets, prefix)
    assert refused.value.field == FIELD


def test_more_objects_than_allowed_are_refused(buckets: LocalSources):
    with pytest.raises(InvalidArgument, match="more than the 1 objects"):
        find(buckets, "gs://photos/", most=1)


def emulated(*pages: bytes) -> tuple[list[str], list[str]]:
    async def go() -> tuple[list[str], list[str]]:
        answers = iter(pages)
        async with listening(lambda _: next(answers)) as (port, heads):
            source = LocalSources(Path("/nowhere"), emulator=f"127.0.0.1:{port}", limit=1000)
            return await source.find("gs://b/in/", field=FIELD, most=10), heads

    return asyncio.run(go())


def test_an_emulator_is_asked_page_after_page():
    first = {"items": [{"name": "in/b"}, {"name": "in/"}], "nextPageToken": "t&1"}
    found, heads = emulated(
        http(json.dumps(first).encode()), http(json.dumps({"items": [{"name": "in/a"}]}).encode())
    )
    assert found == ["gs://b/in/a", "gs://b/in/b"]
    assert [head.split(" ")[1] for head in heads] == [
        "/storage/v1/b/b/o?prefix=in%2F",
        "/storage/v1/b/b/o?prefix=in%2F&pageToken=t%261",
    ]


def test_an_emulator_without_the_bucket_has_no_objects():
    assert emulated(http(b"", "404 Not Found"))[0] == []


@pytest.mark.parametrize("answer", [http(b"", "500 Oops"), http(b"no JSON"), http(b"[]")])
def test_an_emulators_failure_is_told(answer: bytes):
    with pytest.raises(Failure) as told:
        emulated(answer)
    assert told.value.field == FIELD
