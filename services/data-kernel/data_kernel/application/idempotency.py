"""The fingerprint by which a repeated key is told from a key used for something else."""

import hashlib
import json
from collections.abc import Mapping

from data_kernel.application.ports import Idempotency
from shared.errors import InvalidInput

MAX_KEY_BYTES = 256


def idempotency(key: str, method: str, route: str, query: Mapping[str, str], body: bytes) -> Idempotency | None:
    """The key with its fingerprint, or `None` where the call has no key.

    The fingerprint is SHA-256 over method, route template, sorted query (path parameters and conditions among it) and
    canonical body.
    """
    if not key:
        return None
    size = len(key.encode("utf-8", "surrogatepass"))
    if size > MAX_KEY_BYTES or not key.isprintable():
        raise InvalidInput(f"idempotency key: printable, at most {MAX_KEY_BYTES} bytes", field="idempotency_key")
    head = json.dumps([method, route, sorted(query.items())], ensure_ascii=True).encode()
    return Idempotency(key, hashlib.sha256(head + b"\0" + body).hexdigest())
