"""`sensorium connect` prints lines that point programs of Python and Node.js at the gateway."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensorium.gateway.auth import Access
from sensorium.gateway.certificates import accounts
from sensorium.gateway.connect import Address, credentials, lines, variables
from sensorium.gateway.keys import Keys
from tests.contract import pointing
from tests.contract.pointing import LABEL, Stub, environment, python, run

node = pointing.node
seen = pointing.seen
stub = pointing.stub


# --- the command -------------------------------------------------------------------------------


def _command(state: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sensorium", *arguments],
        env=environment(SENSORIUM_STATE=str(state), **changes),
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
        env=environment(SENSORIUM_STATE=str(state)),
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
    assert python(text, **environment).split() == ["True", "True"]


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
    assert python(text, **environment).split() == ["refused"]


# --- Node.js -----------------------------------------------------------------------------------

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
    assert run(["node", "-"], text, cwd=node).splitlines() == [LABEL, LABEL]
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
    assert run(["node", "-"], text, cwd=node, **environment).strip() == LABEL
    assert seen == [("grpc", "default")]
