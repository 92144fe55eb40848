"""Remote calls with a deadline, bounded retries and a circuit breaker."""

from shared.resilience.policy import Resilience

__all__ = ["Resilience"]
