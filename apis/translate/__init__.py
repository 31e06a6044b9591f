"""Cloud Translation v2 and v3: texts in other languages, and the languages of texts.

translate_text.py batch_translate_text.py romanize_text.py   the RPCs about texts
detect.py languages.py                                       and about their languages
translate_document.py   files with their layout
glossaries/   how certain terms are to be translated
translation.py   texts -> passages -> engines -> texts
routing.py       which engine, or which two, translate a pair
codes.py         language codes and their names
"""

from sensorium.apis.core import api

translate = api(
    "translate",
    title="Translation",
    summary="Translate texts and pages, and tell which language they are in.",
)
