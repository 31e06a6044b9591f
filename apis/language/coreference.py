"""Which mentions name the same thing: by name alone, and only where that is certain.

Pronouns are left alone: who "she" is cannot be told from names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sensorium.apis.language.mentions import Found

_TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|dr|prof|professor|sir|lord|lady|madam|president|herr|frau|m|mme|monsieur|"
    r"madame|sr|sra|señor|señora|don|doña|signor|signora|sig)\.?\s+)+(?=\S)",
    re.IGNORECASE,
)
_LEGAL = re.compile(
    r",?\s+(?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|llp|plc|gmbh|ag|kg|se|sa|"
    r"sas|sarl|srl|spa|nv|bv|oy|ab|as)\.?$",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"['’]s?$")
_SMALL = frozenset(
    ("of", "the", "and", "for", "in", "de", "du", "des", "la", "le", "der", "und", "&")
)
_ACRONYM = re.compile(r"[A-Z]{2,8}")
_HAVE_ACRONYMS = frozenset(("ORGANIZATION", "LOCATION", "EVENT"))


@dataclass(slots=True)
class Group:
    """Mentions of one thing in the order of the text, and the names that it goes by."""

    kind: str
    names: list[str]
    mentions: list[Found] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the fullest name: that of the longest proper mention, else of the first."""
        proper = [one.span.text for one in self.mentions if one.proper]
        return max(proper, key=len) if proper else self.mentions[0].span.text


def group(mentions: Sequence[Found]) -> list[Group]:
    """Return the mentions grouped, groups in the order of their first mention.

    Joined are: the same name of the same kind, whatever its case; a surname or a first name after
    the one full name that has it; a company with and without its legal form; an acronym and the one
    name whose initials it is; quantities with equal parts.
    """
    groups: list[Group] = []
    by_name: dict[tuple[str, str], Group] = {}
    for mention in mentions:
        key = _key(mention)
        target = by_name.get((mention.kind, key)) or _alike(key, mention, groups)
        if target is None:
            target = Group(mention.kind, [])
            groups.append(target)
        target.mentions.append(mention)
        if key not in target.names:
            target.names.append(key)
        by_name[(mention.kind, key)] = target
    return groups


def _key(mention: Found) -> str:
    """Return what makes two names the same name."""
    if mention.parts:
        return repr(sorted(mention.parts.items()))
    name = _POSSESSIVE.sub("", " ".join(mention.span.text.split()))
    if mention.label:
        return f"{mention.label}: {name.casefold()}"
    if mention.kind == "PERSON":
        name = _TITLES.sub("", name)
    if mention.kind == "ORGANIZATION":
        name = _LEGAL.sub("", name)
    bare = name.replace(".", "")
    # "US" is not "us"
    return bare if _ACRONYM.fullmatch(bare) else name.casefold()


def _alike(key: str, mention: Found, groups: Sequence[Group]) -> Group | None:
    """Return the one earlier group whose name a name shortens or stands for."""
    if mention.parts or not mention.proper:
        return None
    if mention.kind == "PERSON" and " " not in key:
        fits = [
            one
            for one in groups
            if one.kind == "PERSON" and any(_is_part(key, name) for name in one.names)
        ]
    elif mention.kind in _HAVE_ACRONYMS:
        fits = [
            one
            for one in groups
            if one.kind == mention.kind and any(_stands_for(key, name) for name in one.names)
        ]
    else:
        return None
    return fits[0] if len(fits) == 1 else None


def _is_part(key: str, name: str) -> bool:
    """Tell whether a single name is the first or the last of a full one."""
    words = name.split()
    return len(words) > 1 and key in (words[0], words[-1])


def _stands_for(one: str, other: str) -> bool:
    """Tell whether one of two names is the acronym of the other."""
    short, long = sorted((one, other), key=len)
    words = [word for word in re.split(r"[\s-]+", long) if word]
    if not _ACRONYM.fullmatch(short) or len(words) < 2:
        return False
    every = "".join(word[0] for word in words)
    great = "".join(word[0] for word in words if word.lower() not in _SMALL)
    return short.casefold() in (every.casefold(), great.casefold())
