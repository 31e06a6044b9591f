"""batchProcess: documents of a bucket into objects of a bucket, one failing alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensorium.models.errors import InvalidArgument
from tests.unit.desk import PLACE, Desk, cut, paper, sheets


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def batch(desk: Desk, inputs: dict[str, Any], processor: str = "ocr", **output: Any) -> Any:
    config = {"gcsUri": "gs://b/out", "fieldMask": "text,pages.layout,entities,shardInfo", **output}
    request = {
        "name": f"{PLACE}/processors/{processor}",
        "inputDocuments": inputs,
        "documentOutputConfig": {"gcsOutputConfig": config},
    }
    return desk.ask("BatchProcessDocuments", request)


def named(*uris: str) -> dict[str, Any]:
    return {"gcsDocuments": {"documents": [{"gcsUri": uri} for uri in uris]}}


def test_all_documents_under_a_prefix_are_processed_and_a_bad_one_fails_alone(desk: Desk):
    for name, content in (("a", paper("A")), ("b", paper("B")[:100]), ("sub/c", paper("C"))):
        desk.put(f"in/{name}.pdf", content)
    desk.put("inside.pdf", paper("not under the prefix"))
    done = batch(desk, {"gcsPrefix": {"gcsUriPrefix": "gs://b/in/"}})
    assert done["response"]["@type"].endswith("v1.BatchProcessResponse")
    assert done["metadata"]["state"] == "SUCCEEDED"
    first, second, third = done["metadata"]["individualProcessStatuses"]
    assert first["inputGcsSource"] == "gs://b/in/a.pdf"
    operation = done["name"].rpartition("/")[2]
    assert first["outputGcsDestination"] == f"gs://b/out/{operation}/0"
    assert desk.stored(f"gs://b/out/{operation}/0/a-0.json")["text"] == "A\n"
    assert second["status"]["code"] == 3
    assert "PDF cannot be opened" in second["status"]["message"]
    assert "outputGcsDestination" not in second
    assert desk.stored(f"{third['outputGcsDestination']}/c-0.json")["text"] == "C\n"


def test_shards_have_their_own_text_and_offsets(desk: Desk):
    uri = desk.put("long.pdf", sheets(*((f"This is page {n}",) for n in "12345")))
    done = batch(desk, named(uri), shardingConfig={"pagesPerShard": 2, "pagesOverlap": 0})
    (status,) = done["metadata"]["individualProcessStatuses"]
    shards = [desk.stored(f"{status['outputGcsDestination']}/long-{i}.json") for i in range(3)]
    assert "".join(shard["text"] for shard in shards) == "".join(
        f"This is page {n}\n" for n in "12345"
    )
    for i, shard in enumerate(shards):
        info = shard["shardInfo"]
        assert (int(info["shardIndex"]), int(info["shardCount"])) == (i, 3)
        assert int(info["textOffset"]) == 30 * i
        for number, page in enumerate(shard["pages"], 2 * i + 1):
            assert cut(shard, page["layout"]["textAnchor"]) == f"This is page {number}\n"


def test_shards_that_overlap_share_pages(desk: Desk):
    uri = desk.put("long.pdf", sheets(("One",), ("Two",), ("Three",)))
    done = batch(desk, named(uri), shardingConfig={"pagesPerShard": 2, "pagesOverlap": 1})
    place = done["metadata"]["individualProcessStatuses"][0]["outputGcsDestination"]
    texts = [desk.stored(f"{place}/long-{i}.json")["text"] for i in range(2)]
    assert texts == ["One\nTwo\n", "Two\nThree\n"]


def test_entities_are_in_the_shard_that_has_their_page(desk: Desk):
    uri = desk.put("bill.pdf", sheets(("A letter",), ("Invoice number: B-7", "Total\t$9.00")))
    done = batch(desk, named(uri), "invoice", shardingConfig={"pagesPerShard": 1})
    place = done["metadata"]["individualProcessStatuses"][0]["outputGcsDestination"]
    letter, bill = (desk.stored(f"{place}/bill-{i}.json") for i in range(2))
    assert "invoice_id" not in {one["type"] for one in letter.get("entities", [])}
    (found,) = [one for one in bill["entities"] if one["type"] == "invoice_id"]
    assert cut(bill, found["textAnchor"]) == "B-7"
    assert int(found["pageAnchor"]["pageRefs"][0].get("page", 0)) == 0


def test_objects_have_pictures_unless_the_mask_leaves_them_out(desk: Desk):
    uri = desk.put("a.pdf", paper("A"))
    done = batch(desk, named(uri), fieldMask="")
    place = done["metadata"]["individualProcessStatuses"][0]["outputGcsDestination"]
    (page,) = desk.stored(f"{place}/a-0.json")["pages"]
    assert page["image"]["mimeType"] == "image/png"
    assert page["image"]["width"] == 834


def test_a_batch_of_which_nothing_can_be_processed_fails_and_says_why(desk: Desk):
    done = batch(desk, named("gs://b/none.pdf"))
    assert done["error"]["code"] == 3
    assert done["metadata"]["state"] == "FAILED"
    assert done["metadata"]["individualProcessStatuses"][0]["status"]["code"] == 5
    done = batch(desk, {"gcsPrefix": {"gcsUriPrefix": "gs://b/nothing/"}})
    assert "no object" in done["error"]["message"]


@pytest.mark.parametrize(
    ("inputs", "output"),
    [
        ({}, {}),
        ({"gcsDocuments": {}}, {}),
        (named("https://example.com/a.pdf"), {}),
        ({"gcsPrefix": {"gcsUriPrefix": "/etc"}}, {}),
        (named("gs://b/a.pdf"), {"gcsUri": ""}),
        (named("gs://b/a.pdf"), {"gcsUri": "gs://b/../c"}),
        (named("gs://b/a.pdf"), {"shardingConfig": {"pagesPerShard": 2, "pagesOverlap": 2}}),
        (named("gs://b/a.pdf"), {"fieldMask": "colour"}),
    ],
)
def test_a_batch_that_cannot_be_is_refused_at_once(desk: Desk, inputs, output):
    with pytest.raises(InvalidArgument):
        batch(desk, inputs, **output)
