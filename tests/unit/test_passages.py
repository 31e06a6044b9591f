"""The promise of passages: words are found, and everything else of a page stays as it is."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from sensorium.models.passages import mark, passages, plain


def texts(source: str) -> list[str]:
    return [one.text for one in passages(source) if one.text]


def same(source: str) -> str:
    return "".join(one.written(one.text) for one in passages(source))


def test_blocks_are_passages_and_markup_in_them_are_marks():
    found = texts("<h1>Menu</h1><p>A <b>warm</b> soup</p><ul><li>One</li><li>Two</li></ul>")
    assert found == ["Menu", f"A {mark(0)}warm{mark(1)} soup", "One", "Two"]


def test_markup_at_the_ends_is_not_in_the_way():
    (one,) = [one for one in passages("<p><b> Hello </b></p>") if one.text]
    assert one.text == "Hello"
    assert one.written("Hola") == "<p><b> Hola </b>"


def test_references_are_read_and_written():
    (one,) = passages("Fish &amp; chips &lt; 5 &euro;")
    assert one.text == "Fish & chips < 5 €"
    assert one.written('Tom\'s "fish" & <chips>') == (
        "Tom&#39;s &quot;fish&quot; &amp; &lt;chips&gt;"
    )


def test_white_space_collapses_outside_of_preformatted_text():
    assert texts("<p>one\n   two</p><pre>one\n  two</pre>") == ["one two", "one\n  two"]


def test_what_is_not_to_be_translated_is_markup():
    source = (
        '<p>By <span translate="no">Acme <i>Tools</i></span> and <b class="x notranslate">Us</b>'
        '</p><div class="notranslate"><div>kept</div></div><script>let a = "<p>x"</script>'
        "<!-- note --><title>Shop</title>"
    )
    assert texts(source) == [f"By {mark(0)} and", "Shop"]
    assert same(source) == source


def test_a_translation_that_moves_or_loses_marks_is_told():
    (one,) = [one for one in passages("<p>a <b>b</b> c</p>") if one.text]
    assert one.keeps(f"x {mark(0)}y{mark(1)} z")
    assert not one.keeps(f"x {mark(1)}y{mark(0)} z")
    assert not one.keeps(f"x {mark(0)}y z")
    assert one.joined(["x ", "y", " z"]) == f"x {mark(0)}y{mark(1)} z"
    assert one.parts == ["a ", "b", " c"]


PIECES = [
    *("<p>", "</p>", "<b>", "</b>", "<br>", "<!-- x -->", "<", ">", "&amp;", "&", " ", "word"),
    *('<i translate="no">', "</i>", "<script>", "</script>", "\ue000", "<title>", "</title>", "\n"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("<\n")
@example("a <")
def test_any_page_is_made_up_of_its_passages(source: str):
    """What is written again reads the same: only references and white space may change."""
    again = same(source)
    assert same(again) == again
    assert texts(again) == texts(source)


@given(st.text(st.characters(codec=None, categories=None), max_size=60))
def test_a_plain_text_is_one_passage_and_comes_back_as_it_was(text: str):
    one = plain(text)
    assert one.written(one.text, markup=False) == text
