"""Deprecated: `shared.clients.SchedulerClient`."""

import warnings

from shared.clients.scheduler import SchedulerClient

__all__ = ["SchedulerStub"]

SchedulerStub = SchedulerClient

warnings.warn("sdk.scheduler_stub is now shared.clients.SchedulerClient", DeprecationWarning, stacklevel=2)
