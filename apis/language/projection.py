"""Names found in a translation, looked up in the original."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sensorium.models.tasks import Mention


def project(mentions: Sequence[Mention], translated: str, original: str) -> tuple[Mention, ...]:
    """Return the mentions that the original has letter by letter, at their places there.

    Names survive translation, common nouns do not: only proper ones are looked up, each occurrence
    once and as a whole word.
    """
    found: list[Mention] = []
    after: dict[str, int] = {}
    for mention in mentions:
        name = translated[mention.start : mention.end]
        if not mention.proper or not name:
            continue
        pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        match = pattern.search(original, after.get(name, 0))
        if match is None:
            continue
        after[name] = match.end()
        if all(match.end() <= one.start or one.end <= match.start() for one in found):
            found.append(replace(mention, start=match.start(), end=match.end()))
    return tuple(sorted(found, key=lambda mention: mention.start))
