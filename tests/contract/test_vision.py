"""google-cloud-vision, unmodified, on both transports, and Node's client."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

pytest.importorskip("google.cloud.vision_v1")

from google.api_core import exceptions
from google.cloud import vision_v1, vision_v1p4beta1

from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running

CLIENTS = (vision_v1.ImageAnnotatorClient, vision_v1p4beta1.ImageAnnotatorClient)


def picture(text: str = "Hello world", kind: str = "PNG", pages: int = 1, **options) -> bytes:
    frames = []
    for page in range(pages):
        frame = Image.new("RGB", (640, 200), "white")
        words = text if pages == 1 else f"{text} {page + 1}"
        draw = ImageDraw.Draw(frame)
        draw.text((40, 60), words, fill="black", font=ImageFont.load_default(56))
        frames.append(frame)
    target = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:]} if pages > 1 else {}
    frames[0].save(target, kind, **more, **options)
    return target.getvalue()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", CLIENTS, ids=["v1", "v1p4beta1"])
def test_text_in_a_picture_is_read(gateway: Running, transport, kind):
    answer = client(kind, transport, gateway).text_detection(image={"content": picture()})
    assert not answer.error.message
    whole, *words = answer.text_annotations
    assert whole.description.strip() == "Hello world"
    assert [word.description for word in words] == ["Hello", "world"]
    left = words[0].bounding_poly.vertices
    assert 30 < left[0].x < 60
    assert answer.full_text_annotation.text.strip() == "Hello world"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_broken_picture_fails_alone(gateway: Running, transport):
    feature = {"type_": "DOCUMENT_TEXT_DETECTION"}
    answer = client(vision_v1.ImageAnnotatorClient, transport, gateway).batch_annotate_images(
        requests=[
            {"image": {"content": picture()[:200]}, "features": [feature]},
            {"image": {"content": picture()}, "features": [feature]},
        ]
    )
    broken, good = answer.responses
    assert broken.error.code == 3
    assert "requests[0].image.content" in broken.error.message
    assert good.full_text_annotation.text.strip() == "Hello world"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("kind", "mime"), [("PDF", "application/pdf"), ("TIFF", "image/tiff"), ("GIF", "image/gif")]
)
def test_pages_of_a_file_are_read(gateway: Running, transport, kind, mime):
    answer = client(vision_v1.ImageAnnotatorClient, transport, gateway).batch_annotate_files(
        requests=[
            {
                "input_config": {"content": picture("Page", kind, pages=3), "mime_type": mime},
                "features": [{"type_": "DOCUMENT_TEXT_DETECTION"}],
                "pages": [1, -1],
            }
        ]
    )
    (file,) = answer.responses
    assert file.total_pages == 3
    assert [page.full_text_annotation.text.strip() for page in file.responses] == [
        "Page 1",
        "Page 3",
    ]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_too_many_pictures_are_refused(gateway: Running, transport):
    request = {"image": {"content": b"x"}, "features": [{"type_": "TEXT_DETECTION"}]}
    with pytest.raises(exceptions.BadRequest, match="16"):
        client(vision_v1.ImageAnnotatorClient, transport, gateway).batch_annotate_images(
            requests=[request] * 17
        )


NODE = """
const {ImageAnnotatorClient} = require('@google-cloud/vision');
const {GoogleAuth} = require('google-auth-library');
const url = new URL(process.argv[2]);
const client = new ImageAnnotatorClient({
  apiEndpoint: url.hostname, port: Number(url.port), protocol: 'http', fallback: 'rest',
  apiKey: 'k',
});
client.textDetection({image: {content: require('fs').readFileSync(process.argv[3])}})
  .then(([answer]) => console.log(JSON.stringify(answer.textAnnotations.map(a => a.description))))
  .catch(error => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        ["npm", "install", "--silent", "@google-cloud/vision@5"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"@google-cloud/vision cannot be installed: {done.stderr[-200:]}")
    return folder


def test_node_reads_text_over_rest(gateway: Running, node_modules: Path):
    (node_modules / "picture.png").write_bytes(picture())
    (node_modules / "read.js").write_text(NODE)
    done = subprocess.run(
        ["node", "read.js", gateway.url, "picture.png"],
        cwd=node_modules,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[1:] == ["Hello", "world"]
