"""Turns what a call carries into who calls."""

from typing import TYPE_CHECKING

from shared.context import Caller
from shared.errors import Unauthenticated
from shared.security.jwks import JwksKeys
from shared.security.keys import read_secret
from shared.security.service_proofs import ServiceProofVerifier
from shared.security.user_tokens import SYSTEM_SUBJECT, SharedSecret, UserTokenVerifier

if TYPE_CHECKING:
    from shared.settings import Environment, ServiceSettings


class Authenticator:
    """Authenticates the calls to `service`.

    Without a verifier of a kind, every token of that kind is refused.
    """

    def __init__(
        self,
        service: str,
        env: "Environment",
        user_tokens: UserTokenVerifier | None,
        service_proofs: ServiceProofVerifier | None,
    ) -> None:
        self._service = service
        self._bare_user_everywhere = env == "dev"
        self._user_tokens = user_tokens
        self._service_proofs = service_proofs

    def authenticate(self, *, bearer_token: str, service_proof: str, allow_bare_user: bool = False) -> Caller:
        """The caller; both texts are without scheme, empty where the call has none.

        A user's token with a service's proof is that user through that service; a proof alone is `system` of that
        service; a user's token alone is taken in `dev` and where `allow_bare_user`, as coming through this service.
        Raises Unauthenticated.
        """
        if not bearer_token and not service_proof:
            raise Unauthenticated("a bearer token is required", field="authorization")
        calling_service = self._verify_proof(service_proof) if service_proof else None
        if not bearer_token:
            return Caller(SYSTEM_SUBJECT, calling_service or self._service)
        if calling_service is None and not (allow_bare_user or self._bare_user_everywhere):
            raise Unauthenticated("the proof of a calling service is required", field="x-service-authorization")
        if self._user_tokens is None:
            raise Unauthenticated("this service takes no user tokens", field="authorization")
        user = self._user_tokens.verify(bearer_token)
        return Caller(user.subject, calling_service or self._service, user.roles)

    def _verify_proof(self, proof: str) -> str:
        if self._service_proofs is None:
            raise Unauthenticated("this service takes no services' proofs", field="x-service-authorization")
        return self._service_proofs.verify(proof)


def build_authenticator(settings: "ServiceSettings") -> Authenticator:
    """The authenticator that the settings describe; raises `ValueError` naming the setting whose file is unfit."""
    return Authenticator(settings.service_name, settings.env, _user_tokens(settings), _service_proofs(settings))


def _user_tokens(settings: "ServiceSettings") -> UserTokenVerifier | None:
    if settings.jwt_secret_file is not None:
        keys = SharedSecret(read_secret(settings.jwt_secret_file))
        return UserTokenVerifier(keys, issuer=settings.jwt_issuer)
    if settings.jwks_url is not None:
        return UserTokenVerifier(JwksKeys(settings.jwks_url), issuer=settings.jwt_issuer)
    return None


def _service_proofs(settings: "ServiceSettings") -> ServiceProofVerifier | None:
    if settings.service_public_keys is None:
        return None
    return ServiceProofVerifier.from_folder(settings.service_name, settings.service_public_keys)
