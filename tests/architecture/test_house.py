"""The shape of the house: layers, light imports, one table, and a wheel that equals the tree."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sensorium.apis.core import discover, served
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models import registry
from tests.conftest import ROOT

FOLDERS = ("gateway", "apis", "agents", "models", "ui")
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
HEAVY = {"torch", "onnxruntime", "cv2", "rapidocr", "pypdfium2", "av", "transformers", "numba"}


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout


def test_layers_point_one_way():
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert found.returncode == 0, found.stdout


def test_starting_the_gateway_imports_no_engine_library():
    loaded = run(
        "import sys, sensorium.gateway.serve, sensorium.__main__, sensorium.ui.start\n"
        "from sensorium.apis.core import served; from sensorium.models.registry import discover\n"
        "served(); discover(); print(*sys.modules)"
    )
    assert not HEAVY & set(loaded.split())


def test_listing_engines_imports_no_engine_library():
    loaded = run(
        "import sys; from sensorium.models.registry import discover; discover()\n"
        "print(*sys.modules)"
    )
    assert not (HEAVY | {"fastapi", "google.protobuf"}) & set(loaded.split())


def test_only_settings_and_the_command_line_read_the_environment():
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }
    assert readers <= {"gateway/settings.py"}


def test_engine_libraries_are_imported_inside_functions_only():
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            tops = {name.partition(".")[0] for name in names}
            assert not HEAVY & tops, path


def test_an_engine_file_is_named_as_its_engine():
    for spec in registry.discover():
        assert spec.factory.__module__.rpartition(".")[2] == spec.name.replace("-", "_")


@pytest.mark.parametrize(
    "path", [*SOURCES, *TESTS], ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_files_stay_short_enough_to_read(path: Path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_functions_stay_short_enough_to_read(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 45, f"{path}:{node.lineno}"


def test_every_served_method_is_in_the_schema_with_docs_and_an_example_that_fits():
    assert served()
    for name, rpc in served().items():
        method = load().methods[name]
        assert rpc.summary.endswith("."), name
        message = method.request()
        decode(message, rpc.example)
        assert message.ByteSize() > 0 or not method.request_type.fields or not rpc.example, name


def test_every_command_names_a_served_method():
    for api in discover().values():
        for command in api.commands.values():
            assert command.rpc in served()
            assert command.summary


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            target,
            ROOT,
        ],
        check=True,
    )
    (found,) = target.glob("*.whl")
    return found


def test_the_wheel_equals_the_tree(wheel: Path):
    packed = {
        name
        for name in zipfile.ZipFile(wheel).namelist()
        if not name.split("/")[0].endswith("info")
    }
    expected = {
        f"sensorium/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } | {f"sensorium/{name}" for name in ("__init__.py", "__main__.py", "py.typed")}
    assert packed == expected
