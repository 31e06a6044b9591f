"""Quantities by rules: dates, prices, phone numbers, addresses and plain numbers of a text."""

from sensorium.models.quantities.recognition import recognize
from sensorium.models.quantities.span import Quantity, QuantityKind

__all__ = ["Quantity", "QuantityKind", "recognize"]
