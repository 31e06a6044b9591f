"""Sensorium: a self-hosted gateway to pre-built AI that answers Google Cloud's own clients."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("sensorium")
except PackageNotFoundError:  # a checkout on the path that was never installed
    __version__ = "0.0.0"
