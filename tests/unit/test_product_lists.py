"""Whole lists of products: purged and imported."""

from __future__ import annotations

import pytest

from sensorium.models.errors import InvalidArgument
from tests.unit import products
from tests.unit.products import PLACE, Shop, all_pages, photo, saved

shop = products.shop


# --- purge ------------------------------------------------------------------------------------


def test_a_purge_deletes_a_sets_products_and_keeps_the_set(shop):
    of, other = shop.set("s"), shop.set("other")
    for name in ("a", "b", "alone"):
        shop.product(name)
    for name in ("a", "b"):
        shop.ask("AddProductToProductSet", {"name": of, "product": f"{PLACE}/products/{name}"})
    shop.ask("AddProductToProductSet", {"name": other, "product": f"{PLACE}/products/a"})
    request = {"parent": PLACE, "productSetPurgeConfig": {"productSetId": "s"}, "force": True}
    done = shop.ask("PurgeProducts", request)
    assert done["response"]["@type"].endswith("google.protobuf.Empty")
    assert done["metadata"]["state"] == "SUCCESSFUL"
    assert all_pages(shop, "ListProducts", "products", parent=PLACE) == [["alone"]]
    assert all_pages(shop, "ListProductsInProductSet", "products", name=other) == [[]]
    assert shop.ask("GetProductSet", {"name": of})["displayName"] == "S"


def test_orphans_are_products_of_no_set_in_this_place(shop):
    of = shop.set()
    kept = shop.product("kept")
    shop.product("orphan")
    elsewhere = {
        "parent": "projects/shop/locations/us",
        "productId": "o",
        "product": {"displayName": "o", "productCategory": "toys-v2"},
    }
    far = shop.ask("CreateProduct", elsewhere)
    shop.ask("AddProductToProductSet", {"name": of, "product": kept})
    shop.ask("PurgeProducts", {"parent": PLACE, "deleteOrphanProducts": True, "force": True})
    assert all_pages(shop, "ListProducts", "products", parent=PLACE) == [["kept"]]
    assert shop.ask("GetProduct", {"name": far["name"]}) == far


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"deleteOrphanProducts": True}, "force"),
        ({"productSetPurgeConfig": {}, "force": True}, "productSetPurgeConfig.productSetId"),
        ({"force": True}, None),
        ({"deleteOrphanProducts": False, "force": True}, None),
    ],
)
def test_a_purge_that_does_not_say_what_or_that_it_means_it_is_refused(shop, request_, field):
    with pytest.raises(InvalidArgument) as refused:
        shop.ask("PurgeProducts", {"parent": PLACE, **request_})
    assert refused.value.field == field


def test_a_purge_of_a_set_that_is_not_there_fails(shop):
    request = {"parent": PLACE, "productSetPurgeConfig": {"productSetId": "none"}, "force": True}
    assert shop.ask("PurgeProducts", request)["error"]["code"] == 5


# --- import -----------------------------------------------------------------------------------


def imported(shop: Shop, text: str | bytes) -> dict:
    shop.bucket["gs://b/list.csv"] = text.encode() if isinstance(text, str) else text
    source = {"gcsSource": {"csvFileUri": "gs://b/list.csv"}}
    return shop.ask("ImportProductSets", {"parent": PLACE, "inputConfig": source})


def test_an_import_makes_sets_products_and_images(shop):
    shop.bucket |= {f"gs://b/{n}.png": saved(photo(n)) for n in range(3)}
    done = imported(
        shop,
        'gs://b/0.png,front,summer,dress,apparel-v2,A dress,"color=red,style=women","10,10,90,90"\n'
        "gs://b/1.png,,summer,dress,toys-v2,Ignored,color=blue,\n"
        'gs://b/2.png,,winter,coat,apparel-v2,,,"0,0,0.5,1"\n',
    )
    assert done["response"]["statuses"] == [{}, {}, {}]
    assert done["metadata"]["state"] == "SUCCESSFUL"
    first, _, third = done["response"]["referenceImages"]
    assert first["name"] == f"{PLACE}/products/dress/referenceImages/front"
    assert first["boundingPolys"][0]["vertices"] == [{"x": 10, "y": 10}, {"x": 90, "y": 90}]
    assert third["boundingPolys"][0]["normalizedVertices"] == [{}, {"x": 0.5, "y": 1.0}]
    dress = shop.ask("GetProduct", {"name": f"{PLACE}/products/dress"})
    assert (dress["displayName"], dress["productCategory"]) == ("A dress", "apparel-v2")
    assert dress["productLabels"] == [
        {"key": "color", "value": "red"},
        {"key": "style", "value": "women"},
    ]
    assert shop.ask("GetProduct", {"name": f"{PLACE}/products/coat"})["displayName"] == " "
    assert shop.found(photo(1), f"{PLACE}/productSets/summer") == ["dress"]


BAD = (
    ("gs://b/none.png,,s,p,toys-v2", 5, "image-uri"),
    ("https://b/1.png,,s,p,toys-v2", 3, "image-uri"),
    ("gs://b/0.png,,,p,toys-v2", 3, "product-set-id"),
    ("gs://b/0.png,,s,,toys-v2", 3, "product-id"),
    ("gs://b/0.png,,s,p,cars", 3, "product-category"),
    ("gs://b/0.png,,s,p,toys-v2,,color", 3, "labels"),
    ('gs://b/0.png,,s,p,toys-v2,,,"1,2,3"', 3, "bounding-poly"),
    ('gs://b/0.png,,s,p,toys-v2,,,"0.5,0.5,2.5,3"', 3, "bounding-poly"),
    ('gs://b/0.png,,s,p,toys-v2,,,"9000,0,9001,9"', 3, "bounding-poly"),
    ("gs://b/0.png,,s,p", 3, "5 to 8 columns"),
    ("", 3, "5 to 8 columns"),
    ("gs://b/0.png,a/b,s,p,toys-v2", 3, "image-id"),
    ("gs://b/words,,s,p,toys-v2", 3, "image-uri"),
    ("gs://b/0.png,good,s,p,toys-v2", 6, "exists already"),
)


def test_a_bad_line_fails_alone_and_the_others_are_imported(shop):
    shop.bucket |= {"gs://b/0.png": saved(photo(0)), "gs://b/words": b"words"}
    good = "gs://b/0.png,good,s,p,toys-v2,Fine"
    done = imported(shop, "\r\n".join([good, *(line for line, *_ in BAD)]) + "\r\n")
    fine, *statuses = done["response"]["statuses"]
    assert fine == {}
    assert [status["code"] for status in statuses] == [code for _, code, _ in BAD]
    for number, (status, (_, _, words)) in enumerate(zip(statuses, BAD, strict=True), 1):
        assert status["message"].startswith(f"lines[{number}]")
        assert words in status["message"]
    (image,) = done["response"]["referenceImages"]
    assert image["name"].endswith("/products/p/referenceImages/good")
    assert done["metadata"]["state"] == "SUCCESSFUL"


def test_a_bad_line_leaves_nothing_behind(shop):
    shop.bucket["gs://b/0.png"] = saved(photo(0))
    done = imported(shop, 'gs://b/0.png,,s,p,toys-v2,,,"9000,0,9001,9"\n')
    assert done["metadata"]["state"] == "FAILED"
    assert "referenceImages" not in done["response"]
    assert shop.ask("ListProducts", {"parent": PLACE}) == {}
    assert shop.ask("ListProductSets", {"parent": PLACE}) == {}


def test_many_lines_are_imported_in_order(shop):
    shop.bucket |= {f"gs://b/{n}.png": saved(photo(n, (64, 64))) for n in range(70)}
    text = "".join(f"gs://b/{n}.png,i{n},s,p{n},toys-v2\n" for n in range(70))
    done = imported(shop, "\ufeff" + text)
    uris = [one["uri"] for one in done["response"]["referenceImages"]]
    assert uris == [f"gs://b/{n}.png" for n in range(70)]
    assert len(all_pages(shop, "ListProducts", "products", parent=PLACE)) == 7


def test_a_file_that_is_no_list_fails_whole(shop, monkeypatch):
    assert "UTF-8" in imported(shop, b"\xff\xfe\x00")["error"]["message"]
    assert imported(shop, "")["response"] == {
        "@type": "type.googleapis.com/google.cloud.vision.v1.ImportProductSetsResponse"
    }
    monkeypatch.setattr("sensorium.apis.vision.products.lines.MOST", 2)
    assert "more than 2 lines" in imported(shop, "a\nb\nc\n")["error"]["message"]
    source = {"gcsSource": {"csvFileUri": "gs://b/absent.csv"}}
    failed = shop.ask("ImportProductSets", {"parent": PLACE, "inputConfig": source})
    assert failed["error"]["code"] == 5
    with pytest.raises(InvalidArgument):
        shop.ask("ImportProductSets", {"parent": PLACE, "inputConfig": {}})
