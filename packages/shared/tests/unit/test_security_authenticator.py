import pytest

from shared.errors import Unauthenticated
from shared.security import Authenticator, ServiceProofVerifier, UserTokenVerifier, build_authenticator
from shared.security.user_tokens import SharedSecret


@pytest.fixture
def authenticator(identities) -> Authenticator:
    return build_authenticator(identities.settings())


@pytest.fixture
def strict(identities) -> Authenticator:
    """As in production, save that it knows the secret of the tests."""
    return Authenticator(
        "data-kernel",
        "prod",
        UserTokenVerifier(SharedSecret(identities.secret)),
        ServiceProofVerifier.from_folder("data-kernel", identities.public),
    )


def test_user_through_a_service(identities, strict):
    proof = identities.signer("oms").proof("data-kernel")
    caller = strict.authenticate(bearer_token=identities.token("alice", roles=["admin"]), service_proof=proof)
    assert (caller.actor, caller.is_admin) == ("alice@oms", True)


def test_background_work_of_a_service(identities, strict):
    caller = strict.authenticate(bearer_token="", service_proof=identities.signer("oms").proof("data-kernel"))
    assert (caller.actor, caller.roles) == ("system@oms", frozenset())


def test_user_alone_is_taken_in_dev_as_of_the_called_service(identities, authenticator):
    assert authenticator.authenticate(bearer_token=identities.token(), service_proof="").actor == "alice@data-kernel"


def test_user_alone_is_taken_elsewhere_only_where_the_route_allows_it(identities, strict):
    with pytest.raises(Unauthenticated, match="proof of a calling service"):
        strict.authenticate(bearer_token=identities.token(), service_proof="")
    caller = strict.authenticate(bearer_token=identities.token(), service_proof="", allow_bare_user=True)
    assert caller.actor == "alice@data-kernel"


def test_nobody_is_refused(authenticator):
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(bearer_token="", service_proof="", allow_bare_user=True)


def test_a_bad_proof_beside_a_good_token_is_refused(identities, authenticator):
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(
            bearer_token=identities.token(), service_proof=identities.signer("oms").proof("event-gateway")
        )


def test_a_bad_token_beside_a_good_proof_is_refused(identities, authenticator):
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(bearer_token="x", service_proof=identities.signer("oms").proof("data-kernel"))


def test_without_public_keys_every_proof_is_refused(identities):
    authenticator = build_authenticator(identities.settings(service_public_keys=None))
    with pytest.raises(Unauthenticated, match="takes no services' proofs"):
        authenticator.authenticate(
            bearer_token=identities.token(), service_proof=identities.signer("oms").proof("data-kernel")
        )


def test_without_a_verifier_every_user_is_refused():
    with pytest.raises(Unauthenticated, match="takes no user tokens"):
        Authenticator("oms", "dev", None, None).authenticate(bearer_token="x", service_proof="")
