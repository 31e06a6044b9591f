"""Picture files, opened by Pillow."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from sensorium.models.errors import Failure, InvalidArgument, OutOfRange
from sensorium.models.media.sniff import media_type
from sensorium.models.registry import engine
from sensorium.models.tasks import ImageReader, Pixels

FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "ICO")
_MOST_FRAMES = 10_000
_SVG_WITHIN = 4096  # bytes in which an SVG's root element begins, after its preamble


@engine(
    "pillow",
    task=ImageReader,
    requires=("PIL",),
    isolated=True,
    concurrency=2,
    memory="60MB",
    rank=10,
)
class Pillow:
    """Open PNG, JPEG, GIF, TIFF, BMP, WebP and ICO files."""

    def __init__(self) -> None:
        from PIL import Image, ImageOps

        self._image = Image
        self._operations = ImageOps

    def frames(self, content: bytes, max_pixels: int, pages: Sequence[int] = ()) -> list[Pixels]:
        """Return frames as upright RGB, transparent parts on white; see `ImageReader`."""
        with self._open(content) as image:
            count = _count(image) if pages else 1
            return [self._frame(image, _index(page, count), max_pixels) for page in (pages or (1,))]

    def count(self, content: bytes) -> int:
        """Return the number of frames."""
        with self._open(content) as image:
            return _count(image)

    def _frame(self, image: Any, index: int, max_pixels: int) -> Pixels:
        """Decode one frame, once its header says that it is small enough."""
        if index:
            image.seek(index)
        width, height = image.size
        if width * height > max_pixels:
            raise InvalidArgument(
                f"The {image.format} has {width} x {height} pixels, more than the {max_pixels} "
                "that are allowed.",
                hint="Send it at a smaller size.",
            )
        image.load()
        return np.array(self._rgb(self._operations.exif_transpose(image)))

    def _rgb(self, image: Any) -> Any:
        """Return a picture of any mode in RGB: transparency on white, deep samples scaled."""
        if image.mode.startswith(("I", "F")):
            return self._image.fromarray(_eight_bits(np.asarray(image, np.float64))).convert("RGB")
        if not image.has_transparency_data:
            return image.convert("RGB")
        image = image.convert("RGBA")
        white = self._image.new("RGBA", image.size, "white")
        return self._image.alpha_composite(white, image).convert("RGB")

    @contextmanager
    def _open(self, content: bytes) -> Iterator[Any]:
        """Open a file; whatever Pillow raises about it becomes InvalidArgument."""
        kind = media_type(content)
        if kind is None or not kind.startswith("image/"):
            raise _refused(content, kind)
        try:
            with warnings.catch_warnings():
                # The size is checked against the caller's limit; odd metadata is no concern.
                warnings.simplefilter("ignore")
                with self._image.open(io.BytesIO(content), formats=FORMATS) as image:
                    yield image
        except (Failure, MemoryError):
            raise
        except self._image.DecompressionBombError as error:
            reason = str(error).rstrip(".")
            raise InvalidArgument(f"The picture is too large: {reason}.") from error
        except Exception as error:  # Pillow's parsers raise errors of many kinds
            reason = str(error).rstrip(".") or type(error).__name__
            if "BytesIO" in reason:
                reason = "its header makes no sense"
            raise InvalidArgument(f"The {kind} cannot be decoded: {reason}.") from error


def _refused(content: bytes, kind: str | None) -> InvalidArgument:
    if not content:
        return InvalidArgument("The picture is empty.")
    if kind == "application/pdf":
        return InvalidArgument(
            "This is a PDF, not a picture.", hint="Send documents to files:annotate."
        )
    if b"<svg" in content[:_SVG_WITHIN].lower():
        return InvalidArgument(
            "This is an SVG: a drawing's instructions, not a picture.",
            hint="Render it to PNG first.",
        )
    return InvalidArgument(
        "This is no picture: it does not begin like a PNG, JPEG, GIF, TIFF, BMP, WebP or ICO file."
    )


def _count(image: Any) -> int:
    count = int(getattr(image, "n_frames", 1))
    if count > _MOST_FRAMES:
        raise InvalidArgument(f"The file has {count} frames, more than {_MOST_FRAMES}.")
    return count


def _index(page: int, count: int) -> int:
    """Return the frame, counted from 0, that a page number from 1 or from -1 means."""
    index = page - 1 if page > 0 else count + page
    if page == 0 or not 0 <= index < count:
        raise OutOfRange(f"There is no page {page}: the file has {count}.")
    return index


def _eight_bits(samples: Any) -> Pixels:
    """Return deep grey samples as bytes: 16-bit ones by their high byte, others by their range."""
    low, high = (0.0, 255.0) if samples.size == 0 else (float(samples.min()), float(samples.max()))
    if low >= 0 and 255 < high <= 65535:
        low, high = 0.0, 65535.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scaled = (samples - low) * (255.0 / max(high - low, 1e-12))
    eight: Pixels = np.nan_to_num(scaled).clip(0, 255).astype(np.uint8)
    return eight
