"""The promise of Donut by card: fields with their paths, and nothing that the page does not say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.engines.donut import Donut, leaves
from sensorium.models.errors import FailedPrecondition
from sensorium.models.extraction.confirmed import confirmed
from sensorium.models.extraction.schema import Property, Schema
from sensorium.models.registry import EngineSpec, discover
from sensorium.models.tasks import FieldReader, Pixels, ReadField
from tests.conformance.documents import check_field_reader
from tests.unit.desk import Desk
from tests.unit.pdfs import pdf, shown
from tests.unit.tiny import brought
from tests.unit.tiny_donut import save_donut
from tests.unit.tiny_pictures import plain
from tests.unit.typesetting import typeset


def paths(text: str) -> list[tuple[str, str]]:
    """The fields of an answer, its tokens between spaces."""
    tokens = text.split()
    return [(one.path, " ".join(tokens[one.start : one.end])) for one in leaves(tokens)]


def test_fields_have_the_paths_of_what_they_stand_in():
    told = (
        "<s_total> <s_price> 4 50 </s_price> <s_tax> 1 </s_tax> </s_total> <s_date> May </s_date>"
    )
    assert paths(told) == [("total.price", "4 50"), ("total.tax", "1"), ("date", "May")]


def test_several_of_a_kind_are_counted():
    told = "<s_menu> <s_nm> Soup </s_nm> <sep/> <s_nm> Stew </s_nm> <s_n> 2 </s_n> </s_menu>"
    assert paths(told) == [("menu.0.nm", "Soup"), ("menu.1.nm", "Stew"), ("menu.1.n", "2")]


def test_what_is_not_closed_or_closes_nothing_is_left_out():
    assert paths("<s_a> 1 </s_a> <s_b> 2") == [("a", "1")]
    assert paths("</s_x> <s_a> <s_b> 1 </s_a>") == [("a", "<s_b> 1")]


TOKENS = ["<s_a>", "</s_a>", "<s_b>", "</s_b>", "<sep/>", "1", "x"]


@given(st.lists(st.sampled_from(TOKENS), max_size=40))
def test_whatever_a_model_writes_is_read(tokens: list[str]):
    for one in leaves(tokens):
        assert 0 <= one.start <= one.end <= len(tokens)
        assert one.path.strip(".") == one.path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("donut")
    brought("donut", made)  # skips where the libraries are missing
    save_donut(made)
    return made


def test_the_reader_keeps_the_promises_of_its_task(folder: Path):
    check_field_reader(brought("donut", folder))


def test_fields_are_read_off_pictures(folder: Path):
    reader = Donut(folder, "cpu")
    found = reader.fields([plain(name, 64, seed=99) for name in ("red", "blue", "green")])
    assert [[(one.name, one.text) for one in fields] for fields in found] == [
        [("total.price", "4.50")],
        [("menu.0.nm", "soup"), ("menu.1.nm", "stew")],
        [("date", "may")],
    ]
    assert all(one.confidence > 0.8 for fields in found for one in fields)


def test_a_task_that_is_not_told_is_asked_for(folder: Path, tmp_path: Path):
    import shutil

    brought("donut", tmp_path)
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "prompt.txt").write_text("<s_other>")
    with pytest.raises(FailedPrecondition, match="<s_other>"):
        Donut(tmp_path, "cpu")
    (tmp_path / "prompt.txt").unlink()
    with pytest.raises(FailedPrecondition, match="<s_cord>, <s_spare>") as caught:
        Donut(tmp_path, "cpu")
    assert "prompt.txt" in (caught.value.hint or "")


BILL = typeset((40, 1, "Bistro Nord"), (40, 3, "Total"), (300, 3, "EUR 4.50"), (40, 4, "Tip 4.50"))


def told(*fields: tuple[str, str]) -> list[tuple[int, ReadField]]:
    return [(0, ReadField(name, text, 0.8)) for name, text in fields]


def wanted(*described: tuple[str, str, str]) -> Schema:
    return Schema.of([Property.described(*one, "") for one in described])


def test_a_value_stands_where_the_page_has_it():
    (one,) = confirmed(
        BILL, wanted(("shop", "string", "OPTIONAL_ONCE")), told(("shop", "bistro nord"))
    )
    assert one.mention_text == "Bistro Nord"
    assert BILL.text[one.start : one.end] == "Bistro Nord"
    assert one.confidence == pytest.approx(0.72, abs=0.01)


def test_what_the_page_does_not_say_is_not_told():
    schema = wanted(("shop", "string", "OPTIONAL_ONCE"), ("total", "money", "OPTIONAL_ONCE"))
    assert confirmed(BILL, schema, told(("shop", "Bistro Süd"), ("total", "14.50"))) == []


def test_the_end_of_a_path_names_a_property_and_values_keep_their_types():
    schema = wanted(("price", "number", "OPTIONAL_MULTIPLE"))
    found = confirmed(BILL, schema, told(("menu.0.price", "4.50"), ("menu.1.price", "4.50")))
    assert [one.mention_text for one in found] == ["4.50", "4.50"]
    assert found[0].end <= found[1].start, "two values are not one"


def test_custom_extraction_asks_the_engine_for_what_rules_do_not_find(tmp_path: Path):
    class Telling:
        """Tell the same fields of every page."""

        def fields(self, images: Sequence[Pixels]) -> list[list[ReadField]]:
            names = [("shop", "Bistro Nord"), ("cashier", "Ada"), ("total", "9.99")]
            return [[ReadField(*one, 0.9) for one in names] for _ in images]

    page = pdf(shown("Bistro Nord", 40, 150) + shown("total: 4.50", 40, 120))
    properties = [
        {"name": name, "valueType": "string", "occurrenceType": "OPTIONAL_ONCE"}
        for name in ("shop", "cashier", "total")
    ]
    schema = {
        "entityTypes": [{"name": "bill", "baseTypes": ["document"], "properties": properties}]
    }
    found: dict[bool, Any] = {}
    for installed in (False, True):
        engines = [EngineSpec("telling", FieldReader, Telling, rank=99)] if installed else []
        desk = Desk(tmp_path, *discover(), *engines)
        name = desk.processor("CUSTOM_EXTRACTION_PROCESSOR", displayName="bills")
        answer = desk.process(page, name, processOptions={"schemaOverride": schema})
        found[installed] = {one["type"]: one["mentionText"] for one in answer["entities"]}
    assert found[False] == {"total": "4.50"}
    assert found[True] == {"shop": "Bistro Nord", "total": "4.50"}, "nobody is called Ada there"
