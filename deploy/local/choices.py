"""What `make up` can be told: each a variable of the environment, or `make up NAME=value`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings

from ports import free_ports
from processes import ROOT, Home, Options, Ports
from shared.settings import BAD_SETTINGS_STATUS, FlagText, LogLevel
from shared.settings_check import check_names, setting_names

Port = Annotated[int, Field(ge=1, le=65_535)]
PortOrFree = Annotated[int, Field(ge=0, le=65_535)]


class Choices(BaseSettings):
    """The launcher's own settings; the names are those of the environment, in lower case."""

    oms_http_port: Port = Field(8000, description="OMS, HTTP")
    data_kernel_http_port: Port = Field(8080, description="data-kernel, HTTP")
    data_kernel_grpc_port: Port = Field(50051, description="data-kernel, gRPC")
    event_gateway_http_port: Port = Field(8003, description="event-gateway, HTTP")
    event_gateway_grpc_port: Port = Field(50057, description="event-gateway, gRPC")
    embedding_http_port: Port = Field(8001, description="embedding-service, HTTP")
    embedding_grpc_port: Port = Field(50055, description="embedding-service, gRPC")
    scheduler_http_port: Port = Field(8002, description="scheduler-service, HTTP")
    scheduler_grpc_port: Port = Field(50056, description="scheduler-service, gRPC")
    scheduler_worker_http_port: Port = Field(8012, description="scheduler's worker, HTTP (probes and metrics)")
    nats_port: PortOrFree = Field(0, description="NATS; 0 takes a free port")
    redis_port: PortOrFree = Field(0, description="Redis; 0 takes a free port")
    oms_home: Path = Field(ROOT / ".oms", description="the folder of all data, keys and tokens")
    use_gateway: FlagText = Field(
        "on", description="OMS reaches the kernel by the gateway client (on) or the legacy one (off)"
    )
    use_embedding_ms: FlagText = Field(
        "on", description="OMS searches by the embedding-service (on) or in its own process (off)"
    )
    use_scheduler_ms: FlagText = Field(
        "on", description="OMS's jobs run in the scheduler-service (on) or in its own process (off)"
    )
    use_event_gateway: FlagText = Field(
        "on", description="events go by the event-gateway (on) or straight to NATS (off)"
    )
    use_grpc: Literal["true", "false"] = Field("true", description="gRPC between services (true) or HTTP alone (false)")
    log_level: LogLevel = Field("INFO", description="of every service")
    up_traces: bool = Field(False, description="write spans to OMS_HOME/traces/<service>.jsonl")
    up_ready_timeout_s: float = Field(120, description="how long everything may take to be ready", gt=0, le=3600)
    up_max_starts: int = Field(5, description="give up when one process was started so often …", ge=1, le=1000)
    up_start_window_s: float = Field(60, description="… within so many seconds", gt=0, le=86_400)
    up_drain_s: float = Field(40, description="how long everything may take to end", gt=0, le=3600)

    @property
    def home(self) -> Home:
        """The folder of this platform."""
        return Home(self.oms_home.expanduser().resolve())

    @property
    def options(self) -> Options:
        """What the services are told beside the addresses."""
        return Options(
            use_gateway=self.use_gateway,
            use_embedding_ms=self.use_embedding_ms,
            use_scheduler_ms=self.use_scheduler_ms,
            use_event_gateway=self.use_event_gateway,
            use_grpc=self.use_grpc,
            log_level=self.log_level,
            traces=self.up_traces,
        )

    def wanted_ports(self) -> dict[str, int]:
        """Every port by the setting that moves it."""
        return {name.upper(): getattr(self, name) for name in type(self).model_fields if name.endswith("_port")}

    def ports(self) -> Ports:
        """All ports, the free ones chosen now."""
        wanted = self.wanted_ports()
        chosen = iter(free_ports(2, avoid=wanted.values()))
        return Ports(
            oms_http=self.oms_http_port,
            kernel_http=self.data_kernel_http_port,
            kernel_grpc=self.data_kernel_grpc_port,
            gateway_http=self.event_gateway_http_port,
            gateway_grpc=self.event_gateway_grpc_port,
            embedding_http=self.embedding_http_port,
            embedding_grpc=self.embedding_grpc_port,
            scheduler_http=self.scheduler_http_port,
            scheduler_grpc=self.scheduler_grpc_port,
            scheduler_worker_http=self.scheduler_worker_http_port,
            nats=self.nats_port or next(chosen),
            redis=self.redis_port or next(chosen),
        )


def read_choices(environment: Mapping[str, str] | None = None) -> Choices:
    """Read the environment. Prints one line for each wrong setting and exits with status 2."""
    given = os.environ if environment is None else environment
    problems = check_names(setting_names(Choices), (), given, given)
    try:
        choices = Choices()
    except ValidationError as error:
        problems += [f"{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors()]
    else:
        if not problems:
            return choices
    for problem in problems:
        print(f"make up: {problem}", file=sys.stderr)
    raise SystemExit(BAD_SETTINGS_STATUS)


def help_text() -> str:
    """The settings as a table: name, default, meaning."""
    lines = [
        f"  {name.upper():26} {_shown(field.get_default()):10} {field.description}"
        for name, field in Choices.model_fields.items()
    ]
    return "\n".join(["settings (name, default, meaning), as variables or as `make up NAME=value`:", *lines])


def _shown(value: object) -> str:
    if isinstance(value, Path):
        return value.name
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
