"""The kernel's REST surface. Handlers parse, call one use case, and map out."""

from data_kernel.api.rest.routers import routers

__all__ = ["routers"]
