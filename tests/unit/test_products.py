"""Product sets, products and reference images: what is kept, listed, changed and refused."""

from __future__ import annotations

import base64

import pytest

from sensorium.models.errors import AlreadyExists, InvalidArgument, NotFound
from tests.unit import products
from tests.unit.products import PLACE, all_pages, photo, saved

shop = products.shop


# --- names ------------------------------------------------------------------------------------


def test_an_id_is_the_callers_or_made_up(shop):
    assert shop.set("summer").endswith(f"{PLACE}/productSets/summer")
    request = {"parent": PLACE, "productSet": {"displayName": "S"}}
    made = {shop.ask("CreateProductSet", request)["name"] for _ in range(3)}
    assert len(made) == 3
    assert all(len(name.rpartition("/")[2]) >= 8 for name in made)


def test_names_of_two_places_are_two_things(shop):
    shop.set("s")
    elsewhere = "projects/shop/locations/us"
    request = {"parent": elsewhere, "productSetId": "s", "productSet": {"displayName": "Other"}}
    shop.ask("CreateProductSet", request)
    found = shop.ask("GetProductSet", {"name": f"{elsewhere}/productSets/s"})
    assert found["displayName"] == "Other"
    assert all_pages(shop, "ListProductSets", "productSets", parent=PLACE) == [["s"]]


def test_a_taken_id_is_refused(shop):
    shop.set("s")
    shop.product("p")
    shop.image(f"{PLACE}/products/p", photo(1), "i")
    with pytest.raises(AlreadyExists, match="productSets/s"):
        shop.set("s")
    with pytest.raises(AlreadyExists, match="products/p"):
        shop.product("p")
    with pytest.raises(AlreadyExists, match="referenceImages/i"):
        shop.image(f"{PLACE}/products/p", photo(1), "i")


@pytest.mark.parametrize("identity", ["a/b", "x" * 129, "a\nb", "\0"])
def test_an_id_that_cannot_be_in_a_name_is_refused(shop, identity):
    with pytest.raises(InvalidArgument, match="at most 128 characters") as refused:
        shop.product(identity)
    assert refused.value.field == "productId"


@pytest.mark.parametrize(
    ("rpc", "name"),
    [
        ("GetProduct", "products/p"),
        ("GetProduct", f"{PLACE}/productSets/s"),
        ("GetProductSet", f"{PLACE}/products/p"),
        ("DeleteReferenceImage", f"{PLACE}/products/p"),
        ("ListProductsInProductSet", PLACE),
        ("GetProduct", f"{PLACE}/products/"),
    ],
)
def test_a_name_of_another_shape_is_refused(shop, rpc, name):
    with pytest.raises(InvalidArgument, match="does not read") as refused:
        shop.ask(rpc, {"name": name})
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    ("rpc", "request_"),
    [
        ("GetProductSet", {"name": f"{PLACE}/productSets/none"}),
        ("DeleteProductSet", {"name": f"{PLACE}/productSets/none"}),
        ("ListProductsInProductSet", {"name": f"{PLACE}/productSets/none"}),
        (
            "UpdateProductSet",
            {"productSet": {"name": f"{PLACE}/productSets/n", "displayName": "x"}},
        ),
        ("GetProduct", {"name": f"{PLACE}/products/none"}),
        ("DeleteProduct", {"name": f"{PLACE}/products/none"}),
        ("UpdateProduct", {"product": {"name": f"{PLACE}/products/none", "displayName": "x"}}),
        ("ListReferenceImages", {"parent": f"{PLACE}/products/none"}),
        ("GetReferenceImage", {"name": f"{PLACE}/products/p/referenceImages/none"}),
        ("DeleteReferenceImage", {"name": f"{PLACE}/products/p/referenceImages/none"}),
        (
            "AddProductToProductSet",
            {"name": f"{PLACE}/productSets/none", "product": f"{PLACE}/products/p"},
        ),
    ],
)
def test_what_is_not_there_is_not_found(shop, rpc, request_):
    shop.product("p")
    with pytest.raises(NotFound, match="There is no"):
        shop.ask(rpc, request_)


# --- fields -----------------------------------------------------------------------------------


def test_a_product_comes_back_as_it_was_made(shop):
    product = {
        "displayName": "Kleid ❤",
        "description": "A dress.",
        "productCategory": "apparel-v2",
        "productLabels": [
            {"key": "color", "value": "red"},
            {"key": "color", "value": "blue"},
            {"key": "größe", "value": "38"},
        ],
    }
    made = shop.ask("CreateProduct", {"parent": PLACE, "productId": "d", "product": product})
    assert made == {"name": f"{PLACE}/products/d", **product}
    assert shop.ask("GetProduct", {"name": made["name"]}) == made


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"displayName": ""}, "product.displayName"),
        ({"displayName": "x" * 4097}, "product.displayName"),
        ({"displayName": "a\0b"}, "product.displayName"),
        ({"description": "x" * 4097}, "product.description"),
        ({"productCategory": ""}, "product.productCategory"),
        ({"productCategory": "cars"}, "product.productCategory"),
        ({"productLabels": [{"key": "a", "value": "b"}] * 501}, "product.productLabels"),
        ({"productLabels": [{"key": "", "value": "b"}]}, "product.productLabels[0].key"),
        (
            {"productLabels": [{"key": "a", "value": "b"}, {"key": "a", "value": "é" * 65}]},
            "product.productLabels[1].value",
        ),
    ],
)
def test_a_product_that_cannot_be_is_refused(shop, changes, field):
    product = {"displayName": "x", "productCategory": "toys-v2", **changes}
    with pytest.raises(InvalidArgument) as refused:
        shop.ask("CreateProduct", {"parent": PLACE, "product": product})
    assert refused.value.field == field


@pytest.mark.parametrize(
    "category",
    ["homegoods-v2", "apparel-v2", "toys-v2", "packagedgoods-v1", "general-v1", "apparel"],
)
def test_every_category_of_google_is_known(shop, category):
    name = shop.product("p", category)
    assert shop.ask("GetProduct", {"name": name})["productCategory"] == category


def test_a_mask_changes_what_it_names_and_nothing_else(shop):
    name = shop.product("p", color="red")
    new = {"name": name, "displayName": "New", "description": "Words", "productLabels": []}
    answer = shop.ask("UpdateProduct", {"product": new, "updateMask": "description"})
    assert (answer["displayName"], answer["description"]) == ("p", "Words")
    answer = shop.ask("UpdateProduct", {"product": new, "updateMask": "productLabels,displayName"})
    assert answer["displayName"] == "New"
    assert "productLabels" not in answer
    assert answer == shop.ask("GetProduct", {"name": name})


def test_without_a_mask_everything_that_can_change_does(shop):
    name = shop.product("p", color="red")
    answer = shop.ask("UpdateProduct", {"product": {"name": name, "displayName": "New"}})
    assert answer == {"name": name, "displayName": "New", "productCategory": "apparel-v2"}
    of = shop.set()
    answer = shop.ask("UpdateProductSet", {"productSet": {"name": of, "displayName": "T"}})
    assert answer["displayName"] == "T"


@pytest.mark.parametrize("path", ["productCategory", "name", "productLabels.key", "nonsense"])
def test_a_mask_of_what_cannot_change_is_refused(shop, path):
    name = shop.product("p")
    with pytest.raises(InvalidArgument, match="cannot be updated") as refused:
        shop.ask("UpdateProduct", {"product": {"name": name}, "updateMask": path})
    assert refused.value.field == "updateMask"


def test_a_name_cannot_be_taken_away_by_an_update(shop):
    name = shop.product("p")
    with pytest.raises(InvalidArgument, match="displayName is needed"):
        shop.ask("UpdateProduct", {"product": {"name": name}, "updateMask": "displayName"})


# --- lists ------------------------------------------------------------------------------------


def test_lists_come_in_pages_of_ten_or_of_the_size_asked_for(shop):
    names = [f"p{n:02}" for n in range(23)]
    for name in names:
        shop.product(name)
    pages = all_pages(shop, "ListProducts", "products", parent=PLACE)
    assert [len(page) for page in pages] == [10, 10, 3]
    assert [name for page in pages for name in page] == names
    pages = all_pages(shop, "ListProducts", "products", parent=PLACE, pageSize=23)
    assert [len(page) for page in pages] == [23]


def test_what_is_deleted_between_two_pages_loses_nothing_else(shop):
    for n in range(6):
        shop.product(f"p{n}")
    first = shop.ask("ListProducts", {"parent": PLACE, "pageSize": 3})
    shop.ask("DeleteProduct", {"name": f"{PLACE}/products/p2"})
    second = shop.ask(
        "ListProducts", {"parent": PLACE, "pageSize": 3, "pageToken": first["nextPageToken"]}
    )
    assert [one["name"][-2:] for one in second["products"]] == ["p3", "p4", "p5"]


@pytest.mark.parametrize("size", [-1, 101])
def test_a_page_size_out_of_range_is_refused(shop, size):
    with pytest.raises(InvalidArgument, match="1 to 100") as refused:
        shop.ask("ListProducts", {"parent": PLACE, "pageSize": size})
    assert refused.value.field == "pageSize"


def test_a_token_of_another_list_is_refused(shop):
    for n in range(2):
        shop.product(f"p{n}")
        shop.set(f"s{n}")
    token = shop.ask("ListProducts", {"parent": PLACE, "pageSize": 1})["nextPageToken"]
    forged = base64.urlsafe_b64encode(f"{2**70}:{PLACE}/productSets".encode()).decode()
    for wrong in (token, "nonsense", "é", "AAAA", forged):
        with pytest.raises(InvalidArgument, match="token"):
            shop.ask("ListProductSets", {"parent": PLACE, "pageToken": wrong})


def test_a_place_without_anything_is_an_empty_list(shop):
    for rpc in ("ListProducts", "ListProductSets"):
        assert shop.ask(rpc, {"parent": "projects/none/locations/none"}) == {}


# --- products in sets -------------------------------------------------------------------------


def test_a_product_is_put_into_a_set_once_and_taken_out_again(shop):
    of, product = shop.set(), shop.product("p")
    both = {"name": of, "product": product}
    for _ in range(2):
        assert shop.ask("AddProductToProductSet", both) == {}
    assert all_pages(shop, "ListProductsInProductSet", "products", name=of) == [["p"]]
    shop.ask("RemoveProductFromProductSet", both)
    assert all_pages(shop, "ListProductsInProductSet", "products", name=of) == [[]]
    with pytest.raises(NotFound, match="is not in"):
        shop.ask("RemoveProductFromProductSet", both)


def test_a_deleted_set_leaves_its_products_and_a_deleted_product_its_sets(shop):
    of, product = shop.set(), shop.product("p")
    shop.ask("AddProductToProductSet", {"name": of, "product": product})
    shop.ask("DeleteProductSet", {"name": of})
    assert shop.ask("GetProduct", {"name": product})["displayName"] == "p"
    of = shop.set()  # of the same name, and empty
    assert all_pages(shop, "ListProductsInProductSet", "products", name=of) == [[]]
    shop.ask("AddProductToProductSet", {"name": of, "product": product})
    shop.ask("DeleteProduct", {"name": product})
    assert all_pages(shop, "ListProductsInProductSet", "products", name=of) == [[]]


def test_a_product_is_in_a_hundred_sets_at_most(shop, monkeypatch):
    monkeypatch.setattr("sensorium.apis.vision.products.store.MOST_SETS", 2)
    product = shop.product("p")
    sets = [shop.set(f"s{n}") for n in range(3)]
    for of in sets[:2]:
        shop.ask("AddProductToProductSet", {"name": of, "product": product})
    with pytest.raises(InvalidArgument, match="in 2 product sets"):
        shop.ask("AddProductToProductSet", {"name": sets[2], "product": product})


# --- reference images -------------------------------------------------------------------------


def test_a_reference_image_keeps_its_uri_and_its_polygons(shop):
    product = shop.product("p")
    polys = [
        {"vertices": [{"x": 10, "y": 20}, {"x": 200, "y": 200}]},
        {"normalizedVertices": [{"x": 0.25, "y": 0.5}, {"x": 1.0, "y": 1.0}]},
    ]
    name = shop.image(product, photo(1), "i", boundingPolys=polys)
    found = shop.ask("GetReferenceImage", {"name": name})
    assert found["boundingPolys"] == polys
    assert found["uri"] in shop.bucket
    listed = shop.ask("ListReferenceImages", {"parent": product})
    assert listed == {"referenceImages": [found], "pageSize": 10}
    shop.ask("DeleteReferenceImage", {"name": name})
    assert shop.ask("ListReferenceImages", {"parent": product}) == {"pageSize": 10}


@pytest.mark.parametrize(
    ("image", "field"),
    [
        ({"uri": ""}, "referenceImage.uri"),
        ({"uri": "https://example.com/a.png"}, "referenceImage.uri"),
        ({"uri": "gs://b/" + "x" * 4096}, "referenceImage.uri"),
        ({"uri": "gs://b/words"}, "referenceImage.uri"),
        ({"uri": "gs://b/p", "boundingPolys": [{}] * 11}, "referenceImage.boundingPolys"),
        ({"uri": "gs://b/p", "boundingPolys": [{}]}, "referenceImage.boundingPolys[0]"),
        (
            {
                "uri": "gs://b/p",
                "boundingPolys": [{"vertices": [{"x": 5000}, {"x": 6000, "y": 50}]}],
            },
            "referenceImage.boundingPolys[0]",
        ),
        (
            {
                "uri": "gs://b/p",
                "boundingPolys": [{"normalizedVertices": [{"x": "NaN"}, {"x": 1, "y": 1}]}],
            },
            "referenceImage.boundingPolys[0]",
        ),
    ],
)
def test_a_reference_image_that_cannot_be_is_refused(shop, image, field):
    shop.bucket |= {"gs://b/words": b"words", "gs://b/p": saved(photo(1))}
    request = {"parent": shop.product("p"), "referenceImage": image}
    with pytest.raises(InvalidArgument) as refused:
        shop.ask("CreateReferenceImage", request)
    assert refused.value.field == field
    assert shop.ask("ListReferenceImages", {"parent": f"{PLACE}/products/p"}) == {"pageSize": 10}


def test_a_picture_that_is_not_there_is_not_found_and_a_product_is_an_invalid_argument(shop):
    product = shop.product("p")
    with pytest.raises(NotFound, match="gs://b/none"):
        shop.ask(
            "CreateReferenceImage", {"parent": product, "referenceImage": {"uri": "gs://b/none"}}
        )
    shop.bucket["gs://b/p"] = saved(photo(1))
    with pytest.raises(InvalidArgument) as refused:
        shop.ask(
            "CreateReferenceImage",
            {"parent": f"{PLACE}/products/none", "referenceImage": {"uri": "gs://b/p"}},
        )
    assert refused.value.field == "parent"
