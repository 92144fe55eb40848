"""Sets telemetry up from the settings."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider
from opentelemetry.trace import Tracer, TracerProvider
from prometheus_client import ProcessCollector

from shared.telemetry.carrying import CarryingTracerProvider
from shared.telemetry.logs import configure_logs
from shared.telemetry.metrics import MetricsRegistry
from shared.telemetry.tracing import build_tracer_provider

if TYPE_CHECKING:
    from shared.settings import ServiceSettings

_SCOPE = "oms"


@dataclass(frozen=True)
class Telemetry:
    """What a service measures itself with: `tracer` (from `tracer_provider`) and the Prometheus `registry`."""

    service: str
    tracer_provider: TracerProvider = field(default_factory=CarryingTracerProvider)
    registry: MetricsRegistry = field(default_factory=MetricsRegistry)
    tracer: Tracer = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tracer", self.tracer_provider.get_tracer(_SCOPE))

    @classmethod
    def off(cls, service: str) -> Self:
        """Telemetry that records no span and still carries trace ids on; for tools and tests."""
        return cls(service)

    def shutdown(self) -> None:
        """Sends what is buffered, waiting a few seconds at most, and closes the exporters."""
        if isinstance(self.tracer_provider, SdkTracerProvider):
            self.tracer_provider.shutdown()


def configure(settings: "ServiceSettings") -> Telemetry:
    """Set up logs, traces and metrics of the process; what cannot be set up is logged and left off, never raised."""
    configure_logs(service=settings.service_name, env=settings.env, level=settings.log_level)
    telemetry = Telemetry(settings.service_name, tracer_provider=build_tracer_provider(settings))
    ProcessCollector(registry=telemetry.registry)
    return telemetry
