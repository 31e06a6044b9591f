"""Write `schema.pb` and `routes.json` from Google's official client packages (`make wire`).

The clients are a development dependency: at run time only the two files are read. What is taken is
facts: message descriptors, RPC names, streaming kinds, HTTP bindings and long-running types.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, FileDescriptor

from sensorium.apis.wire import embeddings_v1, translate_v2

HERE = Path(__file__).parent
STABLE = (
    "vision_v1",
    "speech_v1",
    "speech_v1p1beta1",
    "speech_v2",
    "texttospeech_v1",
    "translate_v3",
    "language_v1",
    "language_v2",
    "videointelligence_v1",
    "documentai_v1",
    "dialogflow_v2",
    "dialogflowcx_v3",
)
# answered by the handlers of the stable surface, as far as their fields agree
ALIASES = {
    "vision_v1p1beta1": "vision_v1",
    "vision_v1p2beta1": "vision_v1",
    "vision_v1p3beta1": "vision_v1",
    "vision_v1p4beta1": "vision_v1",
    "speech_v1p1beta1": "speech_v1",
    "texttospeech_v1beta1": "texttospeech_v1",
    "translate_v3beta1": "translate_v3",
    "videointelligence_v1p3beta1": "videointelligence_v1",
    "dialogflow_v2beta1": "dialogflow_v2",
}
# mixins that every client carries under the same RPC name
MIXINS = {
    "google.longrunning.Operations.GetOperation": ("GetOperationRequest", "Operation"),
    "google.longrunning.Operations.ListOperations": (
        "ListOperationsRequest",
        "ListOperationsResponse",
    ),
    "google.longrunning.Operations.DeleteOperation": (
        "DeleteOperationRequest",
        "google.protobuf.Empty",
    ),
    "google.longrunning.Operations.CancelOperation": (
        "CancelOperationRequest",
        "google.protobuf.Empty",
    ),
    "google.longrunning.Operations.WaitOperation": ("WaitOperationRequest", "Operation"),
    "google.cloud.location.Locations.GetLocation": ("GetLocationRequest", "Location"),
    "google.cloud.location.Locations.ListLocations": (
        "ListLocationsRequest",
        "ListLocationsResponse",
    ),
}
# how a client polls its operations unless it says otherwise (google.api_core.operations_v1)
POLLING = {
    "ListOperations": ["GET", "/{}/{{name=**}}/operations", ""],
    "GetOperation": ["GET", "/{}/{{name=**/operations/*}}", ""],
    "DeleteOperation": ["DELETE", "/{}/{{name=**/operations/*}}", ""],
    "CancelOperation": ["POST", "/{}/{{name=**/operations/*}}:cancel", "*"],
}
LRO = re.compile(r"from_gapic\(\s*\w+,\s*[\w.]+,\s*([\w.]+),\s*metadata_type=([\w.]+),", re.S)


class Recorder(grpc.Channel):  # type: ignore[misc]
    """A channel that notes which RPC a client's transport would call, with its types."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any, Any]] = []

    def _stub(self, kind: str) -> Any:
        """Return a stub factory for one of the four streaming kinds."""

        def stub(
            path: str, request_serializer: Any, response_deserializer: Any, *_: Any, **__: Any
        ) -> Any:
            self.calls.append((kind, path, request_serializer, response_deserializer))
            return lambda *args, **kwargs: None

        return stub

    unary_unary = property(lambda self: self._stub("unary"))
    unary_stream = property(lambda self: self._stub("server"))
    stream_unary = property(lambda self: self._stub("client"))
    stream_stream = property(lambda self: self._stub("bidi"))

    def subscribe(self, *args: Any, **kwargs: Any) -> None:
        """Ignore connectivity: nothing is ever connected."""

    unsubscribe = close = __enter__ = __exit__ = subscribe


def message_of(serializer: Any) -> Descriptor:
    """Return the descriptor behind a (de)serializer of a client, proto-plus or plain."""
    owner = serializer.__self__
    pb = owner.pb(owner()) if hasattr(owner, "pb") else owner
    descriptor: Descriptor = pb.DESCRIPTOR
    return descriptor


def rest_base(transports: str) -> ModuleType | None:
    """Return the module that holds a service's HTTP bindings; None for a gRPC-only service."""
    name = f"{transports}.rest_base"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def polling(transports: str) -> dict[str, list[list[str]]]:
    """Return the bindings by which a service's REST client asks about its operations.

    They are not its mixins' bindings: `operation.result()` has a client of its own.
    """
    name = f"{transports}.rest"
    if not importlib.util.find_spec(name):
        return {}
    transport = only_class(importlib.import_module(name), "RestTransport")
    if not hasattr(transport, "operations_client"):
        return {}
    credentials = importlib.import_module("google.auth.credentials").AnonymousCredentials()
    inner = transport(credentials=credentials).operations_client._transport
    found = {}
    for method, (verb, path, body) in POLLING.items():
        full = f"google.longrunning.Operations.{method}"
        options = inner._http_options.get(full)
        found[full] = (
            [[one["method"].upper(), one["uri"], one.get("body", "")] for one in options]
            if options
            else [[verb, path.format(inner._path_prefix), body]]
        )
    return found


def services(package: str) -> Iterator[tuple[ModuleType, ModuleType, ModuleType | None, str]]:
    """Yield the (client, gRPC transport, REST bindings) modules of each service of a package.

    Last comes the name of the package of its transports.
    """
    root = importlib.import_module(f"google.cloud.{package}.services")
    for found in pkgutil.iter_modules(root.__path__):
        base = f"{root.__name__}.{found.name}"
        yield (
            importlib.import_module(f"{base}.client"),
            importlib.import_module(f"{base}.transports.grpc"),
            rest_base(f"{base}.transports"),
            f"{base}.transports",
        )


def only_class(module: ModuleType, suffix: str) -> Any:
    """Return the one class of a module whose name ends so."""
    (found,) = (
        value
        for name, value in vars(module).items()
        if name.endswith(suffix) and inspect.isclass(value) and value.__module__ == module.__name__
    )
    return found


def long_running(client: ModuleType, method: str) -> dict[str, str]:
    """Return the declared response and metadata types of a long-running method, if it is one."""
    source = inspect.getsource(getattr(only_class(client, "Client"), method))
    found = LRO.search(source)
    if not found:
        return {}
    names = []
    for dotted in found.groups():
        value: Any = client
        for part in dotted.split("."):
            value = getattr(value, part)
        descriptor = value.pb(value()).DESCRIPTOR if hasattr(value, "pb") else value.DESCRIPTOR
        names.append(descriptor.full_name)
    return {"lro_response": names[0], "lro_metadata": names[1]}


def bindings(rest: ModuleType | None, method: str) -> list[list[str]]:
    """Return [verb, path template, body field] of each HTTP binding; empty when gRPC only."""
    if rest is None:
        return []
    base = only_class(rest, "RestTransport")
    holder = vars(base).get(f"_Base{method}")
    if holder is None or "_get_http_options" not in vars(holder):
        return []
    return [
        [option["method"].upper(), option["uri"], option.get("body", "")]
        for option in holder._get_http_options()
    ]


def snake(name: str) -> str:
    """Return an RPC's name as the clients' method name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


class Schema:
    """The files and routes gathered so far."""

    def __init__(self) -> None:
        self.files: dict[str, descriptor_pb2.FileDescriptorProto] = {}
        self.methods: dict[str, dict[str, Any]] = {}
        self.polled: list[dict[str, list[list[str]]]] = []

    def add_file(self, file: FileDescriptor) -> None:
        """Add a file after those it imports."""
        if file.name in self.files:
            return
        for dependency in sorted(file.dependencies, key=lambda one: one.name):
            self.add_file(dependency)
        proto = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(proto)
        if not proto.public_dependency:  # which counts on their order
            proto.dependency.sort()  # the clients keep theirs in a set, new in every process
        self.files[file.name] = proto

    def add_package(self, package: str) -> None:
        """Add every RPC of a client package."""
        for client, transports, rest, folder in services(package):
            recorder = Recorder()
            transport = only_class(transports, "GrpcTransport")(channel=recorder)
            transport._logged_channel = recorder
            transport._stubs.clear()  # made while the transport was, through an interceptor
            for name in dir(only_class(client, "Client")):
                if not name.startswith("_") and isinstance(
                    inspect.getattr_static(type(transport), name, None), property
                ):
                    recorder.calls.clear()
                    if callable(getattr(transport, name)) and recorder.calls:
                        self.add_method(package, client, rest, recorder.calls[-1])
            self.add_mixins(rest)
            self.polled.append(polling(folder))

    def add_method(
        self, package: str, client: ModuleType, rest: ModuleType | None, call: Any
    ) -> None:
        """Add one recorded RPC."""
        kind, path, serializer, deserializer = call
        full = path.lstrip("/").replace("/", ".")
        if full in MIXINS or full.startswith("google.iam."):
            return
        service, _, method = full.rpartition(".")
        request, response = message_of(serializer), message_of(deserializer)
        self.add_file(request.file)
        self.add_file(response.file)
        entry: dict[str, Any] = {
            "kind": kind,
            "http": bindings(rest, method),
            "request": request.full_name,
            "response": response.full_name,
            **long_running(client, snake(method)),
        }
        if package in ALIASES:
            alias = ALIASES[package].rpartition("_")[2]
            entry["alias"] = re.sub(r"\.v\d[\w]*\.", f".{alias}.", f"{service}.{method}")
        self.methods[full] = entry

    def add_mixins(self, rest: ModuleType | None) -> None:
        """Add a service's bindings of the shared Operations and Locations RPCs."""
        for full, (request, response) in MIXINS.items():
            package = full.rsplit(".", 2)[0]
            entry = self.methods.setdefault(
                full,
                {
                    "kind": "unary",
                    "http": [],
                    "request": f"{package}.{request}",
                    "response": response if "." in response else f"{package}.{response}",
                },
            )
            for binding in bindings(rest, full.rpartition(".")[2]):
                if binding not in entry["http"]:
                    entry["http"].append(binding)

    def add_polling(self) -> None:
        """Add the bindings by which clients poll, after those that the services name."""
        for found in self.polled:
            for full, several in found.items():
                known = self.methods[full]["http"]
                known += [binding for binding in several if binding not in known]

    def write(self, folder: Path) -> None:
        """Write both files, sorted so that a diff shows what changed."""
        types = descriptor_pb2.FileDescriptorSet(file=self.files.values())
        (folder / "schema.pb").write_bytes(types.SerializeToString(deterministic=True))
        lines = [
            f"  {json.dumps(name)}: {json.dumps(entry)}"
            for name, entry in sorted(self.methods.items())
        ]
        (folder / "routes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def generate(folder: Path = HERE) -> None:
    """Write the schema and the routes into `folder`."""
    schema = Schema()
    for module in (
        "google.rpc.status_pb2",
        "google.rpc.error_details_pb2",
        "google.longrunning.operations_pb2",
        "google.cloud.location.locations_pb2",
    ):
        schema.add_file(importlib.import_module(module).DESCRIPTOR)
    for package in dict.fromkeys((*STABLE, *ALIASES)):
        schema.add_package(package)
    schema.add_polling()
    for surface in (translate_v2, embeddings_v1):
        schema.files[surface.FILE.name] = surface.FILE
        schema.methods.update(surface.METHODS)
    schema.write(folder)


if __name__ == "__main__":
    generate()
