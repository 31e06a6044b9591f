"""The promise of entities: names with their kinds, joined where that is certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.language import clauses
from sensorium.apis.language.coreference import Group, group
from sensorium.apis.language.document import Span
from sensorium.apis.language.mentions import Found
from sensorium.apis.language.projection import project
from sensorium.models.errors import InvalidArgument
from sensorium.models.pool import LocalModels
from sensorium.models.tasks import Mention

V1 = "google.cloud.language.v1.LanguageService."
V2 = "google.cloud.language.v2.LanguageService."
TEXT = (
    "Angela Merkel visited Paris on March 5, 2024. Merkel loved the Louvre, but the hotel for $420 "
    "was terrible."
)
LONG = (
    "The telescope found water vapour in the atmosphere of a planet that orbits a red dwarf. The "
    "galaxy behind it is two billion light years away, said the astronomer Maria Lopez in Madrid."
)


@pytest.fixture(scope="module")
def models() -> Iterator[LocalModels]:
    pool = LocalModels()
    yield pool
    asyncio.run(pool.close())


@pytest.fixture
def ask(models: LocalModels) -> Any:
    def ask(rpc: str, text: str, kind: str = "PLAIN_TEXT", **rest: Any) -> Any:
        call = Call(models, None, Limits())
        code = "languageCode" if ".v2." in rpc else "language"
        document = {"type": kind, "content": text, code: rest.pop("language", "en")}
        return asyncio.run(LocalClient(call).call(rpc, {"document": document, **rest}))

    return ask


def found(text: str, kind: str = "PERSON", sentence: int = 0, proper: bool = True) -> Found:
    return Found(Span(text, 0, 0, 0), kind, proper, 0.9, sentence)


def groups(*mentions: Found) -> list[list[str]]:
    return [[one.span.text for one in made.mentions] for made in group(mentions)]


def by_name(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in answer["entities"]}


# --- entities ---------------------------------------------------------------------------------


def test_names_and_quantities_come_with_kind_parts_and_place(ask: Any):
    entities = by_name(ask(V1 + "AnalyzeEntities", TEXT, encodingType="UTF32"))
    assert entities["Angela Merkel"]["type"] == "PERSON"
    assert entities["Paris"]["type"] == "LOCATION"
    assert entities["March 5, 2024"]["type"] == "DATE"
    assert entities["March 5, 2024"]["metadata"] == {"year": "2024", "month": "03", "day": "05"}
    assert entities["$420"]["type"] == "PRICE"
    for entity in entities.values():
        for mention in entity["mentions"]:
            at = mention["text"].get("beginOffset", 0)
            assert TEXT[at:].startswith(mention["text"]["content"])


def test_a_surname_is_a_mention_of_the_full_name(ask: Any):
    entities = by_name(ask(V1 + "AnalyzeEntities", TEXT))
    said = [one["text"]["content"] for one in entities["Angela Merkel"]["mentions"]]
    assert said == ["Angela Merkel", "Merkel"]


def test_salience_is_a_share_and_the_first_is_the_greatest(ask: Any):
    entities = ask(V1 + "AnalyzeEntities", TEXT)["entities"]
    shares = [one.get("salience", 0) for one in entities]
    assert shares == sorted(shares, reverse=True)
    assert 0.9 < sum(shares) <= 1
    assert entities[0]["name"] == "Angela Merkel"


def test_v2_gives_probabilities_and_the_sentiment_around(ask: Any):
    entities = by_name(ask(V2 + "AnalyzeEntities", TEXT))
    assert all(0 < m["probability"] <= 1 for e in entities.values() for m in e["mentions"])
    assert "salience" not in entities["Paris"]
    assert entities["$420"]["sentiment"]["score"] < 0


def test_two_clauses_of_a_sentence_feel_apart(ask: Any):
    text = "I love Berlin, but I really hate the weather in London."
    entities = by_name(ask(V1 + "AnalyzeEntitySentiment", text))
    assert entities["Berlin"]["sentiment"]["score"] > 0 > entities["London"]["sentiment"]["score"]


def test_a_page_is_read_without_its_markup_and_scripts(ask: Any):
    page = "<html><script>var a='Boston';</script><p>&Uuml;bermorgen fly to <b>Paris</b></p></html>"
    answer = ask(V1 + "AnalyzeEntities", page, "HTML", encodingType="UTF32")
    assert "Boston" not in by_name(answer)
    at = by_name(answer)["Paris"]["mentions"][0]["text"]["beginOffset"]
    assert page[at:].startswith("Paris")


def test_text_without_names_has_no_entities(ask: Any):
    assert ask(V1 + "AnalyzeEntities", "We went home and slept.").get("entities", []) == []


def test_a_language_without_an_engine_is_named_in_the_refusal(ask: Any):
    with pytest.raises(InvalidArgument, match="fi is not supported"):
        ask(V1 + "AnalyzeEntities", "Minulla on kissa.", language="fi")


# --- what belongs together --------------------------------------------------------------------


def test_the_same_name_is_one_thing_whatever_its_case():
    assert groups(found("Berlin"), found("berlin"), found("Bern")) == [
        ["Berlin", "berlin"],
        ["Bern"],
    ]


def test_an_acronym_is_no_word_in_small_letters():
    assert len(groups(found("US", "LOCATION"), found("us", "LOCATION"))) == 2


def test_a_company_is_the_same_without_its_legal_form():
    names = (found("Nordwind GmbH", "ORGANIZATION"), found("Nordwind", "ORGANIZATION"))
    assert groups(*names) == [["Nordwind GmbH", "Nordwind"]]


def test_an_acronym_joins_its_name():
    names = (found("World Health Organization", "ORGANIZATION"), found("WHO", "ORGANIZATION"))
    assert groups(*names) == [["World Health Organization", "WHO"]]


def test_a_surname_of_two_people_joins_neither():
    names = (found("Tom Baker"), found("Ann Baker"), found("Baker"))
    assert groups(*names) == [["Tom Baker"], ["Ann Baker"], ["Baker"]]


def test_titles_and_possessives_are_no_part_of_a_name():
    assert groups(found("Tom Baker"), found("Mr. Baker"), found("Baker's")) == [
        ["Tom Baker", "Mr. Baker", "Baker's"]
    ]


def test_a_place_and_a_person_of_one_name_are_two():
    assert len(groups(found("Paris"), found("Paris", "LOCATION"))) == 2


def test_a_group_is_called_by_its_fullest_proper_name():
    made = Group("PERSON", [], [found("she who sang long ago", proper=False), found("Ann Lee")])
    assert made.name == "Ann Lee"


def test_clauses_split_at_contrasts_and_cover_what_they_say():
    text = "The soup was great, but the waiter was rude; we left."
    parts = [text[start:end] for start, end in clauses.split(text, "en")]
    assert parts == ["The soup was great", "but the waiter was rude;", "we left."]
    assert clauses.split("Bread and butter.", "en") == [(0, 17)]


def test_names_of_a_translation_are_found_in_the_original_once_each():
    there = "Anna met Anna in Turin"
    mentions = [Mention(0, 4, "PERSON", 0.9), Mention(9, 13, "PERSON", 0.9)]
    mentions.append(Mention(17, 22, "LOCATION", 0.9))
    placed = project(mentions, there, "Anna hat Anna in Torino getroffen")
    assert [(one.start, one.end) for one in placed] == [(0, 4), (9, 13)]


# --- everything at once -----------------------------------------------------------------------


def test_annotate_text_reads_the_text_once_for_everything(ask: Any, models: LocalModels):
    features = {
        "extractEntities": True,
        "extractDocumentSentiment": True,
        "extractEntitySentiment": True,
        "classifyText": True,
        "moderateText": True,
    }
    ask(V1 + "AnnotateText", LONG, features=features)  # the categories are embedded once
    before = models.activity()["minilm"].items
    answer = ask(V1 + "AnnotateText", LONG, features=features)
    assert models.activity()["minilm"].items - before == 2
    assert {"Maria Lopez", "Madrid"} <= set(by_name(answer))
    assert len(answer["sentences"]) == 2
    assert answer["categories"][0]["name"].startswith("/Science")
    assert len(answer["moderationCategories"]) == 16


def test_annotate_text_answers_as_each_method_does(ask: Any):
    whole = ask(V1 + "AnnotateText", LONG, features={"extractEntities": True, "moderateText": True})
    assert whole["entities"] == ask(V1 + "AnalyzeEntities", LONG)["entities"]
    apart = ask(V1 + "ModerateText", LONG)["moderationCategories"]
    assert whole["moderationCategories"] == apart


def test_annotate_text_without_features_is_refused(ask: Any):
    with pytest.raises(InvalidArgument, match="feature"):
        ask(V1 + "AnnotateText", LONG, features={})


# --- categories and hazards -------------------------------------------------------------------


def test_a_text_about_the_stars_is_science(ask: Any):
    v2 = {"v2Model": {"contentCategoriesVersion": "V2"}}
    answer = ask(V1 + "ClassifyText", LONG, classificationModelOptions=v2)
    assert answer["categories"][0]["name"].startswith("/Science")
    assert all(one["confidence"] >= 0.5 for one in answer["categories"])
    assert ask(V2 + "ClassifyText", LONG)["categories"] == answer["categories"]


def test_a_text_about_nothing_has_no_category(ask: Any):
    text = (
        "Well, you know how it is, and then again, who can say, not me and surely not you, my dear."
    )
    assert ask(V1 + "ClassifyText", text).get("categories", []) == []


def test_a_few_words_are_too_few_to_classify(ask: Any):
    with pytest.raises(InvalidArgument, match="Too few tokens"):
        ask(V1 + "ClassifyText", "Stars and planets.")


def test_one_insult_in_a_long_letter_is_an_insult(ask: Any):
    letter = "Thank you for your letter. The weather is fine. " * 20 + "You are a useless idiot."
    answer = {
        one["name"]: one["confidence"]
        for one in ask(V1 + "ModerateText", letter)["moderationCategories"]
    }
    assert answer["Insult"] > 0.5
    calm = ask(V1 + "ModerateText", "The weather is fine today.")["moderationCategories"]
    assert max(one["confidence"] for one in calm) < 0.5
