"""Deprecated: `oms.core.event_subscriber`."""

import warnings

from oms.core.event_subscriber import EventSubscriber

__all__ = ["EventSubscriber"]

warnings.warn("core.event_subscriber is now oms.core.event_subscriber", DeprecationWarning, stacklevel=2)
