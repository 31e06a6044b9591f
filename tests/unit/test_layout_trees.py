"""Blocks in a row become a tree: sections under headings, lists in lists, ids as they are read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.layouts import selected, tree
from sensorium.models.tasks import LayoutBlock, LayoutCell, PageSpan, TableBlock, TextBlock
from tests.unit.outline import every, outline


def h(level: int, text: str, page: int = 1) -> TextBlock:
    return tree.text(text, page, tree.heading(level))


def made(*blocks: LayoutBlock, pages: int = 1) -> list[object]:
    return outline(tree.layout(blocks, pages))


def test_what_follows_a_heading_stands_under_it_up_to_the_next_of_its_level():
    p = tree.text("text")
    assert made(p, h(1, "A"), p, h(2, "A.1"), p, h(2, "A.2"), h(1, "B"), p) == [
        ("p", "text"),
        ("h1", "A", [("p", "text"), ("h2", "A.1", [("p", "text")]), ("h2", "A.2")]),
        ("h1", "B", [("p", "text")]),
    ]


def test_a_level_may_be_skipped():
    assert made(h(1, "A"), h(4, "deep"), h(2, "less")) == [
        ("h1", "A", [("h4", "deep"), ("h2", "less")])
    ]


def test_headings_deeper_than_the_deepest_are_of_that_level():
    assert made(h(1, "A"), h(9, "B")) == [("h1", "A", [("h5", "B")])]


def test_a_title_stands_over_all_headings():
    title = tree.text("Report", kind=tree.TITLE)
    assert made(title, h(1, "A"), tree.text("a")) == [
        ("h1", "Report", [("h2", "A", [("p", "a")])]),
    ]


def test_entries_make_lists_in_lists():
    entry = [
        tree.Entry(level, kind, (tree.text(text),))
        for level, kind, text in (
            (0, "unordered", "one"),
            (1, "ordered", "one a"),
            (1, "ordered", "one b"),
            (0, "unordered", "two"),
            (0, "ordered", "first"),
        )
    ]
    assert made(*tree.listed(entry)) == [
        (
            "unordered",
            [[("p", "one"), ("ordered", [[("p", "one a")], [("p", "one b")]])], [("p", "two")]],
        ),
        ("ordered", [[("p", "first")]]),
    ]


def test_ids_count_in_reading_order_within_cells_and_entries_too():
    cell = LayoutCell((tree.text("cell"),))
    table = TableBlock(0, ((cell,),), ((cell,),), PageSpan(1, 1))
    (listed,) = tree.listed([tree.Entry(0, "ordered", (tree.text("entry"),))])
    layout = tree.layout([h(1, "A"), table, listed, tree.text("end")], 1)
    assert [block.id for block in every(layout.blocks)] == list(range(1, 8))


def test_pages_are_selected_with_the_headings_above_them():
    layout = tree.layout(
        [h(1, "A"), tree.text("one"), h(2, "B", 2), tree.text("two", 2), tree.text("three", 3)], 3
    )
    assert outline(selected(layout, {2})) == [("h1", "A", [("h2", "B", [("p", "two")])])]
    assert outline(selected(layout, {1})) == [("h1", "A", [("p", "one")])]
    spanning = replace(tree.text("long"), pages=PageSpan(1, 3))
    assert outline(selected(tree.layout([spanning], 3), {2})) == [("p", "long")]


def test_a_document_of_too_many_blocks_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tree, "_MOST", 3)
    with pytest.raises(Exception, match="more than 3 blocks"):
        made(*[tree.text("x")] * 4)


@given(st.lists(st.integers(0, 6), max_size=30))
def test_no_block_is_lost_and_none_changes_its_place(levels: list[int]):
    blocks = [h(level, str(i)) if level else tree.text(str(i)) for i, level in enumerate(levels)]
    layout = tree.layout(blocks, 1)
    found = [block for block in every(layout.blocks) if isinstance(block, TextBlock)]
    assert [block.text for block in found] == [str(i) for i in range(len(levels))]
    assert [block.id for block in found] == list(range(1, len(levels) + 1))
    for block in found:
        assert all(
            tree.level(under) > tree.level(block) or not tree.level(under) for under in block.blocks
        )
