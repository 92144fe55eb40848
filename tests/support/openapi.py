"""The operations of a running service, read from its OpenAPI document."""

from dataclasses import dataclass
from typing import Any

import httpx2

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


NOT_OFFERED = frozenset({("POST", "/db/{db}/woql")})
"""Known, and answered 501 whatever is asked; nothing else has a 5xx on a healthy service."""


@dataclass(frozen=True)
class Operation:
    """One method of one path; `parameters` are (place, name), the place being `path`, `query` or `header`."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    media_types: tuple[str, ...]
    statuses: frozenset[int]
    is_open: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def named(self, place: str) -> list[str]:
        """The parameters of that place."""
        return [name for where, name in self.parameters if where == place]


def operations(url: str) -> list[Operation]:
    """Every operation that the service describes."""
    document = httpx2.get(f"{url}/openapi.json").raise_for_status().json()
    return [
        _operation(method.upper(), path, described)
        for path, item in document["paths"].items()
        for method, described in item.items()
        if method in _METHODS
    ]


def _operation(method: str, path: str, described: dict[str, Any]) -> Operation:
    return Operation(
        method,
        path,
        tuple((each["in"], each["name"]) for each in described.get("parameters", [])),
        tuple(described.get("requestBody", {}).get("content", {})),
        frozenset(int(status) for status in described["responses"]),
        described.get("security") == [],
    )
