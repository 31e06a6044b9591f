"""The documents of a bucket that a batch or a training is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import Call
from sensorium.models.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Input:
    """A document of a bucket, what it is said to be, and where it stands in the request.

    `folder` is its first folder within the prefix, or the last folder of its URI.
    """

    uri: str
    said: str
    field: str
    folder: str

    @property
    def stem(self) -> str:
        """Return the file's name without what tells its kind."""
        name = self.uri.rpartition("/")[2]
        return name.rpartition(".")[0] or name


def check(config: Any, field: str) -> None:
    """Refuse a `BatchDocumentsInputConfig` that names nothing (InvalidArgument)."""
    match config.WhichOneof("source"):
        case "gcs_documents":
            if not config.gcs_documents.documents:
                raise InvalidArgument("There is no document.", field=f"{field}.gcsDocuments")
            for i, one in enumerate(config.gcs_documents.documents):
                if not one.gcs_uri.startswith("gs://"):
                    raise InvalidArgument(
                        f"{one.gcs_uri[:100]!r} is not gs://BUCKET/OBJECT.",
                        field=f"{field}.gcsDocuments.documents[{i}].gcsUri",
                    )
        case "gcs_prefix":
            if not config.gcs_prefix.gcs_uri_prefix.startswith("gs://"):
                raise InvalidArgument(
                    "A prefix gs://BUCKET/PREFIX is needed.",
                    field=f"{field}.gcsPrefix.gcsUriPrefix",
                )
        case _:
            raise InvalidArgument("Set gcsDocuments or gcsPrefix.", field=field)


async def documents(config: Any, field: str, call: Call) -> list[Input]:
    """Return the documents of a `BatchDocumentsInputConfig`, those of a prefix in order.

    Raises InvalidArgument when there are none or too many.
    """
    most = call.limits.operation_images
    if config.WhichOneof("source") == "gcs_documents":
        found = [
            Input(
                one.gcs_uri,
                one.mime_type,
                f"{field}.gcsDocuments.documents[{i}].gcsUri",
                one.gcs_uri.split("/")[-2] if one.gcs_uri.count("/") > 3 else "",
            )
            for i, one in enumerate(config.gcs_documents.documents)
        ]
    else:
        place = f"{field}.gcsPrefix.gcsUriPrefix"
        prefix = config.gcs_prefix.gcs_uri_prefix
        uris = await call.sources.find(prefix, field=place, most=most)
        found = [Input(uri, "", place, _folder(uri, prefix)) for uri in uris]
        if not found:
            raise InvalidArgument(f"There is no object under {prefix[:200]}.", field=place)
    if len(found) > most:
        raise InvalidArgument(f"{len(found)} documents are more than {most}.", field=field)
    return found


def _folder(uri: str, prefix: str) -> str:
    """Return the first folder of a URI within a prefix that ends as a folder does."""
    within = uri[len(prefix.rpartition("/")[0]) + 1 :]
    return within.partition("/")[0] if "/" in within else ""
