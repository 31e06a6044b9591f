"""The promise of `models/html.py`: what a page shows, and where each character stands."""

from __future__ import annotations

import html as standard

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.html import Block, blocks

MARKUP = st.sampled_from(
    ["<", ">", "</", "<!--", "-->", "&", "&amp;", "&#x1F600;", "&eacute", "&#0;", "&bne;", "<p>",
     "</p>", "<b>", "</b>", "<br>", "<script>", "</script>", "<pre>", "</pre>", "<textarea>",
     "</textarea>", "<a href='x>y'>", '<a b="', '"', "'", "=", "/", "x", "é", "😀", "\xa0", " ",
     "\n", "\r\n", "<![CDATA[", "]]>"]
)  # fmt: skip
PAGES = st.text() | st.lists(MARKUP).map("".join)
WORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="&<>"), min_size=1
)


def shown(page: str) -> list[str]:
    return [block.text for block in blocks(page)]


def places(page: str, block: Block) -> str:
    return "".join(page[block.source(index)] for index in range(len(block.text)))


def test_blocks_are_apart_and_inline_elements_are_not():
    page = "<h1>One</h1>two<p>three <b>fo</b>ur<div>five<table><tr><td>six<td>seven</table>"
    assert shown(page) == ["One", "two", "three four", "five", "six", "seven"]


def test_scripts_styles_comments_and_attributes_are_not_shown():
    page = (
        "<!doctype html><style>p { }</style><p title='a > b' class=x>yes<!-- no --> and"
        "<SCRIPT>if (a < b) document.write('<p>no</p>')</SCRIPT > yes<template>no</template>"
        "<noscript>no</noscript>"
    )
    assert shown(page) == ["yes and yes"]


def test_references_are_decoded_and_point_to_their_ampersand():
    page = "<p>caf&eacute; &amp; &#x1F600;!"
    (block,) = blocks(page)
    assert block.text == "café & 😀!"
    assert [block.source(index) for index in range(len(block.text))] == [
        3, 4, 5, 6, 14, 15, 20, 21, 30,
    ]  # fmt: skip


def test_white_space_collapses_except_where_it_is_preformatted():
    assert shown("<p> a\n\n b <i> c</i><br> d <pre>e\n  f</pre>") == ["a b c\nd ", "e\n  f"]
    assert shown("a&nbsp; b") == ["a\xa0 b"]


def test_lone_signs_are_text():
    assert shown("1 < 2 & 3 > 2, I <3 it") == ["1 < 2 & 3 > 2, I <3 it"]


def test_an_unquoted_apostrophe_does_not_swallow_the_page():
    assert shown("<p title=it's>kept</p><p a= 'x>y' / b>kept too") == ["kept", "kept too"]


def test_tags_in_a_title_or_text_area_are_text():
    assert shown("<title>a <b> &lt;</title><textarea> <p>\n x</textarea>") == [
        "a <b> <",
        " <p>\n x",
    ]


def test_markup_that_never_closes_ends_with_the_page():
    for page in ("a<!-- b", "a<script>b", "a<p title='b>c", "a<p b", "a<![CDATA[b"):
        assert shown(page) == ["a"]


def test_a_reference_of_thousands_of_digits_is_survived():
    assert shown("a&#" + "9" * 10_000 + ";")[0].startswith("a\ufffd")


@given(PAGES)
def test_any_string_is_accepted_and_places_rise_within_the_source(page: str):
    for block in blocks(page):
        at = [block.source(index) for index in range(len(block.text))]
        assert at == sorted(at)
        assert all(0 <= place < len(page) for place in at)


@given(PAGES)
def test_a_character_stands_at_its_place_or_comes_from_what_stands_there(page: str):
    for block in blocks(page):
        for character, place in zip(block.text, places(page, block), strict=True):
            if place == "<":
                assert character in "<\n"
            else:
                assert character == place or place == "&" or (place.isspace() and character == " ")


@given(st.lists(st.tuples(st.sampled_from(["p", "div", "li", "H2"]), WORDS), min_size=1))
def test_every_paragraph_comes_back_whole_from_its_place(paragraphs: list[tuple[str, str]]):
    page = "".join(f"<{tag} title='>'>{text}</{tag}><!-- x -->" for tag, text in paragraphs)
    kept = [" ".join(text.split(" ")) for _, text in paragraphs]
    found = blocks(page)
    for block in found:
        assert places(page, block) == block.text
    squeezed = ["".join(text.split(" ")) for text in kept]
    assert ["".join(b.text.split(" ")) for b in found if b.text.strip(" ")] == [
        text for text in squeezed if text
    ]


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1))
def test_escaped_text_comes_back(text: str):
    decoded = "".join(shown(f"<pre>{standard.escape(text)}</pre>"))
    assert decoded == text


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<!--",
        "</",
        "<a ",
        "<a b='",
        "<a b=",
        "&",
        "&#1",
        "<p>x",
        "<script>",
        "<textarea>",
        " =",
        "<pre>",
    ],
)
def test_a_megabyte_of_broken_markup_is_read_in_one_pass(unit: str):
    page = (unit * 1_000_000)[:1_000_000]
    ends = [block.source(at) for block in blocks(page) for at in (0, len(block.text) - 1)]
    assert ends == sorted(ends)
    assert all(0 <= place < len(page) for place in ends)
