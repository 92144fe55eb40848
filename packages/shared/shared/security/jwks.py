"""The identity provider's keys from its JWKS URL: fetched in the background, never awaited by a call."""

import threading
import time
from typing import Any

import httpx2
import jwt
import structlog

from shared.errors import Unavailable

_ALGORITHMS = ["RS256", "ES256"]
_REFRESH_AFTER_S = 300.0
_UNUSABLE_AFTER_S = 3600.0
"""Without a fresh answer for so long, the keys count no longer: one may have been withdrawn meanwhile."""
_PAUSE_S = 10.0
"""Between two fetches at least: an unknown key id must not make us a hammer on the provider."""
_TIMEOUT_S = 5.0
_MAX_KEY_SET_BYTES = 1_000_000


class JwksKeys:
    """Keys by their id, read from `url` in a thread of its own.

    Keys older than five minutes, or an unknown id, start a fetch. Meanwhile known keys go on verifying; where there
    are none yet the call is answered Unavailable with a delay, for the caller's retry will find them.
    """

    algorithms: list[str] = _ALGORITHMS

    def __init__(self, url: str, *, transport: httpx2.BaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching: threading.Thread | None = None
        self._lock = threading.Lock()

    def key_for(self, token: str) -> Any:
        """The key that the token's header names; raises `jwt.InvalidTokenError` for an unknown one, or Unavailable."""
        key_id = jwt.get_unverified_header(token).get("kid")
        age_s = time.monotonic() - self._fetched_at
        key = self._keys.get(key_id) if isinstance(key_id, str) and age_s < _UNUSABLE_AFTER_S else None
        if key is None or age_s > _REFRESH_AFTER_S:
            self.refresh()
        if key is not None:
            return key
        if self._fetching is not None or age_s >= _UNUSABLE_AFTER_S:
            raise Unavailable("the identity provider's keys are being fetched", retry_after_s=1)
        raise jwt.InvalidTokenError("unknown key id")

    def refresh(self) -> threading.Thread | None:
        """Starts a fetch unless one runs or ran a moment ago; the thread, for who wants to wait for it."""
        with self._lock:
            if self._fetching is None and time.monotonic() - self._tried_at >= _PAUSE_S:
                self._tried_at = time.monotonic()
                self._fetching = threading.Thread(target=self._fetch, name="jwks", daemon=True)
                self._fetching.start()
            return self._fetching

    def _fetch(self) -> None:
        try:
            self._keys = self._read()
            self._fetched_at = time.monotonic()
        except (httpx2.HTTPError, ValueError, jwt.PyJWTError) as error:
            structlog.get_logger(__name__).warning("jwks_fetch_failed", error=type(error).__name__)
        finally:
            self._fetching = None

    def _read(self) -> dict[str, jwt.PyJWK]:
        with httpx2.Client(timeout=_TIMEOUT_S, transport=self._transport, trust_env=False) as client:
            response = client.get(self._url)
        response.raise_for_status()
        if len(response.content) > _MAX_KEY_SET_BYTES:
            raise ValueError("the key set is too large")
        document = response.json()
        entries = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValueError("the answer is no key set")
        key_set = jwt.PyJWKSet(entries)
        return {key.key_id: key for key in key_set.keys if key.key_id and key.algorithm_name in _ALGORITHMS}
