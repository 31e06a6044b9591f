"""Rules of a page: long thin lines in its pixels, and those that its file draws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sensorium.models.forms.canvas import Canvas, Grey, Token
from sensorium.models.tasks.pictures import Rule
from sensorium.models.tasks.vision import Box

# In heights of a line of text.
_LENGTH = 1.5  # the shortest rule
_THICK = 0.3  # the thickest
_GAP = 0.3  # a rule goes on behind a gap of this
_SAME = 0.25  # rules nearer than this are one
_MOST = 1000  # rules of one direction, the longest
_LETTER = 1.2  # a line of a letter is no longer than this many heights of its word

_DOTS = 13  # pixels along which dots and dashes become a line
_EVEN = 0.5  # lines that end this near to each other are written on one below the other
_FEET = 2.5  # nor are the feet of letters that touch, as in "222"
_WRITTEN = 0.8  # share of a stroke in words that makes it one of letters where there is noise

_GRAIN = 7  # pixels along which the noise of a picture is averaged
_NOISY = 6.0  # levels, the standard deviation from which on it has to be
_FAINT = 18  # levels by which a rule is darker than the paper beside it,
_OF_NOISE = 4.0  # or this many times the noise
BLANK = frozenset("_.-–—=…·")  # what readers take blanks for


@dataclass(frozen=True, slots=True)
class Stroke:
    """A rule from `start` to `end` at `at`: x and y for a level one, y and x for an upright one."""

    start: float
    end: float
    at: float

    @property
    def length(self) -> float:
        """Return how long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Strokes:
    """The level and the upright rules of a page, in the frame of its canvas."""

    level: tuple[Stroke, ...]
    upright: tuple[Stroke, ...]


def strokes(canvas: Canvas, rules: Iterable[Rule] = ()) -> Strokes:
    """Return the rules of a page: those in its pixels and the given ones of its file."""
    level, upright = [], []
    for rule in rules:
        a, b = canvas.frame.to(rule.start), canvas.frame.to(rule.end)
        if abs(b.x - a.x) >= abs(b.y - a.y):
            level.append(Stroke(min(a.x, b.x), max(a.x, b.x), (a.y + b.y) / 2))
        else:
            upright.append(Stroke(min(a.y, b.y), max(a.y, b.y), (a.x + b.x) / 2))
    rough = 0.0
    if canvas.grey is not None:
        x, y = canvas.corner.x, canvas.corner.y
        rough = noise(canvas.grey)
        for stroke in _drawn(canvas.grey, canvas.unit, rough):
            level.append(Stroke(stroke.start + x, stroke.end + x, stroke.at + y))
        for stroke in _dotted(canvas, rough):
            level.append(Stroke(stroke.start + x, stroke.end + x, stroke.at + y))
        for stroke in _drawn(np.ascontiguousarray(canvas.grey.T), canvas.unit, rough):
            upright.append(Stroke(stroke.start + y, stroke.end + y, stroke.at + x))
    least, unit = _LENGTH * canvas.unit, canvas.unit
    level = [stroke for stroke in level if not _underlies(stroke, canvas)]
    if rough > _NOISY:
        level = [stroke for stroke in level if not _is_written(stroke, canvas)]
    joined = [stroke for stroke in _joined(upright, unit) if not _in_word(stroke, canvas)]
    return Strokes(
        tuple(stroke for stroke in _joined(level, unit) if stroke.length >= least),
        tuple(stroke for stroke in joined if stroke.length >= least),
    )


def _drawn(grey: Grey, unit: float, rough: float) -> list[Stroke]:
    """Return the unbroken level lines of a picture whose noise is `rough`."""
    return _long(_thin(grey, unit, _GRAIN if rough > _NOISY else 1, rough), unit)


def _dotted(canvas: Canvas, rough: float) -> list[Stroke]:
    """Return the level lines of dots and dashes, which are looked for beside words only."""
    assert canvas.grey is not None
    mask = _thin(canvas.grey, canvas.unit, _DOTS, rough)
    for token in canvas.tokens:
        if not set(token.text) <= BLANK:
            box, margin = token.box, 0.3 * token.height
            left, right = (round(x - canvas.corner.x) for x in (box.left, box.right))
            top, bottom = (round(y - canvas.corner.y) for y in (box.top, box.bottom + margin))
            mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = 0
    trim = _DOTS // 3  # the average runs over the ends
    found = [
        Stroke(stroke.start + trim, stroke.end - trim, stroke.at)
        for stroke in _long(mask, canvas.unit)
    ]
    return [_under_words(stroke, found, canvas) for stroke in found]


def _under_words(stroke: Stroke, found: Sequence[Stroke], canvas: Canvas) -> Stroke:
    """Return a line of dots with its part below the words that it begins behind.

    That part is not looked for; lines that end below each other tell where it begins.
    """
    unit, (x, y) = canvas.unit, (canvas.corner.x, canvas.corner.y)
    ends = [one.start for one in found if abs(one.end - stroke.end) < _EVEN * unit]
    begin, left = min(ends), stroke.start
    near = [t for t in canvas.tokens if t.middle - y < stroke.at < t.box.bottom - y + 0.8 * unit]
    for token in sorted(near, key=lambda token: -token.box.right):
        if -unit < left - (token.box.right - x) < unit:
            left = token.box.left - x
    within = begin - unit < left < begin + 2 * unit
    return Stroke(begin, stroke.end, stroke.at) if within else stroke


def noise(grey: Grey) -> float:
    """Return the standard deviation of the noise in levels (Immerkaer 1996), of the quiet half."""
    import cv2

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = np.abs(cv2.filter2D(grey[::2], cv2.CV_32F, kernel))
    return float(np.median(rough)) / 0.6745 / 6


def _thin(grey: Grey, unit: float, smooth: int, rough: float) -> Grey:
    """Return where a picture is darker than what is above and below: a black top hat."""
    import cv2

    thick = max(2, round(_THICK / 2 * unit))
    if smooth > 1:
        grey = np.asarray(cv2.blur(grey, (smooth, 1), borderType=cv2.BORDER_REPLICATE), np.uint8)
    hat = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((2 * thick + 1, 1), np.uint8))
    faint = max(_FAINT, _OF_NOISE * rough / smooth**0.5)
    return np.asarray(hat > faint).astype(np.uint8)


def _long(mask: Grey, unit: float) -> list[Stroke]:
    """Return what is long of the thin things: an opening."""
    import cv2

    long = round(0.8 * _LENGTH * unit) | 1  # an even one would shift
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, long), np.uint8)))
    _, _, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = []
    for (left, _, width, _, area), centre in zip(stats[1:], centres[1:], strict=True):
        if area <= max(_THICK * unit, 3) * width:
            found.append(Stroke(float(left), float(left + width), float(centre[1])))
    return found


def _joined(found: Iterable[Stroke], unit: float) -> list[Stroke]:
    """Return strokes with pieces of one line made one."""
    lines: list[Stroke] = []
    longest = sorted(found, key=lambda stroke: -stroke.length)[:_MOST]
    for stroke in sorted(longest, key=lambda stroke: (stroke.start, stroke.at)):
        for i in range(len(lines) - 1, -1, -1):
            line = lines[i]
            near = abs(line.at - stroke.at) <= max(2.0, _SAME * unit)
            if near and stroke.start - line.end <= _GAP * unit:
                longer = line if line.length >= stroke.length else stroke
                lines[i] = Stroke(line.start, max(line.end, stroke.end), longer.at)
                break
        else:
            lines.append(stroke)
    return sorted(lines, key=lambda line: (line.at, line.start))


def _underlies(stroke: Stroke, canvas: Canvas) -> bool:
    """Tell whether a level stroke is a letter's: short, and most of it within words."""
    covered = 0.0
    for token in canvas.tokens:
        box, height = token.box, token.height
        feet = _FEET * min(height, canvas.unit)
        inside = box.left - 2 <= stroke.start and stroke.end <= box.right + 2
        if inside and stroke.length < feet and box.top <= stroke.at <= box.bottom + 1:
            return not set(token.text) <= BLANK
        if stroke.length > _LETTER * height or set(token.text) <= BLANK:
            continue
        if box.top - 1 < stroke.at < box.bottom - 0.15 * height:
            covered += _shared(stroke, box)
    return covered > 0.5 * stroke.length


def _is_written(stroke: Stroke, canvas: Canvas) -> bool:
    """Tell whether a level stroke is made of letters that run into each other: in words alone."""
    covered = 0.0
    for token in canvas.tokens:
        box = token.box
        if box.top - 1 < stroke.at < box.bottom + 1 and not set(token.text) <= BLANK:
            covered += _shared(stroke, box)
    return covered > _WRITTEN * stroke.length


def _shared(stroke: Stroke, box: Box) -> float:
    """Return how much of a level stroke is above, in or below a box."""
    return max(0.0, min(stroke.end, box.right) - max(stroke.start, box.left))


def _in_word(stroke: Stroke, canvas: Canvas) -> bool:
    """Tell whether an upright stroke is a letter's: most of it is within one word."""
    for token in canvas.tokens:
        box = token.box
        if box.left < stroke.at < box.right:
            inside = min(stroke.end, box.bottom) - max(stroke.start, box.top)
            if inside > 0.7 * stroke.length:
                return True
    return False


def divided(tokens: Iterable[Token], uprights: Sequence[Stroke]) -> list[Token]:
    """Return tokens cut where an upright rule runs through them: readers join what is close."""
    found = []
    for token in tokens:
        pieces = [token]
        for stroke in uprights:
            if stroke.start > token.middle or stroke.end < token.middle:
                continue
            last = pieces[-1]
            step = (last.box.right - last.box.left) / max(len(last.text), 1)
            at = round((stroke.at - last.box.left) / max(step, 1e-6))
            if 0 < at < len(last.text) and stroke.length > 1.2 * token.height:
                pieces[-1:] = last.cut(at)
        found += [piece for piece in map(_bare, pieces) if piece.text]
    return found


def _bare(token: Token) -> Token:
    """Return a token without the bars that a reader took a rule for."""
    left = len(token.text) - len(token.text.lstrip("|¦"))
    right = len(token.text.rstrip("|¦"))
    if right <= left or (left, right) == (0, len(token.text)):
        return token if right > left else replace(token, text="")
    return token.part(left, right)
