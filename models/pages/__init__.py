"""From marks to pages: the lines of a text, their order, and what belongs together.

ctc.py          a recogniser's frames to words and symbols
textlayer.py    a document's own glyphs to lines
rules.py        the lines that a document draws
orientation.py  which way a page is up
columns.py      gutters, rows and regions
layout.py       lines to paragraphs and blocks in reading order
"""
