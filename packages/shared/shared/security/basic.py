"""One account that comes with its name and a password, for clients that know no tokens (RFC 7617)."""

import base64
import binascii
import hmac

from pydantic import SecretStr

from shared.context import Caller
from shared.errors import Unauthenticated

_MAX_CHARS = 1024


class BasicAccount:
    """The account `user`, whose calls come as through `service`."""

    def __init__(self, user: str, password: SecretStr, service: str) -> None:
        self._expected = f"{user}:{password.get_secret_value()}".encode()
        self._caller = Caller(user, service)

    def authenticate(self, credentials: str) -> Caller:
        """The caller, by the base64 text of `<user>:<password>`; raises Unauthenticated, whatever differs."""
        if not hmac.compare_digest(_decoded(credentials), self._expected):
            raise Unauthenticated("there is no account of this name and password", field="authorization")
        return self._caller


def _decoded(credentials: str) -> bytes:
    if len(credentials) > _MAX_CHARS:
        raise Unauthenticated("the credentials are too long", field="authorization")
    try:
        return base64.b64decode(credentials, validate=True)
    except (binascii.Error, ValueError):
        raise Unauthenticated("the credentials are not base64", field="authorization") from None
