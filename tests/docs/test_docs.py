"""The documentation is true: its blocks run, and nothing that can be set or asked is left out."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from sensorium.__main__ import app, keys_app
from sensorium.apis.core import served
from sensorium.apis.wire.table import load
from sensorium.gateway.settings import Settings
from tests.conftest import ROOT
from tests.gateway import Running

README = (ROOT / "README.md").read_text()
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def here(text: str, gateway: Running) -> str:
    """The same lines, at the gateway of the tests and with its environment's programs."""
    programs = Path(sys.executable).parent
    return text.replace("http://127.0.0.1:8080", gateway.url).replace(".venv/bin", str(programs))


@pytest.mark.parametrize("block", blocks("bash"), ids=lambda block: block.split()[0])
def test_shell_blocks_of_the_readme_run(block: str, gateway: Running, tmp_path: Path):
    picture = Image.new("RGB", (400, 120), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((20, 30), "Hello world", fill="black", font=ImageFont.load_default(48))
    picture.save(tmp_path / "photo.jpg")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", here(block, gateway)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "SENSORIUM_STATE": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stdout


@pytest.mark.parametrize("block", blocks("python"))
def test_python_blocks_of_the_readme_run(block: str, gateway: Running):
    pytest.importorskip("google.cloud.texttospeech")
    done = subprocess.run(
        [sys.executable, "-c", here(block, gateway)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > 10_000


def test_every_setting_is_documented():
    page = (ROOT / "docs" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"| `SENSORIUM_{name.upper()}` |" in page
        assert field.description in page
    assert page.count("| `SENSORIUM_") == len(Settings.model_fields)


def test_every_command_has_help_and_an_example():
    for command in app.registered_commands:
        assert command.callback.__doc__
        if command.callback.__name__ != "version":
            assert "Example" in (command.epilog or ""), command.callback.__name__
    for command in keys_app.registered_commands:
        assert command.callback.__doc__


def test_the_readme_names_every_served_method():
    for name in served():
        http = load().methods[name].http
        last = re.split(r"[/:}]", http[0].path)[-1] if http else name.rpartition(".")[2]
        assert last in README, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_the_documentation_lead_somewhere(page: Path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_decisions_are_short():
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        assert len(page.read_text().splitlines()) <= 30, page.name


def test_the_engine_of_the_documentation_is_an_engine(tmp_path: Path):
    page = (ROOT / "docs" / "add-an-engine.md").read_text()
    (source,) = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    ast.parse(source)
    check = (
        f"{source}\n"
        "from sensorium.models.registry import _engines\n"
        "spec = _engines['capitals']\n"
        "print(spec.factory(None, 'cpu').sentiment(['SHOUT', 'calm'], 'en')[0].score)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.stdout.strip() == "-1.0", done.stderr
