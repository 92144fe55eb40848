"""Settings of a service: from the process environment and the file that `SETTINGS_FILE` names, and from nowhere else.

A service subclasses `ServiceSettings` and calls `load` in `main`. Constructing the class directly takes exactly the
given values, which is how tests and tools make settings. What is wrong stops the start with one line per problem.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import AliasChoices, Field, FilePath, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from shared.limits import Limits
from shared.security.keys import read_private_key, read_public_keys, read_secret
from shared.settings_check import check_names, read_settings_file, setting_names

Environment = Literal["dev", "staging", "prod"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
FlagText = Annotated[str, StringConstraints(pattern=r"^(off|false|on|true|shadow|(100|[1-9]?[0-9])%)$")]
"""A rollout flag as `shared.flags.FlagValue.parse` reads it."""
Port = Annotated[int, Field(ge=0, le=65535)]
"""A TCP port; 0 is a free one, chosen at the start and written to the log."""

BAD_SETTINGS_STATUS = 2


class SettingsError(Exception):
    """The process cannot start with these settings; `problems` has one line each, naming the variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class ServiceSettings(BaseSettings):
    """What every service can be told. The variable of a field is its name in upper case."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, env_nested_delimiter="__", validate_default=True
    )

    service_name: ClassVar[str] = ""
    """The name in authors, branches, proofs, logs and metrics: `oms`, `data-kernel`, …"""

    env: Environment = Field(validation_alias=AliasChoices("env", "deploy_env"))
    """Where this is; the first part of every branch. Only in `dev` may a user come without a service's proof."""
    bind_host: str = "127.0.0.1"
    """The address to listen on; the images set 0.0.0.0."""
    http_port: Port = 0
    """Port of HTTP; 0 is a free one, written to the log."""
    grpc_port: Port = 0
    """Port of gRPC; 0 likewise."""
    use_grpc: bool = True
    """Whether clients speak gRPC (else HTTP); on a server, `false` opens no gRPC port."""
    log_level: LogLevel = "INFO"
    """The least that is logged."""
    shutdown_grace_s: float = Field(10.0, gt=0, le=300)
    """How long HTTP requests in progress may take to end when the process stops."""

    jwt_secret_file: FilePath | None = None
    """The secret of user tokens (HS256), at least 32 bytes; required in `dev` and refused elsewhere."""
    jwks_url: str | None = Field(None, pattern=r"^https?://")
    """Where the identity provider publishes its keys; required outside of `dev`, https there."""
    jwt_issuer: str | None = None
    """If set, the only `iss` that a user token may have."""
    service_key_file: FilePath | None = None
    """The service's own private key (ES256), with which it proves itself to its peers; required outside of `dev`."""
    service_public_keys: Path | None = None
    """The folder of the peers' public keys, `<service>.pem`; required outside of `dev`."""
    grpc_tls_cert: FilePath | None = None
    """PEM: the own certificate chain for gRPC; without it gRPC is in clear text."""
    grpc_tls_key: FilePath | None = None
    """PEM: its key."""
    grpc_tls_ca: FilePath | None = None
    """PEM: the authority of the other side's certificate; a server with it refuses clients without one."""

    traces_file: Path | None = None
    """Spans as JSON lines, for development and tests."""
    traces_sample_ratio: float = Field(1.0, ge=0, le=1)
    """The share of traces, begun here, that is recorded."""

    oms_http_url: str = "http://oms-monolith:8000"
    """Where OMS answers HTTP."""
    data_kernel_grpc_address: str = "data-kernel:50051"
    """`host:port` of the data-kernel's gRPC."""
    data_kernel_http_url: str = "http://data-kernel:8080"
    """Where the data-kernel answers HTTP."""
    embedding_grpc_address: str = "embedding-service:50055"
    """`host:port` of the embedding-service's gRPC."""
    embedding_http_url: str = "http://embedding-service:8001"
    """Where the embedding-service answers HTTP."""
    scheduler_grpc_address: str = "scheduler-service:50056"
    """`host:port` of the scheduler-service's gRPC."""
    scheduler_http_url: str = "http://scheduler-service:8002"
    """Where the scheduler-service answers HTTP."""
    event_gateway_grpc_address: str = "event-gateway:50057"
    """`host:port` of the event-gateway's gRPC."""
    event_gateway_http_url: str = "http://event-gateway:8003"
    """Where the event-gateway answers HTTP."""
    nats_url: str = "nats://nats:4222"
    """Where NATS is."""
    redis_url: str = "redis://redis:6379/0"
    """Where Redis is, and the number of the database in it."""

    use_gateway: FlagText = "off"
    """Whether OMS reaches the store by the data-kernel, or by the legacy client (see `operations/rollout.md`)."""
    use_embedding_ms: FlagText = "off"
    """Whether OMS searches by the embedding-service, or in its own process."""
    use_scheduler_ms: FlagText = "off"
    """Whether OMS's jobs run in the scheduler-service, or in its own process."""
    use_event_gateway: FlagText = "off"
    """Whether OMS and the data-kernel send events by the event-gateway, or straight to NATS."""

    limits: Limits = Limits()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the names are pydantic-settings' own
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - `load` reads the environment, construction does not
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Construction takes what it is given; the environment comes in by `load`."""
        return (init_settings,)

    @model_validator(mode="after")
    def _identity_is_complete(self) -> Self:
        problems = [*self._identity_problems(), *self._unfit_files()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _identity_problems(self) -> list[str]:
        if self.env == "dev":
            return [] if self.jwt_secret_file else ["JWT_SECRET_FILE: required in dev (a file of at least 32 bytes)"]
        problems = []
        if self.jwt_secret_file:
            problems.append("JWT_SECRET_FILE: only for dev; elsewhere user tokens are verified with JWKS_URL")
        if not (self.jwks_url or "").startswith("https://"):
            problems.append("JWKS_URL: required outside of dev, with https://")
        if self.service_public_keys is None:
            problems.append("SERVICE_PUBLIC_KEYS: required outside of dev")
        if self.service_key_file is None:
            problems.append("SERVICE_KEY_FILE: required outside of dev, where peers take no call without a proof")
        return problems

    def _unfit_files(self) -> Iterator[str]:
        readers: tuple[tuple[str, Path | None, Callable[[Path], object]], ...] = (
            ("JWT_SECRET_FILE", self.jwt_secret_file, read_secret),
            ("SERVICE_KEY_FILE", self.service_key_file, read_private_key),
            ("SERVICE_PUBLIC_KEYS", self.service_public_keys, read_public_keys),
        )
        for name, path, reader in readers:
            try:
                if path is not None:
                    reader(path)
            except (OSError, ValueError) as error:
                yield f"{name}: {error.strerror if isinstance(error, OSError) else error}"


Settings = TypeVar("Settings", bound=ServiceSettings)


def load(settings_class: type[Settings]) -> Settings:
    """The settings of this process; a problem is printed, one line each, and ends the process with status 2."""
    try:
        return read(settings_class, os.environ)
    except SettingsError as error:
        for problem in error.problems:
            sys.stderr.write(f"{settings_class.service_name or 'settings'}: {problem}\n")
        raise SystemExit(BAD_SETTINGS_STATUS) from None


def read(settings_class: type[Settings], environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` gives, over those of the file that its `SETTINGS_FILE` names; raises SettingsError.

    A variable that is set to nothing counts as unset.
    """
    in_file, problems = read_settings_file(environ.get("SETTINGS_FILE", ""))
    names = setting_names(settings_class)
    values = {name: value for name, value in {**in_file, **environ}.items() if value}
    problems += check_names(names, in_file, environ, values)
    if problems:
        raise SettingsError(problems)
    source = EnvSettingsSource(settings_class, case_sensitive=False)
    source.env_vars = {name.lower(): value for name, value in values.items()}
    try:
        return settings_class(**source())
    except ValidationError as error:
        raise SettingsError(_problems(error, names)) from None


def _problems(error: ValidationError, names: Mapping[str, str]) -> list[str]:
    problems: list[str] = []
    for entry in error.errors(include_input=False, include_url=False):
        message = entry["msg"].removeprefix("Value error, ")
        if not entry["loc"]:
            problems += message.splitlines()
            continue
        first, *rest = (str(part).upper() for part in entry["loc"])
        problems.append(f"{'__'.join([names.get(first, first), *rest])}: {message}")
    return problems
