"""What the scheduler counts, in Prometheus' terms."""

from shared.telemetry.metrics import MetricsRegistry

FIRE_DELAY_SECONDS = "scheduler_fire_delay_seconds"
RUN_SECONDS = "scheduler_run_seconds"
MISFIRES = "scheduler_misfires"
RETRIES = "scheduler_retries"
RECLAIMED = "scheduler_reclaimed"
DEAD_LETTERS = "scheduler_dead_letters"
LEADER_CHANGES = "scheduler_leader_changes"
QUEUE_DEPTH = "scheduler_queue_depth"
WORKERS_ALIVE = "scheduler_workers_alive"
_DEAD = "dead"


class PrometheusMeter:
    """The meter port."""

    def __init__(self, registry: MetricsRegistry) -> None:
        self._delay = registry.histogram(FIRE_DELAY_SECONDS, "From the start that was due to the claim of its slot.")
        self._run = registry.histogram(RUN_SECONDS, "The last attempt of an execution.", ["state"])
        self._misfires = registry.counter(MISFIRES, "Slots that were left out.")
        self._retries = registry.counter(RETRIES, "Attempts that failed and are followed by another.")
        self._reclaimed = registry.counter(RECLAIMED, "Executions begun again after their worker was gone.")
        self._dead = registry.counter(DEAD_LETTERS, "Executions given up.")
        self._leader_changes = registry.counter(LEADER_CHANGES, "Times that this process began to lead.")
        self._depth = registry.gauge(QUEUE_DEPTH, "Executions in the queue, as the leader saw it last.")
        self._alive = registry.gauge(WORKERS_ALIVE, "Workers heard of within their lease, as the leader saw it last.")

    def fired(self, delay_s: float) -> None:
        """See the port."""
        self._delay.observe(delay_s)

    def missed(self, count: int) -> None:
        """See the port."""
        self._misfires.inc(count)

    def took_lead(self) -> None:
        """See the port."""
        self._leader_changes.inc()

    def ended(self, state: str, run_s: float) -> None:
        """See the port."""
        self._run.labels(state).observe(run_s)
        if state == _DEAD:
            self._dead.inc()

    def retried(self) -> None:
        """See the port."""
        self._retries.inc()

    def reclaimed(self) -> None:
        """See the port."""
        self._reclaimed.inc()

    def queue_depth(self, count: int) -> None:
        """See the port."""
        self._depth.set(count)

    def workers_alive(self, count: int) -> None:
        """See the port."""
        self._alive.set(count)
