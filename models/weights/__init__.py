"""Weights of open models: what a card promises, fetched, verified, and only then visible.

cards.py      the cards in `models/cards/`: files, hashes, licence, limits
download.py   one file over HTTP, resumed where it was cut
own.py        cards for models that the user brings
store.py      Weights: pull, import, locate
"""

from sensorium.models.weights.store import HUB, Imported, Progress, Weights

__all__ = ["HUB", "Imported", "Progress", "Weights"]
