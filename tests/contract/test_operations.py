"""google.longrunning.Operations over gRPC, by Google's own stub."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest

pytest.importorskip("google.longrunning")

from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf import duration_pb2

from tests.gateway import Running

EXAMPLE = {
    "requests": [
        {"image": {"source": {"imageUri": "gs://b/none.png"}}, "features": [{"type": "CROP_HINTS"}]}
    ],
    "outputConfig": {"gcsDestination": {"uri": "gs://b/operations/"}},
}


@pytest.fixture
def stub(gateway: Running) -> Iterator[operations_pb2_grpc.OperationsStub]:
    with grpc.insecure_channel(gateway.grpc) as channel:
        yield operations_pb2_grpc.OperationsStub(channel)


def test_operations_live_through_every_method(gateway: Running, stub):
    path = "/v1/projects/listed/locations/eu/images:asyncBatchAnnotate"
    names = [gateway.post(path, EXAMPLE)[1]["name"] for _ in range(3)]
    waited = stub.WaitOperation(
        operations_pb2.WaitOperationRequest(
            name=names[-1], timeout=duration_pb2.Duration(seconds=30)
        )
    )
    assert waited.done
    assert waited.response.type_url.endswith("AsyncBatchAnnotateImagesResponse")
    under = "projects/listed/locations/eu"
    first = stub.ListOperations(operations_pb2.ListOperationsRequest(name=under, page_size=2))
    rest = stub.ListOperations(
        operations_pb2.ListOperationsRequest(name=under, page_token=first.next_page_token)
    )
    assert [one.name for one in (*first.operations, *rest.operations)] == names[::-1]
    stub.CancelOperation(operations_pb2.CancelOperationRequest(name=names[-1]))
    assert stub.GetOperation(operations_pb2.GetOperationRequest(name=names[-1])) == waited
    stub.DeleteOperation(operations_pb2.DeleteOperationRequest(name=names[-1]))
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetOperation(operations_pb2.GetOperationRequest(name=names[-1]))
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
