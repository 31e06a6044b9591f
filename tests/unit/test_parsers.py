"""Processors that extract: entities by Google's names, each at its place in text and page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sensorium.models.errors import FailedPrecondition, InvalidArgument
from tests.unit.desk import PLACE, Desk, cut, paper, sheets


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


INVOICE = paper(
    "Acme Ltd",
    "Invoice number: A-1001",
    "Date: 5 March 2024",
    "Description\tAmount",
    "Bolts\t$40.00",
    "Nuts\t$60.50",
    "Total\t$100.50",
    top=180,
)


def by_type(document: Any) -> dict[str, Any]:
    return {one["type"]: one for one in document.get("entities", [])}


def test_an_invoice_has_entities_with_values_and_places(desk: Desk):
    answer = desk.process(INVOICE, "invoice")
    found = by_type(answer)
    assert found["invoice_id"]["mentionText"] == "A-1001"
    date = found["invoice_date"]["normalizedValue"]
    assert date == {"text": "2024-03-05", "dateValue": {"year": 2024, "month": 3, "day": 5}}
    money = found["total_amount"]["normalizedValue"]
    assert money["text"] == "100.5 USD"
    assert money["moneyValue"] == {"currencyCode": "USD", "units": "100", "nanos": 500_000_000}
    items = [one for one in answer["entities"] if one["type"] == "line_item"]
    assert [{p["type"] for p in one["properties"]} for one in items] == [
        {"line_item/description", "line_item/amount"}
    ] * 2
    ids = [one["id"] for one in answer["entities"]]
    ids += [part["id"] for one in answer["entities"] for part in one.get("properties", [])]
    assert sorted(map(int, ids)) == list(range(len(ids)))


def test_every_entity_is_where_its_anchors_say(desk: Desk):
    answer = desk.process(INVOICE, "invoice")
    parts = [*answer["entities"]]
    parts += [part for one in parts for part in one.get("properties", [])]
    for one in parts:
        text = cut(answer, one["textAnchor"])
        assert text == one["textAnchor"]["content"]
        assert text.split() == one["mentionText"].split()
        (ref,) = one["pageAnchor"]["pageRefs"]
        corners = ref["boundingPoly"]["normalizedVertices"]
        assert all(0 <= corner["x"] <= 1 and 0 <= corner["y"] <= 1 for corner in corners)
        assert int(ref.get("page", 0)) == 0


def test_an_entity_of_the_second_page_says_so(desk: Desk):
    pages = sheets(("A letter that goes with it",), ("Invoice number: B-7", "Total\t$9.00"))
    found = by_type(desk.process(pages, "invoice"))
    assert found["invoice_id"]["pageAnchor"]["pageRefs"][0]["page"] == "1"


def test_a_form_with_none_of_the_fields_is_an_empty_answer(desk: Desk):
    for processor in ("invoice", "expense", "us-driver-license", "us-passport"):
        answer = desk.process(paper("The quick brown fox"), processor)
        assert "entities" not in answer
        assert answer["text"] == "The quick brown fox\n"


def test_a_receipt_has_its_total_and_time(desk: Desk):
    receipt = paper("Corner Cafe", "03/05/2024 14:30", "Coffee\t3.50", "Total\t$3.50")
    found = by_type(desk.process(receipt, "expense"))
    assert found["total_amount"]["normalizedValue"]["moneyValue"]["units"] == "3"
    time = found["purchase_time"]["normalizedValue"]
    assert time["datetimeValue"] == {"hours": 14, "minutes": 30, "seconds": 0}


def test_a_licence_and_a_passport_have_the_names_that_google_gives_their_fields(desk: Desk):
    licence = paper("DRIVER LICENSE", "DL D1234567", "LN SAMPLE", "FN JANE", "DOB 01/15/1990")
    found = by_type(desk.process(licence, "us-driver-license"))
    assert found["Document Id"]["mentionText"] == "D1234567"
    assert found["Date Of Birth"]["normalizedValue"]["text"] == "1990-01-15"
    passport = paper(
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    )
    found = by_type(desk.process(passport, "us-passport"))
    assert found["Document Id"]["normalizedValue"]["text"] == "L898902C3"
    assert found["Family Name"]["normalizedValue"]["text"] == "ERIKSSON"


# --- schemas ----------------------------------------------------------------------------------

POLICY = paper(
    "Policy No: AB-123456",
    "Insured since 5 March 2024",
    "Premium: EUR 1,250.00",
    "Driver: Ann   ",
    "Birth date: 3 May 1990",
    "Driver: Bob   ",
    "Birth date: 4 June 1991",
    "Cover: full",
    top=180,
)


def schema(*properties: dict[str, Any], **others: Any) -> dict[str, Any]:
    root = {"name": "policy", "baseTypes": ["document"], "properties": list(properties)}
    return {"entityTypes": [root, *others.pop("types", [])], **others}


def test_a_schema_of_the_request_tells_what_to_extract(desk: Desk):
    wanted = schema(
        {"name": "policy_no", "valueType": "string"},
        {"name": "since", "displayName": "Insured since", "valueType": "datetime"},
        {"name": "premium", "valueType": "money"},
        {"name": "code", "displayName": r"regex: [A-Z]{2}-\d{6}", "valueType": "string"},
        {"name": "fleet", "valueType": "string"},
    )
    found = by_type(
        desk.process(POLICY, "custom-extraction", processOptions={"schemaOverride": wanted})
    )
    assert found["policy_no"]["mentionText"] == "AB-123456"
    assert found["code"]["mentionText"] == "AB-123456"
    assert found["since"]["normalizedValue"]["text"] == "2024-03-05"
    assert found["premium"]["normalizedValue"]["moneyValue"]["currencyCode"] == "EUR"
    assert "fleet" not in found


@pytest.mark.parametrize("prefixed", [False, True])
def test_fields_of_an_entity_type_are_properties_of_one_entity(desk: Desk, prefixed: bool):
    driver = {
        "name": "driver_type",
        "properties": [
            {"name": "name", "displayName": "Driver", "valueType": "string"},
            {"name": "birth_date", "valueType": "datetime"},
        ],
    }
    wanted = schema(
        {"name": "driver", "valueType": "driver_type", "occurrenceType": "OPTIONAL_MULTIPLE"},
        types=[driver],
        metadata={"prefixedNamingOnProperties": prefixed},
    )
    answer = desk.process(POLICY, "custom-extraction", processOptions={"schemaOverride": wanted})
    start = "driver/" if prefixed else ""
    assert [
        {part["type"]: part["mentionText"] for part in one["properties"]}
        for one in answer["entities"]
    ] == [
        {f"{start}name": "Ann", f"{start}birth_date": "3 May 1990"},
        {f"{start}name": "Bob", f"{start}birth_date": "4 June 1991"},
    ]


def test_a_field_is_one_of_the_values_that_its_type_lists(desk: Desk):
    cover = {"name": "cover_type", "enumValues": {"values": ["partial", "full"]}}
    wanted = schema({"name": "cover", "valueType": "cover_type"}, types=[cover])
    options = {"schemaOverride": wanted}
    (found,) = desk.process(POLICY, "custom-extraction", processOptions=options)["entities"]
    assert (found["type"], found["mentionText"]) == ("cover", "full")


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        schema({"name": "a", "valueType": "colour"}),
        schema({"name": "a"}, {"name": "a"}),
        schema({"name": "a", "displayName": "regex: ("}),
        schema({"name": "a/b"}),
    ],
)
def test_a_schema_that_makes_no_sense_is_refused_with_its_place(desk: Desk, wanted):
    with pytest.raises(InvalidArgument, match=r"processOptions\.schemaOverride\.entityTypes"):
        desk.process(POLICY, "custom-extraction", processOptions={"schemaOverride": wanted})


def test_without_a_schema_the_extractor_says_what_it_needs(desk: Desk):
    with pytest.raises(FailedPrecondition, match="no schema"):
        desk.process(POLICY, "custom-extraction")


def test_a_version_keeps_its_schema(desk: Desk):
    processor = desk.processor("CUSTOM_EXTRACTION_PROCESSOR")
    trained = desk.ask(
        "TrainProcessorVersion",
        {
            "parent": processor,
            "processorVersion": {"displayName": "first"},
            "documentSchema": schema({"name": "policy_no", "valueType": "string"}),
        },
    )
    version = trained["response"]["processorVersion"]
    shown = desk.ask("GetProcessorVersion", {"name": version})
    assert (shown["state"], shown["displayName"]) == ("UNDEPLOYED", "first")
    assert shown["documentSchema"]["entityTypes"][0]["name"] == "policy"
    request = {"processor": processor, "defaultProcessorVersion": version}
    with pytest.raises(FailedPrecondition, match="not deployed"):
        desk.ask("SetDefaultProcessorVersion", request)
    with pytest.raises(FailedPrecondition, match="not deployed"):
        desk.process(POLICY, version)
    assert "error" not in desk.ask("DeployProcessorVersion", {"name": version})
    assert "error" not in desk.ask("SetDefaultProcessorVersion", request)
    for name in (processor, version):
        assert by_type(desk.process(POLICY, name))["policy_no"]["mentionText"] == "AB-123456"
    for verb in ("Undeploy", "Delete"):
        with pytest.raises(FailedPrecondition, match="default"):
            desk.ask(f"{verb}ProcessorVersion", {"name": version})
    listed = desk.ask("ListProcessorVersions", {"parent": processor})["processorVersions"]
    assert [one["name"] for one in listed][1:] == [version]
    request["defaultProcessorVersion"] = listed[0]["name"]
    assert "error" not in desk.ask("SetDefaultProcessorVersion", request)
    assert "error" not in desk.ask("DeleteProcessorVersion", {"name": version})
    assert len(desk.ask("ListProcessorVersions", {"parent": processor})["processorVersions"]) == 1


# --- classes ----------------------------------------------------------------------------------

TEXTS = {
    "menu": (
        ("Soup of the day", "Grilled fish with rice", "Chocolate cake"),
        ("Salad with cheese", "Roast chicken", "Ice cream and coffee"),
        ("Breakfast", "Eggs and toast", "Orange juice"),
    ),
    "contract": (
        ("Lease agreement", "The tenant shall pay rent", "The landlord may terminate"),
        ("This contract binds both parties", "Liability is limited", "Governing law"),
        ("Employment agreement", "The employee shall keep secrets", "Notice period"),
    ),
}


def trained(desk: Desk, kind: str) -> str:
    """Return a deployed version that was trained on documents in folders."""
    for label, texts in TEXTS.items():
        for i, lines in enumerate(texts):
            desk.put(f"sorted/{label}/{i}.pdf", paper(*lines))
    desk.put("sorted/menu/broken.pdf", paper("x")[:100])
    done = desk.ask(
        "TrainProcessorVersion",
        {
            "parent": desk.processor(kind),
            "inputData": {"trainingDocuments": {"gcsPrefix": {"gcsUriPrefix": "gs://b/sorted/"}}},
        },
    )
    validation = done["metadata"]["trainingDatasetValidation"]
    assert validation["documentErrorCount"] == 1
    assert "broken.pdf" in validation["documentErrors"][0]["message"]
    version = str(done["response"]["processorVersion"])
    desk.ask("DeployProcessorVersion", {"name": version})
    return version


def test_a_classifier_learns_from_documents_in_folders(desk: Desk):
    version = trained(desk, "CUSTOM_CLASSIFICATION_PROCESSOR")
    answer = desk.process(paper("Pasta with tomatoes", "Lemon tart", "Tea"), version)
    assert [one["type"] for one in answer["entities"]] == ["menu", "contract"]
    assert sum(one["confidence"] for one in answer["entities"]) == pytest.approx(1, abs=1e-5)
    assert "entities" not in desk.process(paper(), version)


def test_a_splitter_tells_the_documents_in_a_stack(desk: Desk):
    version = trained(desk, "CUSTOM_SPLITTING_PROCESSOR")
    stack = sheets(TEXTS["contract"][0], TEXTS["menu"][1], TEXTS["contract"][2])
    found = desk.process(stack, version)["entities"]
    assert [
        (one["type"], [int(ref.get("page", 0)) for ref in one["pageAnchor"]["pageRefs"]])
        for one in found
    ] == [("contract", [0]), ("menu", [1]), ("contract", [2])]


def test_a_classifier_learns_from_labelled_documents_too(desk: Desk):
    uris = []
    for label, texts in TEXTS.items():
        for i, lines in enumerate(texts):
            labelled = {"text": "\n".join(lines), "entities": [{"type": label}]}
            uris.append(desk.put(f"{label}{i}.json", json.dumps(labelled).encode()))
    done = desk.ask(
        "TrainProcessorVersion",
        {
            "parent": desk.processor("CUSTOM_CLASSIFICATION_PROCESSOR"),
            "inputData": {
                "trainingDocuments": {"gcsDocuments": {"documents": [{"gcsUri": u} for u in uris]}}
            },
        },
    )
    version = done["response"]["processorVersion"]
    desk.ask("DeployProcessorVersion", {"name": version})
    answer = desk.process(paper("The buyer shall pay", "within thirty days"), version)
    assert answer["entities"][0]["type"] == "contract"


def test_what_cannot_be_learnt_from_is_refused(desk: Desk):
    processor = desk.processor("CUSTOM_CLASSIFICATION_PROCESSOR")
    with pytest.raises(FailedPrecondition, match="no version that processes"):
        desk.process(paper("Hello"), processor)
    with pytest.raises(InvalidArgument, match=r"inputData\.trainingDocuments"):
        desk.ask("TrainProcessorVersion", {"parent": processor})
    with pytest.raises(FailedPrecondition, match="cannot be trained"):
        desk.ask("TrainProcessorVersion", {"parent": desk.processor()})
    with pytest.raises(FailedPrecondition, match="always there"):
        desk.ask("TrainProcessorVersion", {"parent": f"{PLACE}/processors/ocr"})
    desk.put("few/a/1.pdf", paper("One text"))
    prefix = {"trainingDocuments": {"gcsPrefix": {"gcsUriPrefix": "gs://b/few/"}}}
    done = desk.ask("TrainProcessorVersion", {"parent": processor, "inputData": prefix})
    assert "two classes" in done["error"]["message"]
