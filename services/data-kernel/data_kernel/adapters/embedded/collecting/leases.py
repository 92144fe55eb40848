"""Leases: commits that somebody is reading from step by step."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from data_kernel.adapters.embedded.encoding import commit_ids


class Leases:
    """Counted by commit; held on the event loop, looked at in any thread."""

    def __init__(self) -> None:
        self._counts: Counter[bytes] = Counter()
        self._lock = Lock()

    @contextmanager
    def hold(self, *commits: str | None) -> Iterator[None]:
        """Keep the commits for as long as the context lasts; `None` is the empty state, which needs no keeping.

        `NotFound` for what is no commit's id.
        """
        held = [commit_ids.from_text(commit) for commit in commits if commit is not None]
        with self._lock:
            self._counts.update(held)
        try:
            yield
        finally:
            with self._lock:
                self._counts.subtract(held)
                self._counts = +self._counts

    def held(self) -> list[bytes]:
        """Ids of the commits that somebody is reading."""
        with self._lock:
            return list(self._counts)
