"""Universal Dependencies in Google's terms.

Sources: universaldependencies.org/u/pos, /u/feat and /u/dep; Google's labels are those of Stanford
Dependencies as used by its parser (DependencyEdge.Label, PartOfSpeech in language_service.proto).
What has no counterpart is left out, which reads as UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sensorium.apis.core import JSON
from sensorium.models.tasks import Token

_TAGS = {
    "ADJ": "ADJ", "ADP": "ADP", "ADV": "ADV", "AUX": "VERB", "CCONJ": "CONJ", "DET": "DET",
    "INTJ": "X", "NOUN": "NOUN", "NUM": "NUM", "PART": "PRT", "PRON": "PRON", "PROPN": "NOUN",
    "PUNCT": "PUNCT", "SCONJ": "ADP", "SYM": "X", "VERB": "VERB", "X": "X",
}  # fmt: skip

# UD feature -> (field of PartOfSpeech, UD value -> Google's value)
_FEATURES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Aspect": ("aspect", {"Perf": "PERFECTIVE", "Imp": "IMPERFECTIVE", "Prog": "PROGRESSIVE"}),
    "Case": (
        "case",
        {
            "Acc": "ACCUSATIVE", "Dat": "DATIVE", "Gen": "GENITIVE", "Ins": "INSTRUMENTAL",
            "Loc": "LOCATIVE", "Nom": "NOMINATIVE", "Par": "PARTITIVE", "Voc": "VOCATIVE",
        },
    ),
    "Gender": (
        "gender", {"Fem": "FEMININE", "Masc": "MASCULINE", "Neut": "NEUTER"},
    ),
    "Mood": (
        "mood",
        {
            "Cnd": "CONDITIONAL_MOOD", "Imp": "IMPERATIVE", "Ind": "INDICATIVE",
            "Int": "INTERROGATIVE", "Jus": "JUSSIVE", "Sub": "SUBJUNCTIVE",
        },
    ),
    "Number": ("number", {"Sing": "SINGULAR", "Plur": "PLURAL", "Dual": "DUAL"}),
    "Person": ("person", {"1": "FIRST", "2": "SECOND", "3": "THIRD"}),
    "Reflex": ("person", {"Yes": "REFLEXIVE_PERSON"}),
    "PronType": ("reciprocity", {"Rcp": "RECIPROCAL", "Prs": "NON_RECIPROCAL"}),
    "Tense": (
        "tense",
        {
            "Fut": "FUTURE", "Imp": "IMPERFECT", "Past": "PAST", "Pqp": "PLUPERFECT",
            "Pres": "PRESENT",
        },
    ),
    "Variant": ("form", {"Short": "SHORT"}),
    "VerbForm": ("form", {"Ger": "GERUND"}),
    "Voice": ("voice", {"Act": "ACTIVE", "Cau": "CAUSATIVE", "Pass": "PASSIVE"}),
}  # fmt: skip

_LABELS = {
    "acl": "VMOD", "acl:relcl": "RCMOD", "advcl": "ADVCL", "advmod": "ADVMOD",
    "advmod:neg": "NEG", "amod": "AMOD", "appos": "APPOS", "aux": "AUX", "aux:pass": "AUXPASS",
    "aux:caus": "AUXCAUS", "cc": "CC", "cc:preconj": "PRECONJ", "ccomp": "CCOMP", "clf": "NUMC",
    "compound": "NN", "compound:prt": "PRT", "compound:lvc": "MWV", "compound:svc": "MWV",
    "conj": "CONJ", "cop": "COP", "csubj": "CSUBJ", "csubj:pass": "CSUBJPASS", "dep": "DEP",
    "det": "DET", "det:predet": "PREDET", "discourse": "DISCOURSE", "dislocated": "DISLOCATED",
    "expl": "EXPL", "fixed": "MWE", "flat": "NN", "flat:foreign": "FOREIGN", "flat:name": "NN",
    "goeswith": "GOESWITH", "iobj": "IOBJ", "list": "LIST", "mark": "MARK",
    "nmod:npmod": "NPADVMOD",
    "nmod:poss": "POSS", "nmod:tmod": "TMOD", "nsubj": "NSUBJ", "nsubj:pass": "NSUBJPASS",
    "nummod": "NUM", "nummod:gov": "NUM", "obj": "DOBJ", "obl:npmod": "NPADVMOD",
    "obl:tmod": "TMOD", "orphan": "REMNANT", "parataxis": "PARATAXIS", "punct": "P",
    "reparandum": "REPARANDUM", "root": "ROOT", "vocative": "VOCATIVE", "xcomp": "XCOMP",
}  # fmt: skip
# What spaCy's own English pipelines say: ClearNLP's names, which are Stanford's as Google's are.
_CLEARNLP = {
    "acomp": "ACOMP", "agent": "PREP", "attr": "ATTR", "auxpass": "AUXPASS",
    "csubjpass": "CSUBJPASS", "dative": "IOBJ", "dobj": "DOBJ", "intj": "DISCOURSE", "neg": "NEG",
    "npadvmod": "NPADVMOD", "nsubjpass": "NSUBJPASS", "pcomp": "PCOMP", "pobj": "POBJ",
    "poss": "POSS", "preconj": "PRECONJ", "predet": "PREDET", "prep": "PREP", "prt": "PRT",
    "quantmod": "QUANTMOD", "relcl": "RCMOD",
}  # fmt: skip
_NEGATIONS = frozenset(("not", "n't", "never", "nicht", "pas", "no", "non"))


def part_of_speech(token: Token) -> JSON:
    """Return a token's PartOfSpeech."""
    found: JSON = {"tag": _TAGS.get(token.pos, "UNKNOWN")}
    for feature, value in token.features.items():
        if feature in _FEATURES:
            name, values = _FEATURES[feature]
            # UD joins alternatives with a comma; which it is, nobody can tell
            if value in values:
                found[name] = values[value]
    if token.pos in ("NOUN", "PROPN"):
        found["proper"] = "PROPER" if token.pos == "PROPN" else "NOT_PROPER"
    if token.pos == "AUX":
        found["form"] = "AUXILIARY"
    return found


def label(tokens: Sequence[Token], index: int) -> str:
    """Return the label of a token's dependency, given the tokens of its sentence.

    UD hangs a preposition under its noun, Google the noun under its preposition. The heads stay
    UD's, so that the tree stays a tree; the labels say which is which: the preposition is PREP, its
    noun POBJ. Names of ClearNLP, whose trees are shaped as Google's, are taken as they are.
    """
    token = tokens[index]
    relation = token.relation.lower()
    base = relation.partition(":")[0]
    if token.head == index:
        return "ROOT"
    if base == "case":
        return "PS" if token.pos == "PART" else "PREP"
    if relation in ("nmod", "obl") or relation in ("nmod:desc", "obl:arg", "obl:agent", "obl:mod"):
        return "POBJ" if _has_preposition(tokens, index) else "NPADVMOD" if base == "obl" else "NN"
    if base == "advmod" and token.lemma.lower() in _NEGATIONS and token.pos in ("PART", "ADV"):
        return "NEG"
    if base == "xcomp" and token.pos == "ADJ":
        return "ACOMP"
    return _LABELS.get(relation) or _CLEARNLP.get(relation) or _LABELS.get(base, "UNKNOWN")


def _has_preposition(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether a preposition hangs under a token."""
    return any(
        one.head == index and one.relation.startswith("case") and number != index
        for number, one in enumerate(tokens)
    )
