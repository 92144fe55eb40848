"""Clients that tell a meter how each of their calls went."""

import inspect
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from shared.errors import DeadlineExceeded, Internal, OmsError, Unavailable
from shared.flags.value import Path

_Client = TypeVar("_Client")


class PathMeter(Protocol):
    """Counts calls by flag and path."""

    def record(self, flag: str, path: Path, duration_s: float, *, failed: bool) -> None:
        """One call has ended; `failed` where the peer gave no answer, be it a refusal."""


def metered(client: _Client, meter: PathMeter, flag: str, path: Path) -> _Client:
    """The client with every coroutine method told to the meter; streams and the rest pass as they are."""
    return cast("_Client", _Metered(client, meter, flag, path))


class _Metered:
    def __init__(self, client: object, meter: PathMeter, flag: str, path: Path) -> None:
        self._client = client
        self._meter = meter
        self._flag = flag
        self._path = path

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        if not inspect.iscoroutinefunction(member):
            return member
        timed = self._timed(member)
        # Kept, so that the next look-up finds it without coming here.
        setattr(self, name, timed)
        return timed

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*arguments: Any, **options: Any) -> Any:
            began_s = time.perf_counter()
            failed = True
            try:
                answer = await method(*arguments, **options)
                failed = False
            except OmsError as error:
                failed = isinstance(error, Unavailable | DeadlineExceeded | Internal)
                raise
            finally:
                self._meter.record(self._flag, self._path, time.perf_counter() - began_s, failed=failed)
            return answer

        return call
