import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from shared.errors import Unauthenticated
from shared.security import ServiceProofVerifier, ServiceSigner, build_signer, make_service_keys, make_user_token_secret


@pytest.fixture
def verifier(identities) -> ServiceProofVerifier:
    return ServiceProofVerifier.from_folder("data-kernel", identities.public)


@pytest.fixture
def oms_key(identities):
    return load_pem_private_key((identities.folder / "oms.key.pem").read_bytes(), None)


def claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    given = {"iss": "oms", "aud": "data-kernel", "iat": now, "exp": now + 300}
    return {name: value for name, value in (given | changes).items() if value is not None}


def test_proof_names_the_service(identities, verifier):
    assert verifier.verify(identities.signer("oms").proof("data-kernel")) == "oms"


def test_proof_is_kept_until_a_minute_before_its_end(identities, monkeypatch):
    signer = identities.signer("oms")
    first = signer.proof("data-kernel")
    assert signer.proof("data-kernel") == first
    assert signer.proof("event-gateway") != first
    later = time.time() + 241
    monkeypatch.setattr(time, "time", lambda: later)
    assert signer.proof("data-kernel") != first


def test_signer_needs_a_key(identities):
    assert build_signer(identities.settings()) is None
    settings = identities.settings(service_key_file=identities.folder / "data-kernel.key.pem")
    signer = build_signer(settings)
    assert signer is not None
    assert signer.service == "data-kernel"


class TestForging:
    def refused(self, verifier: ServiceProofVerifier, proof: str, why: str = "the service.s proof") -> None:
        with pytest.raises(Unauthenticated, match=why):
            verifier.verify(proof)

    def test_meant_for_another_service(self, identities, verifier):
        self.refused(verifier, identities.signer("oms").proof("event-gateway"), "InvalidAudience")

    def test_meant_for_many(self, verifier, oms_key):
        proof = jwt.encode(claims(aud=["data-kernel", "event-gateway"]), oms_key, algorithm="ES256")
        self.refused(verifier, proof, "InvalidAudience")

    def test_signed_by_another_service(self, identities, verifier):
        self.refused(
            verifier,
            ServiceSigner("oms", identities.folder / "event-gateway.key.pem").proof("data-kernel"),
            "Signature",
        )

    def test_issuer_without_a_key(self, verifier, oms_key):
        for issuer in ("root", "../oms", "", None, 7, ["oms"], {"a": 1}):
            header_and_claims = claims(iss=issuer)
            token = jwt.encode({k: v for k, v in header_and_claims.items() if k != "iss"}, oms_key, algorithm="ES256")
            header, _, signature = token.split(".")
            body = base64.urlsafe_b64encode(json.dumps(header_and_claims).encode()).decode().rstrip("=")
            self.refused(verifier, f"{header}.{body}.{signature}")

    def test_too_long_a_life(self, verifier, oms_key):
        now = int(time.time())
        self.refused(verifier, jwt.encode(claims(exp=now + 301), oms_key, algorithm="ES256"), "300 s")

    def test_a_long_life_hidden_by_a_future_start(self, verifier, oms_key):
        now = int(time.time())
        proof = jwt.encode(claims(iat=now + 3600, exp=now + 3900), oms_key, algorithm="ES256")
        self.refused(verifier, proof, "ImmatureSignature")

    @pytest.mark.parametrize("missing", ["iss", "aud", "iat", "exp"])
    def test_missing_claim(self, verifier, oms_key, missing):
        self.refused(verifier, jwt.encode(claims(**{missing: None}), oms_key, algorithm="ES256"))

    def test_expired(self, verifier, oms_key):
        now = int(time.time())
        self.refused(verifier, jwt.encode(claims(iat=now - 100, exp=now - 10), oms_key, algorithm="ES256"), "expired")

    def test_public_key_as_a_shared_secret(self, identities, verifier):
        public = (identities.public / "oms.pem").read_bytes()
        header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
        body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).decode().rstrip("=")
        signer = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
        signature = base64.urlsafe_b64encode(signer.sign(f"{header}.{body}".encode(), public)).decode().rstrip("=")
        self.refused(verifier, f"{header}.{body}.{signature}", "InvalidAlgorithm")

    def test_without_a_signature(self, verifier):
        header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).decode().rstrip("=")
        self.refused(verifier, f"{header}.{body}.")

    def test_user_token_is_no_proof(self, identities, verifier):
        self.refused(verifier, identities.token("oms"))

    @pytest.mark.parametrize("proof", ["x", "a.b.c", "." * 9000, "é.é.é"])
    def test_what_is_no_token(self, verifier, proof):
        self.refused(verifier, proof)

    def test_deeply_nested_claims(self, verifier):
        header = base64.urlsafe_b64encode(b'{"alg":"ES256"}').decode().rstrip("=")
        body = base64.urlsafe_b64encode(b"[" * 5000).decode().rstrip("=")
        self.refused(verifier, f"{header}.{body}.x")


class TestKeys:
    def test_private_keys_are_for_their_owner_alone(self, identities):
        for path in [*identities.folder.glob("*.key.pem"), identities.secret_file]:
            assert path.stat().st_mode & 0o777 == 0o600

    def test_making_again_changes_nothing(self, identities):
        before = {path: path.read_bytes() for path in identities.folder.rglob("*") if path.is_file()}
        make_service_keys(identities.folder, ["oms", "data-kernel"])
        make_user_token_secret(identities.secret_file)
        assert {path: path.read_bytes() for path in identities.folder.rglob("*") if path.is_file()} == before

    def test_a_curve_of_another_kind_is_refused(self, tmp_path):
        key = generate_private_key(SECP384R1())
        (tmp_path / "oms.pem").write_bytes(
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        private = tmp_path / "oms.key"
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with pytest.raises(ValueError, match="P-256"):
            ServiceProofVerifier.from_folder("data-kernel", tmp_path)
        with pytest.raises(ValueError, match="P-256"):
            ServiceSigner("oms", private)

    def test_a_private_key_among_the_public_ones_is_refused(self, tmp_path):
        key = generate_private_key(SECP256R1())
        (tmp_path / "oms.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with pytest.raises(ValueError, match=r"oms\.pem holds no public key"):
            ServiceProofVerifier.from_folder("data-kernel", tmp_path)

    def test_a_file_that_is_named_after_no_service_is_refused(self, identities, tmp_path):
        (tmp_path / "OMS!.pem").write_bytes((identities.public / "oms.pem").read_bytes())
        with pytest.raises(ValueError, match="not named after a service"):
            ServiceProofVerifier.from_folder("data-kernel", tmp_path)
