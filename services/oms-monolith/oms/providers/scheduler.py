"""Who schedules for the monolith."""

from oms.application.ports import JobScheduler
from shared.errors import Unavailable
from shared.flags.flags import USE_SCHEDULER_MS, Flags
from shared.flags.value import Path


class SchedulerProvider:
    """Chooses between the scheduler-service's client and the legacy scheduler, job by job.

    `legacy` is `None` where no position of the flag needs it, or its packages are missing.
    """

    def __init__(self, flags: Flags, service: JobScheduler, legacy: JobScheduler | None) -> None:
        self._flags = flags
        self._service = service
        self._legacy = legacy

    def get_scheduler_client(self, job_id: str = "") -> JobScheduler:
        """The scheduler of that job; a job stays with one of them."""
        if self._flags.position(USE_SCHEDULER_MS, job_id) is Path.SERVICE:
            return self._service
        if self._legacy is None:
            raise Unavailable("the legacy scheduler does not run in this process", retry_after_s=5)
        return self._legacy


_installed: list[SchedulerProvider] = []
"""The process's provider. `get_scheduler_client()` is a name that users know."""


def install(provider: SchedulerProvider) -> None:
    """Make this the process's provider, for `get_scheduler_client`."""
    _installed[:] = [provider]


def get_scheduler_client(job_id: str = "") -> JobScheduler:
    """The scheduler of that job, from the process's provider; `Unavailable` before one is installed."""
    if not _installed:
        raise Unavailable("no scheduler provider is installed in this process")
    return _installed[0].get_scheduler_client(job_id)
