"""Glossaries: how certain terms are to be translated.

names.py tables.py store.py   resource names, and what the database keeps
glossaries.py entries.py      the RPCs
files.py                      CSV, TSV and TMX files of terms
terms.py                      terms put into the texts that are translated
"""
