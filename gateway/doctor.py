"""The doctor: what this machine has, what is missing, and the command that mends each thing.

Nothing is loaded, changed or sent: it reads package metadata, looks for files and programs, and
tries ports.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

from cryptography import x509

from sensorium.gateway.keys import Keys
from sensorium.models.errors import Failure
from sensorium.models.registry import BY_CARD, EngineSpec
from sensorium.models.weights import Weights

State = Literal["ok", "optional", "warning", "missing"]

PYTHON = (3, 11)
_DISK = 2_000_000_000  # bytes that a first set of open models needs
_MEMORY = 4_000_000_000

_FLAGS = {"REST": "--port", "gRPC": "--grpc-port", "TLS": "--tls-port"}

# Distributions that are not called like the module they bring.
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
# Debian packages that are not called like the program they bring.
_DEBIAN = {
    "lt-proc": "lttoolbox",
    "tesseract": "tesseract-ocr",
    "soffice": "libreoffice",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. "missing" keeps something from working, "warning" does not.

    `mend` is the command, or the step in words, that changes it.
    """

    state: State
    what: str
    detail: str
    mend: str = ""

    def describe(self) -> dict[str, str]:
        """Return the finding as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Machine:
    """What the doctor looks at: the engines, the weights, the state folder, the ports of `host`."""

    engines: Sequence[EngineSpec]
    weights: Weights
    state: Path
    keys: Path
    host: str
    ports: Mapping[str, int]
    certificates: Path | None = None


def examine(machine: Machine) -> list[Finding]:
    """Return what was found, in the order in which things are mended."""
    return [
        *python(sys.version_info[:3]),
        *packages(),
        *libraries(),
        *torch(),
        *engines(machine.engines, machine.weights),
        *weights(machine.weights),
        *disk(machine.state),
        *memory(),
        *ports(machine.host, machine.ports),
        *keys(machine.keys, machine.host),
        *certificate(machine.certificates),
    ]


def python(version: tuple[int, ...]) -> Iterator[Finding]:
    """Tell whether this Python is recent enough."""
    text = ".".join(map(str, version))
    if version >= PYTHON:
        yield Finding("ok", "Python", text)
    else:
        wanted = ".".join(map(str, PYTHON))
        mend = f"Install Python {wanted} or later and make the environment with it."
        yield Finding("missing", "Python", f"{text} is older than {wanted}", mend)


def packages() -> Iterator[Finding]:
    """Tell which packages that Sensorium declares are absent or get in each other's way."""
    try:
        declared = metadata.requires("sensorium") or []
    except metadata.PackageNotFoundError:
        declared = []
    core = [line for line in declared if "extra ==" not in line]
    lost = [name for line in core if not _installed(name := _distribution(line))]
    if lost:
        mend = f"pip install {' '.join(shlex.quote(name) for name in lost)}"
        yield Finding("missing", "packages", f"not installed: {', '.join(lost)}", mend)
    else:
        yield Finding("ok", "packages", f"{len(core)} declared, all installed")
    if _installed("opencv-python") and _installed("opencv-python-headless"):
        yield Finding(
            "warning",
            "OpenCV",
            "opencv-python and opencv-python-headless overwrite each other's files",
            "pip uninstall -y opencv-python opencv-python-headless && "
            "pip install opencv-python-headless",
        )


def libraries() -> Iterator[Finding]:
    """Tell whether the native libraries that wheels bring along are whole."""
    for what, module, pattern in (
        ("eSpeak NG", "espeakng_loader", "*espeak-ng*"),
        ("FFmpeg", "av", "_core*.so"),
        ("PDFium", "pypdfium2_raw", "*pdfium*"),
    ):
        spec = importlib.util.find_spec(module)
        folders = [Path(p) for p in (spec.submodule_search_locations or ())] if spec else []
        package = {"pypdfium2_raw": "pypdfium2"}.get(module, _package(module))
        if any(next(folder.glob(pattern), None) for folder in folders):
            yield Finding("ok", what, f"{package} {metadata.version(package)}")
        else:
            mend = f"pip install --force-reinstall {package}"
            yield Finding("missing", what, f"{package} is absent or incomplete", mend)


def torch() -> Iterator[Finding]:
    """Tell which build of torch is there, and whether it can use the GPU that is there."""
    spec = importlib.util.find_spec("torch")
    gpus = _gpus()
    for gpu in gpus:
        yield Finding("ok", "GPU", gpu)
    if spec is None or spec.origin is None:
        yield Finding("missing", "torch", "not installed", "pip install torch")
        return
    text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    build = _assigned("cuda", text) or _assigned("hip", text)
    version = _assigned("__version__", text) or "unknown version"
    if not gpus:
        yield Finding("ok", "torch", f"{version}; no NVIDIA GPU, so models run on the CPU")
    elif build is None:
        mend = "Install torch's CUDA build for this driver (pytorch.org, Get started)."
        yield Finding("warning", "torch", f"{version} is a CPU build, the GPU is not used", mend)
    elif problem := _cuda_problem():
        mend = "Match the driver and torch's CUDA build (pytorch.org, Get started)."
        yield Finding("warning", "torch", f"{version}, CUDA {build}: {problem}", mend)
    else:
        yield Finding("ok", "torch", f"{version}, CUDA {build}")


def engines(specs: Sequence[EngineSpec], pulled: Weights) -> Iterator[Finding]:
    """Tell of each engine whether it can run; a task that no engine can do is missing."""
    states = [(spec, *_engine(spec, pulled)) for spec in specs]
    served = {spec.task for spec, reason, _ in states if not reason}
    for spec, reason, mend in states:
        what = f"engine {spec.name}"
        if not reason:
            yield Finding("ok", what, f"{spec.task.__name__}: {spec.summary}")
        elif spec.task in served or spec.card == BY_CARD:
            yield Finding("optional", what, f"{spec.task.__name__}: {reason}", mend)
        else:
            detail = f"{spec.task.__name__}: {reason}, and nothing else can do it"
            yield Finding("missing", what, detail, mend)


def _engine(spec: EngineSpec, pulled: Weights) -> tuple[str, str]:
    """Return why an engine cannot run and what would change it; two empty texts if it can."""
    modules = [name for name in spec.requires if importlib.util.find_spec(name) is None]
    programs = [name for name in spec.programs if shutil.which(name) is None]
    commands = []
    if modules:
        commands.append(f"pip install {' '.join(_wanted(name) for name in modules)}")
    if programs:
        commands.append(_install_programs(programs))
    lost = [*modules, *programs]
    if spec.card == BY_CARD:
        lost.append("a model of your own")
        commands.append(f"sensorium cards new NAME DIR --engine {spec.name}")
    elif spec.card is not None and pulled.locate(spec.card) is None:
        lost.append(f"weights {spec.card}")
        commands.append(
            f"sensorium pull {spec.card}" if spec.card in pulled.cards else "no card is known"
        )
    return (f"lacks {', '.join(lost)}" if lost else "", " && ".join(commands))


def weights(pulled: Weights) -> Iterator[Finding]:
    """Tell which models are pulled, which could be, and which are damaged."""
    for card in pulled.cards.values():
        what = f"weights {card.name}"
        size = f"{card.size / 1e6:.1f} MB, {card.licence}"
        if pulled.locate(card):
            yield Finding("ok", what, f"{card.summary} ({size})")
        elif (pulled.directory / card.folder).exists():
            mend = f"sensorium pull {card.name}"
            yield Finding("warning", what, "files are lost or changed", mend)
        else:
            mend = f"sensorium pull {card.name}"
            yield Finding("optional", what, f"{card.summary}: not pulled ({size})", mend)


def disk(state: Path) -> Iterator[Finding]:
    """Tell whether the state folder can be written and has room."""
    place = next(path for path in (state, *state.absolute().parents) if path.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        mend = "Choose another with SENSORIUM_STATE, or change its owner."
        yield Finding("missing", "state folder", f"{place} cannot be written", mend)
        return
    free = shutil.disk_usage(place).free
    detail = f"{state}: {free / 1e9:.1f} GB free"
    if free < _DISK:
        mend = "Make room, or choose another folder with SENSORIUM_STATE."
        yield Finding("warning", "state folder", detail, mend)
    else:
        yield Finding("ok", "state folder", detail)


def memory() -> Iterator[Finding]:
    """Tell how much memory the machine has."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    detail = f"{total / 1e9:.1f} GB"
    if total < _MEMORY:
        mend = "Set SENSORIUM_MEMORY=2GB, so that idle engines make room."
        yield Finding("warning", "memory", detail, mend)
    else:
        yield Finding("ok", "memory", detail)


def ports(host: str, wanted: Mapping[str, int]) -> Iterator[Finding]:
    """Tell which ports can be bound: of REST, gRPC and TLS, where 0 and -1 are none."""
    for name, port in wanted.items():
        if port <= 0:
            continue
        flag = _FLAGS.get(name, name)
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            socket.create_server((host, port), family=family).close()
        except PermissionError:
            mend = f"sensorium serve {flag} {port + 8000}"
            yield Finding("missing", f"{name} port", f"{port} is for root only", mend)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            mend = f"Stop what holds it (a gateway that runs?), or: sensorium serve {flag} 0"
            yield Finding("warning", f"{name} port", f"{host}:{port}: {reason}", mend)
        else:
            yield Finding("ok", f"{name} port", f"{host}:{port} is free")


def keys(path: Path, host: str) -> Iterator[Finding]:
    """Tell whether there are keys, whether they are needed, and whether others can read them."""
    loopback = host in ("localhost", "::1") or host.startswith("127.")
    try:
        count = len(Keys(path).list())
    except Failure as failure:
        yield Finding("missing", "keys", failure.message, failure.hint or "")
        return
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        mend = f"chmod 600 {shlex.quote(str(path))}"
        yield Finding("warning", "keys", f"{path} is open to other users", mend)
    if count:
        yield Finding("ok", "keys", f"{count} in {path}")
    elif loopback:
        detail = "none: every program of this machine is let in"
        yield Finding("ok", "keys", detail, "sensorium keys create NAME")
    else:
        detail = f"none, and {host} is open to other machines"
        yield Finding("missing", "keys", detail, "sensorium keys create NAME")


def certificate(folder: Path | None) -> Iterator[Finding]:
    """Tell until when the certificate of each universe is good."""
    for path in sorted(folder.glob("*/server.pem")) if folder else ():
        what = f"certificate {path.parent.name}"
        try:
            end = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        except (OSError, ValueError):
            mend = f"rm {shlex.quote(str(path))}  # the gateway makes a new one"
            yield Finding("missing", what, "cannot be read", mend)
            continue
        if end > datetime.now(UTC):
            detail = f"good until {end:%Y-%m-%d}; a running gateway renews it"
            yield Finding("ok", what, detail)
        else:
            yield Finding("warning", what, f"ended {end:%Y-%m-%d}", "sensorium serve renews it")


def _installed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def _distribution(requirement: str) -> str:
    """Return the name in a requirement such as `uvicorn[standard]>=0.34`."""
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _package(module: str) -> str:
    return _DISTRIBUTIONS.get(module, module.partition(".")[0].replace("_", "-"))


def _wanted(module: str) -> str:
    """Return what pip installs for a module: an extra of Sensorium that has it, or its package."""
    name = _package(module)
    for line in metadata.requires("sensorium") or []:
        extra = re.search(r"extra == ['\"]([^'\"]+)['\"]", line)
        if extra and _distribution(line).replace("_", "-").lower() == name.lower():
            return f"'sensorium[{extra[1]}]'"
    return name


def _install_programs(programs: Sequence[str]) -> str:
    names = " ".join(dict.fromkeys(_DEBIAN.get(name, name) for name in programs))
    if shutil.which("apt-get"):
        return f"sudo apt-get install {names}"
    if shutil.which("brew"):
        return f"brew install {names}"
    return f"install {names} with this system's package manager"


def _gpus() -> list[str]:
    """Return the NVIDIA GPUs that the driver knows, each with its memory and driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]


def _assigned(name: str, text: str) -> str | None:
    found = re.search(rf"^{re.escape(name)}\b[^=\n]*=\s*'([^']+)'", text, flags=re.MULTILINE)
    return found[1] if found else None


def _cuda_problem() -> str | None:
    """Return why torch cannot use the GPU; asked in a process of its own, for it takes memory."""
    ask = "import torch; torch.zeros(1, device='cuda'); print('fine')"
    try:
        done = subprocess.run(
            [sys.executable, "-c", ask], capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.SubprocessError as error:
        return str(error)
    lines = done.stderr.strip().splitlines()
    return None if done.returncode == 0 else (lines[-1] if lines else "it ended without a word")
