"""Classification into content categories.

Texts of `cases/categories.txt`; the probability was fitted on the odd lines, the even ones count.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call
from sensorium.models.pool import LocalModels

CASES = Path(__file__).parent / "cases" / "categories.txt"
_RPC = "google.cloud.language.v1.LanguageService.ClassifyText"
_V2 = {"v2Model": {"contentCategoriesVersion": "V2"}}


def read() -> list[tuple[tuple[str, ...], str]]:
    """Return the held-back texts with the categories that are right; none for `none`."""
    cases = []
    for line in CASES.read_text().splitlines()[1::2]:
        names, _, text = line.partition(": ")
        right = tuple(name.strip() for name in names.split(";") if name.strip() != "none")
        cases.append((right, text))
    return cases


async def judge() -> tuple[int, int, int, int]:
    """Return the texts, those whose likeliest category is right, the answers, the right ones."""
    models = LocalModels()
    client = LocalClient(Call(models, None))  # type: ignore[arg-type]
    top = answers = good = 0
    cases = read()
    for right, text in cases:
        request = {
            "document": {"type": "PLAIN_TEXT", "content": text, "language": "en"},
            "classificationModelOptions": _V2,
        }
        found = [one["name"] for one in (await client.call(_RPC, request)).get("categories", [])]
        top += found[0] in right if found and right else not found and not right
        answers += len(found)
        good += sum(any(_same(name, one) for one in right) for name in found)
    await models.close()
    return len(cases), top, answers, good


def _same(name: str, right: str) -> bool:
    """Tell whether a category is the right one or stands above it."""
    return right == name or right.startswith(f"{name}/")


def table() -> str:
    """Return the figures as Markdown."""
    texts, top, answers, good = asyncio.run(judge())
    return (
        "| texts | likeliest is right | categories given | of them right |\n|---|---|---|---|\n"
        f"| {texts} | {top / texts:.3f} | {answers} | {good / max(1, answers):.3f} |"
    )
