"""User tokens: JWTs with `sub`, `iss`, `aud` = `oms-platform`, `exp` and `roles`."""

import time
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from shared.errors import Unauthenticated
from shared.security.tokens import LEEWAY_S, MALFORMED, MAX_TOKEN_CHARS, VerifiedTokens

PLATFORM_AUDIENCE = "oms-platform"
DEVELOPMENT_ISSUER = "oms-dev"
SYSTEM_SUBJECT = "system"
"""The subject of background work, which no user may have."""

_MAX_SUBJECT_CHARS = 200
_MAX_ROLES = 100


@dataclass(frozen=True, slots=True)
class User:
    """What a verified user token says."""

    subject: str
    roles: frozenset[str]


class KeySource(Protocol):
    """Where the verifier gets the key for a token."""

    @property
    def algorithms(self) -> list[str]:
        """The only algorithms that a token may name."""

    def key_for(self, token: str) -> Any:
        """The key that verifies this token; raises `jwt.InvalidTokenError` or `OmsError`. Never blocks."""


class SharedSecret:
    """HS256 with one secret, for development; `shared.security.keys.read_secret` sees to its length."""

    algorithms: list[str] = ["HS256"]  # noqa: RUF012 - the protocol has a list, PyJWT wants one

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def key_for(self, token: str) -> bytes:  # noqa: ARG002 - one secret for all
        """The secret."""
        return self._secret


class UserTokenVerifier:
    """Verifies user tokens with the keys of `keys`; `issuer` is the only `iss` taken, if given."""

    def __init__(self, keys: KeySource, *, issuer: str | None = None) -> None:
        self._keys = keys
        self._issuer = issuer
        self._verified: VerifiedTokens[User] = VerifiedTokens()

    def verify(self, token: str) -> User:
        """Who the token is of; raises Unauthenticated, which says in general words why, and never the token."""
        known = self._verified.get(token)
        if known is not None:
            return known
        claims = self._claims(token)
        user = User(_subject(claims["sub"]), _roles(claims.get("roles", [])))
        self._verified.put(token, user, claims)
        return user

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_CHARS:
            raise Unauthenticated(f"the user token has more than {MAX_TOKEN_CHARS} characters", field="authorization")
        try:
            return jwt.decode(
                token,
                self._keys.key_for(token),
                algorithms=self._keys.algorithms,
                audience=PLATFORM_AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": ["sub", "exp", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the user token has expired", field="authorization") from None
        except MALFORMED as error:
            raise Unauthenticated(
                f"the user token does not verify ({type(error).__name__})", field="authorization"
            ) from None


def issue_user_token(
    secret: bytes, subject: str, roles: frozenset[str] | set[str] | tuple[str, ...] = (), lifetime_s: int = 3600
) -> str:
    """A user token for development, signed with the secret of `JWT_SECRET_FILE`."""
    now = int(time.time())
    claims = {
        "sub": _subject(subject),
        "iss": DEVELOPMENT_ISSUER,
        "aud": PLATFORM_AUDIENCE,
        "iat": now,
        "exp": now + lifetime_s,
        "roles": sorted(roles),
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def _subject(subject: object) -> str:
    """The subject, fit to stand in an author: printable, bounded, and not the name of background work."""
    if not isinstance(subject, str) or not subject or len(subject) > _MAX_SUBJECT_CHARS:
        raise Unauthenticated(f"the token's sub must have 1 to {_MAX_SUBJECT_CHARS} characters", field="authorization")
    if not subject.isprintable() or subject != subject.strip():
        raise Unauthenticated("the token's sub has a character that is not printable", field="authorization")
    if subject == SYSTEM_SUBJECT:
        raise Unauthenticated("the token's sub is the name of background work", field="authorization")
    return subject


def _roles(roles: object) -> frozenset[str]:
    if not isinstance(roles, list) or len(roles) > _MAX_ROLES or not all(isinstance(role, str) for role in roles):
        raise Unauthenticated(f"the token's roles must be at most {_MAX_ROLES} texts", field="authorization")
    return frozenset(roles)
