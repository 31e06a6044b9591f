"""Language codes as Cloud Translation writes them, and their names."""

from __future__ import annotations

from collections.abc import Callable

from sensorium.models.errors import InvalidArgument

UNDETERMINED = "und"  # BCP-47: nobody can tell

# Translation tells the two ways to write Chinese apart by a country; engines name the script.
_GOOGLE = {"zh": "zh-CN", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}
_OLD = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "no": "nb", "tl": "fil"}
_SCRIPTS = {"zh-CN": "zh-Hans", "zh-TW": "zh-Hant"}


def google(code: str) -> str:
    """Return a BCP-47 code as Cloud Translation writes it."""
    return _GOOGLE.get(code, code)


def engine(code: str) -> str:
    """Return a code of a request as engines write it: BCP-47, its older names replaced."""
    primary, dash, rest = code.replace("_", "-").partition("-")
    code = f"{_OLD.get(primary.lower(), primary.lower())}{dash}{rest}"
    return next((script for google, script in _SCRIPTS.items() if google == code), code)


def namer(display: str, *, field: str) -> Callable[[str], str]:
    """Return what names a language in the language `display`, as CLDR has it.

    A language that CLDR does not name is called by its code; without `display` names are empty.
    Raises InvalidArgument when CLDR has no names in `display`.
    """
    from babel import Locale, UnknownLocaleError

    if not display:
        return lambda code: ""
    try:
        locale = Locale.parse(_SCRIPTS.get(display, display), sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise InvalidArgument(
            f"There are no names of languages in {display!r}.", field=field
        ) from error

    def name(code: str) -> str:
        primary, _, script = _SCRIPTS.get(code, code).partition("-")
        language = locale.languages.get(primary)
        if language is None:
            return code
        return f"{language} ({locale.scripts.get(script, script)})" if script else str(language)

    return name
