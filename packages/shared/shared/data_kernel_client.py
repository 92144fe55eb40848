"""Deprecated: `TerminusGatewayClient` lives in `shared.clients`."""

import warnings

from shared.clients import TerminusGatewayClient

__all__ = ["TerminusGatewayClient"]

warnings.warn(
    "shared.data_kernel_client is now shared.clients; this name goes a month after USE_GATEWAY is on in production",
    DeprecationWarning,
    stacklevel=2,
)
