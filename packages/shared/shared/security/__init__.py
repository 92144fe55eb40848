"""Who calls: user tokens, proofs of the calling service, and the keys of both."""

from shared.security.authenticator import Authenticator, build_authenticator
from shared.security.basic import BasicAccount
from shared.security.keys import make_service_keys, make_user_token_secret
from shared.security.service_proofs import ServiceProofVerifier, ServiceSigner, build_signer
from shared.security.user_tokens import UserTokenVerifier, issue_user_token

__all__ = [
    "Authenticator",
    "BasicAccount",
    "ServiceProofVerifier",
    "ServiceSigner",
    "UserTokenVerifier",
    "build_authenticator",
    "build_signer",
    "issue_user_token",
    "make_service_keys",
    "make_user_token_secret",
]
