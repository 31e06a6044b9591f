"""Put the gateway together from its settings."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI

from sensorium.apis.core import served
from sensorium.apis.destinations import LocalDestinations
from sensorium.apis.sources import LocalSources
from sensorium.apis.storage import Database
from sensorium.apis.wire.router import Router
from sensorium.apis.wire.table import Table, load
from sensorium.gateway.auth import Access
from sensorium.gateway.durable import DurableOperations
from sensorium.gateway.keys import Keys
from sensorium.gateway.observe import EngineMetrics, Metrics, Tracer
from sensorium.gateway.pages import build
from sensorium.gateway.private import folder
from sensorium.gateway.quota import Quota
from sensorium.gateway.rest import Rest
from sensorium.gateway.service import Service
from sensorium.gateway.settings import Settings
from sensorium.models.pool import LocalModels
from sensorium.models.registry import discover, with_cards
from sensorium.models.weights import Weights


@dataclass
class Gateway:
    """The parts of a running gateway: what REST and gRPC answer with, and the ASGI app."""

    settings: Settings
    table: Table
    models: LocalModels
    operations: DurableOperations
    service: Service
    pages: FastAPI
    asgi: Rest


def local_models(settings: Settings) -> LocalModels:
    """Return the engines of this machine as the settings want them run."""
    weights = Weights.of(settings.state)
    return LocalModels(
        with_cards(discover(settings.plugins), weights.cards.values()),
        device=settings.accelerator,
        weights=weights.locate,
        memory_budget=settings.memory_budget,
        idle_seconds=settings.idle_seconds,
        preferences=settings.engines,
    )


def local_sources(settings: Settings) -> LocalSources:
    """Return the sources that requests may name."""
    return LocalSources(
        buckets=settings.bucket_root,
        emulator=settings.storage_emulator_host,
        hosts=settings.https_sources,
        limit=settings.body_bytes,
        seconds=settings.source_seconds,
    )


def local_destinations(settings: Settings) -> LocalDestinations:
    """Return where requests may have their output written."""
    return LocalDestinations(
        buckets=settings.bucket_root,
        emulator=settings.storage_emulator_host,
        seconds=settings.source_seconds,
    )


def local_database(settings: Settings) -> Database:
    """Return the database that the settings name.

    Raises FailedPrecondition when its URL or its driver is no use.
    """
    folder(settings.state)
    database = Database(settings.database_url)
    database.open()
    return database


def create(settings: Settings) -> Gateway:
    """Return a gateway that is ready to be served.

    Raises FailedPrecondition when it would be open to other machines.
    """
    keys = Keys(settings.keys_file)
    settings.require_keys(bool(keys.list()))
    models = local_models(settings)
    database = local_database(settings)
    operations = DurableOperations(
        database, settings.limits, url=settings.workflows_url, running=settings.operations
    )
    service = Service(
        models=models,
        sources=local_sources(settings),
        limits=settings.limits,
        access=_access(settings, keys),
        quota=Quota(settings.concurrent),
        metrics=Metrics(EngineMetrics(models)),
        tracer=Tracer(settings.tracing),
        options=settings.options,
        operations=operations,
        destinations=local_destinations(settings),
        database=database,
        state=settings.state,
    )
    table = load()
    served()  # a handler that cannot be imported stops the start, not the first request
    pages = build(service, table)
    return Gateway(
        settings,
        table,
        models,
        operations,
        service,
        pages,
        Rest(service, Router(table.methods.values()), pages),
    )


def _access(settings: Settings, keys: Keys) -> Access:
    """Return who may ask: everyone on loopback while no key exists, else owners of a key."""
    from sensorium.gateway.certificates import token_verifier

    return Access(
        open_access=lambda: settings.loopback and not keys.list(),
        verify_key=keys.verify,
        verify_token=token_verifier(settings.certificates),
        allowed_hosts=settings.allowed_hosts,
    )
