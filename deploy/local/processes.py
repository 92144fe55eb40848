"""The processes of the platform on one machine: what is run, with which environment, and when it counts as ready.

This list is the one place that says so: `make up` and the tests of the whole both start what stands here.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ports import LOOPBACK

ROOT: Final = Path(__file__).resolve().parents[2]
BIN: Final = Path(sys.executable).parent
SERVICES: Final = ("oms", "data-kernel", "embedding", "scheduler", "event-gateway")
"""Every service of the platform by the name that stands in authors and tokens; each has a key of its own."""

_PASSED_ON: Final = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR", "TZ", "USER")
_PASSED_ON_PREFIX: Final = "OTEL_"
_SERVICE_DRAIN_S: Final = 5
_GRACE_S: Final = 2
"""For requests in progress on each of the two transports; both together fit into the time to drain."""


@dataclass(frozen=True)
class Ports:
    """Where everything listens, on loopback."""

    oms_http: int
    kernel_http: int
    kernel_grpc: int
    gateway_http: int
    gateway_grpc: int
    embedding_http: int
    embedding_grpc: int
    scheduler_http: int
    scheduler_grpc: int
    scheduler_worker_http: int
    nats: int
    redis: int


@dataclass(frozen=True)
class Options:
    """What a start may choose beside the ports. Flag values are those of the rollout flags (`on`, `off`, …)."""

    use_gateway: str = "on"
    use_embedding_ms: str = "on"
    use_scheduler_ms: str = "on"
    use_event_gateway: str = "on"
    use_grpc: str = "true"
    log_level: str = "INFO"
    traces: bool = False
    """Write every process's spans to `<home>/traces/<process>.jsonl`."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further settings, given to every service as they are."""


@dataclass(frozen=True)
class Home:
    """The folder that holds all data of one platform on this machine (`.oms/`)."""

    path: Path

    @property
    def keys(self) -> Path:
        """Keys and secrets of the services, of mode 600."""
        return self.path / "keys"

    @property
    def public_keys(self) -> Path:
        """`<service>.pem`: the public halves."""
        return self.keys / "public"

    @property
    def jwt_secret(self) -> Path:
        """The secret that signs development tokens."""
        return self.keys / "jwt.secret"

    @property
    def tokens(self) -> Path:
        """Development tokens: one file per user."""
        return self.path / "tokens"

    @property
    def logs(self) -> Path:
        """What each process prints: `<process>.log`."""
        return self.path / "logs"

    @property
    def traces(self) -> Path:
        """Spans as JSON lines: `<process>.jsonl`."""
        return self.path / "traces"

    @property
    def run(self) -> Path:
        """Files that live as long as one start."""
        return self.path / "run"


@dataclass(frozen=True)
class Process:
    """One process, as a launcher needs to know it."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    """Its working folder; made where absent."""
    ready_at: str
    """`http://…/readyz` (200, status ok), `nats://host:port` (greets, JetStream on) or `redis://host:port` (PONG)."""
    drain_order: int
    """The highest is stopped first; the next one only when that one has ended."""
    drain_s: int
    """How long it may take to end after SIGTERM."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """What to show to people: kind → address."""
    files: Mapping[Path, str] = field(default_factory=dict)
    """Configuration files to write before the start."""


def platform_processes(home: Home, ports: Ports, options: Options) -> tuple[Process, ...]:
    """Every process of the platform in the order of its drain, the last one stopped first."""
    return (
        _redis(home, ports),
        _nats(home, ports),
        _data_kernel(home, ports, options),
        _event_gateway(home, ports, options),
        _embedding(home, ports, options),
        _scheduler(home, ports, options),
        _scheduler_worker(home, ports, options),
        _oms(home, ports, options),
    )


def _redis(home: Home, ports: Ports) -> Process:
    folder = home.path / "redis"
    listen = ("--bind", LOOPBACK, "--port", str(ports.redis), "--protected-mode", "yes")
    durable = ("--dir", ".", "--appendonly", "yes", "--save", "")
    return Process(
        name="redis",
        argv=(str(BIN / "redis-server"), *listen, *durable),
        environment=_inherited(),
        directory=folder,
        ready_at=f"redis://{LOOPBACK}:{ports.redis}",
        drain_order=1,
        drain_s=2,
        addresses={"redis": f"redis://{LOOPBACK}:{ports.redis}"},
    )


def _nats(home: Home, ports: Ports) -> Process:
    folder = home.path / "nats"
    address = f"nats://{LOOPBACK}:{ports.nats}"
    # `sync_interval: always`: a publish is acknowledged after the fsync, so that it outlives a power cut.
    config = f"""\
host: "{LOOPBACK}"
port: {ports.nats}
jetstream {{
  store_dir: "store"
  sync_interval: always
}}
"""
    return Process(
        name="nats",
        argv=(str(BIN / "nats-server"), "-c", "nats.conf"),
        environment=_inherited(),
        directory=folder,
        ready_at=address,
        drain_order=2,
        drain_s=3,
        addresses={"nats": address},
        files={folder / "nats.conf": config},
    )


def _data_kernel(home: Home, ports: Ports, options: Options) -> Process:
    return _service(
        "data-kernel",
        "data_kernel.main",
        drain_order=3,
        ports=(ports.kernel_http, ports.kernel_grpc),
        home=home,
        environment={
            **_common(home, ports, options, "data-kernel"),
            "STORE_PATH": str(home.path / "data-kernel" / "store.db"),
        },
    )


def _event_gateway(home: Home, ports: Ports, options: Options) -> Process:
    return _service(
        "event-gateway",
        "event_gateway.main",
        drain_order=4,
        ports=(ports.gateway_http, ports.gateway_grpc),
        home=home,
        environment={
            **_common(home, ports, options, "event-gateway"),
            "SPOOL_FILE": str(home.path / "event-gateway" / "spool.db"),
        },
    )


def _embedding(home: Home, ports: Ports, options: Options) -> Process:
    return _service(
        "embedding",
        "embedding_service.main",
        drain_order=5,
        ports=(ports.embedding_http, ports.embedding_grpc),
        home=home,
        environment={
            **_common(home, ports, options, "embedding"),
            # Each service that uses Redis has a database of its own in it.
            "REDIS_URL": f"redis://{LOOPBACK}:{ports.redis}/5",
        },
    )


def _scheduler(home: Home, ports: Ports, options: Options) -> Process:
    return _service(
        "scheduler",
        "scheduler_service.main",
        drain_order=6,
        ports=(ports.scheduler_http, ports.scheduler_grpc),
        home=home,
        environment=_scheduling(home, ports, options, "scheduler"),
    )


def _scheduler_worker(home: Home, ports: Ports, options: Options) -> Process:
    return _service(
        "scheduler-worker",
        "scheduler_service.worker",
        "run",
        drain_order=7,
        ports=(ports.scheduler_worker_http, None),
        home=home,
        environment={
            **_scheduling(home, ports, options, "scheduler-worker"),
            "SCHEDULER_WORKER_DRAIN_S": str(_GRACE_S),
        },
    )


def _scheduling(home: Home, ports: Ports, options: Options, process: str) -> dict[str, str]:
    """The settings of both roles of the scheduler, which are one service."""
    environment = {
        **_common(home, ports, options, "scheduler"),
        "REDIS_URL": f"redis://{LOOPBACK}:{ports.redis}/6",
        # On one machine a task has nowhere else to go.
        "SCHEDULER_ALLOW_PRIVATE_TARGETS": "true",
    }
    if options.traces:
        environment["TRACES_FILE"] = str(home.traces / f"{process}.jsonl")
    return environment


def _oms(home: Home, ports: Ports, options: Options) -> Process:
    return _service(
        "oms",
        "oms.main",
        drain_order=9,
        ports=(ports.oms_http, None),
        home=home,
        environment=_common(home, ports, options, "oms"),
    )


def _service(
    name: str,
    module: str,
    *arguments: str,
    drain_order: int,
    ports: tuple[int, int | None],
    home: Home,
    environment: Mapping[str, str],
) -> Process:
    http_port, grpc_port = ports
    http = f"http://{LOOPBACK}:{http_port}"
    settings = {**environment, "BIND_HOST": LOOPBACK, "HTTP_PORT": str(http_port)}
    addresses = {"http": http}
    if grpc_port is not None:
        settings["GRPC_PORT"] = str(grpc_port)
        addresses["grpc"] = f"{LOOPBACK}:{grpc_port}"
    return Process(
        name=name,
        argv=(sys.executable, "-m", module, *arguments),
        environment=settings,
        directory=home.path / name,
        ready_at=f"{http}/readyz",
        drain_order=drain_order,
        drain_s=_SERVICE_DRAIN_S,
        addresses=addresses,
    )


def _common(home: Home, ports: Ports, options: Options, service: str) -> dict[str, str]:
    """The settings that every service is given."""
    environment = {
        **_inherited(),
        "PYTHONUNBUFFERED": "1",
        "ENV": "dev",
        "SETTINGS_FILE": str(ROOT / "deploy" / "compose" / "env" / "dev.env"),
        "LOG_LEVEL": options.log_level,
        "SHUTDOWN_GRACE_S": str(_GRACE_S),
        "GRPC_GRACE_S": str(_GRACE_S),
        "JWT_SECRET_FILE": str(home.jwt_secret),
        "SERVICE_KEY_FILE": str(home.keys / f"{service}.key.pem"),
        "SERVICE_PUBLIC_KEYS": str(home.public_keys),
        "DATA_KERNEL_GRPC_ADDRESS": f"{LOOPBACK}:{ports.kernel_grpc}",
        "DATA_KERNEL_HTTP_URL": f"http://{LOOPBACK}:{ports.kernel_http}",
        "EVENT_GATEWAY_GRPC_ADDRESS": f"{LOOPBACK}:{ports.gateway_grpc}",
        "EVENT_GATEWAY_HTTP_URL": f"http://{LOOPBACK}:{ports.gateway_http}",
        "SCHEDULER_GRPC_ADDRESS": f"{LOOPBACK}:{ports.scheduler_grpc}",
        "SCHEDULER_HTTP_URL": f"http://{LOOPBACK}:{ports.scheduler_http}",
        "EMBEDDING_GRPC_ADDRESS": f"{LOOPBACK}:{ports.embedding_grpc}",
        "EMBEDDING_HTTP_URL": f"http://{LOOPBACK}:{ports.embedding_http}",
        "NATS_URL": f"nats://{LOOPBACK}:{ports.nats}",
        "REDIS_URL": f"redis://{LOOPBACK}:{ports.redis}",
        "USE_GATEWAY": options.use_gateway,
        "USE_EMBEDDING_MS": options.use_embedding_ms,
        "USE_SCHEDULER_MS": options.use_scheduler_ms,
        "USE_EVENT_GATEWAY": options.use_event_gateway,
        "USE_GRPC": options.use_grpc,
    }
    if options.traces:
        environment["TRACES_FILE"] = str(home.traces / f"{service}.jsonl")
    return {**environment, **options.extra}


def _inherited() -> dict[str, str]:
    """The few variables of the caller's own environment that concern a process as such, not the platform."""
    return {
        name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIX)
    }


def write_start_file(path: Path, process: Process, *, death_signal: int) -> Path:
    """Write what `run_child.py` needs to become this process, and the files and folders that it expects."""
    process.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file, text in process.files.items():
        file.write_text(text, encoding="utf-8")
    start = {
        "argv": list(process.argv),
        "environment": dict(process.environment),
        "directory": str(process.directory),
        "death_signal": death_signal,
    }
    path.write_text(json.dumps(start, indent=1), encoding="utf-8")
    return path
