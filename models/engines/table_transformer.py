"""The structure of tables: Table Transformer, or any detector that tells the same classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sensorium.models.engines.object_detection import ObjectDetection
from sensorium.models.errors import FailedPrecondition
from sensorium.models.forms import structure
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import Pixels, TableCell, TableRecognizer

_BATCH = 4


@engine(
    "table_transformer",
    task=TableRecognizer,
    requires=("transformers", "torch", "safetensors", "PIL", "cv2"),
    card=BY_CARD,
    batch=_BATCH,
    memory="600MB",
    rank=20,
)
class TableTransformer:
    """Tell rows, columns, headings and spanning cells of tables (Table Transformer, safetensors).

    The folder holds the model for the structure; where tables are is told by the form parser.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._detector = ObjectDetection(weights, device)
        if not {structure.ROW, structure.COLUMN} <= set(self._detector.names()):
            raise FailedPrecondition(
                f"{weights.name} does not tell the rows and columns of tables.",
                hint="Table Transformer has two models; this needs the one for structure.",
            )

    def cells(self, images: Sequence[Pixels]) -> list[list[TableCell]]:
        """Return the cells of the table that each picture shows, row by row."""
        return [structure.cells(things) for things in self._detector.objects(images)]
