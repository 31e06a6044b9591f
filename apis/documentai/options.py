"""How a document is to be processed: `ProcessOptions` of a request, checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.models.errors import FailedPrecondition, InvalidArgument, OutOfRange

_DESCRIBES = "describes pictures or tables"
_LARGEST_CHUNK = 100_000  # tokens
_HINT = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Options:
    """What a request asks for besides the text.

    `message` is the `ProcessOptions` itself (`layout_config`, `schema_override`), `field` its
    place in the request. `images` tells whether the answer holds the pictures of the pages, `most`
    how many pages may be processed. `version` is the row of a trained version, None for the one
    that is built in.
    """

    message: Any
    field: str = "processOptions"
    images: bool = True
    most: int = 15
    version: Any = None

    def check(self) -> None:
        """Refuse what no engine here can tell (FailedPrecondition), wrong hints and chunk sizes."""
        ocr, layout = self.message.ocr_config, self.message.layout_config
        premium = ocr.premium_features
        style = "reads the style of type"
        for wanted, name, what in (
            (ocr.compute_style_info, "ocrConfig.computeStyleInfo", style),
            (premium.compute_style_info, "ocrConfig.premiumFeatures.computeStyleInfo", style),
            (premium.enable_math_ocr, "ocrConfig.premiumFeatures.enableMathOcr", "reads formulas"),
            (layout.return_images, "layoutConfig.returnImages", "cuts out pictures"),
            (layout.enable_image_annotation, "layoutConfig.enableImageAnnotation", _DESCRIBES),
            (layout.enable_table_annotation, "layoutConfig.enableTableAnnotation", _DESCRIBES),
        ):
            if wanted:
                raise FailedPrecondition(
                    f"No installed engine {what}.",
                    field=f"{self.field}.{name}",
                    hint="Leave it off to get the rest.",
                )
        if not 0 <= layout.chunking_config.chunk_size <= _LARGEST_CHUNK:
            raise InvalidArgument(
                f"A chunk has 1 to {_LARGEST_CHUNK} tokens.",
                field=f"{self.field}.layoutConfig.chunkingConfig.chunkSize",
            )
        _ = self.hints

    @property
    def native(self) -> bool:
        """Tell whether a PDF's own text is to be used: unless an ocrConfig leaves it off."""
        config = self.message.ocr_config
        return bool(config.enable_native_pdf_parsing or not self.message.HasField("ocr_config"))

    @property
    def quality(self) -> bool:
        """Tell whether image quality scores are wanted."""
        return bool(self.message.ocr_config.enable_image_quality_scores)

    @property
    def symbols(self) -> bool:
        """Tell whether single characters are wanted."""
        return bool(self.message.ocr_config.enable_symbol)

    @property
    def marks(self) -> bool:
        """Tell whether selection marks are wanted."""
        return bool(self.message.ocr_config.premium_features.enable_selection_mark_detection)

    @property
    def hints(self) -> list[str]:
        """Return the language hints; InvalidArgument for what is no language code."""
        hints = list(self.message.ocr_config.hints.language_hints)
        for i, hint in enumerate(hints):
            if not _HINT.fullmatch(hint):
                raise InvalidArgument(
                    f"{hint[:40]!r} is no BCP-47 language code.", field=self.hint_field(i)
                )
        return hints

    def hint_field(self, index: int) -> str:
        """Return the place of a language hint in the request."""
        return f"{self.field}.ocrConfig.hints.languageHints[{index}]"

    def pages(self, total: int, source: str) -> Sequence[int]:
        """Return the numbers of the pages to process out of `total`, in the order of the file.

        Raises OutOfRange for a page that is not there, InvalidArgument for more than `most`.
        """
        wanted = self._selected(total)
        if len(wanted) > self.most:
            raise InvalidArgument(
                f"{len(wanted)} pages are more than the {self.most} that one request may ask for.",
                field=source,
                hint="Select some with processOptions, or send it to batchProcess.",
            )
        return wanted

    def _selected(self, total: int) -> Sequence[int]:
        message, chosen = self.message, self.message.WhichOneof("page_range")
        if chosen == "individual_page_selector":
            return self._individual(list(message.individual_page_selector.pages), total)
        if chosen is None:
            return range(1, total + 1)
        count = getattr(message, chosen)
        name = "fromStart" if chosen == "from_start" else "fromEnd"
        if count < 1:
            raise InvalidArgument("At least one page is needed.", field=f"{self.field}.{name}")
        count = min(count, total)
        first = 1 if chosen == "from_start" else total - count + 1
        return range(first, first + count)

    def _individual(self, pages: list[int], total: int) -> list[int]:
        place = f"{self.field}.individualPageSelector.pages"
        if not pages:
            raise InvalidArgument("No page is selected.", field=place)
        for i, page in enumerate(pages):
            if page < 1:
                raise InvalidArgument("Pages count from 1.", field=f"{place}[{i}]")
            if page > total:
                raise OutOfRange(
                    f"There is no page {page}: the file has {total}.", field=f"{place}[{i}]"
                )
        return sorted(set(pages))
