"""`sensorium doctor`: the doctor, for this gateway's settings."""

from __future__ import annotations

from sensorium.gateway.doctor import Finding, Machine, examine
from sensorium.gateway.settings import Settings
from sensorium.models.registry import discover
from sensorium.models.weights import Weights


def report(settings: Settings) -> list[Finding]:
    """Return what this machine has and lacks for a gateway of these settings."""
    return examine(
        Machine(
            engines=discover(settings.plugins),
            weights=Weights(settings.weights),
            state=settings.state,
            keys=settings.keys_file,
            host=settings.host,
            ports={name: getattr(settings, name) for name in ("port", "grpc_port", "tls_port")},
            certificates=settings.certificates,
        )
    )
