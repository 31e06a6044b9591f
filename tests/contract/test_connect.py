"""`sensorium connect`: the printed lines, run as they are, bring Google's own clients here."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from sensorium.gateway.certificates import accounts
from sensorium.gateway.connect import SERVICES, Address, credentials, lines, variables
from sensorium.models.errors import InvalidArgument
from tests.contract import pointing
from tests.contract.pointing import LABEL, Stub, python, run

node = pointing.node
seen = pointing.seen
stub = pointing.stub

VISION = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateImages"


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
    assert python(text).count(LABEL) == 3
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
    assert python(text).splitlines() == ["REST refused", "gRPC refused"]
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
    assert LABEL in python(UNCHANGED.format(transport=transport), **environment)
    assert seen == [(way, "default")]


def test_grpc_finds_a_universe_below_localhost_with_its_port_and_no_proxy(
    stub: Stub, seen: list[tuple[str, str]]
) -> None:
    universe = f"sensorium.localhost:{stub.address.tls}"
    to = credentials(stub.directory, universe, "with-port")
    environment = variables(stub.address, to, proxy=False)
    assert LABEL in python(UNCHANGED.format(transport=""), **environment)
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
        line.split("=", 1) for line in run(["sh"], script).split("\0") if line.partition("=")[1]
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
