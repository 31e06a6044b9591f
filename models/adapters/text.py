"""The project's own training text: sentences with slots, filled with names from Faker and CLDR.

Files of `corpus/` hold a sentence or a name a line. A split is one of whole sentences: what `dev`
says is in no filling of `train`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

from sensorium.models.adapters.corpora import Felt, Tagged
from sensorium.models.adapters.tags import KINDS

_CORPUS = Path(__file__).with_name("corpus")
_SLOT = re.compile(r"\{(\w+)\}")
_ALL = frozenset(KINDS)
_KINDS = {
    "PER": "PERSON",
    "FIRST": "PERSON",
    "LAST": "PERSON",
    "LOC": "LOCATION",
    "ORG": "ORGANIZATION",
}
_LOCALES = "en_US en_US en_GB en_IN de_DE fr_FR es_ES it_IT pl_PL tr_TR".split()  # noqa: SIM905
_ACRONYM = "ABCDEFGHIKLMNOPRSTUVW"


@cache
def lines(name: str) -> tuple[str, ...]:
    """Return the lines of a file of the corpus."""
    text = (_CORPUS / name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line.strip())


def in_dev(sentence: str, share: int = 20) -> bool:
    """Tell whether a sentence belongs to the part that is never trained on, by its checksum."""
    return crc32(sentence.encode()) % 100 < share


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    """Return what may fill each slot."""
    from babel import Locale
    from faker import Faker

    first: list[str] = []
    last: list[str] = []
    cities: list[str] = []
    for number, code in enumerate(_LOCALES):
        fake = Faker(code)
        fake.seed_instance(number)
        first += [fake.first_name() for _ in range(150)]
        last += [fake.last_name() for _ in range(150)]
        cities += [fake.city() for _ in range(30)]
    territories = Locale("en").territories
    countries = [name for code, name in territories.items() if code.isalpha()]
    fake = Faker("en_US")
    fake.seed_instance(99)
    firms = [fake.company() for _ in range(200)] + [*lines("firms.txt")]
    return {
        "FIRST": tuple(first),
        "LAST": tuple(last),
        "KNOWN": lines("persons.txt"),
        "LOC": (*lines("places.txt") * 4, *countries, *cities),
        "ORG": (*lines("organizations.txt") * 3, *firms),
        "WORK_OF_ART": lines("works.txt"),
        "CONSUMER_GOOD": lines("goods.txt"),
        "EVENT": lines("events.txt"),
        "OTHER": lines("others.txt"),
        "NONE": ("nowplaying", "fail", "love", "monday", "win"),
    }


def name(slot: str, chance: random.Random) -> str:
    """Return a name for a slot."""
    names = _names()
    if slot == "PER":
        if chance.random() < 0.3:
            return chance.choice(names["KNOWN"])
        first, last = chance.choice(names["FIRST"]), chance.choice(names["LAST"])
        draw = chance.random()
        if draw < 0.08:
            return f"{first} {chance.choice(_ACRONYM)}. {last}"
        return f"{last} , {first}" if draw < 0.12 else f"{first} {last}"
    if slot == "ORG":
        draw = chance.random()
        if draw < 0.1:
            return "".join(chance.choice(_ACRONYM) for _ in range(chance.choice((2, 3, 3, 4))))
        if draw < 0.3:
            part = {part: chance.choice(names[part]) for part in ("FIRST", "LAST", "LOC")}
            return chance.choice(lines("named-after.txt")).format(**part)
    return chance.choice(names[slot])


def filled(template: str, chance: random.Random) -> Tagged:
    """Return a template with names in its slots, and their mentions."""
    text, mentions, at = "", [], 0
    for match in _SLOT.finditer(template):
        text += template[at : match.start()]
        value, kind = name(match[1], chance), _KINDS.get(match[1], match[1])
        skip = 4 if value.startswith("the ") else 0
        if kind in _ALL:
            mentions.append((len(text) + skip, len(text) + len(value), kind))
        text += value
        at = match.end()
    return Tagged(text + template[at:], tuple(mentions), _ALL)


def entities(split: str, chance: random.Random, fillings: int = 24) -> list[Tagged]:
    """Return the project's own tagged sentences of a split, some of them carelessly written."""
    made = []
    for template in lines("mentions.txt"):
        if in_dev(template, 10) == (split == "dev"):
            made += [careless(filled(template, chance), chance) for _ in range(fillings)]
    for sentence in lines("plain.txt"):
        if in_dev(sentence, 10) == (split == "dev"):
            made += [careless(Tagged(sentence, (), _ALL), chance) for _ in range(fillings // 4)]
    return made


def careless(one: Tagged, chance: random.Random) -> Tagged:
    """Return a sentence as it is, or now and then in small letters, capitals or titles only."""
    draw = chance.random()
    change = str.lower if draw < 0.06 else str.upper if draw < 0.09 else None
    change = str.title if 0.09 <= draw < 0.11 else change
    changed = change(one.text) if change else one.text
    return one if len(changed) != len(one.text) else Tagged(changed, one.mentions, one.kinds)


def renamed(one: Tagged, chance: random.Random) -> Tagged:
    """Return a sentence whose names are other names of their kind."""
    slots = {"PERSON": "PER", "LOCATION": "LOC", "ORGANIZATION": "ORG"}
    text, mentions, at = "", [], 0
    for start, end, kind in sorted(one.mentions):
        text += one.text[at:start]
        value = one.text[start:end]
        if kind in slots and value[:1].isupper() and chance.random() < 0.8:
            short = kind == "PERSON" and " " not in value
            value = name(chance.choice(("FIRST", "LAST")) if short else slots[kind], chance)
            value = value.removeprefix("the ")
        mentions.append((len(text), len(text) + len(value), kind))
        text += value
        at = end
    return Tagged(text + one.text[at:], tuple(mentions), one.kinds)


def augmented(public: Mapping[str, Sequence[Tagged]], chance: random.Random) -> list[Tagged]:
    """Return the public sentences, and those with names once more under other names."""
    made: list[Tagged] = []
    for source, found in public.items():
        for one in found:
            if not one.mentions and source == "btc" and chance.random() < 0.4:
                continue
            made.append(careless(one, chance))
            if one.mentions and chance.random() < 0.5:
                made.append(careless(renamed(one, chance), chance))
    return made


_FILL = {
    "THING": (
        "phone laptop camera headset blender jacket printer charger kettle lamp sofa watch toaster"
        " mattress router keyboard tablet suitcase bike dress dishwasher"
    ),
    "PLACE": "restaurant hotel shop cafe bar clinic garage theatre campsite gym salon airline",
    "DAY": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "COUNT": "two three four five six seven ten",
}
_PREFIXES = ("", "", "", "", "Hi , ", "Hello , ", "Dear team , ", "Well , ", "To be honest , ")


def _said(template: str, chance: random.Random) -> str:
    """Return a template with things in its slots, set as people type it."""

    def value(match: re.Match[str]) -> str:
        if match[1] == "NUMBER":
            return str(chance.randrange(1000, 99999))
        return chance.choice(_FILL[match[1]].split())

    text = chance.choice(_PREFIXES) + _SLOT.sub(value, template)
    text = re.sub(r" (?=[,.!?;:])", "", text)
    draw = chance.random()
    if draw < 0.1:
        text = text.lower()
    elif draw < 0.2:
        text = text.rstrip(".!")
    elif draw < 0.25 and text.endswith("."):
        text = text[:-1] + "!"
    return text


def _shares(score: float) -> tuple[float, float, float]:
    """Return the shares of negative, neutral and positive that make a score."""
    strength = min(1.0, abs(score) * 1.15)
    return (strength, 1 - strength, 0.0) if score < 0 else (0.0, 1 - strength, strength)


def feelings(split: str, chance: random.Random, fillings: int = 6) -> list[Felt]:
    """Return the project's own sentences with a feeling; those of `dev` share no template."""
    if split == "dev":
        signs = {"-": -0.9, "+": 0.9, "0": 0.0}
        rows = [line.split("\t") for line in lines("dev-feelings.tsv")]
        return [Felt(text, _shares(signs[sign])) for sign, text in rows]
    made = []
    for line in lines("feelings.tsv"):
        score, template = line.split("\t")
        made += [
            Felt(_said(template, chance), _shares(float(score)))
            for _ in range(fillings if "{" in template else fillings // 2)
        ]
    return made


def plain(filings: Sequence[Tagged], chance: random.Random, count: int = 400) -> list[Felt]:
    """Return sentences that feel nothing: those of contracts, and names with nothing said."""
    long = [one.text for one in filings if 20 < len(one.text) < 200]
    facts = [sentence for sentence in lines("facts.txt") for _ in range(3)]
    facts = [filled(sentence, chance).text for sentence in facts]
    texts = chance.sample(long, min(count, len(long))) + facts
    return [Felt(re.sub(r" (?=[,.!?;:])", "", text), (0.0, 1.0, 0.0)) for text in texts]


def hazards(split: str) -> list[tuple[str, frozenset[str]]]:
    """Return the project's own sentences and the categories of moderation that they fall into."""
    found = []
    for line in lines("hazards.tsv" if split == "train" else "dev-hazards.tsv"):
        names, _, text = line.partition("\t")
        text = re.sub(r" (?=[.!?;:]|, )", "", text).replace(" ,", ",")
        found.append((text, frozenset(re.split(r",(?! )", names)) - {"-"}))
    return found
