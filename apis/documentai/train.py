"""trainProcessorVersion: a version from the user's documents, or from a schema alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from google.protobuf import json_format

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import documentai, inputs, names, schemas, store
from sensorium.apis.documentai.classifying import vectors
from sensorium.apis.documentai.examples import Labelled, labelled
from sensorium.apis.documentai.names import Name
from sensorium.apis.documentai.processing import ProcessorType, always_there, known
from sensorium.apis.operations import Progress, patiently, runs, start
from sensorium.apis.wire.table import load
from sensorium.models.errors import FailedPrecondition, Failure, InvalidArgument
from sensorium.models.extraction import classes
from sensorium.models.tasks import TextEmbedder

_RPC = "google.cloud.documentai.v1.DocumentProcessorService.TrainProcessorVersion"
_INPUT = "inputData.trainingDocuments"
_SPLITTER = "CUSTOM_SPLITTING_PROCESSOR"
_MOST = 100  # errors that the metadata tells


@documentai.rpc(
    _RPC,
    example={
        "parent": "projects/demo/locations/us/processors/sorter",
        "processorVersion": {"displayName": "first"},
        "inputData": {
            "trainingDocuments": {"gcsPrefix": {"gcsUriPrefix": "gs://examples/sorted/"}}
        },
    },
)
async def train_processor_version(request: Any, call: Call) -> JSON:
    """Begin to train a version of a custom processor; it must be deployed to process.

    A classifier or splitter learns from documents of a bucket: files in a folder for each class
    under a prefix, or `Document` JSON files whose `entities` name the class (a splitter's with
    their pages). Two documents a class are the least; ten tell them apart well. An extractor needs
    a `documentSchema` and nothing else: it goes by the words of the schema and learns nothing from
    documents. Other processors cannot be trained (FAILED_PRECONDITION). The metadata tells which
    documents could not be used.
    """
    name = names.parse(request.parent, "parent", "processors")
    kind = await _type(name, call)
    if kind.version:  # it can do its work before any training: all it lacks is a schema
        if not request.document_schema.entity_types:
            raise InvalidArgument("An extractor needs a schema.", field="documentSchema")
        schemas.read(request.document_schema, "documentSchema")
    else:
        call.models.chosen(TextEmbedder.embed)
        inputs.check(request.input_data.training_documents, _INPUT)
    return await start(_RPC, request, call, prefix=name.operations)


@runs(_RPC)
async def train(request: Any, call: Call, progress: Progress) -> JSON:
    """Train the version and keep it."""
    name = names.parse(request.parent, "parent", "processors")
    kind = await _type(name, call)
    fields: dict[str, Any] = {
        "display_name": request.processor_version.display_name,
        "engine": "",
        "document_schema": json_format.MessageToDict(
            request.document_schema, descriptor_pool=load().pool
        ),
    }
    if not kind.version:
        fields |= await _learnt(request, kind, call, progress)
    version = Name(name.project, name.location, name.id, names.fresh())
    await progress.update(common_metadata={"resource": version.processor_version()})
    await call.database.write(store.create_version, version, fields)
    return {"processorVersion": version.processor_version()}


async def _type(name: Name, call: Call) -> ProcessorType:
    """Return the type of a processor that can be trained; FailedPrecondition."""
    if always_there(name.id) is not None:
        raise FailedPrecondition(
            f"The processor {name.id!r} is always there and cannot be changed.",
            field="parent",
            hint="Create one of its type.",
        )
    row = await call.database.read(store.processor, name)
    kind = known(row.type, "parent")
    if not kind.trainable:
        raise FailedPrecondition(f"A {kind.type} cannot be trained.", field="parent")
    return kind


async def _learnt(
    request: Any, kind: ProcessorType, call: Call, progress: Progress
) -> Mapping[str, Any]:
    """Return the classifier that the documents make, and the engine of its vectors."""
    engine = call.models.chosen(TextEmbedder.embed)
    found = await inputs.documents(request.input_data.training_documents, _INPUT, call)
    examples: list[Labelled] = []
    errors: list[Failure] = []
    for one in found:
        try:
            examples += await patiently(partial(labelled, one, kind.type == _SPLITTER, call))
        except Failure as failure:
            errors.append(failure.within(one.uri))
    await progress.update(
        training_dataset_validation={
            "documentErrorCount": len(errors),
            "documentErrors": [
                {"code": int(one.code), "message": str(one)} for one in errors[:_MOST]
            ],
        }
    )
    if not examples:
        raise InvalidArgument("No document could be used.", field=_INPUT)
    rows = await patiently(partial(vectors, [one.text for one in examples], engine, call))
    try:
        model = await asyncio.to_thread(classes.train, rows, [one.label for one in examples])
    except Failure as failure:
        raise failure.within(_INPUT) from failure
    return {"model": model.to_bytes(), "engine": engine}
