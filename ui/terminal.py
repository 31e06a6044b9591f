"""What the command line shows: tables, the banner, answers."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from sensorium import __version__
from sensorium.agents.compositions import compositions
from sensorium.apis.core import JSON, discover, served
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument
from sensorium.ui.start import curl

if TYPE_CHECKING:  # the server is not needed to print a table
    from sensorium.gateway.serve import Bound

_TRY = "google.cloud.language.v1.LanguageService.AnalyzeSentiment"
_SIGNS = {
    "ok": "[green]ok[/]",
    "optional": "[dim]optional[/]",
    "warning": "[yellow]warning[/]",
    "missing": "[red]missing[/]",
}


def banner(bound: Bound) -> None:
    """Tell where the gateway listens, and one line that works as pasted."""
    host = f"[{bound.host}]" if ":" in bound.host else bound.host
    base = f"http://{host}:{bound.rest}"
    lines = [f"Sensorium {__version__}", f"  REST  {base}  (API docs: {base}/docs)"]
    if bound.grpc is not None:
        lines.append(f"  gRPC  {host}:{bound.grpc}")
    if bound.tls is not None:
        lines.append(f"  TLS   {host}:{bound.tls}  (REST and gRPC)")
    lines += ["Try it:", f"  {curl(served()[_TRY], base)}"]
    print("\n".join(lines), flush=True)


def show_answer(answer: JSON, output: Path | None) -> None:
    """Print an answer as JSON, or write the first bytes in it to a file."""
    if output is None:
        print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
        return
    if isinstance(text := answer.get("textContent"), str):
        output.write_text(text, encoding="utf-8")
        print(f"wrote {len(text):,} characters to {output}", file=sys.stderr)
        return
    content = answer.get("audioContent") or answer.get("imageContent")
    if not isinstance(content, str):
        raise InvalidArgument(f"the answer has no bytes to write to {output}; leave out --output.")
    output.write_bytes(base64.b64decode(content))
    print(f"wrote {output.stat().st_size:,} bytes to {output}", file=sys.stderr)


def table(*columns: str) -> Any:
    """Return an empty table with these columns; long cells go on in the next line."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table

    folded = [Column(name, overflow="fold") for name in columns]
    return Table(*folded, box=SIMPLE_HEAD, pad_edge=False, header_style="bold")


def show(rows: Any) -> None:
    """Print a table to standard output, as wide as it likes when no person is looking."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 240).print(rows)


def show_engines(states: Iterable[Any], as_json: bool) -> None:
    """Print engines, best first within each task."""
    states = list(states)
    if as_json:
        rows = [state.describe() for state in states]
        print(orjson.dumps({"engines": rows}, option=orjson.OPT_INDENT_2).decode())
        return
    listing = table("task", "engine", "state", "memory", "why not")
    for state in sorted(states, key=lambda state: state.task):
        memory = f"{state.memory / 1e6:,.0f} MB" if state.memory else ""
        listing.add_row(state.task, state.name, state.state, memory, state.reason or "")
    show(listing)


def show_apis(every: bool) -> None:
    """Print what is served, and with `every` what is not yet."""
    listing = table("API", "short name", "RPC and path")
    short = {
        command.rpc: command.name
        for api in discover().values()
        for command in api.commands.values()
    }
    for name, method in load().methods.items():
        rpc = served().get(name)
        if rpc or (every and not method.alias):
            binding = method.http[0] if method.http else None
            http = f"{binding.verb} {binding.path}" if binding else "gRPC only"
            title = rpc.api.title if rpc else "not yet served"
            listing.add_row(title, short.get(name, ""), f"{name}\n[dim]{http}[/]")
    for one in compositions().values():
        listing.add_row("Several together", one.name, f"[dim]{one.summary}[/]")
    show(listing)


def show_secret(name: str, secret: str) -> None:
    """Print a new key, the secret alone on standard output so that it can be piped."""
    print(f"Key {name!r}; it is not shown again:", file=sys.stderr)
    print(secret)


def show_keys(keys: Sequence[Any]) -> None:
    """Print the keys without their secrets."""
    listing = table("name", "id", "created", "expires")
    for key in keys:
        expires = key.expires.strftime("%Y-%m-%d %H:%M") if key.expires else "never"
        listing.add_row(key.name, key.id, key.created.strftime("%Y-%m-%d %H:%M"), expires)
    show(listing)


def show_findings(findings: Sequence[Any], as_json: bool) -> int:
    """Print what the doctor found; return 1 when something needed is missing."""
    if as_json:
        rows = [finding.describe() for finding in findings]
        print(orjson.dumps({"findings": rows}, option=orjson.OPT_INDENT_2).decode())
    else:
        listing = table("", "what", "finding", "mend")
        for finding in findings:
            sign = _SIGNS.get(finding.state, finding.state)
            listing.add_row(sign, finding.what, finding.detail, finding.mend or "")
        show(listing)
    return int(any(finding.state == "missing" for finding in findings))
