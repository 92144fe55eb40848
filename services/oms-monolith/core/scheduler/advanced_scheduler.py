"""Deprecated: `oms.core.scheduler.advanced_scheduler`."""

import warnings

from oms.core.scheduler.advanced_scheduler import AdvancedScheduler

__all__ = ["AdvancedScheduler"]

warnings.warn(
    "core.scheduler.advanced_scheduler is now oms.core.scheduler.advanced_scheduler", DeprecationWarning, stacklevel=2
)
