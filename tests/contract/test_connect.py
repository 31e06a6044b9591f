"""`sensorium connect`: the printed lines, run as they are, bring Google's own clients here."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.cloud import language_v1, vision

from sensorium.gateway.auth import Access
from sensorium.gateway.certificates import accounts, token_verifier
from sensorium.gateway.connect import SERVICES, Address, credentials, lines, variables
from sensorium.gateway.keys import Keys
from sensorium.gateway.tls import TlsFront
from sensorium.models.errors import InvalidArgument, PermissionDenied

LABEL = "seen by the stub"
VISION = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateImages"
LANGUAGE = "/google.cloud.language.v1.LanguageService/AnalyzeSentiment"


@dataclass
class Stub:
    """A gateway that answers two RPCs and the basic translation, and keeps who asked how."""

    directory: Path
    key: str
    access: Access
    address: Address = field(default_factory=Address)
    seen: list[tuple[str, str]] = field(default_factory=list)


def _rest_handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = self.path.partition("key=")[2].partition("&")[0] or None
            try:
                stub.seen.append(("rest", stub.access.owner(headers, query)))
            except PermissionDenied as failure:
                return self._answer(403, {"error": {"code": 403, "message": str(failure)}})
            if "/language/translate/v2" in self.path:
                return self._answer(200, {"data": {"translations": [{"translatedText": LABEL}]}})
            if "analyzeSentiment" in self.path:
                return self._answer(200, {"language": LABEL})
            answers = [{"labelAnnotations": [{"description": LABEL}]}]
            return self._answer(200, {"responses": answers})

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


class _Rpcs(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    def service(self, details: Any) -> Any:
        def answer(request: bytes, context: Any) -> bytes:
            try:
                headers = dict(context.invocation_metadata())
                self._stub.seen.append(("grpc", self._stub.access.owner(headers)))
            except PermissionDenied as failure:
                context.abort(grpc.StatusCode.PERMISSION_DENIED, str(failure))
            if details.method == LANGUAGE:
                sentiment = language_v1.AnalyzeSentimentResponse(language=LABEL)
                return bytes(language_v1.AnalyzeSentimentResponse.serialize(sentiment))
            one = vision.AnnotateImageResponse(label_annotations=[{"description": LABEL}])
            both = vision.BatchAnnotateImagesResponse(responses=[one])
            return bytes(vision.BatchAnnotateImagesResponse.serialize(both))

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    directory = tmp_path_factory.mktemp("state")
    keys = Keys(directory / "keys.json")
    _, key = keys.create("key owner")
    found = Stub(
        directory / "certificates",
        key,
        Access(
            open_access=lambda: False,
            verify_key=keys.verify,
            verify_token=token_verifier(directory / "certificates"),
        ),
    )
    rest = ThreadingHTTPServer(("127.0.0.1", 0), _rest_handler(found))
    rest.daemon_threads = True
    rest_thread = threading.Thread(target=rest.serve_forever, kwargs={"poll_interval": 0.05})
    rest_thread.start()
    rpcs = grpc.server(ThreadPoolExecutor(2), handlers=[_Rpcs(found)])
    grpc_port = rpcs.add_insecure_port("127.0.0.1:0")
    rpcs.start()
    loop = asyncio.new_event_loop()
    tls_thread = threading.Thread(target=loop.run_forever)
    tls_thread.start()
    made = credentials(found.directory).certificates
    front = TlsFront(
        made.context(), rest_port=rest.server_port, grpc_port=grpc_port, certificates=made
    )
    tls = asyncio.run_coroutine_threadsafe(front.start("127.0.0.1", 0), loop).result(10)
    found.address = Address(rest=rest.server_port, grpc=grpc_port, tls=tls)
    yield found
    asyncio.run_coroutine_threadsafe(front.stop(0.0), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    tls_thread.join()
    loop.close()
    rpcs.stop(None).wait()
    rest.shutdown()
    rest_thread.join()
    rest.server_close()


@pytest.fixture
def seen(stub: Stub) -> list[tuple[str, str]]:
    stub.seen.clear()
    return stub.seen


def _environment(**changes: str) -> dict[str, str]:
    """Return this environment without what would lead a client elsewhere."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | changes


def _run(command: list[str], text: str, cwd: Path | None = None, **changes: str) -> str:
    done = subprocess.run(
        command,
        input=text,
        env=_environment(**changes),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def _python(text: str, **changes: str) -> str:
    return _run([sys.executable, "-W", "ignore", "-"], text, **changes)


ASK = """
requests = [{"image": {"content": b"x"}, "features": [{"type_": 4}]}]
"""


def test_the_python_lines_reach_this_gateway_over_rest_translate_v2_and_grpc(
    stub: Stub, seen: list[tuple[str, str]]
) -> None:
    rest, mark, plain = lines("python", stub.address, key=stub.key).partition("# gRPC")
    text = f"""{rest}{ASK}
print(client.batch_annotate_images(requests=requests).responses[0].label_annotations)
print(translator.translate("x", target_language="es")["translatedText"])
{mark}{plain}
print(client.batch_annotate_images(requests=requests, metadata=key))
"""
    assert _python(text).count(LABEL) == 3
    assert seen == [("rest", "key owner"), ("rest", "key owner"), ("grpc", "key owner")]


def test_a_wrong_key_is_refused_on_both_transports(stub: Stub, seen: list[tuple[str, str]]) -> None:
    rest, mark, plain = lines("python", stub.address, key="wrong").partition("# gRPC")
    text = f"""
from google.api_core.exceptions import Forbidden, PermissionDenied
{rest}{ASK}
try: client.batch_annotate_images(requests=requests)
except Forbidden: print("REST refused")
{mark}{plain}
try: client.batch_annotate_images(requests=requests, metadata=key)
except PermissionDenied: print("gRPC refused")
"""
    assert _python(text).splitlines() == ["REST refused", "gRPC refused"]
    assert seen == []


UNCHANGED = """
from google.cloud import language_v1
client = language_v1.LanguageServiceClient({transport})
document = language_v1.Document(content="x", type_="PLAIN_TEXT")
print(client.analyze_sentiment(document=document, timeout=20).language)
"""


@pytest.mark.parametrize(("transport", "way"), [("", "grpc"), ('transport="rest"', "rest")])
def test_an_unchanged_python_program_comes_here_by_its_environment_alone(
    stub: Stub, seen: list[tuple[str, str]], transport: str, way: str
) -> None:
    environment = variables(stub.address, credentials(stub.directory), proxy=True)
    assert LABEL in _python(UNCHANGED.format(transport=transport), **environment)
    assert seen == [(way, "default")]


def test_grpc_finds_a_universe_below_localhost_with_its_port_and_no_proxy(
    stub: Stub, seen: list[tuple[str, str]]
) -> None:
    universe = f"sensorium.localhost:{stub.address.tls}"
    to = credentials(stub.directory, universe, "with-port")
    environment = variables(stub.address, to, proxy=False)
    assert LABEL in _python(UNCHANGED.format(transport=""), **environment)
    assert seen == [("grpc", "with-port")]


def test_an_account_file_is_kept_until_its_account_is_revoked(tmp_path: Path) -> None:
    first = credentials(tmp_path)
    content = first.file.read_bytes()
    assert first.file.stat().st_mode & 0o777 == 0o600
    assert credentials(tmp_path).file.read_bytes() == content
    accounts(tmp_path).revoke("default")
    assert credentials(tmp_path).file.read_bytes() != content


def test_the_environment_lines_are_a_shell_script(stub: Stub) -> None:
    to = credentials(stub.directory)
    script = lines("env", stub.address, to=to) + "\nenv -0"
    found = dict(
        line.split("=", 1) for line in _run(["sh"], script).split("\0") if line.partition("=")[1]
    )
    wanted = variables(stub.address, to, proxy=True)
    assert wanted.items() <= found.items()


def test_on_the_clients_own_port_no_proxy_is_needed(stub: Stub) -> None:
    text = lines("env", Address(tls=443), to=credentials(stub.directory))
    assert "proxy" not in text.lower()
    assert "127.0.0.1 vision.sensorium.localhost " in text


def test_the_environment_needs_a_universe_and_a_tls_port(stub: Stub) -> None:
    with pytest.raises(InvalidArgument, match="--universe"):
        lines("env", stub.address)
    with pytest.raises(InvalidArgument, match="--tls-port"):
        lines("env", Address(tls=None), to=credentials(stub.directory))
    with pytest.raises(InvalidArgument, match="python, node, go and env"):
        lines("cobol", stub.address)


@pytest.mark.parametrize("what", ["python", "node", "go"])
def test_a_gateway_without_grpc_is_described_without_it(what: str) -> None:
    text = lines(what, Address(host="0.0.0.0", rest=9000, grpc=None))
    assert "127.0.0.1" in text
    assert "9000" in text
    assert "grpc" not in text.lower()


@pytest.mark.parametrize(
    "product",
    [
        "dialogflow_v2",
        "dialogflowcx_v3",
        "documentai_v1",
        "language_v1",
        "language_v2",
        "speech_v1",
        "speech_v2",
        "texttospeech_v1",
        "translate_v3",
        "videointelligence_v1",
        "vision_v1",
    ],
)
def test_every_service_of_the_clients_is_among_the_names_to_resolve(product: str) -> None:
    module = importlib.import_module(f"google.cloud.{product}")
    clients = [value for name, value in vars(module).items() if name.endswith("Client")]
    hosts = {client._DEFAULT_ENDPOINT_TEMPLATE.partition(".")[0] for client in clients}
    assert hosts
    assert hosts <= set(SERVICES)


# --- the command -------------------------------------------------------------------------------


def _command(state: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sensorium", *arguments],
        env=_environment(SENSORIUM_STATE=str(state), **changes),
        cwd=state,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_prints_the_lines_for_the_settings(tmp_path: Path) -> None:
    here = _command(tmp_path, "connect", "python", SENSORIUM_PORT="9001").stdout
    assert "http://127.0.0.1:9001" in here
    assert "127.0.0.1:8081" in here


def test_the_command_makes_the_credentials_that_it_prints(tmp_path: Path) -> None:
    arguments = ("connect", "env", "--universe", "ai.sensorium.test")
    printed = _command(tmp_path, *arguments, SENSORIUM_TLS_PORT="443").stdout
    names = re.findall(r"^export \w+=(/\S+)", printed, flags=re.MULTILINE)
    assert len(names) == 5
    assert all(Path(name).is_file() for name in names)


def test_the_doctor_ends_with_one_when_something_is_missing(tmp_path: Path) -> None:
    fine = _command(tmp_path, "doctor", "--json", SENSORIUM_PORT="0", SENSORIUM_GRPC_PORT="0")
    findings = json.loads(fine.stdout)["findings"]
    lacks = any(finding["state"] == "missing" for finding in findings)
    assert fine.returncode == int(lacks)
    open_to_all = _command(tmp_path, "doctor", "--json", SENSORIUM_HOST="0.0.0.0")
    assert open_to_all.returncode == 1
    assert "sensorium keys create NAME" in open_to_all.stdout


# --- the gateway itself ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    """Start the real gateway on free ports, with a key, and yield where it is."""
    state = tmp_path_factory.mktemp("served")
    keys = Keys(state / "keys.json")
    _, key = keys.create("key owner")
    ports = ["--port", "0", "--grpc-port", "0", "--tls-port", "0"]
    server = subprocess.Popen(
        [sys.executable, "-m", "sensorium", "serve", *ports],
        env=_environment(SENSORIUM_STATE=str(state)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    found = {}
    for line in server.stdout:
        word, port = line.strip().partition(" ")[0], re.search(r"127\.0\.0\.1:(\d+)", line)
        if port:
            found.setdefault(word, int(port[1]))
        if word == "TLS":
            break
    assert set(found) >= {"REST", "gRPC", "TLS"}, found
    address = Address(rest=found["REST"], grpc=found["gRPC"], tls=found["TLS"])
    nobody = Access(open_access=bool, verify_key=keys.verify, verify_token=keys.verify)
    yield Stub(state / "certificates", key, nobody, address)
    server.terminate()
    server.communicate(timeout=30)


HAPPY = """
for transport in ("grpc", "rest"):
    client = language_v1.LanguageServiceClient(transport=transport)
    text = {"content": "What a wonderful day!", "type_": "PLAIN_TEXT", "language": "en"}
    answer = client.analyze_sentiment(document=text, timeout=30)
    print(answer.document_sentiment.score > 0)
"""


def test_an_unchanged_program_gets_its_answer_from_the_real_gateway(served: Stub) -> None:
    environment = variables(served.address, credentials(served.directory), proxy=True)
    text = f"from google.cloud import language_v1{HAPPY}"
    assert _python(text, **environment).split() == ["True", "True"]


def test_a_revoked_account_is_turned_away_by_the_real_gateway(served: Stub) -> None:
    to = credentials(served.directory, name="leaver")
    accounts(served.directory).revoke("leaver")
    text = f"""
from google.api_core.exceptions import PermissionDenied, Forbidden
from google.cloud import language_v1
try:{HAPPY.replace(chr(10), chr(10) + "    ")}
except (PermissionDenied, Forbidden): print("refused")
"""
    environment = variables(served.address, to, proxy=True)
    assert _python(text, **environment).split() == ["refused"]


# --- Node.js -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node() -> Path:
    """Return a folder with Google's Node.js client, installed once and kept."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "sensorium-tests" / "node-vision-6"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "@google-cloud/vision@6"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=240, check=False)
        if done.returncode:
            pytest.skip("@google-cloud/vision cannot be installed from npm")
        (folder / "installed").touch()
    return folder


NODE_ASK = """
const request = {requests: [{image: {content: 'eA=='}, features: [{type: 4}]}]};
const show = ([answer]) => console.log(answer.responses[0].labelAnnotations[0].description);
"""


def test_the_node_lines_reach_this_gateway_over_rest_and_grpc(
    stub: Stub, seen: list[tuple[str, str]], node: Path
) -> None:
    text = f"""{lines("node", stub.address, key=stub.key)}{NODE_ASK}
(async () => {{
  show(await client.batchAnnotateImages(request));
  show(await grpcClient.batchAnnotateImages(request, key));
}})().catch(error => {{ console.error(error); process.exit(1); }});
"""
    assert _run(["node", "-"], text, cwd=node).splitlines() == [LABEL, LABEL]
    assert seen == [("rest", "key owner"), ("grpc", "key owner")]


def test_an_unchanged_node_program_comes_here_by_its_environment_alone(
    stub: Stub, seen: list[tuple[str, str]], node: Path
) -> None:
    text = f"""const vision = require('@google-cloud/vision');
const client = new vision.ImageAnnotatorClient();{NODE_ASK}
client.batchAnnotateImages(request).then(show)
  .catch(error => {{ console.error(error); process.exit(1); }});
"""
    environment = variables(stub.address, credentials(stub.directory), proxy=True, node=True)
    assert _run(["node", "-"], text, cwd=node, **environment).strip() == LABEL
    assert seen == [("grpc", "default")]
