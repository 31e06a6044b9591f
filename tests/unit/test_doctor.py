"""The doctor: each thing that is missing is told with the command that mends it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sensorium.gateway import doctor
from sensorium.gateway.certificates import Certificates
from sensorium.gateway.doctor import Finding, Machine, examine
from sensorium.gateway.keys import Keys
from sensorium.gateway.universe import Universe
from sensorium.models.registry import EngineSpec
from sensorium.models.tasks import DocumentReader, TextReader
from sensorium.models.weights import Weights
from sensorium.models.weights.cards import Card, File


class Reader:
    """Read nothing."""


CARD = Card(
    name="tiny",
    summary="A model of a test",
    task="TextReader",
    repo="owner/tiny",
    revision="main",
    licence="MIT",
    limits="Not real.",
    files=(File(path="tiny.onnx", size=4, sha256="0" * 64),),
)


def _engine(name: str = "reader", task: type = TextReader, **facts: Any) -> EngineSpec:
    return EngineSpec(name=name, task=task, factory=Reader, **facts)


def _only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.fixture
def none(tmp_path: Path) -> Weights:
    return Weights(tmp_path / "weights", {"tiny": CARD})


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def only(*names: str) -> None:
        monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name in names else None)

    return only


def test_every_finding_of_this_machine_is_json_and_every_problem_has_a_way_out(
    tmp_path: Path, none: Weights
) -> None:
    engines = (_engine(), _engine("other", requires=("no_such_module",)))
    machine = Machine(
        engines, none, tmp_path / "state", tmp_path / "keys.json", "127.0.0.1", {"REST": 0}
    )
    findings = examine(machine)
    assert json.loads(json.dumps([finding.describe() for finding in findings]))
    assert {"Python", "packages", "torch", "engine reader", "keys"} <= {f.what for f in findings}
    assert all(f.mend for f in findings if f.state in ("warning", "missing", "optional"))
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "keys.json").exists()


def test_an_old_python_is_missing() -> None:
    assert _only(doctor.python((3, 10, 2))).state == "missing"
    assert _only(doctor.python((3, 11, 0))).state == "ok"


def test_an_absent_package_is_told_with_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = ["numpy>=2", "no-such-thing[fast]>=1.0 ; python_version > '3'", "x ; extra == 'y'"]
    monkeypatch.setattr(metadata, "requires", lambda name: declared)
    finding = _only(doctor.packages())
    assert (finding.state, finding.mend) == ("missing", "pip install no-such-thing")


def test_two_opencv_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda name: True)
    assert [finding.what for finding in doctor.packages()] == ["packages", "OpenCV"]


def test_an_engine_that_nothing_replaces_is_missing_with_all_that_it_lacks(
    none: Weights, programs: Callable[..., None]
) -> None:
    programs("apt-get")
    spec = _engine(requires=("json", "no_such"), programs=("lt-proc", "tesseract"), card="tiny")
    finding = _only(doctor.engines([spec], none))
    assert finding.state == "missing"
    assert "no_such, lt-proc, tesseract, weights tiny" in finding.detail
    assert finding.mend == (
        "pip install no-such && sudo apt-get install lttoolbox tesseract-ocr && sensorium pull tiny"
    )


def test_an_engine_that_another_replaces_is_optional(none: Weights) -> None:
    specs = [_engine("good"), _engine("bad", requires=("no_such",)), _engine("pdf", DocumentReader)]
    states = {finding.what: finding.state for finding in doctor.engines(specs, none)}
    assert states == {"engine good": "ok", "engine bad": "optional", "engine pdf": "ok"}


def test_a_module_of_an_extra_is_installed_by_the_extra(
    none: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = ['easy-reader>=1 ; extra == "reading"']
    monkeypatch.setattr(metadata, "requires", lambda name: declared)
    finding = _only(doctor.engines([_engine(requires=("easy_reader",))], none))
    assert finding.mend == "pip install 'sensorium[reading]'"


@pytest.mark.parametrize(
    ("manager", "line"),
    [("brew", "brew install apertium"), ("none", "install apertium with this system's")],
)
def test_a_program_is_installed_as_the_system_does(
    none: Weights, programs: Callable[..., None], manager: str, line: str
) -> None:
    programs(manager)
    finding = _only(doctor.engines([_engine(programs=("apertium",))], none))
    assert finding.mend.startswith(line)


def test_weights_are_optional_and_damaged_ones_a_warning(none: Weights) -> None:
    assert _only(doctor.weights(none)).state == "optional"
    folder = none.directory / CARD.folder
    folder.mkdir(parents=True)
    finding = _only(doctor.weights(none))
    assert (finding.state, finding.mend) == ("warning", "sensorium pull tiny")
    (folder / "tiny.onnx").write_bytes(b"1234")
    (folder / ".verified.json").write_text(json.dumps({"tiny.onnx": "0" * 64}))
    assert _only(doctor.weights(none)).state == "ok"


def test_a_wheel_without_its_library_is_installed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {finding.state for finding in doctor.libraries()} == {"ok"}
    empty = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: empty)
    mends = {finding.what: finding.mend for finding in doctor.libraries()}
    assert mends["eSpeak NG"] == "pip install --force-reinstall espeakng-loader"
    assert mends["PDFium"] == "pip install --force-reinstall pypdfium2"


def _torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuda: str, gpus: list[str]) -> None:
    (tmp_path / "version.py").write_text(f"__version__ = '2.9.1'\ncuda: Optional[str] = {cuda}\n")
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    monkeypatch.setattr(doctor, "_gpus", lambda: gpus)


@pytest.mark.parametrize(
    ("cuda", "gpus", "problem", "states"),
    [
        ("None", [], None, ["ok"]),
        ("'13.0'", [], None, ["ok"]),
        ("'13.0'", ["H200, 143771 MiB, 580"], None, ["ok", "ok"]),
        ("None", ["H200, 143771 MiB, 580"], None, ["ok", "warning"]),
        ("'13.0'", ["old, 1 MiB, 400"], "the driver is too old", ["ok", "warning"]),
    ],
)
def test_a_gpu_that_torch_cannot_use_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cuda: str,
    gpus: list[str],
    problem: str | None,
    states: list[str],
) -> None:
    _torch(tmp_path, monkeypatch, cuda, gpus)
    monkeypatch.setattr(doctor, "_cuda_problem", lambda: problem)
    findings = list(doctor.torch())
    assert [finding.state for finding in findings] == states
    assert problem is None or problem in findings[-1].detail


def test_gpus_are_read_from_the_driver_and_its_failure_means_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    monkeypatch.setattr("shutil.which", lambda name: str(program))
    program.write_text("#!/bin/sh\necho 'NVIDIA H200, 143771 MiB, 580.1'\n")
    program.chmod(0o755)
    assert doctor._gpus() == ["NVIDIA H200, 143771 MiB, 580.1"]
    program.write_text("#!/bin/sh\nexit 9\n")
    assert doctor._gpus() == []


def test_the_real_torch_is_described() -> None:
    version = metadata.version("torch").partition("+")[0]
    assert any(version in finding.detail for finding in doctor.torch())


def test_a_taken_port_is_told_with_the_flag_that_moves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        finding = _only(doctor.ports("127.0.0.1", {"gRPC": port, "TLS": -1}))
    assert finding.state == "warning"
    assert finding.detail == f"127.0.0.1:{port}: Address already in use"
    assert "--grpc-port 0" in finding.mend
    assert _only(doctor.ports("127.0.0.1", {"REST": port})).state == "ok"


def test_a_state_folder_that_cannot_be_written_or_is_full_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _only(doctor.disk(tmp_path / "new" / "deep")).state == "ok"
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    assert _only(doctor.disk(tmp_path)).state == "warning"
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert _only(doctor.disk(tmp_path)).state == "missing"


def test_little_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: 30_000)
    assert _only(doctor.memory()).state == "warning"


def test_keys_are_needed_where_other_machines_reach_the_gateway(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert _only(doctor.keys(path, "127.0.0.1")).state == "ok"
    finding = _only(doctor.keys(path, "0.0.0.0"))
    assert (finding.state, finding.mend) == ("missing", "sensorium keys create NAME")
    Keys(path).create("alice")
    assert _only(doctor.keys(path, "0.0.0.0")).state == "ok"
    path.chmod(0o644)
    warning, ok = doctor.keys(path, "0.0.0.0")
    assert (warning.state, ok.state) == ("warning", "ok")
    assert warning.mend == f"chmod 600 {path}"
    path.write_text("{")
    assert _only(f for f in doctor.keys(path, "::1") if f.what == "keys" and f.state == "missing")


def test_a_certificate_is_told_with_its_end(tmp_path: Path) -> None:
    made = Certificates(tmp_path / "a.test", Universe.parse("a.test"))
    made.renew()
    finding = _only(doctor.certificate(tmp_path))
    assert (finding.what, finding.state) == ("certificate a.test", "ok")
    made._make_server(datetime(2020, 1, 1, tzinfo=UTC))
    finding = _only(doctor.certificate(tmp_path))
    assert (finding.state, finding.detail) == ("warning", "ended 2020-03-31")
    made.server.write_text("no certificate")
    assert _only(doctor.certificate(tmp_path)).state == "missing"
