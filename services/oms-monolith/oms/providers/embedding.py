"""Who searches for the monolith by meaning."""

from collections.abc import Callable, Collection
from typing import Protocol

from oms.application.ports import SemanticSearch
from shared import context
from shared.clients.embedding_values import Neighbours
from shared.errors import DeadlineExceeded, Unavailable
from shared.flags.flags import USE_EMBEDDING_MS, Flags
from shared.flags.value import Path

_RETRY_AFTER_S = 5.0


class _Remote(SemanticSearch, Protocol):
    def count_fallback(self) -> None: ...


class EmbeddingProvider:
    """Chooses between the embedding-service's client and the legacy class, call by call.

    `legacy` gives the legacy class, which is made when it is first needed; it is `None` where its packages are missing.
    """

    def __init__(self, flags: Flags, service: _Remote, legacy: Callable[[], SemanticSearch] | None) -> None:
        self._flags = flags
        self._service = _WithFallback(service, legacy)
        self._legacy = legacy

    def get_embedding_client(self) -> SemanticSearch:
        """The client for the call in progress; a user stays on one path, a call without one follows its trace."""
        call = context.current()
        key = call.caller.subject if call.caller else call.trace_id
        if self._flags.position(USE_EMBEDDING_MS, key) is Path.SERVICE:
            return self._service
        if self._legacy is None:
            raise Unavailable("the legacy embedding is not installed", retry_after_s=_RETRY_AFTER_S)
        return self._legacy()


class _WithFallback:
    """The service, and the legacy class for a call that finds the service away."""

    def __init__(self, service: _Remote, legacy: Callable[[], SemanticSearch] | None) -> None:
        self._service = service
        self._legacy = legacy

    async def search(self, query: str, *, top_k: int, types: Collection[str]) -> Neighbours:
        """As `SemanticSearch.search`."""
        try:
            return await self._service.search(query, top_k=top_k, types=types)
        except (Unavailable, DeadlineExceeded) as error:
            if self._legacy is None:
                retry_after_s = error.retry_after_s or _RETRY_AFTER_S
                raise Unavailable("the embedding-service is away", retry_after_s=retry_after_s) from error
        self._service.count_fallback()
        return await self._legacy().search(query, top_k=top_k, types=types)


_installed: list[EmbeddingProvider] = []
"""The process's provider. `get_embedding_client()` is a name that users know, and it takes no argument."""


def install(provider: EmbeddingProvider) -> None:
    """Make this the process's provider, for `get_embedding_client`."""
    _installed[:] = [provider]


def get_embedding_client() -> SemanticSearch:
    """The client for the call in progress, from the process's provider; `Unavailable` before one is installed."""
    if not _installed:
        raise Unavailable("no embedding provider is installed in this process")
    return _installed[0].get_embedding_client()
