"""The command line: `sensorium serve | call | engines | pull | import | apis | keys | ...`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from sensorium import __version__
from sensorium.gateway.settings import Settings
from sensorium.models.errors import Failure, InvalidArgument
from sensorium.ui import terminal

app = typer.Typer(
    name="sensorium",
    help="A self-hosted gateway to pre-built AI that answers Google Cloud's own clients.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
keys_app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
app.add_typer(keys_app, name="keys")
cards_app = typer.Typer(no_args_is_help=True, help="Bring models of your own.")
app.add_typer(cards_app, name="cards")

TLS_PORT = 8443  # what `connect env` proposes
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any setting by its name; repeatable."),
]


def settings(pairs: list[str] | None = None, **flags: Any) -> Settings:
    """Return the settings: flags and `--set` first, then environment, file and defaults."""
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    given.update(_pair(pair, "--set") for pair in pairs or [])
    try:
        return Settings.from_flags(given)
    except ValidationError as refused:
        first = refused.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidArgument(
            f"setting {where!r}: {first['msg']}.", hint="docs/settings.md lists every setting."
        ) from None


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidArgument(f"{option} takes NAME=VALUE, not {text!r}.")
    return name, value


@app.command(
    epilog="Examples:  sensorium serve   |   sensorium serve --port 9000 --set idle_seconds=60"
)
def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of REST and pages; 0: any free.")] = None,
    grpc_port: Annotated[int | None, typer.Option(help="Port of gRPC; -1: none.")] = None,
    tls_port: Annotated[int | None, typer.Option(help="Port of TLS; -1: none.")] = None,
    universe: Annotated[str | None, typer.Option(help="Universe domain for TLS.")] = None,
    set_: Set = None,
) -> None:
    """Start the gateway: REST, gRPC, docs and the start page."""
    from sensorium.gateway.app import create
    from sensorium.gateway.observe import configure_logging
    from sensorium.gateway.serve import run
    from sensorium.ui import start

    chosen = settings(
        set_, host=host, port=port, grpc_port=grpc_port, tls_port=tls_port, universe=universe
    )
    configure_logging(chosen.log_level)
    gateway = create(chosen)
    start.mount(gateway.pages)
    run(gateway, terminal.banner)


@app.command(
    epilog="Examples:  sensorium call vision.text photo.jpg   |   "
    "echo 'I love it.' | sensorium call language.sentiment   |   "
    "sensorium call translate.photo sign.jpg --with to=en -o sign-en.png   |   "
    "sensorium call google.cloud.language.v1.LanguageService.AnalyzeSentiment request.json"
)
def call(
    method: Annotated[str, typer.Argument(help="A short name of `sensorium apis`, or an RPC.")],
    file: Annotated[
        str, typer.Argument(help="File, or text when no such file exists; default: standard input.")
    ] = "-",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the answer's first bytes here.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Ask a running gateway instead.")] = None,
    key: Annotated[str, typer.Option(help="API key of that gateway.")] = "",
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME=VALUE", help="An option of the call; repeatable."),
    ] = None,
    set_: Set = None,
) -> None:
    """Send one file or text to an API and print the JSON answer."""
    from sensorium.ui.call import run

    options = dict(_pair(one, "--with") for one in with_ or [])
    answer = asyncio.run(
        run(settings(set_), method, _content(file), options=options, url=url, key=key)
    )
    terminal.show_answer(answer, output)


def _content(file: str) -> bytes:
    """Return the bytes that `call` is given: standard input, a file, or the text itself."""
    if file == "-":
        return sys.stdin.buffer.read()
    path = Path(file)
    if path.is_file():
        return path.read_bytes()
    if path.suffix and " " not in file:
        raise InvalidArgument(f"There is no file {file!r}.")
    return file.encode()


@app.command(epilog="Example:  sensorium engines --json")
def engines(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False, set_: Set = None
) -> None:
    """List every engine: task, state, why not, memory."""
    from sensorium.gateway.app import local_models

    chosen = settings(set_)
    models = local_models(chosen)
    terminal.show_engines(models.states(), as_json)


@app.command(
    epilog="Examples:  sensorium pull yunet   |   sensorium pull --task FaceDetector   |   "
    "sensorium pull --profile gpu"
)
def pull(
    name: Annotated[str | None, typer.Argument(help="A model card's name.")] = None,
    task: Annotated[str | None, typer.Option(help="Pull what serves a task.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Pull what suits a machine: cpu, gpu.")
    ] = None,
    unpinned: Annotated[
        bool, typer.Option("--unpinned", help="Trust the hub for files whose hash no card says.")
    ] = False,
    set_: Set = None,
) -> None:
    """Fetch the weights of open models, checked against their cards."""
    from sensorium.ui.pull import pull_cards

    pull_cards(settings(set_), name, task, profile, unpinned)


@app.command("import", epilog="Example:  sensorium import /media/usb/weights")
def import_(folder: Path, set_: Set = None) -> None:
    """Take weights from a folder, for machines without a network."""
    from sensorium.ui.pull import import_folder

    import_folder(settings(set_), folder)


@app.command(epilog="Example:  sensorium apis --all")
def apis(
    every: Annotated[bool, typer.Option("--all", help="Include what is not yet served.")] = False,
) -> None:
    """List what is served: short names, RPCs and their paths."""
    terminal.show_apis(every)


@cards_app.command(
    "new",
    epilog="Example:  sensorium cards new my-names ./model --engine token_classification "
    "--languages en,de --licence MIT",
)
def cards_new(
    name: Annotated[str, typer.Argument(help="What the card and its engine will be called.")],
    folder: Annotated[Path, typer.Argument(help="Folder of the model's files.")],
    engine: Annotated[str, typer.Option(help="Engine that runs it; see `sensorium engines`.")],
    languages: Annotated[str, typer.Option(help="Codes such as en,de; * for any.")],
    licence: Annotated[str, typer.Option(help="SPDX name of the model's licence.")],
    summary: Annotated[str, typer.Option(help="What it does, in a line.")] = "",
    limits: Annotated[str, typer.Option(help="What it cannot do.")] = "None are stated.",
    repo: Annotated[str | None, typer.Option(help="owner/name on the hub, to pull it too.")] = None,
    revision: Annotated[str | None, typer.Option(help="Commit on the hub.")] = None,
    set_: Set = None,
) -> None:
    """Write the card of a model you have in a folder, and import its files."""
    from sensorium.models.weights.own import Stated
    from sensorium.ui.pull import new_card

    codes = tuple(code.strip() for code in languages.split(",") if code.strip())
    stated = Stated(
        summary or f"{name}, from {folder.name}", licence, limits, codes, repo, revision
    )
    new_card(settings(set_), name, folder, engine, stated)


@keys_app.command("create", epilog="Example:  sensorium keys create laptop")
def keys_create(name: str, set_: Set = None) -> None:
    """Make a key and print it; it is shown this once."""
    from sensorium.gateway.keys import Keys

    _, secret = Keys(settings(set_).keys_file).create(name)
    terminal.show_secret(name, secret)


@keys_app.command("list")
def keys_list(set_: Set = None) -> None:
    """List the keys, without their secrets."""
    from sensorium.gateway.keys import Keys

    terminal.show_keys(Keys(settings(set_).keys_file).list())


@keys_app.command("revoke", epilog="Example:  sensorium keys revoke laptop")
def keys_revoke(which: str, set_: Set = None) -> None:
    """Revoke a key by its name or id; running gateways refuse it at once."""
    from sensorium.gateway.keys import Keys

    for key in Keys(settings(set_).keys_file).revoke(which):
        typer.echo(f"revoked {key.name}")


@app.command(
    epilog="Examples:  sensorium connect python   |   "
    "sensorium connect env --universe sensorium.localhost"
)
def connect(
    what: Annotated[str, typer.Argument(help="python, node, go or env.")],
    universe: Annotated[str | None, typer.Option(help="Universe domain to make for env.")] = None,
    set_: Set = None,
) -> None:
    """Print the lines that point an existing program here.

    `env` makes a local certificate authority, the gateway's certificate and a service account, with
    which Google's clients come here without a change of the program's code.
    """
    from sensorium.gateway.connect import Address, credentials, lines

    chosen = settings(set_, universe=universe)
    grpc = chosen.grpc_port if chosen.grpc_port > 0 else None
    tls = chosen.tls_port if chosen.tls_port > 0 else TLS_PORT if what == "env" else None
    to = credentials(chosen.certificates, chosen.universe) if what == "env" else None
    typer.echo(lines(what, Address(chosen.host, chosen.port, grpc, tls), to=to), nl=False)
    if what == "env" and chosen.tls_port < 0:
        flags = f"--tls-port {TLS_PORT}"
        flags += f" --universe {chosen.universe}" if chosen.universe else ""
        typer.echo(f"# serve with: sensorium serve {flags}")


@app.command(epilog="Example:  sensorium doctor --json")
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False, set_: Set = None
) -> None:
    """Explain what is missing on this machine and how to get it."""
    from sensorium.gateway.doctor import Machine, examine
    from sensorium.models.registry import discover, with_cards
    from sensorium.models.weights import Weights

    chosen = settings(set_)
    weights = Weights.of(chosen.state)
    named = {"REST": chosen.port, "gRPC": chosen.grpc_port, "TLS": chosen.tls_port}
    machine = Machine(
        engines=with_cards(discover(chosen.plugins), weights.cards.values()),
        weights=weights,
        state=chosen.state,
        keys=chosen.keys_file,
        host=chosen.host,
        ports={name: port for name, port in named.items() if port > 0},
        certificates=chosen.certificates if chosen.tls_port >= 0 else None,
    )
    raise typer.Exit(terminal.show_findings(examine(machine), as_json))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; a Failure ends with its sentence, not a traceback."""
    try:
        app()
    except Failure as failure:
        typer.echo(f"sensorium: {failure}", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
