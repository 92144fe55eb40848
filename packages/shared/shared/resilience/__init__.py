"""Remote calls with a deadline, bounded retries and a circuit breaker."""

from shared.resilience.breaker import CircuitOpen
from shared.resilience.policy import Resilience

__all__ = ["CircuitOpen", "Resilience"]
