"""From verb and path to an RPC: Google's path templates (google/api/http.proto) as a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from sensorium.apis.wire.table import Binding, Method
from sensorium.models.errors import InvalidArgument

VARIABLE = re.compile(r"\{([\w.]+)(?:=([^}]*))?\}")  # {field} or {field=pattern}
_ENCODED_SLASH = re.compile(r"(%2[Ff])")
_SHAPES = {"*": "[^/]+", "**": ".+"}


class Match(NamedTuple):
    """The RPC a request is for, the binding that matched, and the fields in its path."""

    method: Method
    binding: Binding
    fields: Mapping[str, str]


class _Variable(NamedTuple):
    """A field's place in a path: segments `start` to `stop` (None: to the end, else from it)."""

    field: str
    start: int
    stop: int | None
    several: bool


@dataclass(slots=True)
class _Leaf:
    method: Method
    binding: Binding
    variables: tuple[_Variable, ...]


@dataclass(slots=True)
class _Node:
    """One segment: literal children first, then `*`, then `**`.

    `rest` has what `**` leads to, with the segments that must follow it, the most of them first.
    """

    literals: dict[str, _Node] = field(default_factory=dict)
    star: _Node | None = None
    leaves: dict[tuple[str, str], _Leaf] = field(default_factory=dict)
    rest: dict[tuple[str, str], list[tuple[tuple[str, ...], _Leaf]]] = field(default_factory=dict)


class Router:
    """A tree of path templates; the first RPC to claim a template keeps it."""

    def __init__(self, methods: Iterable[Method]) -> None:
        self._root = _Node()
        for method in methods:
            for binding in method.http:
                self._add(method, binding)

    def _add(self, method: Method, binding: Binding) -> None:
        """Plant one binding."""
        segments, variables, action = _parse(binding.path)
        node = self._root
        for segment in segments:
            if segment == "**":
                break
            if segment == "*":
                node.star = node.star or _Node()
                node = node.star
            else:
                node = node.literals.setdefault(segment, _Node())
        leaf, key = _Leaf(method, binding, variables), (binding.verb, action)
        if "**" not in segments:
            node.leaves.setdefault(key, leaf)
            return
        after = tuple(segments[segments.index("**") + 1 :])
        planted = node.rest.setdefault(key, [])
        if after not in (known for known, _ in planted):
            planted.append((after, leaf))
            planted.sort(key=lambda pair: -len(pair[0]))

    def match(self, verb: str, path: str) -> Match | None:
        """Return the RPC for a request's verb and still percent-encoded path, or None."""
        segments = path.strip("/").split("/")
        last, colon, action = segments[-1].rpartition(":")
        found = None
        if colon:
            found = self._walk(self._root, [*segments[:-1], last], 0, (verb, action))
            segments = [*segments[:-1], last] if found else segments
        found = found or self._walk(self._root, segments, 0, (verb, ""))
        if found is None:
            return None
        fields = {
            one.field: _unquoted(segments[one.start : one.stop], one.several)
            for one in found.variables
        }
        return Match(found.method, found.binding, fields)

    def _walk(
        self, node: _Node, segments: list[str], at: int, key: tuple[str, str]
    ) -> _Leaf | None:
        """Return the leaf under `node` that the remaining segments lead to."""
        if at == len(segments):
            return node.leaves.get(key)
        segment = segments[at]
        child = node.literals.get(segment)
        if child and (found := self._walk(child, segments, at + 1, key)):
            return found
        if segment and node.star and (found := self._walk(node.star, segments, at + 1, key)):
            return found
        for after, leaf in node.rest.get(key, ()):
            if len(segments) - at > len(after) and _fits(
                segments[len(segments) - len(after) :], after
            ):
                return leaf
        return None


def _fits(segments: list[str], template: tuple[str, ...]) -> bool:
    """Tell whether the last segments of a path are what a template ends with."""
    return all(
        segment == part if part != "*" else bool(segment)
        for segment, part in zip(segments, template, strict=True)
    )


def _parse(template: str) -> tuple[list[str], tuple[_Variable, ...], str]:
    """Return a template's segments, its variables' places and its `:action`."""
    segments: list[str] = []
    variables = []
    rest, action = template.strip("/"), ""
    while rest:
        if rest.startswith("{"):
            inside, _, rest = rest[1:].partition("}")
            name, _, pattern = inside.partition("=")
            parts = (pattern or "*").split("/")
            several = len(parts) > 1 or parts[-1] == "**"
            variables.append(_Variable(name, len(segments), len(segments) + len(parts), several))
            segments += parts
        else:
            literal, slash, rest = rest.partition("/")
            literal, colon, action = literal.partition(":")
            if literal:
                segments.append(literal)
            if colon:
                break
            rest = rest if slash else ""
            continue
        if rest.startswith(":"):
            action = rest[1:]
            break
        rest = rest.removeprefix("/")
    return segments, tuple(_anchored(one, segments) for one in variables), action


def _anchored(variable: _Variable, segments: list[str]) -> _Variable:
    """Return a variable that may hold any number of segments with its end counted from behind."""
    if "**" not in segments[variable.start : variable.stop]:
        return variable
    after = len(segments) - (variable.stop or 0)
    return variable._replace(stop=-after if after else None)


def _unquoted(segments: list[str], several: bool) -> str:
    """Return a variable's text; where it may have several segments %2F stays (http.proto)."""
    text = "/".join(segments)
    if not several:
        return unquote(text)
    parts = _ENCODED_SLASH.split(text)  # every other part is a slash
    return "".join(part if at % 2 else unquote(part) for at, part in enumerate(parts))


def expand(template: str, request: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the path of a template with a request's fields in it, and the request without them.

    `request` is proto-JSON. Raises InvalidArgument for a field that the path needs and that is not
    set or does not fit.
    """
    rest = dict(request)
    path = template
    for match in VARIABLE.finditer(template):
        name = match[1]
        head, *tail = (camel(part) for part in name.split("."))
        value = rest.get(head) if tail else rest.pop(head, None)
        for part in tail:
            value = value.get(part) if isinstance(value, dict) else None
        if not isinstance(value, str) or not value:
            raise InvalidArgument("this field is part of the path and must be set", field=name)
        path = path.replace(match[0], _quoted(value, match[2] or "*", name))
    return path, rest


def _quoted(value: str, pattern: str, name: str) -> str:
    """Return a field's text as the segments of a path."""
    shape = "/".join(_SHAPES.get(part, re.escape(part)) for part in pattern.split("/"))
    if pattern != "*" and not re.fullmatch(shape, value, re.S):
        raise InvalidArgument(f"{value[:200]!r} is not of the form {pattern}", field=name)
    if {".", ".."} & set(value.split("/")):  # which every HTTP client takes out of a path
        raise InvalidArgument(f"{value[:200]!r} has a segment of dots alone", field=name)
    return quote(value, safe="/" if pattern != "*" else "")


def camel(name: str) -> str:
    """Return a field's JSON name."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
