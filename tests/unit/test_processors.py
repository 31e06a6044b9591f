"""Processors and their versions: made, listed, disabled, deleted; and those always there."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorium.apis.documentai.processing import types
from sensorium.models.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from tests.unit.desk import PLACE, Desk, paper


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_every_type_is_told_by_all_three_methods(desk: Desk):
    fetched = desk.ask("FetchProcessorTypes", {"parent": PLACE})["processorTypes"]
    first = desk.ask("ListProcessorTypes", {"parent": PLACE, "pageSize": 3})
    token = first["nextPageToken"]
    rest = desk.ask("ListProcessorTypes", {"parent": PLACE, "pageToken": token})
    assert first["processorTypes"] + rest["processorTypes"] == fetched
    assert [one["type"] for one in fetched] == list(types())
    one = desk.ask("GetProcessorType", {"name": f"{PLACE}/processorTypes/OCR_PROCESSOR"})
    assert one in fetched
    assert one["availableLocations"] == [{"locationId": "us"}]
    with pytest.raises(NotFound, match="OCR_PROCESSOR"):
        desk.ask("GetProcessorType", {"name": f"{PLACE}/processorTypes/W2_PROCESSOR"})


def test_a_processor_lives_from_creation_to_deletion(desk: Desk):
    name = desk.processor("INVOICE_PROCESSOR", displayName="Bills")
    made = desk.ask("GetProcessor", {"name": name})
    assert made["type"] == "INVOICE_PROCESSOR"
    assert made["state"] == "ENABLED"
    assert made["displayName"] == "Bills"
    assert made["defaultProcessorVersion"].startswith(f"{name}/processorVersions/pretrained-")
    done = desk.ask("DisableProcessor", {"name": name})
    assert done["response"]["@type"].endswith("v1.DisableProcessorResponse")
    assert done["metadata"]["commonMetadata"]["state"] == "SUCCEEDED"
    assert done["metadata"]["commonMetadata"]["resource"] == name
    assert done["name"].startswith(f"{PLACE}/operations/")
    assert desk.ask("GetProcessor", {"name": name})["state"] == "DISABLED"
    with pytest.raises(FailedPrecondition, match="disabled"):
        desk.process(paper("Hello"), name)
    assert "error" not in desk.ask("EnableProcessor", {"name": name})
    assert desk.process(paper("Hello"), name)["text"] == "Hello\n"
    assert desk.ask("DeleteProcessor", {"name": name})["response"] == {
        "@type": "type.googleapis.com/google.protobuf.Empty"
    }
    for rpc in ("GetProcessor", "EnableProcessor", "DisableProcessor", "DeleteProcessor"):
        with pytest.raises(NotFound):
            desk.ask(rpc, {"name": name})


def test_display_names_are_unique_in_a_place_and_none_is_no_name(desk: Desk):
    desk.processor(displayName="Reader")
    assert desk.processor() != desk.processor()
    with pytest.raises(AlreadyExists, match=r"processor\.displayName"):
        desk.processor(displayName="Reader")
    elsewhere = {"parent": "projects/p/locations/eu", "processor": {"type": "OCR_PROCESSOR"}}
    elsewhere["processor"]["displayName"] = "Reader"  # type: ignore[index]
    assert desk.ask("CreateProcessor", elsewhere)["displayName"] == "Reader"


@pytest.mark.parametrize(
    ("processor", "kind"),
    [
        ({"type": "W2_PROCESSOR"}, NotFound),
        ({}, NotFound),
        ({"type": "OCR_PROCESSOR", "displayName": "x" * 300}, InvalidArgument),
    ],
)
def test_what_cannot_be_created_is_refused(desk: Desk, processor, kind):
    with pytest.raises(kind):
        desk.ask("CreateProcessor", {"parent": PLACE, "processor": processor})


def test_processors_are_listed_by_pages_and_only_in_their_place(desk: Desk):
    names = [desk.processor() for _ in range(3)]
    first = desk.ask("ListProcessors", {"parent": PLACE, "pageSize": 2})
    rest = desk.ask("ListProcessors", {"parent": PLACE, "pageToken": first["nextPageToken"]})
    assert [one["name"] for one in first["processors"] + rest["processors"]] == names
    assert desk.ask("ListProcessors", {"parent": "projects/q/locations/us"}) == {}
    with pytest.raises(InvalidArgument):
        desk.ask("ListProcessors", {"parent": PLACE, "pageToken": "rubbish"})


def test_one_processor_of_each_type_is_always_there_and_cannot_be_changed(desk: Desk):
    name = f"{PLACE}/processors/ocr"
    assert desk.ask("GetProcessor", {"name": name})["type"] == "OCR_PROCESSOR"
    for rpc in ("EnableProcessor", "DisableProcessor", "DeleteProcessor"):
        with pytest.raises(FailedPrecondition, match="always there"):
            desk.ask(rpc, {"name": name})


@pytest.mark.parametrize(
    "version", ["pretrained-ocr-v1.0", "pretrained-ocr-v2.0-2023-06-02", "stable", "rc"]
)
def test_the_names_that_google_gives_its_versions_mean_the_one_that_is_built_in(desk, version):
    for processor in (f"{PLACE}/processors/ocr", desk.processor()):
        name = f"{processor}/processorVersions/{version}"
        shown = desk.ask("GetProcessorVersion", {"name": name})
        assert shown["name"] == f"{processor}/processorVersions/pretrained-ocr-v1.0"
        assert (shown["state"], shown["googleManaged"]) == ("DEPLOYED", True)
        assert desk.process(paper("Hello"), name)["text"] == "Hello\n"


def test_the_built_in_version_stays_as_it_is(desk: Desk):
    processor = desk.processor()
    (version,) = desk.ask("ListProcessorVersions", {"parent": processor})["processorVersions"]
    for verb in ("Deploy", "Undeploy", "Delete"):
        with pytest.raises(FailedPrecondition, match="built in"):
            desk.ask(f"{verb}ProcessorVersion", {"name": version["name"]})
    request = {"processor": processor, "defaultProcessorVersion": version["name"]}
    assert "error" not in desk.ask("SetDefaultProcessorVersion", request)
    request["defaultProcessorVersion"] = f"{processor}/processorVersions/none"
    with pytest.raises(NotFound, match="defaultProcessorVersion"):
        desk.ask("SetDefaultProcessorVersion", request)


@pytest.mark.parametrize(
    "name", ["ocr", "projects/p/locations/us", f"{PLACE}/processorTypes/a/processorVersions/b"]
)
def test_names_of_another_shape_are_refused(desk: Desk, name: str):
    with pytest.raises(InvalidArgument, match="does not read"):
        desk.process(paper("Hello"), name if "/" in name else f"{PLACE}/processor/{name}")
