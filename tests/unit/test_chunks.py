"""Chunks hold whole blocks where they can, never two sections, and never more than their size."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.models.errors import InvalidArgument
from sensorium.models.layouts import chunks, tree
from sensorium.models.layouts.chunk import count
from sensorium.models.tasks import Layout, LayoutCell, PageSpan, TableBlock

LONG = "One two three. Four five six. Seven eight nine."


def h(level: int, text: str, page: int = 1):
    return tree.text(text, page, tree.heading(level))


def table(rows: int) -> TableBlock:
    def row(*texts: str) -> tuple[LayoutCell, ...]:
        return tuple(LayoutCell((tree.text(text),)) for text in texts)

    body = tuple(row(f"item{i}", f"{i}") for i in range(rows))
    return TableBlock(0, (row("Name", "Price"),), body, PageSpan(1, 1))


def texts(*blocks, size: int = 500, ancestors: bool = False) -> list[str]:
    return [one.text for one in chunks(tree.layout(blocks, 1), size, ancestors)]


def test_a_short_document_is_one_chunk_of_markdown():
    assert texts(h(1, "A"), tree.text("Hello there.")) == ["# A\n\nHello there."]


def test_a_chunk_ends_where_a_section_does():
    assert texts(tree.text("zero"), h(1, "A"), tree.text("one"), h(1, "B"), tree.text("two")) == [
        "zero",
        "# A\n\none",
        "# B\n\ntwo",
    ]


def test_a_heading_without_text_opens_the_section_below_it():
    assert texts(h(1, "A"), h(2, "B"), tree.text("b")) == ["# A\n\n## B\n\nb"]


def test_ancestors_stand_before_a_chunk_where_they_are_wanted():
    blocks = (h(1, "A"), tree.text("a"), h(2, "B"), tree.text("b"))
    assert texts(*blocks) == ["# A\n\na", "## B\n\nb"]
    assert texts(*blocks, ancestors=True) == ["# A\n\na", "# A\n\n## B\n\nb"]


def test_ancestors_take_no_more_than_half_of_a_chunk():
    blocks = (
        h(1, "Far away above all of it"),
        h(2, "B"),
        tree.text("a a a"),
        h(3, "C"),
        tree.text("c c c"),
    )
    assert texts(*blocks, size=14, ancestors=True)[-1] == "## B\n\n### C\n\nc c c"


def test_a_block_that_is_too_large_is_cut_between_sentences():
    assert texts(tree.text(LONG), size=8) == ["One two three. Four five six.", "Seven eight nine."]


def test_a_sentence_that_is_too_long_is_cut_between_words():
    assert texts(tree.text("a b c d e f g"), size=3) == ["a b c", "d e f", "g"]


def test_a_large_table_is_cut_between_rows_with_its_head_on_each():
    parts = texts(table(9), size=40)
    assert len(parts) > 1
    assert all(part.startswith("| Name | Price |\n| --- | --- |\n") for part in parts)
    assert re.findall(r"item\d", "".join(parts)) == [f"item{i}" for i in range(9)]


def test_lists_are_written_with_their_marks():
    inner = tree.listed([tree.Entry(0, "ordered", (tree.text("x"),))])
    blocks = tree.listed(
        [
            tree.Entry(0, "unordered", (tree.text("one"), *inner)),
            tree.Entry(0, "unordered", (tree.text("two"),)),
        ]
    )
    assert texts(*blocks) == ["- one\n    1. x\n- two"]


def test_a_chunk_knows_its_blocks_pages_and_margins():
    layout = tree.layout(
        [
            tree.text("Head", 1, "header"),
            h(1, "A"),
            tree.text("one"),
            tree.text("1", 1, "footer"),
            tree.text("Head", 2, "header"),
            tree.text("two", 2),
            tree.text("2", 2, "footer"),
        ],
        2,
    )
    (chunk,) = chunks(layout)
    assert chunk.text == "# A\n\none\n\ntwo"
    assert chunk.blocks == (2, 3, 6)
    assert chunk.pages == PageSpan(1, 2)
    assert [(one.text, one.pages) for one in chunk.headers] == [("Head", PageSpan(1, 2))]
    assert [one.text for one in chunk.footers] == ["1", "2"]


def test_an_empty_document_has_no_chunk():
    assert chunks(Layout((), 1)) == []


def test_a_chunk_of_nothing_is_refused():
    with pytest.raises(InvalidArgument, match="one token"):
        chunks(Layout((), 1), 0)


WORDS = st.text(st.sampled_from("ab. ,"), min_size=1, max_size=60).filter(str.strip)


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 3), WORDS), max_size=8),
    st.integers(1, 30),
    st.booleans(),
)
def test_every_word_is_in_a_chunk_and_no_chunk_is_too_large(given, size, ancestors):
    blocks = [h(level, text) if level else tree.text(text) for level, text in given]
    found = chunks(tree.layout(blocks, 1), size, ancestors)
    assert all(count(one.text) <= max(size, 1) for one in found)
    if not ancestors:
        written = re.findall(r"\w+", " ".join(one.text for one in found))
        assert sorted("".join(written)) == sorted(
            "".join(re.findall(r"\w+", " ".join(text for _, text in given)))
        )
