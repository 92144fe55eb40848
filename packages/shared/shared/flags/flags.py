"""What services ask: which path serves this call."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from opentelemetry import trace

from shared.errors import InvalidInput, Unsupported
from shared.flags.provider import SettingsProvider
from shared.flags.value import FlagValue, Mode, Path
from shared.telemetry import Telemetry, names

if TYPE_CHECKING:
    from shared.settings import ServiceSettings

USE_GATEWAY = "USE_GATEWAY"
USE_EMBEDDING_MS = "USE_EMBEDDING_MS"
USE_SCHEDULER_MS = "USE_SCHEDULER_MS"
USE_EVENT_GATEWAY = "USE_EVENT_GATEWAY"
FLAG_NAMES = (USE_GATEWAY, USE_EMBEDDING_MS, USE_SCHEDULER_MS, USE_EVENT_GATEWAY)
_EVALUATIONS = "flag_evaluations"


class Flags:
    """The rollout flags of one process; every evaluation is counted and noted on the current span.

    `values` maps flag names to positions. `shadow` is refused at construction with Unsupported: nothing compares the
    two paths yet, and a position that is silently another one would be worse than none.
    """

    def __init__(self, values: Mapping[str, FlagValue], telemetry: Telemetry) -> None:
        for name, value in values.items():
            if value.mode is Mode.SHADOW:
                raise Unsupported(f"{name}=shadow cannot be served by this build; set off, on or a percentage")
        self._values = dict(values)
        self._domain = f"oms-flags-{uuid4().hex}"
        api.set_provider_and_wait(SettingsProvider(values), domain=self._domain)
        self._client = api.get_client(domain=self._domain)
        self._evaluations = telemetry.registry.counter(
            _EVALUATIONS, "Evaluations of rollout flags", ("flag", "value", "path")
        )

    @classmethod
    def from_settings(cls, settings: "ServiceSettings", telemetry: Telemetry) -> Self:
        """The flags of a service's settings (`use_gateway`, …)."""
        values = {name: FlagValue.parse(str(getattr(settings, name.lower()))) for name in FLAG_NAMES}
        return cls(values, telemetry)

    def value(self, name: str) -> FlagValue:
        """The flag's position; InvalidInput for a name that is no flag."""
        if name not in self._values:
            raise InvalidInput("no such rollout flag", field="flag")
        return self._values[name]

    def position(self, name: str, key: str = "") -> Path:
        """Which path serves the call of `key` (what must stay together: user, partition key, job id)."""
        value = self.value(name)
        path = Path(self._client.get_string_value(name, Path.LEGACY.value, EvaluationContext(targeting_key=key)))
        self._evaluations.labels(name, str(value), path.value).inc()
        seen = {names.FEATURE_FLAG_KEY: name, names.FEATURE_FLAG_VARIANT: str(value)}
        span = trace.get_current_span()
        span.set_attributes(seen)
        # Of several flags in one span the attributes tell the last one, the events all.
        span.add_event("feature_flag.evaluation", seen)
        return path
