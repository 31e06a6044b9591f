"""The promise of table structure by card: grids without holes, and no word of a table is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.engines.table_transformer import TableTransformer
from sensorium.models.errors import FailedPrecondition
from sensorium.models.forms import structure
from sensorium.models.registry import EngineSpec, discover
from sensorium.models.tasks import Box, Pixels, TableCell, TableRecognizer, Thing
from tests.conformance.documents import check_grid, check_table_recognizer
from tests.unit.desk import Desk, cut
from tests.unit.pdfs import pdf, shown
from tests.unit.tiny import brought
from tests.unit.tiny_pictures import numbered, save_detector, save_processor

KINDS = [
    *("table", "table column", "table row", "table column header"),
    *("table projected row header", "table spanning cell"),
]


def row(top: float, bottom: float, name: str = "table row") -> Thing:
    return Thing(name, 0.9, Box(0, top, 300, bottom))


def column(left: float, right: float) -> Thing:
    return Thing("table column", 0.9, Box(left, 0, right, 90))


GRID = [row(0, 28), row(32, 58), row(62, 90), column(0, 98), column(102, 200), column(205, 300)]


def test_rows_and_columns_make_cells_that_meet_halfway():
    cells = structure.cells(GRID)
    check_grid(cells)
    assert len(cells) == 9
    assert cells[4].box == Box(100, 30, 202.5, 60)
    assert not any(one.heading for one in cells)


def test_headers_and_spanning_cells_are_told():
    spanning = Thing("table spanning cell", 0.8, Box(101, 1, 299, 27))
    cells = structure.cells([*GRID, row(0, 29, "table column header"), spanning])
    check_grid(cells)
    assert [(one.column, one.columns, one.heading) for one in cells[:2]] == [
        (0, 1, True),
        (1, 2, True),
    ]
    assert not any(one.heading for one in cells[2:])


def test_a_row_told_twice_counts_once_and_one_row_is_no_table():
    assert len(structure.cells([*GRID, row(2, 27), row(30, 59)])) == 9
    assert structure.cells(GRID[2:]) == []
    assert structure.cells([]) == []


BOXES = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    *[st.floats(0, 300)] * 2,
    *[st.floats(0.5, 200)] * 2,
)


@given(st.lists(st.builds(Thing, st.sampled_from(KINDS), st.just(0.7), BOXES), max_size=30))
def test_whatever_a_model_finds_the_grid_has_no_holes(things: list[Thing]):
    check_grid(structure.cells(things))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tables")
    brought("table_transformer", made)  # skips where the libraries are missing
    import torch
    from transformers import ResNetConfig, TableTransformerConfig
    from transformers import TableTransformerForObjectDetection as Model

    torch.manual_seed(7)
    save_processor(made, "Detr", size={"shortest_edge": 64, "longest_edge": 64})
    backbone = ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1], out_features=["stage4"]
    )
    config = TableTransformerConfig(
        backbone_config=backbone,
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        **{"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "num_queries": 12},
        **{"encoder_attention_heads": 2, "decoder_attention_heads": 2},
        **{"encoder_ffn_dim": 16, "decoder_ffn_dim": 16},
        **numbered(KINDS),
    )
    model = Model(config)
    torch.nn.init.normal_(model.class_labels_classifier.weight, std=3)  # sure of something
    torch.nn.init.normal_(model.model.query_position_embeddings.weight, std=2)
    model.save_pretrained(made)
    return made


def test_table_transformer_opens_and_keeps_the_promises_of_its_task(folder: Path):
    check_table_recognizer(brought("table_transformer", folder))


def test_a_detector_of_other_things_is_refused(tmp_path: Path):
    brought("table_transformer", tmp_path)
    save_detector(tmp_path)
    with pytest.raises(FailedPrecondition, match="rows and columns") as caught:
        TableTransformer(tmp_path, "cpu")
    assert "structure" in (caught.value.hint or "")


def telling(cells: Sequence[TableCell]) -> EngineSpec:
    """An engine that sees these cells in every table, at shares of its picture."""

    class Telling:
        """Tell the same cells of every table."""

        def cells(self, images: Sequence[Pixels]) -> list[list[TableCell]]:
            return [[placed(one, image) for one in cells] for image in images]

    return EngineSpec("telling", TableRecognizer, Telling, rank=99)


def placed(one: TableCell, image: Pixels) -> TableCell:
    height, width = image.shape[:2]
    box = one.box
    place = Box(box.left * width, box.top * height, box.right * width, box.bottom * height)
    return replace(one, box=place)


def cell(row: int, column: int, box: Box, rows: int = 1, columns: int = 1) -> TableCell:
    return TableCell(row, column, rows, columns, row == 0, box)


def priced() -> bytes:
    """A table without rules."""
    return pdf(
        "".join(
            shown(text, 40 + 80 * x, 150 - 20 * y)
            for y, line in enumerate(PLAIN)
            for x, text in enumerate(line)
        )
    )


def tables(desk: Desk, content: bytes) -> Any:
    document = desk.process(content, "form-parser")
    return [
        [
            [cut(document, one["layout"]["textAnchor"]).strip() for one in line["cells"]]
            for part in ("headerRows", "bodyRows")
            for line in table.get(part, [])
        ]
        for table in document["pages"][0].get("tables", [])
    ]


PLAIN = [["Dish", "Price", "Left"], ["Soup", "4.50", "3"], ["Stew", "7.25", "12"]]


def test_words_go_into_the_cells_that_an_engine_tells(tmp_path: Path):
    halves = [
        cell(0, 0, Box(0, 0, 1, 1 / 3), columns=2),
        *(
            cell(1 + i, j, Box(j / 2, (1 + i) / 3, (j + 1) / 2, (2 + i) / 3))
            for i in (0, 1)
            for j in (0, 1)
        ),
    ]
    assert tables(Desk(tmp_path), priced()) == [PLAIN]
    (found,) = tables(Desk(tmp_path, *discover(), telling(halves)), priced())
    assert [text.split() for text in found[0]] == [["Dish", "Price", "Left"]]
    assert [len(line) for line in found] == [1, 2, 2]
    assert " ".join(text for line in found[1:] for text in line).split() == [
        *("Soup", "4.50", "3", "Stew", "7.25", "12")
    ]


@pytest.mark.parametrize(
    "told",
    [
        [],
        [cell(i, j, Box(j / 9, i / 9, (j + 1) / 9, (i + 1) / 9)) for i in (0, 1) for j in (0, 1)],
        [cell(0, 0, Box(0, 0, 1, 1)), cell(2, 0, Box(0, 0, 1, 1))],
    ],
    ids=["nothing", "a corner", "no grid"],
)
def test_an_engine_that_loses_words_is_not_believed(tmp_path: Path, told: list[TableCell]):
    assert tables(Desk(tmp_path, *discover(), telling(told)), priced()) == [PLAIN]
