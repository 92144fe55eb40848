"""Deprecated: `oms.core.event_publisher`."""

import warnings

from oms.core.event_publisher import UnifiedPublisher

__all__ = ["UnifiedPublisher"]

warnings.warn("core.event_publisher is now oms.core.event_publisher", DeprecationWarning, stacklevel=2)
