"""HTML and Markdown as trees of blocks: what a browser shows, and nothing it hides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.models.engines.lxml import Lxml
from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks import TextBlock
from tests.unit.outline import every, outline

READER = Lxml()


def html(source: str | bytes) -> list[Any]:
    return outline(READER.html(source.encode() if isinstance(source, str) else source))


def markdown(source: str) -> list[Any]:
    return outline(READER.markdown(source.encode()))


def test_headings_hold_what_follows():
    assert html("<h1>A</h1><p>one<p>two<h2>B</h2>three") == [
        ("h1", "A", [("p", "one"), ("p", "two"), ("h2", "B", [("p", "three")])])
    ]


def test_white_space_is_as_a_browser_shows_it():
    assert html("<p>one\n   <b>two</b>  three<br>four</p><pre>a\n  b</pre>") == [
        ("p", "one two three\nfour"),
        ("p", "a\n  b"),
    ]


def test_what_is_hidden_is_left_out():
    source = (
        "<title>t</title><style>s</style><script>x</script><p hidden>h</p>"
        '<p style="display: none">n</p><template>t</template><p>shown</p><!-- c -->'
    )
    assert html(source) == [("p", "shown")]


def test_lists_nest():
    assert html("<ul><li>a<ol><li>b</ol><li>c</ul>") == [
        ("unordered", [[("p", "a"), ("ordered", [[("p", "b")]])], [("p", "c")]])
    ]


def test_terms_stand_with_what_defines_them():
    assert html("<dl><dt>A</dt><dd>first</dd><dt>B</dt><dd>second</dd></dl>") == [
        ("unordered", [[("p", "A"), ("p", "first")], [("p", "B"), ("p", "second")]])
    ]


def test_tables_have_heads_spans_and_captions():
    source = (
        "<table><caption>Prices</caption><tr><th>Item<th colspan=2>Price</tr>"
        "<tr><td rowspan=2>Bolt<td>1<td>2</tr><tr><td>3<td>4</tr></table>"
    )
    assert html(source) == [
        (
            "table",
            [["Item", "Price 1x2"]],
            [["Bolt 2x1", "1", "2"], ["3", "4"]],
            "Prices",
        )
    ]


def test_a_table_for_layout_alone_is_what_is_in_it():
    assert html("<table><tr><td><p>only</p></td></tr></table>") == [("p", "only")]


def test_the_page_has_a_header_and_a_footer():
    assert html("<header>Shop</header><main><p>text</main><footer>2026</footer>") == [
        ("header", "Shop"),
        ("p", "text"),
        ("footer", "2026"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "<p>Grüße</p>".encode(),
        b'<meta charset="iso-8859-1"><p>Gr\xfc\xdfe</p>',
        b"<p>Gr\xfc\xdfe</p>",
        "<p>Grüße</p>".encode("utf-16"),
        b'<meta charset="no-such"><p>Gr\xc3\xbc\xc3\x9fe</p>',
    ],
)
def test_any_encoding_is_read(source: bytes):
    assert html(source) == [("p", "Grüße")]


def test_what_stands_behind_the_end_of_the_page_is_shown():
    assert html("<html><body>one</body></html><h1>A</h1><p>two") == [
        ("p", "one"),
        ("h1", "A", [("p", "two")]),
    ]


@pytest.mark.parametrize("source", ["", "   ", "<!-- only -->", "<html></html>"])
def test_nothing_is_nothing(source: str):
    assert html(source) == []


def test_elements_that_nest_without_end_are_refused():
    with pytest.raises(InvalidArgument, match="nest too deeply"):
        html("<div>" * 50_000 + "deep")


def test_markdown_has_headings_lists_and_tables():
    source = (
        "---\ntitle: t\n---\n# A\n\ntext *strong*\n\n1. one\n2. two\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    assert markdown(source) == [
        (
            "h1",
            "A",
            [
                ("p", "text strong"),
                ("ordered", [[("p", "one")], [("p", "two")]]),
                ("table", [["a", "b"]], [["1", "2"]]),
            ],
        )
    ]


def test_code_keeps_its_lines():
    assert markdown("```\na\n  b\n```\n") == [("p", "a\n  b")]


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(source: bytes):
    for layout in (READER.html(source), READER.markdown(source)):
        assert layout.pages == 1
        for block in every(layout.blocks):
            assert not isinstance(block, TextBlock) or block.text.strip()
