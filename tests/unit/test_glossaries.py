"""The promise of glossaries: terms are as the user wants them, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.apis.translate.glossaries import files
from sensorium.apis.translate.glossaries.terms import Terms
from sensorium.models.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
)
from sensorium.models.passages import passages, plain
from tests.unit.desk import Desk
from tests.unit.test_translate_text import engines, speaking

SERVICE = "google.cloud.translation.v3.TranslationService"
PLACE = "projects/p/locations/us-central1"
NAME = f"{PLACE}/glossaries/shop"
PAIR = {"languagePair": {"sourceLanguageCode": "en", "targetLanguageCode": "es"}}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, *engines(best=speaking(("en", "es"), ("es", "en"))))


def ask(desk: Desk, rpc: str, **request: Any) -> Any:
    return desk.ask(f"{SERVICE}.{rpc}", request)


def made(desk: Desk, content: str, file: str = "shop.csv", **more: Any) -> Any:
    glossary = {
        "name": NAME,
        "inputConfig": {"gcsSource": {"inputUri": desk.put(file, content.encode())}},
        **(more or PAIR),
    }
    return ask(desk, "CreateGlossary", parent=PLACE, glossary=glossary)


def told(desk: Desk, *contents: str, **more: Any) -> tuple[list[str], list[str]]:
    answer = ask(
        desk,
        "TranslateText",
        **{
            "parent": PLACE,
            "contents": list(contents),
            "mimeType": "text/plain",
            "sourceLanguageCode": "en",
            "targetLanguageCode": "es",
            **more,
            "glossaryConfig": {"glossary": NAME, **more.get("glossaryConfig", {})},
        },
    )
    assert answer["glossaryTranslations"][0]["glossaryConfig"] == {"glossary": NAME}
    plain, with_terms = (
        [one["translatedText"] for one in answer[field]]
        for field in ("translations", "glossaryTranslations")
    )
    return plain, with_terms


def test_a_glossary_is_made_of_a_file_and_its_terms_are_used(desk: Desk):
    operation = made(desk, "cart,cesta\nshopping cart,carrito\n")
    assert operation["done"]
    assert operation["response"]["entryCount"] == 2
    assert operation["metadata"]["state"] == "SUCCEEDED"
    assert operation["metadata"]["name"] == NAME
    plain, with_terms = told(desk, "a shopping cart or cart", "the cartoon")
    assert plain == ["A SHOPPING CART OR CART>es", "THE CARTOON>es"]
    assert with_terms == ["A carrito OR cesta>es", "THE CARTOON>es"]


def test_terms_go_into_pages_beside_their_markup(desk: Desk):
    made(desk, "R&D,I+D <x>\n")
    _, with_terms = told(desk, "<p>our <b>R&amp;D</b> team</p>", mimeType="text/html")
    assert with_terms == ["<p>OUR <b>I+D &lt;x&gt;</b> TEAM&gt;es</p>"]


def test_case_is_kept_when_it_does_not_count(desk: Desk):
    made(desk, "cart,cesta\nAcme,ACME\n")
    _, exact = told(desk, "Cart cart CART acme")
    assert exact == ["CART cesta CART ACME>es"]
    _, any_case = told(desk, "Cart cart CART acme", glossaryConfig={"ignoreCase": True})
    assert any_case == ["Cesta cesta CESTA ACME"], "nothing was left to translate"


def test_equivalent_terms_stand_for_each_other_both_ways(desk: Desk):
    languages = {"languageCodesSet": {"languageCodes": ["en", "es", "fr"]}}
    made(desk, "en,es,pos,fr\ncart,cesta,noun,panier\nhat,,noun,chapeau\n", **languages)
    assert told(desk, "cart hat")[1] == ["cesta HAT>es"]
    back = told(desk, "la cesta", sourceLanguageCode="es", targetLanguageCode="en")
    assert back[1] == ["LA cart>en"]


TMX = """<?xml version="1.0"?><tmx version="1.4"><header/><body>
<tu><tuv xml:lang="en-US"><seg>cart</seg></tuv><tuv xml:lang="es"><seg>cesta</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>alone</seg></tuv><tuv xml:lang="ja"><seg>x</seg></tuv></tu>
</body></tmx>"""


def test_tsv_and_tmx_are_read_too(desk: Desk):
    assert files.parse(b"cart\tcesta, f.\n", "x.tsv", ["en", "es"], True) == [
        {"en": "cart", "es": "cesta, f."}
    ]
    assert files.parse(TMX.encode(), "x.tmx", ["en", "es"], True) == [{"en": "cart", "es": "cesta"}]


@pytest.mark.parametrize(
    ("content", "name", "wrong"),
    [
        (b"", "a.csv", "no entry"),
        (b"cart\n", "a.csv", "Line 1 has 1 columns"),
        (b"cart,cesta\na,b,c\n", "a.csv", "Line 2 has 3 columns"),
        (b"cart,\n", "a.csv", "Line 1: a term is empty"),
        (b"cart," + b"x" * 1025, "a.csv", "Line 1: a term has more than 1,024 bytes"),
        (b"\xff\xfe,a\n", "a.csv", "UTF-8"),
        (b"<tmx><tu>", "a.tmx", "no TMX"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><tmx>&b;</tmx>', "a.tmx", "entities"),
        (b"<tmx></tmx>", "a.tmx", "no entry"),
    ],
)
def test_a_file_that_is_wrong_says_where(content: bytes, name: str, wrong: str):
    with pytest.raises(InvalidArgument, match=wrong):
        files.parse(content, name, ["en", "es"], True)


def test_a_wrong_file_fails_the_operation_and_makes_no_glossary(desk: Desk):
    operation = made(desk, "cart\n")
    assert operation["error"]["code"] == 3
    assert "Line 1" in operation["error"]["message"]
    with pytest.raises(NotFound):
        ask(desk, "GetGlossary", name=NAME)


def test_glossaries_are_listed_renamed_and_deleted(desk: Desk):
    made(desk, "cart,cesta\n")
    with pytest.raises(AlreadyExists):
        made(desk, "cart,cesta\n")
    renamed = ask(desk, "UpdateGlossary", glossary={"name": NAME, "displayName": "Shop"})
    assert renamed["response"]["displayName"] == "Shop"
    (one,) = ask(desk, "ListGlossaries", parent=PLACE)["glossaries"]
    assert (one["name"], one["displayName"], one["entryCount"]) == (NAME, "Shop", 1)
    assert one["languagePair"] == PAIR["languagePair"]
    deleted = ask(desk, "DeleteGlossary", name=NAME)
    assert deleted["response"]["name"] == NAME
    assert ask(desk, "ListGlossaries", parent=PLACE).get("glossaries", []) == []


def test_entries_are_added_changed_and_deleted(desk: Desk):
    made(desk, "cart,cesta\n")

    def pair(source: str, target: str) -> dict[str, Any]:
        terms = {"sourceTerm": ("en", source), "targetTerm": ("es", target)}
        return {
            "termsPair": {
                side: {"languageCode": code, "text": text} for side, (code, text) in terms.items()
            }
        }

    added = ask(desk, "CreateGlossaryEntry", parent=NAME, glossaryEntry=pair("hat", "gorro"))
    assert told(desk, "cart hat")[1] == ["cesta gorro"]
    changed = {"name": added["name"], **pair("hat", "sombrero")}
    ask(desk, "UpdateGlossaryEntry", glossaryEntry=changed)
    assert ask(desk, "GetGlossaryEntry", name=added["name"])["termsPair"] == changed["termsPair"]
    page = ask(desk, "ListGlossaryEntries", parent=NAME, pageSize=1)
    assert page["glossaryEntries"][0]["termsPair"]["targetTerm"]["text"] == "cesta"
    rest = ask(
        desk, "ListGlossaryEntries", parent=NAME, pageSize=1, pageToken=page["nextPageToken"]
    )
    assert rest["glossaryEntries"] == [ask(desk, "GetGlossaryEntry", name=added["name"])]
    ask(desk, "DeleteGlossaryEntry", name=added["name"])
    with pytest.raises(NotFound):
        ask(desk, "GetGlossaryEntry", name=added["name"])
    bad = pair("hat", "Hut")
    bad["termsPair"]["targetTerm"]["languageCode"] = "de"
    with pytest.raises(InvalidArgument, match="'de'"):
        ask(desk, "CreateGlossaryEntry", parent=NAME, glossaryEntry=bad)


def test_a_glossary_of_other_languages_is_refused(desk: Desk):
    made(desk, "cart,cesta\n")
    with pytest.raises(InvalidArgument, match="not for 'es' into 'en'"):
        told(desk, "cesta", sourceLanguageCode="es", targetLanguageCode="en")
    with pytest.raises(InvalidArgument) as caught:
        told(desk, "cart", sourceLanguageCode="")
    assert caught.value.field == "sourceLanguageCode"
    with pytest.raises(FailedPrecondition, match="context"):
        told(desk, "cart", glossaryConfig={"contextualTranslationEnabled": True})


WORDS = st.sampled_from(
    ["cart", "Cart", "carts", "hat", "İcart", "购物车", "<", "&", ".", "\ue000"]
)


@given(st.lists(WORDS, max_size=12).map(" ".join), st.booleans())
def test_what_is_not_a_term_stays_as_it_is(text: str, ignore_case: bool):
    entries = [{"en": "cart", "es": "CART"}, {"en": "购物", "es": "buy"}]
    terms = Terms.of(entries, "en", "es", ignore_case=ignore_case, markup=False)
    one = terms(plain(text))
    again = one.written(one.text, markup=False)
    assert again.lower().replace("buy", "购物") == text.lower()
    page = "".join(part.written(part.text) for part in map(terms, passages(text)))
    assert page.count("CART") == again.count("CART")
