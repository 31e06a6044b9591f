"""Every setting in one class: flags, then `SENSORIUM_*`, then a TOML file, then these defaults."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from sensorium.apis.core import Limits
from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import parse_size

CONFIG_FILE = Path("sensorium.toml")


def _state_folder() -> Path:
    """Return the folder where a program of this user keeps its data (XDG base directories)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sensorium"


class Settings(BaseSettings):
    """How this gateway runs; each field is `SENSORIUM_NAME` in the environment and a TOML key."""

    model_config = SettingsConfigDict(env_prefix="SENSORIUM_", extra="forbid")

    # where it listens
    host: str = Field("127.0.0.1", description="Address to bind; other than loopback needs keys.")
    port: int = Field(8080, description="Port of REST, docs and the start page; 0: any free one.")
    grpc_port: int = Field(8081, description="Port of gRPC, plaintext; 0: any free one, -1: none.")
    tls_port: int = Field(
        -1,
        description="Port of TLS for REST and gRPC together (`connect env --universe`); -1: none.",
    )
    universe: str = Field("", description="Universe domain that the TLS certificate is for.")
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Host names, besides loopback's, that open access may be asked under."
    )
    drain_seconds: float = Field(20.0, description="Time that running calls get at shutdown.")

    # where it keeps things
    state: Path = Field(
        default_factory=_state_folder, description="Folder of keys, certificates and weights."
    )
    database: str = Field(
        "", description="URL of the database (default sqlite:///STATE/sensorium.db)."
    )
    buckets: Path | None = Field(
        None,
        description="Folder whose subfolders are the buckets of gs:// (default STATE/buckets).",
    )
    storage_emulator_host: str = Field(
        default_factory=lambda: os.environ.get("STORAGE_EMULATOR_HOST", ""),
        description="Object store emulator that serves gs:// instead of the folder.",
    )
    https_sources: tuple[str, ...] = Field(
        (), description='Hosts that https:// sources may come from; "*" for any public one.'
    )
    source_seconds: float = Field(20.0, description="Time within which a source must be read.")

    # what it runs
    device: str = Field("auto", description="auto, cpu, cuda or cuda:N.")
    engines: dict[str, str] = Field(
        default_factory=dict,
        description='Engine to prefer per task, as {"TextReader": "rapidocr"}.',
    )
    plugins: bool = Field(False, description="Load engines of other packages (entry points).")
    memory: str = Field("", description='Budget of all loaded engines, as "8GB"; empty: none.')
    idle_seconds: float = Field(900.0, description="Unload an engine unused for so long; 0: never.")
    options: dict[str, str] = Field(
        default_factory=dict,
        description="Values of x-sensorium-NAME headers that requests leave out, as "
        '{"entity-types": "medication,dosage"}.',
    )
    hub: str = Field("https://huggingface.co", description="Where `sensorium pull` gets weights.")

    # what one request may ask for
    body_bytes: int = Field(40_000_000, description="Most bytes of a request body or message.")
    pixels: int = Field(100_000_000, description="Most pixels of one picture or page.")
    pages: int = Field(5, description="Most pages of one synchronous request for a file.")
    document_pages: int = Field(
        15,
        description="Most pages of one document processed at once; twice as many without pictures.",
    )
    batch: int = Field(16, description="Most images of one request.")
    text_characters: int = Field(1_000_000, description="Most characters of one text.")
    audio_seconds: float = Field(600.0, description="Most seconds of one audio, in or out.")
    seconds: float = Field(60.0, description="Most seconds that a call may take.")
    operation_images: int = Field(2000, description="Most images of one long-running request.")
    operation_pages: int = Field(
        2000, description="Most pages of one file in a long-running request."
    )
    operation_seconds: float = Field(
        14_400.0, description="Most seconds that a long-running operation may work."
    )
    operations: int = Field(
        4, ge=1, description="Long-running operations that work at a time in this process."
    )
    concurrent: int = Field(0, description="Most requests of one key at a time; 0: no limit.")

    # what it tells
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log record that is written."
    )
    tracing: str = Field("", description="OTLP/HTTP endpoint for traces; empty: none.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return flags, environment and TOML file, strongest first."""
        file = Path(os.environ.get("SENSORIUM_CONFIG", CONFIG_FILE))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    @classmethod
    def from_flags(cls, given: Mapping[str, Any]) -> Settings:
        """Return the settings with flags on top; text is read as in the environment (JSON lists).

        Raises pydantic's ValidationError for an unknown name or a wrong value.
        """
        typed = {}
        for name, value in given.items():
            if isinstance(value, str) and value[:1] in ("[", "{"):
                value = json.loads(value)
            typed[name] = value
        return cls(**typed)

    @property
    def loopback(self) -> bool:
        """Tell whether only programs of this machine can reach the address."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def accelerator(self) -> str:
        """Return the device that engines get: what is set, or the GPU if the system shows one."""
        if self.device != "auto":
            return self.device
        return "cuda" if Path("/dev/nvidia0").exists() else "cpu"

    @property
    def keys_file(self) -> Path:
        """Return the file of the API keys."""
        return self.state / "keys.json"

    @property
    def weights(self) -> Path:
        """Return the folder of pulled weights."""
        return self.state / "weights"

    @property
    def certificates(self) -> Path:
        """Return the folder of the local CA and what it signed."""
        return self.state / "certificates"

    @property
    def database_url(self) -> str:
        """Return the URL of the database, by default a file in the state folder."""
        return self.database or f"sqlite:///{self.state.absolute() / 'sensorium.db'}"

    @property
    def workflows_url(self) -> str:
        """Return the URL of the database of workflows: PostgreSQL's own, or a file of the state."""
        if self.database and not self.database.startswith("sqlite"):
            return self.database
        return f"sqlite:///{self.state.absolute() / 'workflows.db'}"

    @property
    def bucket_root(self) -> Path:
        """Return the folder whose subfolders are buckets."""
        return self.buckets or self.state / "buckets"

    @property
    def memory_budget(self) -> int | None:
        """Return the budget of the engines in bytes, or None."""
        return parse_size(self.memory) if self.memory else None

    @cached_property
    def limits(self) -> Limits:
        """Return what one request may ask for."""
        return Limits(
            body_bytes=self.body_bytes,
            pixels=self.pixels,
            pages=self.pages,
            document_pages=self.document_pages,
            batch=self.batch,
            text_characters=self.text_characters,
            audio_seconds=self.audio_seconds,
            seconds=self.seconds,
            operation_images=self.operation_images,
            operation_pages=self.operation_pages,
            operation_seconds=self.operation_seconds,
        )

    def require_keys(self, any_keys: bool) -> None:
        """Refuse to be reachable from elsewhere without keys.

        Raises FailedPrecondition that says how to make a key.
        """
        if not self.loopback and not any_keys:
            raise FailedPrecondition(
                f"{self.host} can be reached from other machines, and no API key exists.",
                hint="Make one with `sensorium keys create NAME`, or bind 127.0.0.1.",
            )
