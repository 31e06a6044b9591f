"""Cloud Translation v2 and v3: the languages of texts, and what can be translated into what."""

from sensorium.apis.core import api

translate = api(
    "translate",
    title="Translation",
    summary="Tell which language a text is in, and what can be translated.",
)
