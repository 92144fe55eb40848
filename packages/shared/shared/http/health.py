"""The probes `/healthz`, `/readyz` and `/liveness`, and `/metrics`: open, and the same on every service."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

OPEN_PATHS = ("/healthz", "/readyz", "/liveness", "/metrics")

_CHECK_TIMEOUT_S = 2.0
_LIVENESS_TIMEOUT_S = 5.0
_OK, _DEGRADED, _UNAVAILABLE = "ok", "degraded", "unavailable"

Check = Callable[[], Awaitable[None]]
"""Returns if what it asks answers, raises whatever it meets otherwise."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something that the service needs; without a `required` one it can answer nothing and is not ready."""

    check: Check
    required: bool


@dataclass(frozen=True, slots=True)
class Health:
    """How the service tells its state: its dependencies by name, and `liveness`, one real round trip."""

    service: str
    dependencies: Mapping[str, Dependency]
    liveness: Check
    check_timeout_s: float = field(default=_CHECK_TIMEOUT_S)
    liveness_timeout_s: float = field(default=_LIVENESS_TIMEOUT_S)

    async def readiness(self) -> tuple[str, dict[str, dict[str, Any]]]:
        """The state of the service and of each dependency: `ok`, `degraded` or `unavailable`."""
        states = await asyncio.gather(
            *(_passes(name, item.check, self.check_timeout_s) for name, item in self.dependencies.items())
        )
        report = {
            name: {"status": _OK if passes else _UNAVAILABLE, "required": item.required}
            for (name, item), passes in zip(self.dependencies.items(), states, strict=True)
        }
        away = [entry for entry in report.values() if entry["status"] != _OK]
        if any(entry["required"] for entry in away):
            return _UNAVAILABLE, report
        return (_DEGRADED if away else _OK), report


def health_router(health: Health, registry: CollectorRegistry) -> APIRouter:
    """The routes of the probes and of the metrics."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Whether the process is up")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": _OK, "service": health.service})

    @router.get("/readyz", summary="The state of each dependency; 503 without a required one")
    async def readyz() -> JSONResponse:
        status, dependencies = await health.readiness()
        return JSONResponse(
            {"status": status, "service": health.service, "dependencies": dependencies}, _status_code(status)
        )

    @router.get("/liveness", summary="One real round trip; 503 where it fails")
    async def liveness() -> JSONResponse:
        alive = await _passes("liveness", health.liveness, health.liveness_timeout_s)
        status = _OK if alive else _UNAVAILABLE
        return JSONResponse({"status": status, "service": health.service}, _status_code(status))

    @router.get("/metrics", summary="Metrics in Prometheus' text format", response_class=Response)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


def _status_code(status: str) -> int:
    return 503 if status == _UNAVAILABLE else 200


async def _passes(name: str, check: Check, timeout_s: float) -> bool:
    try:
        async with asyncio.timeout(timeout_s):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever a check meets, it means that the dependency does not answer
        structlog.get_logger(__name__).warning("health_check_failed", dependency=name, error=type(error).__name__)
        return False
    return True
