"""Proof of the calling service: `x-service-authorization`, a short-lived ES256 JWT, `iss` = caller, `aud` = callee."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from shared.errors import Unauthenticated
from shared.security.keys import read_private_key, read_public_keys
from shared.security.tokens import LEEWAY_S, MALFORMED, MAX_TOKEN_CHARS, VerifiedTokens

if TYPE_CHECKING:
    from shared.settings import ServiceSettings

MAX_LIFETIME_S = 300
_RENEW_BEFORE_S = 60
_ALGORITHM = "ES256"
_FIELD = "x-service-authorization"


class ServiceSigner:
    """Signs the proofs of `service` with its private key (PEM, P-256); raises `ValueError` if the file has none."""

    def __init__(self, service: str, key_file: Path) -> None:
        self.service = service
        self._key = read_private_key(key_file)
        self._proofs: dict[str, tuple[str, float]] = {}

    def proof(self, audience: str) -> str:
        """A proof for the service `audience`, the same one until a minute before it expires."""
        proof, renew_at = self._proofs.get(audience, ("", 0.0))
        now = time.time()
        if now < renew_at:
            return proof
        issued_at = int(now)
        claims = {"iss": self.service, "aud": audience, "iat": issued_at, "exp": issued_at + MAX_LIFETIME_S}
        proof = jwt.encode(claims, self._key, algorithm=_ALGORITHM)
        self._proofs[audience] = (proof, issued_at + MAX_LIFETIME_S - _RENEW_BEFORE_S)
        return proof


class ServiceProofVerifier:
    """Verifies proofs that are meant for the service `audience`; `keys` are the peers' public keys by name."""

    def __init__(self, audience: str, keys: Mapping[str, EllipticCurvePublicKey]) -> None:
        self._audience = audience
        self._keys = dict(keys)
        self._verified: VerifiedTokens[str] = VerifiedTokens()

    @classmethod
    def from_folder(cls, audience: str, folder: Path) -> "ServiceProofVerifier":
        """With the keys `<service>.pem` of a folder, as `read_public_keys` reads them."""
        return cls(audience, read_public_keys(folder))

    def verify(self, proof: str) -> str:
        """The service that signed the proof; raises Unauthenticated."""
        known = self._verified.get(proof)
        if known is not None:
            return known
        claims = self._claims(proof)
        lifetime_s = int(claims["exp"]) - int(claims["iat"])
        if lifetime_s > MAX_LIFETIME_S:
            raise Unauthenticated(f"the service's proof lives for more than {MAX_LIFETIME_S} s", field=_FIELD)
        service: str = claims["iss"]
        self._verified.put(proof, service, claims)
        return service

    def _claims(self, proof: str) -> dict[str, Any]:
        if len(proof) > MAX_TOKEN_CHARS:
            raise Unauthenticated(f"the service's proof has more than {MAX_TOKEN_CHARS} characters", field=_FIELD)
        try:
            issuer, key = self._issuer(proof)
            return jwt.decode(
                proof,
                key,
                algorithms=[_ALGORITHM],
                audience=self._audience,
                issuer=issuer,
                leeway=LEEWAY_S,
                options={"require": ["iss", "aud", "iat", "exp"], "strict_aud": True},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the service's proof has expired", field=_FIELD) from None
        except MALFORMED as error:
            raise Unauthenticated(
                f"the service's proof does not verify ({type(error).__name__})", field=_FIELD
            ) from None

    def _issuer(self, proof: str) -> tuple[str, EllipticCurvePublicKey]:
        """Whose key to verify with: what the proof claims, which counts only once its signature holds."""
        issuer = jwt.decode(proof, options={"verify_signature": False}).get("iss")
        key = self._keys.get(issuer) if isinstance(issuer, str) else None
        if not isinstance(issuer, str) or key is None:
            raise jwt.InvalidIssuerError
        return issuer, key


def build_signer(settings: "ServiceSettings") -> ServiceSigner | None:
    """The signer of this process; `None` without `SERVICE_KEY_FILE`."""
    if settings.service_key_file is None:
        return None
    return ServiceSigner(settings.service_name, settings.service_key_file)
