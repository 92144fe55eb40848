"""The names under which the scheduler keeps its things in Redis."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one environment; `prefix` is `oms:scheduler:<env>`."""

    prefix: str

    @property
    def leader(self) -> str:
        """`<holder> <token>`, with the lease as its time to live."""
        return f"{self.prefix}:leader"

    @property
    def leader_token(self) -> str:
        """The last token given."""
        return f"{self.prefix}:leader-token"

    @property
    def built(self) -> str:
        """There while the schedule is as it was built."""
        return f"{self.prefix}:built"

    @property
    def starts(self) -> str:
        """Sorted set: job → when its next run starts, in milliseconds."""
        return f"{self.prefix}:starts"

    @property
    def jobs(self) -> str:
        """Hash: job → its entry as JSON."""
        return f"{self.prefix}:jobs"

    @property
    def revisions(self) -> str:
        """Hash: job → revision, those that are held too."""
        return f"{self.prefix}:revisions"

    @property
    def put_at(self) -> str:
        """Hash: job → when it was put, in milliseconds of Redis' clock."""
        return f"{self.prefix}:put-at"

    @property
    def stream(self) -> str:
        """Stream of the executions to run."""
        return f"{self.prefix}:executions"

    @property
    def waiting(self) -> str:
        """Sorted set: execution → when its next attempt begins, in milliseconds."""
        return f"{self.prefix}:waiting"

    @property
    def workers(self) -> str:
        """Hash: worker → what it told last, as JSON."""
        return f"{self.prefix}:workers"

    def run(self, execution_id: str) -> str:
        """Hash: all about one execution on its way."""
        return f"{self.run_prefix}{execution_id}"

    @property
    def run_prefix(self) -> str:
        """What `run` begins with."""
        return f"{self.prefix}:run:"

    def active(self, job_id: str) -> str:
        """Set: the job's executions that are not done."""
        return f"{self.prefix}:active:{job_id}"
