"""Codes of languages as models have them, in BCP-47."""

from __future__ import annotations


def bcp47(code: str) -> str:
    """Return a model's code (`eng`, `eng_Latn`, `pt_br`, `zh`) as BCP-47.

    Three letters become two where there are two; a script that the language is usually written in
    is left out, but for Chinese, which has two usual ones (CLDR).
    """
    from babel.core import get_global

    primary, *rest = code.replace("-", "_").split("_")
    primary = get_global("language_aliases").get(primary.lower(), primary.lower()).split("_")[0]
    usual = get_global("likely_subtags").get(primary, "").split("_")
    kept = []
    for part in rest:
        if len(part) == 4:
            if part.title() not in usual or primary == "zh":
                kept.append(part.title())
        else:
            kept.append(part.upper())
    return "-".join([primary, *kept])
