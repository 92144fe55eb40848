"""Structured logs: an event's name and its fields, through one formatter, to standard output.

JSON lines outside `dev`, `key=value` in `dev`. Every line carries the service and, within a call, trace id, author and
branch. Lines of libraries (uvicorn, grpc, asyncio) take the same way.
"""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared import context
from shared.telemetry.traceparent import current_trace_id

_LIBRARY_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "grpc", "grpc._cython.cygrpc", "asyncio")
_FIRST_KEYS = ["timestamp", "level", "event", "service", "trace_id", "author", "branch"]


def configure_logs(*, service: str, env: str, level: str) -> None:
    """Let structlog and the standard library's loggers write to standard output; a second call replaces the first."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        CallFields(service),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(as_json=env != "dev"))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _LIBRARY_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


class CallFields:
    """Adds to each line the service and what the call in progress is attributed to."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Add the fields that the line itself does not set."""
        call = context.current()
        author = call.author or (call.caller.actor if call.caller else "")
        fields = {
            "service": self._service,
            "trace_id": call.trace_id or current_trace_id(),
            "author": author,
            "branch": call.branch,
        }
        for name, value in fields.items():
            if value:
                event.setdefault(name, value)
        return event


def _rendering(*, as_json: bool) -> list[Processor]:
    last: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.processors.LogfmtRenderer(key_order=_FIRST_KEYS, drop_missing=True, bool_as_flag=False)
    )
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, last]
