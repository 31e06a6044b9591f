"""The lines that point an existing program here: options in its code, or its environment alone.

With options: an endpoint and a key, plaintext, for one client object.
With the environment: a universe domain of one's own (`Universe`), whose names, certificate and
service account are this gateway's; the program's code stays as it is.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sensorium.gateway import private
from sensorium.gateway.accounts import Accounts
from sensorium.gateway.certificates import Certificates, accounts, certificates
from sensorium.gateway.keys import checked_name
from sensorium.gateway.universe import Universe
from sensorium.models.errors import InvalidArgument

SERVICES = (
    "vision",
    "speech",
    "texttospeech",
    "translate",
    "language",
    "videointelligence",
    "documentai",
    "dialogflow",
    "oauth2",
)


def dialled(host: str) -> str:
    """Return the address at which a server bound to `host` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


@dataclass(frozen=True, slots=True)
class Address:
    """Where a gateway listens; None for a port that is off."""

    host: str = "127.0.0.1"
    rest: int = 8080
    grpc: int | None = 8081
    tls: int | None = None

    @property
    def name(self) -> str:
        """Return the host as a URL has it: bracketed if IPv6."""
        host = dialled(self.host)
        return f"[{host}]" if ":" in host else host


@dataclass(frozen=True, slots=True)
class Credentials:
    """What lets a program into a universe here: whom it trusts, and its service account file."""

    certificates: Certificates
    file: Path

    @property
    def node_file(self) -> Path:
        """Return the same account's file for Node.js.

        Its clients take the universe of GOOGLE_CLOUD_UNIVERSE_DOMAIN for the address alone and
        then insist that the account is of googleapis.com (google-gax 4 to 6, `createStub`).
        """
        return self.file.with_suffix(".node.json")

    @property
    def universe(self) -> Universe:
        """Return the universe."""
        return self.certificates.universe


def credentials(directory: Path, universe: str = "", name: str = "default") -> Credentials:
    """Make what is missing of a universe's certificates and of `name`'s service account file.

    `directory` holds the gateway's certificates. The account's file is kept beside them, readable
    by its owner only, and made anew when the account was revoked.
    """
    made = certificates(directory, Universe.parse(universe))
    known = accounts(directory)
    path = made.directory / f"{checked_name(name)}.json"
    if not _usable(path, known, str(made.universe)):
        _, content = known.create(name, made.universe)
        private.write(path, content)
    found = Credentials(made, path)
    public = {**json.loads(path.read_bytes()), "universe_domain": "googleapis.com"}
    private.write(found.node_file, json.dumps(public, indent=2).encode() + b"\n")
    return found


def _usable(path: Path, known: Accounts, universe: str) -> bool:
    try:
        content = json.loads(path.read_bytes())
        ids = {account.id for account in known.list()}
        return content["private_key_id"] in ids and content["universe_domain"] == universe
    except (OSError, ValueError, KeyError, TypeError):
        return False


def lines(what: str, address: Address, *, key: str = "KEY", to: Credentials | None = None) -> str:
    """Return the lines for "python", "node", "go" or "env"; "env" needs `to`.

    Raises InvalidArgument for any other language.
    """
    if what == "env":
        if to is None:
            raise InvalidArgument(
                "The environment alone needs a universe domain.",
                hint="sensorium connect env --universe sensorium.localhost",
            )
        return environment(address, to)
    writers: dict[str, Callable[[Address, str], str]] = {"python": python, "node": node, "go": go}
    if what not in writers:
        raise InvalidArgument(f"{what!r} is none of python, node, go and env.", field="what")
    return writers[what](address, key)


def python(address: Address, key: str) -> str:
    """Return the lines for Google's Python clients."""
    rest = f"http://{address.name}:{address.rest}"
    text = f'''\
# REST, with any of Google's clients (the key is not looked at while the gateway has none)
from google.cloud import vision

client = vision.ImageAnnotatorClient(
    transport="rest",
    client_options={{"api_endpoint": "{rest}", "api_key": "{key}"}},
)

# Translation, basic edition: it does not look at "api_key"
import google.auth.api_key
from google.cloud import translate_v2

translator = translate_v2.Client(
    credentials=google.auth.api_key.Credentials("{key}"),
    client_options={{"api_endpoint": "{rest}"}},
)
'''
    if address.grpc is None:
        return text
    return f'''{text}
# gRPC, the clients' own default
import grpc

unlimited = [("grpc.max_receive_message_length", -1)]  # pictures of pages exceed 4 MB
channel = grpc.insecure_channel("{address.name}:{address.grpc}", options=unlimited)
transport = vision.ImageAnnotatorClient.get_transport_class("grpc")(channel=channel)
client = vision.ImageAnnotatorClient(transport=transport)
key = [("x-goog-api-key", "{key}")]  # client.METHOD(..., metadata=key)
'''


def node(address: Address, key: str) -> str:
    """Return the lines for Google's Node.js clients."""
    text = f"""\
// REST, with any of Google's clients (the key is not looked at while the gateway has none)
const vision = require('@google-cloud/vision');

const client = new vision.ImageAnnotatorClient({{
  fallback: true,
  protocol: 'http',
  apiEndpoint: '{address.name}',
  port: {address.rest},
  apiKey: '{key}',
}});
"""
    if address.grpc is None:
        return text
    return f"""{text}
// gRPC, the clients' own default
const {{grpc}} = require('google-gax');

const grpcClient = new vision.ImageAnnotatorClient({{
  apiEndpoint: '{address.name}',
  port: {address.grpc},
  sslCreds: grpc.credentials.createInsecure(),
}});
// grpcClient.METHOD(request, key)
const key = {{otherArgs: {{headers: {{'x-goog-api-key': '{key}'}}}}}};
"""


def go(address: Address, key: str) -> str:
    """Return the lines for Google's Go clients."""
    text = f"""\
// REST, with any of Google's clients (the key is not looked at while the gateway has none)
import (
	vision "cloud.google.com/go/vision/v2/apiv1"
	"google.golang.org/api/option"
)

client, err := vision.NewImageAnnotatorRESTClient(ctx,
	option.WithEndpoint("http://{address.name}:{address.rest}"),
	option.WithAPIKey("{key}"))
"""
    if address.grpc is None:
        return text
    return f"""{text}
// gRPC, the clients' own default
import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

client, err := vision.NewImageAnnotatorClient(ctx,
	option.WithEndpoint("{address.name}:{address.grpc}"),
	option.WithoutAuthentication(),
	option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
ctx = metadata.AppendToOutgoingContext(ctx, "x-goog-api-key", "{key}")
"""


def variables(
    address: Address, to: Credentials, *, proxy: bool, node: bool = False
) -> dict[str, str]:
    """Return the environment of a program whose code stays as it is.

    `proxy` adds what brings it here by the TLS port itself, without port 443 and name resolution;
    HTTPS_PROXY among it: requests to anything but this universe are then refused. `node` names the
    account's file for Node.js.
    """
    authority, roots = str(to.certificates.authority), str(to.certificates.roots)
    found = {
        "GOOGLE_CLOUD_UNIVERSE_DOMAIN": str(to.universe),
        "GOOGLE_APPLICATION_CREDENTIALS": str(to.node_file if node else to.file),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": roots,
        "REQUESTS_CA_BUNDLE": roots,
        "SSL_CERT_FILE": roots,
        "NODE_EXTRA_CA_CERTS": authority,
    }
    if proxy:
        url = f"http://{address.name}:{address.tls}"
        found |= {"grpc_proxy": url, "HTTPS_PROXY": url}
    return found


def environment(address: Address, to: Credentials) -> str:
    """Return the shell lines that bring a program here without a change of its code."""
    if address.tls is None:
        raise InvalidArgument(
            "The gateway has no TLS port, and a universe domain needs one.",
            hint="Serve with --tls-port 8443 (or 443).",
        )
    plain = variables(address, to, proxy=False)
    ways = variables(address, to, proxy=True)
    exports = [f"export {name}={shlex.quote(value)}" for name, value in plain.items()]
    proxies = [f"export {n}={shlex.quote(v)}" for n, v in ways.items() if n not in plain]
    account = f"export GOOGLE_APPLICATION_CREDENTIALS={shlex.quote(str(to.node_file))}"
    node = ("", "# Node.js only, whose clients insist on another account file:", f"#   {account}")
    return "\n".join((*exports, *_way(address, to.universe, proxies), *node, ""))


def _way(address: Address, universe: Universe, proxies: list[str]) -> list[str]:
    """Return how the names of the universe are to be found."""
    hosts = f"{address.name.strip('[]')} " + " ".join(f"{s}.{universe.domain}" for s in SERVICES)
    port = universe.port or 443
    if port == address.tls:
        return [
            "",
            "# The names must lead here. As root, once (or a wildcard in your DNS):",
            f"#   echo '{hosts}' >> /etc/hosts",
            "# Python's gRPC needs no such line for names below .localhost.",
        ]
    return [
        "",
        f"# Clients look for port {port}, and this gateway's TLS is on {address.tls}: that port is",
        "# a proxy to itself, for gRPC and for HTTPS. It leads to this universe only; a program",
        "# that also talks to others over HTTPS leaves HTTPS_PROXY out and uses gRPC. Node.js's",
        "# clients take the proxy for gRPC only.",
        *proxies,
        "",
        f"# Or serve on port {port} and, as root, once:",
        f"#   echo '{hosts}' >> /etc/hosts",
    ]
