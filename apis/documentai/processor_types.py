"""The types of processors that can be created."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import documentai, names
from sensorium.apis.documentai.names import Name
from sensorium.apis.documentai.processing import ProcessorType, known, types
from sensorium.apis.vision.products import paging

_SERVICE = "google.cloud.documentai.v1.DocumentProcessorService"
_PLACE = "projects/demo/locations/us"
_PAGE, _LARGEST_PAGE = 100, 500


@documentai.rpc(f"{_SERVICE}.FetchProcessorTypes", example={"parent": _PLACE})
async def fetch_processor_types(request: Any, call: Call) -> JSON:
    """Return every processor type that is served, in one list."""
    place = names.parse(request.parent, "parent", "location")
    return {"processorTypes": [shown(one, place) for one in types().values()]}


@documentai.rpc(f"{_SERVICE}.ListProcessorTypes", example={"parent": _PLACE})
async def list_processor_types(request: Any, call: Call) -> JSON:
    """List the processor types that are served, by name, 100 a page unless asked for up to 500."""
    place = names.parse(request.parent, "parent", "location")
    scope = f"{place}/processorTypes"
    page = paging.page(request, scope, _PAGE, _LARGEST_PAGE)
    rows = [_Numbered(i, one) for i, one in enumerate(types().values(), 1) if i > page.after]
    return page.answer("processorTypes", rows, lambda row: shown(row.type, place))


@documentai.rpc(
    f"{_SERVICE}.GetProcessorType", example={"name": f"{_PLACE}/processorTypes/OCR_PROCESSOR"}
)
async def get_processor_type(request: Any, call: Call) -> JSON:
    """Return a processor type; NOT_FOUND names those that are served."""
    name = names.parse(request.name, "name", "processorTypes")
    return shown(known(name.id, "name"), name.place)


def shown(one: ProcessorType, place: Name) -> JSON:
    """Return a `ProcessorType`."""
    return {
        "name": f"{place}/processorTypes/{one.type}",
        "type": one.type,
        "category": one.category,
        "availableLocations": [{"locationId": place.location}],
        "allowCreation": True,
        "launchStage": "GA",
    }


class _Numbered:
    """A type and its place in the list, which page tokens tell."""

    def __init__(self, key: int, kind: ProcessorType) -> None:
        self.key = key
        self.type = kind
