"""google-cloud-documentai, unmodified, over REST and gRPC: processors, documents, batches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("google.cloud.documentai_v1")

from google.api_core import exceptions
from google.cloud import documentai_v1 as documentai

from sensorium.models.media.sniff import DOCX
from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running
from tests.unit.desk import FORM, paper, picture, sheets
from tests.unit.office import docx

PLACE = "projects/contract/locations/us"
OCR = f"{PLACE}/processors/ocr"
Document = documentai.Document


@pytest.fixture(params=TRANSPORTS)
def processors(request: pytest.FixtureRequest, gateway: Running) -> Any:
    return client(documentai.DocumentProcessorServiceClient, request.param, gateway)


def put(gateway: Running, name: str, content: bytes) -> str:
    path = gateway.log.parent / "buckets" / "papers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return f"gs://papers/{name}"


def raw(content: bytes, mime_type: str = "application/pdf") -> documentai.RawDocument:
    return documentai.RawDocument(content=content, mime_type=mime_type)


def cut(document: Any, layout: Any) -> str:
    """Google's own sample for reading a layout's text."""
    return "".join(
        document.text[int(one.start_index) : int(one.end_index)]
        for one in layout.text_anchor.text_segments
    )


def test_a_processor_is_created_used_disabled_and_deleted(processors):
    kinds = processors.fetch_processor_types(parent=PLACE).processor_types
    listed = list(processors.list_processor_types(parent=PLACE))
    assert {kind.type_ for kind in kinds} == {kind.type_ for kind in listed} >= {"OCR_PROCESSOR"}
    made = processors.create_processor(
        parent=PLACE, processor=documentai.Processor(type_="OCR_PROCESSOR")
    )
    assert made.state == documentai.Processor.State.ENABLED
    assert made.create_time.year > 2000
    assert made.name in [one.name for one in processors.list_processors(parent=PLACE)]
    (version,) = processors.list_processor_versions(parent=made.name)
    assert version.name == made.default_processor_version
    request = {"name": made.name, "raw_document": raw(paper("Hello"))}
    assert processors.process_document(request).document.text == "Hello\n"
    assert processors.process_document({**request, "name": version.name}).document.text
    processors.disable_processor({"name": made.name}).result(timeout=30)
    with pytest.raises(exceptions.BadRequest, match="disabled"):
        processors.process_document(request)
    processors.enable_processor({"name": made.name}).result(timeout=30)
    processors.delete_processor(name=made.name).result(timeout=30)
    with pytest.raises(exceptions.NotFound):
        processors.get_processor(name=made.name)


def test_a_display_name_is_taken_once(processors):
    title = f"Reader over {type(processors.transport).__name__}"
    processor = documentai.Processor(type_="OCR_PROCESSOR", display_name=title)
    made = processors.create_processor(parent=PLACE, processor=processor)
    with pytest.raises(exceptions.Conflict):
        processors.create_processor(parent=PLACE, processor=processor)
    processors.delete_processor(name=made.name).result(timeout=30)


def test_a_document_is_read_with_every_layout_at_its_place(processors):
    answer = processors.process_document(
        documentai.ProcessRequest(
            name=OCR,
            raw_document=raw(picture("Crème brûlée"), "image/png"),
            process_options=documentai.ProcessOptions(
                ocr_config=documentai.OcrConfig(
                    enable_symbol=True, enable_image_quality_scores=True
                )
            ),
        )
    )
    assert answer.human_review_status.state.name == "SKIPPED"
    document = answer.document
    (page,) = document.pages
    assert page.image.content.startswith(b"\x89PNG")
    for kind in (page.blocks, page.paragraphs, page.lines):
        assert [cut(document, one.layout) for one in kind] == [document.text]
    assert "".join(cut(document, one.layout) for one in page.tokens) == document.text
    symbols = "".join(cut(document, one.layout) for one in page.symbols)
    assert symbols == document.text.replace(" ", "").strip()
    assert page.tokens[0].detected_break.type_.name == "SPACE"
    assert page.layout.orientation.name == "PAGE_UP"
    assert page.image_quality_scores.quality_score > 0.8


def test_masks_selectors_and_buckets_are_honoured(processors, gateway: Running):
    uri = put(gateway, "four.pdf", sheets(("One",), ("Two",), ("Three",), ("Four",)))
    answer = processors.process_document(
        documentai.ProcessRequest(
            name=OCR,
            gcs_document=documentai.GcsDocument(gcs_uri=uri, mime_type="application/pdf"),
            field_mask={"paths": ["text", "pages.page_number"]},
            process_options=documentai.ProcessOptions(from_end=2),
            imageless_mode=True,
            labels={"team": "a"},
        )
    )
    assert answer.document.text == "Three\nFour\n"
    assert [page.page_number for page in answer.document.pages] == [3, 4]
    assert not answer.document.pages[0].tokens


def test_an_invoice_has_money_dates_and_line_items(processors):
    lines = ("Invoice number: A-17", "Date: 5 March 2024", "Total\t$100.50")
    answer = processors.process_document(
        {"name": f"{PLACE}/processors/invoice", "raw_document": raw(paper(*lines))}
    )
    found = {one.type_: one for one in answer.document.entities}
    assert found["invoice_id"].mention_text == "A-17"
    assert found["invoice_date"].normalized_value.date_value.day == 5
    money = found["total_amount"].normalized_value.money_value
    assert (money.currency_code, money.units, money.nanos) == ("USD", 100, 500_000_000)
    for one in answer.document.entities:
        assert cut(answer.document, one) == one.text_anchor.content


def test_a_form_has_its_fields_and_a_table_its_cells(processors):
    answer = processors.process_document(
        {"name": f"{PLACE}/processors/form-parser", "raw_document": raw(FORM)}
    )
    document = answer.document
    (page,) = document.pages
    fields = {
        cut(document, one.field_name): cut(document, one.field_value) for one in page.form_fields
    }
    assert fields == {"Name:": "Ann Lee", "City:": "Berlin"}
    (table,) = page.tables
    last = table.body_rows[-1].cells
    assert [cut(document, cell.layout) for cell in last] == ["Nuts", "6.50"]


def test_a_schema_override_tells_what_to_extract(processors):
    kind = documentai.DocumentSchema.EntityType
    schema = documentai.DocumentSchema(
        entity_types=[
            kind(
                name="policy",
                base_types=["document"],
                properties=[kind.Property(name="policy_no", value_type="string")],
            )
        ]
    )
    answer = processors.process_document(
        documentai.ProcessRequest(
            name=f"{PLACE}/processors/custom-extraction",
            raw_document=raw(paper("Policy no: AB-1234")),
            process_options=documentai.ProcessOptions(schema_override=schema),
        )
    )
    (found,) = answer.document.entities
    assert (found.type_, found.mention_text) == ("policy_no", "AB-1234")


def test_a_batch_writes_objects_and_a_bad_document_fails_alone(processors, gateway: Running):
    good, bad = put(gateway, "in/good.pdf", paper("Good")), put(gateway, "in/z.pdf", b"%PDF-1.7")
    operation = processors.batch_process_documents(
        documentai.BatchProcessRequest(
            name=OCR,
            input_documents=documentai.BatchDocumentsInputConfig(
                gcs_prefix=documentai.GcsPrefix(gcs_uri_prefix="gs://papers/in/")
            ),
            document_output_config=documentai.DocumentOutputConfig(
                gcs_output_config=documentai.DocumentOutputConfig.GcsOutputConfig(
                    gcs_uri="gs://papers/out/", field_mask={"paths": ["text", "pages.layout"]}
                )
            ),
        )
    )
    operation.result(timeout=60)
    first, second = operation.metadata.individual_process_statuses
    assert operation.metadata.state.name == "SUCCEEDED"
    assert (first.input_gcs_source, second.input_gcs_source) == (good, bad)
    assert second.status.code == 3
    place = Path(gateway.log.parent / "buckets" / first.output_gcs_destination[5:])
    (written,) = place.iterdir()
    assert written.name == "good-0.json"
    document = Document.from_json(written.read_bytes(), ignore_unknown_fields=True)
    assert document.text == "Good\n"


def test_a_classifier_is_trained_deployed_and_asked(processors, gateway: Running):
    texts = {
        "menu": ("Soup and grilled fish", "Chocolate cake, ice cream", "Eggs, toast, juice"),
        "contract": ("The tenant shall pay rent", "Liability is limited", "Governing law applies"),
    }
    for label, lines in texts.items():
        for i, line in enumerate(lines):
            document = {"text": line, "entities": [{"type": label}]}
            put(gateway, f"learn/{label}{i}.json", json.dumps(document).encode())
    kind = "CUSTOM_CLASSIFICATION_PROCESSOR"
    made = processors.create_processor(parent=PLACE, processor={"type_": kind})
    data = documentai.TrainProcessorVersionRequest.InputData(
        training_documents={"gcs_prefix": {"gcs_uri_prefix": "gs://papers/learn/"}}
    )
    request = {"parent": made.name, "processor_version": {"display_name": "v"}, "input_data": data}
    operation = processors.train_processor_version(request=request)
    version = operation.result(timeout=60).processor_version
    processors.deploy_processor_version(name=version).result(timeout=30)
    processors.set_default_processor_version(
        request={"processor": made.name, "default_processor_version": version}
    ).result(timeout=30)
    answer = processors.process_document(
        {"name": made.name, "raw_document": raw(paper("Roast chicken with salad"))}
    )
    assert answer.document.entities[0].type_ == "menu"
    assert processors.get_processor_version(name=version).state.name == "DEPLOYED"
    processors.delete_processor(name=made.name).result(timeout=30)


def test_a_layout_comes_as_blocks_and_chunks(processors):
    layout = documentai.ProcessOptions.LayoutConfig(
        chunking_config=documentai.ProcessOptions.LayoutConfig.ChunkingConfig(
            chunk_size=100, include_ancestor_headings=True
        ),
        return_bounding_boxes=True,
    )
    for content, kind in (
        (b"<!doctype html><h1>Menu</h1><ul><li>Soup</ul>", "text/html"),
        (b"# Menu\n\n- Soup\n", "text/markdown"),
        (
            docx(lambda one: (one.add_heading("Menu"), one.add_paragraph("Soup", "List Bullet"))),
            DOCX,
        ),
    ):
        document = processors.process_document(
            {
                "name": f"{PLACE}/processors/layout-parser",
                "raw_document": raw(content, kind),
                "process_options": documentai.ProcessOptions(layout_config=layout),
            }
        ).document
        (heading,) = document.document_layout.blocks
        assert (heading.text_block.type_, heading.text_block.text) == ("heading-1", "Menu")
        (listed,) = heading.text_block.blocks
        assert listed.list_block.list_entries[0].blocks[0].text_block.text == "Soup"
        (chunk,) = document.chunked_document.chunks
        assert chunk.content == "# Menu\n\n- Soup"
        assert chunk.source_block_ids[0] == heading.block_id


def test_what_is_wrong_is_told_as_the_client_expects(processors):
    with pytest.raises(exceptions.BadRequest, match=r"rawDocument\.content"):
        processors.process_document({"name": OCR, "raw_document": raw(b"%PDF-1.7 cut")})
    with pytest.raises(exceptions.NotFound):
        processors.process_document(
            {"name": f"{PLACE}/processors/none", "raw_document": raw(paper("Hello"))}
        )


# --- real documents ---------------------------------------------------------------------------


def test_a_real_invoice_is_read(processors, shared: Path):
    content = (shared / "data" / "documents" / "invoice.pdf").read_bytes()
    answer = processors.process_document(
        {
            "name": f"{PLACE}/processors/invoice",
            "raw_document": raw(content),
            "imageless_mode": True,
        }
    )
    found = {one.type_: one for one in answer.document.entities}
    assert found["invoice_id"].mention_text == "001"
    assert found["amount_due"].normalized_value.money_value.units == 2140
    items = [one for one in answer.document.entities if one.type_ == "line_item"]
    assert len(items) == 3


def test_a_real_licence_is_read(processors, shared: Path):
    content = (shared / "data" / "documents" / "us_driver_license.pdf").read_bytes()
    answer = processors.process_document(
        {"name": f"{PLACE}/processors/us-driver-license", "raw_document": raw(content)}
    )
    found = {one.type_: one for one in answer.document.entities}
    assert {"Document Id", "Date Of Birth", "Expiration Date"} <= set(found)
    for one in found.values():
        assert cut(answer.document, one) == one.text_anchor.content


def test_a_real_form_has_fields(processors, shared: Path):
    content = (shared / "data" / "documents" / "handwritten_form.pdf").read_bytes()
    answer = processors.process_document(
        {"name": f"{PLACE}/processors/form-parser", "raw_document": raw(content)}
    )
    (page,) = answer.document.pages
    assert len(page.form_fields) >= 5
    for one in page.form_fields:
        assert cut(answer.document, one.field_name).strip()
