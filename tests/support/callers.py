"""Calling the platform as one of its development users."""

from contextlib import AbstractContextManager

from support.platform import Platform

from shared import context
from shared.context import CallContext


def calling_as(platform: Platform, user: str = "alice") -> AbstractContextManager[CallContext]:
    """A block in which the platform's clients carry the user's token."""
    return context.use(CallContext(bearer_token=platform.token(user)))
