"""The promise of the embedded image embedding: a changed copy of a picture is found first."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sensorium.models.adapters import sight
from sensorium.models.engines.nudenet_embedder import NudeNetEmbedder
from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import discover
from tests.unit.products import PLACE, Shop, blurred, cropped, recompressed, saved, shifted

SPEC = next(spec for spec in discover() if spec.name == "nudenet_embedder")
GOODS = 200
SET = f"{PLACE}/productSets/s"


def scene(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Return a picture of things that overlap before a sky, others for each seed."""
    random = np.random.default_rng(seed)
    sky = random.integers(0, 256, (2, 2, 3), np.uint8)
    image = Image.fromarray(sky).resize((640, 480), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(random.integers(4, 9)):
        colour = tuple(int(part) for part in random.integers(0, 256, 3))
        x, y, wide, high = (
            random.integers(0, 520),
            random.integers(0, 360),
            *random.integers(60, 260, 2),
        )
        box = [int(x), int(y), int(x + wide), int(y + high)]
        match random.integers(0, 4):
            case 0:
                draw.ellipse(box, fill=colour, outline="black", width=4)
            case 1:
                draw.rectangle(box, fill=colour, outline="white", width=4)
            case 2:
                draw.polygon([(box[0], box[3]), (box[2], box[3]), (box[2], box[1])], fill=colour)
            case _:
                draw.line(box, fill=colour, width=int(random.integers(6, 24)))
    return image.resize(size, Image.Resampling.LANCZOS)


def half(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)


def grey(image: Image.Image) -> Image.Image:
    return image.convert("L")


def turned(image: Image.Image) -> Image.Image:
    return image.rotate(4, Image.Resampling.BICUBIC)


CHANGES = [blurred, cropped, recompressed, shifted, half, grey, turned]


@pytest.fixture(scope="module")
def engine() -> NudeNetEmbedder:
    return NudeNetEmbedder()


@pytest.fixture(scope="module")
def shop() -> Shop:
    """A shop of products with a picture each, that the embedded engine sees."""
    shop = Shop(SPEC)
    shop.set("s")
    shop.bucket |= {f"gs://b/{n}.jpg": saved(scene(n), "JPEG") for n in range(GOODS)}
    text = "".join(f"gs://b/{n}.jpg,,s,p{n},general-v1\n" for n in range(GOODS))
    shop.bucket["gs://b/all.csv"] = text.encode()
    source = {"gcsSource": {"csvFileUri": "gs://b/all.csv"}}
    shop.ask("ImportProductSets", {"parent": PLACE, "inputConfig": source})
    return shop


@pytest.mark.parametrize("change", CHANGES)
def test_product_search_finds_a_changed_copy_first(shop: Shop, change):
    seed = 20 * CHANGES.index(change) + 7
    assert shop.found(change(scene(seed)), SET, maxResults=3)[0] == f"p{seed}"


@pytest.mark.parametrize("change", [one for one in CHANGES if one is not grey])
def test_the_vector_alone_knows_a_copy(engine: NudeNetEmbedder, change: Callable[..., Image.Image]):
    known = [scene(seed) for seed in range(60)]
    index = np.array(engine.embed_images([np.asarray(one) for one in known]))
    copies = [np.asarray(change(one).convert("RGB")) for one in known[:12]]
    found = np.array(engine.embed_images(copies)) @ index.T
    assert list(found.argmax(axis=1)) == list(range(12))


def test_a_vector_is_the_same_however_large_the_picture_is(engine: NudeNetEmbedder):
    picture = scene(3, (640, 480))
    sizes = [picture.resize((side, side * 3 // 4)) for side in (1280, 640, 320)]
    first, *others = engine.embed_images([np.asarray(one) for one in sizes])
    assert all(first @ other > 0.97 for other in others)


def test_two_pictures_have_little_in_common(engine: NudeNetEmbedder):
    vectors = np.array(engine.embed_images([np.asarray(scene(seed)) for seed in range(40)]))
    cosines = (vectors @ vectors.T)[~np.eye(40, dtype=bool)]
    assert np.median(cosines) < 0.5


def test_a_copy_comes_first_among_a_thousand_photos(shared: Path, engine: NudeNetEmbedder):
    """The photos are those held back from the training of the axes."""
    from sensorium.models.adapters.photos import photos

    paths = [one.path for one in photos(shared / "data") if one.held][::2][:1000]
    known = [Image.open(path).convert("RGB") for path in paths]
    index = np.array(engine.embed_images([np.asarray(one) for one in known]))
    asked = list(range(0, len(known), 50))
    for change in (cropped, shifted, rewritten):
        copies = [np.asarray(change(known[at])) for at in asked]
        found = (np.array(engine.embed_images(copies)) @ index.T).argmax(axis=1)
        assert np.mean(found == asked) >= 0.95, change.__name__


def rewritten(image: Image.Image) -> Image.Image:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=25)
    return Image.open(target).convert("RGB")


def test_without_its_file_the_engine_says_how_to_make_it(tmp_path: Path):
    with pytest.raises(FailedPrecondition, match="train_pictures"):
        sight.load(tmp_path / "none.safetensors")
