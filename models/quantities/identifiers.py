"""What looks like a quantity and is a name: IBANs, versions, order numbers, internet addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What announces an identifier in the five languages of the project's cases, in any case.
_CUES = (
    "order|invoice|ticket|reference|ref|tracking|shipment|customer|account|acct|case|claim|article|"
    "item|model|part|serial|booking|reservation|confirmation|flight|policy|member|membership|"
    "passport|licen[cs]e|vat|tax|pin|code|zip|postcode|sku|ean|isbn|issn|doi|id|uid|imei|rfc|iso|"
    "version|release|build|revision|port|error|bug|issue|gate|"
    "bestellung|bestellnummer|rechnung|rechnungsnummer|auftrag|auftragsnummer|kundennummer|"
    "kundennr|konto|kontonummer|artikel|artikelnummer|vorgang|vorgangsnummer|aktenzeichen|plz|"
    "sendungsnummer|sendung|buchung|buchungsnummer|vertrag|vertragsnummer|ticketnummer|flug|"
    "seriennummer|mitgliedsnummer|steuernummer|fehler|fehlercode|referenz|din|modell|"
    "commande|facture|référence|réf|dossier|compte|suivi|colis|contrat|billet|vol|réservation|"
    "modèle|siret|siren|erreur|client|norme|code postal|numéro|"
    "pedido|factura|referencia|expediente|cuenta|seguimiento|envío|contrato|billete|vuelo|reserva|"
    "modelo|cliente|código|código postal|versión|error|incidencia|albarán|"
    "ordine|fattura|riferimento|rif|pratica|conto|spedizione|contratto|biglietto|volo|"
    "prenotazione|modello|codice|cap|versione|errore|matricola|articolo|bolla"
)
_NUMBER_WORD = (
    r"n\.?\s?[ro]\.?|n[º°o]\.?|núm\.?|número|numero|numéro|numbers?|nummer|num\.?|no\.|nr\.?|id"
)
_PATTERNS = (
    # addresses of the internet and of mail, paths and file names
    r"(?:https?://|www\.)[^\s<>\"]{1,2000}",
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d{1,5})?(?![\w.]*\d)",
    r"(?<!\w)[\w-]{1,80}\.(?:pdf|docx?|xlsx?|csv|jpe?g|png|gif|zip|tar|gz|txt|html?|json|xml|py|mp[34])\b",
    # IBAN (ISO 13616), UUID, and codes that mix letters and digits
    r"(?<!\w)[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?(?!\w)",
    r"(?<!\w)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?!\w)",
    r"(?<![\w-])(?=[\w/-]{0,40}\d)[A-Z]{1,8}(?:[-_/][A-Z0-9]{1,20}){1,6}(?![\w-])",
    r"(?<!\w)[A-Z]{1,6}\d[\w-]{0,30}(?<!\W)(?!\w)",
    # versions: v2, 2.3.1, and what stands behind the word; sections such as §5
    r"(?<!\w)v\.?\s?\d+(?:\.\d+){0,5}(?:-?(?:rc|beta|alpha|b)\.?\d*)?(?!\w)",
    r"(?<![\w.,])\d{1,3}\.\d{1,3}\.\d{1,3}(?:[.-]\w{1,10}){0,3}(?![\w.]*\d)",
    r"§+\s?\d+[a-z]?(?:\.\d+)*(?:\s(?:Abs\.|Absatz|Satz|Nr\.)\s?\d+)*",
    # flights and trains
    r"(?i:flight|flug|vol|vuelo|volo|train|zug|tren|treno)\s[A-Z][A-Z\d]{0,3}\s?\d{1,5}(?!\w)",
    # bank cards: four groups of four
    r"(?<!\d)\d{4}(?:[ -]\d{4}){3}(?!\d)",
    # what is announced: order 4711, Rechnung Nr. 2024-17, commande n° 88, #5
    rf"(?<!\w)(?:{_CUES})(?:\s?(?:{_NUMBER_WORD}))?\s?[:#]?\s?(?:is|ist|est|es|è|lautet)?\s?"
    r"(?=[\w-]{0,20}\d)(?!\d{1,3}(?:[.,]\d{1,2})?\s?[€$£%])"
    r"[\w-]{1,40}(?:[./ ](?=\d{2,})[\d-]{2,20}(?![\d.,]*\s?[€$£])){0,6}(?!\w)",
    r"(?<!\w)(?:n[º°]\.?|No\.|no\.|Nr\.|nr\.|Núm\.|núm\.)\s?(?=[\w/-]{0,20}\d)[\w/-]{1,40}",
    r"#\s?\d[\w-]{0,30}",
)
_IDENTIFIER = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS[:-3]))
_ANNOUNCED = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS[-3:]), re.IGNORECASE)
_DATE_LIKE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\Z")


def find(text: str) -> Iterator[tuple[int, int]]:
    """Yield where identifiers start and end; two may overlap."""
    for pattern in (_IDENTIFIER, _ANNOUNCED):
        for match in pattern.finditer(text):
            if not _DATE_LIKE.match(match[0]):
                yield match.span()
