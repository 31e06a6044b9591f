"""OCR: how many words are read, by language and by rotation.

A paragraph in each language, written for the purpose, drawn at 150 dpi in DejaVu Serif and Sans of
10 and 14 points and turned about its middle; read by the embedded OCR. The figure is the share of
the words that were read letter by letter, accents and punctuation included.
"""

from __future__ import annotations

import sys
from statistics import fmean
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.ocr import recall, written
from sensorium.models.engines.rapidocr import RapidOcr
from sensorium.models.pages.layout import arrange

TEXTS = {
    "English": "The night train to the coast was late again, so we drank tea at the station and "
    "watched the snow. A boy sold newspapers for 30 pence; nobody bought one. When the engine "
    "finally came, its lamps shone through the fog like two small moons.",
    "German": "Der Nachtzug an die Küste hatte wieder Verspätung, also tranken wir Tee im Bahnhof "
    "und sahen dem Schnee zu. Ein Junge verkaufte Zeitungen für 30 Pfennig; niemand kaufte eine. "
    "Als die Lokomotive endlich kam, schienen ihre Lampen groß und weiß durch den Nebel.",
    "French": "Le train de nuit pour la côte était encore en retard, alors nous avons bu du thé à "
    "la gare en regardant la neige. Un garçon vendait des journaux à 30 centimes ; personne n'en "
    "achetait. Quand la locomotive arriva enfin, ses lampes brillaient dans le brouillard.",
    "Spanish": "El tren nocturno a la costa llegó otra vez con retraso, así que tomamos té en la "
    "estación y miramos la nieve. ¿Quién compra periódicos a 30 céntimos? Un niño los vendía. "
    "Mañana, cuando salga el sol, veremos por fin las montañas y el océano.",
    "Polish": "Nocny pociąg nad morze znowu się spóźniał, więc piliśmy herbatę na dworcu i "
    "patrzyliśmy na śnieg. Chłopiec sprzedawał gazety za 30 groszy; nikt nie kupił żadnej. Gdy "
    "wreszcie nadjechała lokomotywa, jej światła świeciły we mgle jak dwa małe księżyce.",
    "Turkish": "Sahile giden gece treni yine gecikti, biz de istasyonda çay içip karı seyrettik. "
    "Bir çocuk 30 kuruşa gazete satıyordu; kimse almadı. Sonunda lokomotif geldiğinde, ışıkları "
    "sisin içinde iki küçük ay gibi parlıyordu. Yolculuk uzun, gökyüzü açıktı.",
}
ANGLES = (0, 1, 3, 7, 15, 45, 90, 180, 270)
SERIF, SANS = "DejaVuSerif.ttf", "DejaVuSans.ttf"
POINTS = (10, 14)
_DPI = 150


def table() -> str:
    """Return the table: languages by rotation."""
    reader = RapidOcr()
    rows = []
    for language, text in TEXTS.items():
        print(f"  {language}", file=sys.stderr, flush=True)
        drawn = [page(text, font, points) for font in (SERIF, SANS) for points in POINTS]
        rows.append(
            [fmean(read(reader, turned(one, angle), text) for one in drawn) for angle in ANGLES]
        )
    head = "| language | " + " | ".join(f"{angle}°" for angle in ANGLES) + " |"
    lines = [head, "|---|" + "---|" * len(ANGLES)]
    for language, row in zip(TEXTS, rows, strict=True):
        lines.append(f"| {language} | " + " | ".join(f"{share:.3f}" for share in row) + " |")
    means = [fmean(column) for column in zip(*rows, strict=True)]
    lines.append("| all | " + " | ".join(f"{share:.3f}" for share in means) + " |")
    return "\n".join(lines)


def page(text: str, font: str, points: int) -> Image.Image:
    """Return a text as a paragraph on white paper."""
    size = round(points * _DPI / 72)
    face = ImageFont.truetype(font, size)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], longer] if face.getlength(longer) < 900 else [*lines, word]
    image = Image.new("RGB", (1000, 100 + round(1.5 * size) * len(lines)), "white")
    pen = ImageDraw.Draw(image)
    for at, line in enumerate(lines):
        pen.text((50, 50 + round(1.5 * size) * at), line, fill="black", font=face)
    return image


def turned(image: Image.Image, angle: int) -> Any:
    """Return the pixels of a picture turned to the left."""
    how = Image.Resampling.BICUBIC
    return np.asarray(image.rotate(angle, how, expand=True, fillcolor="white"))


def read(reader: RapidOcr, pixels: Any, truth: str) -> float:
    """Return the share of the words of a text that were read in a picture."""
    (lines,) = reader.read([pixels])
    height, width = pixels.shape[:2]
    return recall(written(arrange(lines, width, height)), truth)
