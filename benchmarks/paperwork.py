"""Invoices and receipts to measure with: drawn with known truth, six layouts, four languages.

`SCANS` are the states of the paper; `_OTHER_WORDS` are labels that the rules were never told.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SCANS = ("drawn", "small", "coarse", "turned")
LAYOUTS = ("classic", "heads", "colons", "parties", "askew", "noisy")
CURRENCIES = ("USD", "EUR", "CHF")
LANGUAGES = ("en", "de", "fr", "es")
_SIGNS = {"USD": "${}", "EUR": "{} €", "CHF": "CHF {}"}
_WORDS = {
    "en": "Invoice|Invoice No|Invoice Date|Due Date|Bill To|Description|Quantity|Unit Price|"
    "Amount|Subtotal|VAT|Total|Receipt",
    "de": "Rechnung|Rechnungsnummer|Rechnungsdatum|Fällig am|Rechnung an|Beschreibung|Menge|"
    "Einzelpreis|Betrag|Nettobetrag|MwSt|Gesamtbetrag|Quittung",
    "fr": "Facture|Numéro de facture|Date de facture|Échéance|Facturer à|Désignation|Quantité|"
    "Prix unitaire|Montant|Total HT|TVA|Total TTC|Reçu",
    "es": "Factura|Número de factura|Fecha de factura|Vencimiento|Facturar a|Descripción|Cantidad|"
    "Precio unitario|Importe|Base imponible|IVA|Total factura|Recibo",
}
# Labels that models/extraction/labels.toml does not have. Leave it so: they tell what rules miss.
_OTHER_WORDS = {
    "en": "Statement|Our ref|Raised on|Settle before|Account of|Particulars|Pcs|Each|Value|"
    "Goods total|Duty|Sum payable|Proof of purchase",
    "de": "Abrechnung|Unser Zeichen|Erstellt am|Zu begleichen bis|Für|Position und Text|Stückzahl|"
    "Je|Wert|Warenwert|Steuer|Forderung|Nachweis",
    "fr": "Relevé|Notre réf|Établi le|À régler avant|Pour|Prestation|Nb|Tarif|Valeur|"
    "Total marchandises|Taxe|Somme exigible|Justificatif",
    "es": "Cuenta|Nuestra ref|Emitido|Abonar antes de|Para|Detalle|Núm|Tarifa|Valor|"
    "Total mercancía|Impuesto|Suma exigible|Justificante",
}
_GOODS = {
    "en": ("Steel bracket", "Wall paint", "Site survey", "Oak shelf", "Desk lamp"),
    "de": ("Stahlwinkel", "Wandfarbe", "Beratung", "Eichenregal", "Lampe"),
    "fr": ("Support acier", "Peinture", "Conseil", "Lampe de bureau", "Chaise"),
    "es": ("Soporte acero", "Pintura", "Consultoria", "Mesa de roble", "Silla"),
}
_SUPPLIERS = {
    "en": ("Harbour Tools Ltd", "48 Mill Street", "Bristol BS1 4DJ"),
    "de": ("Nordlicht Werkzeuge GmbH", "Hafenstraße 12", "20457 Hamburg"),
    "fr": ("Atelier Dubois SARL", "14 rue de la Paix", "75002 Paris"),
    "es": ("Maderas del Sur S.L.", "Calle Mayor 25", "28013 Madrid"),
}
_CLIENTS = {
    "en": ("Ada Brown", "7 Castle Road", "Leeds LS1 2AB"),
    "de": ("Karl Weber", "Lindenweg 3", "10115 Berlin"),
    "fr": ("Marie Petit", "3 avenue Foch", "69006 Lyon"),
    "es": ("Luis Romero", "Calle Luna 8", "41001 Sevilla"),
}


@dataclass
class Paper:
    """A drawn document and what stands on it: values by type, items as name, count, amounts."""

    image: np.ndarray
    truth: dict[str, str | Decimal]
    items: list[dict[str, str | Decimal]] = field(default_factory=list)


class Pen:
    """Draws texts at places of a white page."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width, height), "white")
        self._draw = ImageDraw.Draw(self.image)

    def put(self, x: float, y: float, text: str, size: int = 22, right: bool = False) -> None:
        """Draw a text whose upper left corner, or upper right one, is at x and y."""
        font = ImageFont.truetype("DejaVuSans.ttf", size)
        self._draw.text((x, y), text, "black", font, anchor="ra" if right else "la")


def written(value: Decimal, currency: str, language: str) -> str:
    """Return an amount as the language prints it."""
    text = f"{value:,.2f}"
    if language != "en":
        text = text.replace(",", " " if language == "fr" else "_").replace(".", ",")
        text = text.replace("_", ".")
    return _SIGNS[currency].format(text)


def invoice(
    layout: str, currency: str, language: str, scan: str = "drawn", told: bool = True
) -> Paper:
    """Return an invoice of a layout; the same one for the same arguments.

    `told` false draws labels that the rules do not know.
    """
    lots = random.Random(f"{layout}{currency}{language}")
    words = (_WORDS if told else _OTHER_WORDS)[language].split("|")
    goods = lots.sample(_GOODS[language], 3)
    rows = []
    for name in goods:
        count, price = lots.randint(1, 9), Decimal(lots.randint(500, 40000)) / 100
        rows.append({"description": name, "quantity": Decimal(count), "unit_price": price,
                     "amount": count * price})  # fmt: skip
    net = sum((row["amount"] for row in rows), Decimal(0))
    tax = (net * Decimal("0.2")).quantize(Decimal("0.01"))
    day, month = lots.randint(13, 28), lots.randint(1, 12)
    dates = [f"{day}/{month:02}/2024", f"{day}/{month:02}/2025"]
    if language == "de":
        dates = [date.replace("/", ".") for date in dates]
    elif language == "en":
        dates = [f"{month:02}/{day}/{year}" for year in (2024, 2025)]
    number = f"{lots.choice('ABRX')}{lots.randint(1000, 9999)}-{lots.randint(10, 99)}"
    pen = Pen(1100, 1400)
    pen.put(430 if layout == "colons" else 60, 40, words[0].upper(), 40)
    _parties(pen, layout, language, words)
    _details(pen, layout, list(zip(words[1:4], (number, *dates), strict=True)))
    _items(pen, rows, words, currency, language)
    sums = zip(words[9:12], (net, tax, net + tax), strict=True)
    left = 60 if layout == "parties" else 640
    for at, (label, value) in enumerate(sums):
        label += " 20 %" if at == 1 else ""
        pen.put(left, 980 + at * 44, label)
        pen.put(left + 400, 980 + at * 44, written(value, currency, language), right=True)
    truth = {
        "invoice_id": number, "invoice_date": f"2024-{month}-{day}",
        "due_date": f"2025-{month}-{day}", "supplier_name": _SUPPLIERS[language][0],
        "supplier_address": " ".join(_SUPPLIERS[language][1:]),
        "receiver_name": _CLIENTS[language][0],
        "receiver_address": " ".join(_CLIENTS[language][1:]), "currency": currency,
        "net_amount": net, "total_tax_amount": tax, "total_amount": net + tax,
    }  # fmt: skip
    return Paper(_scanned(pen.image, layout, scan), truth, rows)


def _parties(pen: Pen, layout: str, language: str, words: list[str]) -> None:
    for at, line in enumerate(_SUPPLIERS[language]):
        pen.put(60, 120 + at * 32, line)
    left, top = (640, 120) if layout == "parties" else (60, 300)
    for at, line in enumerate((words[4], *_CLIENTS[language])):
        pen.put(left, top + at * 32, line)


def _details(pen: Pen, layout: str, details: list[tuple[str, str]]) -> None:
    """Draw number and dates: beside their labels, behind a colon, or below them."""
    for at, (label, value) in enumerate(details):
        if layout == "heads":
            pen.put(60 + at * 340, 500, label)
            pen.put(60 + at * 340, 536, value)
        elif layout in ("colons", "parties"):
            pen.put(60 if layout == "parties" else 560, 300 + at * 38, f"{label}: {value}")
        else:
            pen.put(560, 120 + at * 38, label)
            pen.put(880, 120 + at * 38, value)


def _items(
    pen: Pen, rows: list[dict[str, str | Decimal]], words: list[str], currency: str, language: str
) -> None:
    for (x, right), head in zip(((60, 0), (520, 1), (780, 1), (1040, 1)), words[5:9], strict=True):
        pen.put(x, 680, head, right=bool(right))
    for at, row in enumerate(rows):
        y = 740 + at * 50
        pen.put(60, y, str(row["description"]))
        pen.put(520, y, str(row["quantity"]), right=True)
        pen.put(780, y, written(Decimal(row["unit_price"]), currency, language), right=True)
        pen.put(1040, y, written(Decimal(row["amount"]), currency, language), right=True)


def _scanned(image: Image.Image, layout: str, scan: str) -> np.ndarray:
    """Return the pixels of a page: turned, shrunk, blurred, with noise, or as drawn."""
    if scan == "turned":
        image = image.rotate(6, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    if scan == "small":  # type of 9 pixels
        image = image.resize((image.width * 2 // 5, image.height * 2 // 5), Image.Resampling.BOX)
    if scan == "coarse":
        image = image.resize((image.width // 2, image.height // 2)).filter(
            ImageFilter.GaussianBlur(0.8)
        )
        rough = np.random.default_rng(9).normal(0, 45, np.asarray(image).shape)
        image = Image.fromarray(np.clip(np.asarray(image) + rough, 0, 255).astype(np.uint8))
    if layout == "askew":
        image = image.rotate(2, Image.Resampling.BICUBIC, fillcolor="white")
    pixels = np.asarray(image)
    if layout == "noisy":
        noise = np.random.default_rng(7).normal(0, 25, pixels.shape)
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    return pixels


def receipt(currency: str, language: str) -> Paper:
    """Return a receipt; the same one for the same arguments."""
    lots = random.Random(f"{currency}{language}")
    words = _WORDS[language].split("|")
    rows = [
        {"description": name, "amount": Decimal(lots.randint(200, 6000)) / 100}
        for name in lots.sample(_GOODS[language], 3)
    ]
    total = sum((row["amount"] for row in rows), Decimal(0))
    day, month = lots.randint(13, 28), lots.randint(1, 12)
    date = f"{month:02}/{day}/2024" if language == "en" else f"{day}/{month:02}/2024"
    if language == "de":
        date = date.replace("/", ".")
    pen = Pen(560, 800)
    for at, line in enumerate(_SUPPLIERS[language]):
        pen.put(100, 40 + at * 34, line)
    pen.put(60, 170, words[12])
    pen.put(60, 210, date)
    pen.put(400, 210, "14:35")
    for at, row in enumerate(rows):
        pen.put(60, 290 + at * 40, str(row["description"]))
        pen.put(500, 290 + at * 40, written(Decimal(row["amount"]), currency, language), right=True)
    pen.put(60, 450, words[11], 26)
    pen.put(500, 450, written(total, currency, language), 26, right=True)
    pen.put(60, 540, "VISA **** 4242")
    truth = {
        "supplier_name": _SUPPLIERS[language][0],
        "supplier_address": " ".join(_SUPPLIERS[language][1:]),
        "receipt_date": f"2024-{month}-{day}", "purchase_time": "14:35", "total_amount": total,
        "currency": currency, "payment_type": "VISA", "credit_card_last_four_digits": "4242",
    }  # fmt: skip
    return Paper(np.asarray(pen.image), truth, rows)
