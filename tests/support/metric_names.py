"""The names of the metrics that the code registers, read from the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum"),
}
_PROCESS = (
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
)
"""Those of prometheus_client's ProcessCollector, which every service registers."""


def series_of_the_code() -> set[str]:
    """Every series that a service may export."""
    shared = _constants(ROOT / "packages/shared/shared/telemetry/names.py")
    found = set(_PROCESS)
    for folder in ("packages", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            if "tests" not in path.parts and "generated" not in path.parts:
                found.update(_series(path, shared))
    return found


def _series(path: Path, shared: dict[str, str]) -> Iterator[str]:
    known = {**shared, **_constants(path)}
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _SUFFIXES:
            for name in _named(call.args[0], known) if call.args else ():
                yield from (f"{name}{suffix}" for suffix in _SUFFIXES[call.func.attr])


def _named(argument: ast.expr, known: dict[str, str]) -> list[str]:
    match argument:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.Name(id=constant) | ast.Attribute(attr=constant) if constant in known:
            return [known[constant]]
        case ast.Name(id="duration"):  # one of the two sides of a call
            return [known["RPC_SERVER_DURATION"], known["RPC_CLIENT_DURATION"]]
        case ast.Name(id="in_flight"):
            return [known["RPC_SERVER_IN_FLIGHT"], known["RPC_CLIENT_IN_FLIGHT"]]
        case _:
            return []


def _constants(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                found[name] = text
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))):
                found[name] = text
            case _:
                pass
    return found
