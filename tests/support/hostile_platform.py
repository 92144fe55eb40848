"""What a platform holds that hostile requests are sent to: something to read, to change and to break."""

from typing import Any

import httpx2
from support.platform import Platform

DATABASE = "hostile"
FREE_DATABASE = "free"
"""A database with TerminusDB's own rules on names."""
MOVIE = {
    "@type": "Class",
    "@id": "Movie",
    "@key": {"@type": "Lexical", "@fields": ["title"]},
    "title": "xsd:string",
    "year": {"@type": "Optional", "@class": "xsd:integer"},
    "rating": {"@type": "Optional", "@class": "xsd:decimal"},
    "notes": {"@type": "Optional", "@class": "sys:JSON"},
}
NOTE = {
    "name": "Note",
    "primaryKey": ["key"],
    "properties": [
        {"name": "key", "baseType": "string", "required": True},
        {"name": "count", "baseType": "integer"},
        {"name": "extra", "baseType": "json"},
    ],
}
JOB: dict[str, Any] = {
    "id": "hostile",
    "name": "never",
    "trigger": {"type": "date", "at": "2999-01-01T00:00:00Z"},
    "task": {"type": "event", "event_type": "io.oms.hostile.v1"},
}
SERVICES = ("kernel_url", "gateway_url", "oms_url", "embedding_url", "scheduler_url")
"""The attribute of `Platform` that has the address of each service with a REST interface."""
_REAL = {
    "db": DATABASE,
    "branch": "main",
    "tag": "v1",
    "id": "Movie/Alien",
    "type_name": "Note",
    "name": "Note",
    "key": "one",
    "organisation": "admin",
    "database": FREE_DATABASE,
    "path": f"admin/{FREE_DATABASE}",
}
_THERE_ALREADY = {400, 409}


def real(service: str) -> dict[str, str]:
    """A value for each parameter of a service's paths that names something which is there."""
    return _REAL | {"id": JOB["id"]} if service == "scheduler_url" else _REAL


def fill(platform: Platform) -> None:
    """Make what is not there (any more)."""
    headers = platform.authorization("admin")
    for url, method, path, body in (
        (platform.kernel_url, "POST", f"/db/{DATABASE}", None),
        (platform.kernel_url, "POST", f"/db/{DATABASE}/branches", {"branch": "main"}),
        (platform.kernel_url, "PUT", f"/db/{DATABASE}/schema", MOVIE),
        (platform.kernel_url, "PUT", f"/db/{DATABASE}/doc?create=true", {"@type": "Movie", "title": "Alien"}),
        (platform.kernel_url, "PUT", f"/db/{DATABASE}/tags/v1", {"branch": "main"}),
        (platform.kernel_url, "POST", f"/api/db/admin/{FREE_DATABASE}", {"label": "free", "comment": ""}),
        (platform.oms_url, "POST", "/api/v1/object-types", NOTE),
        (platform.oms_url, "POST", "/api/v1/objects/Note", {"key": "one", "count": 1}),
        (platform.scheduler_url, "POST", "/jobs", JOB),
    ):
        answer = httpx2.request(method, f"{url}{path}", json=body, headers=headers, timeout=30)
        if answer.status_code not in _THERE_ALREADY:
            answer.raise_for_status()
