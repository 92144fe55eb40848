"""TLS and mutual TLS, with keys made here."""

import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.errors import Unavailable
from shared.grpc.channel import open_channel
from shared.grpc.generated.data_kernel.v1 import document_pb2, document_pb2_grpc
from shared.grpc.tls import TlsFiles
from shared.security import ServiceSigner


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
        certificate = self._certificate(self._name, self._key.public_key(), is_authority=True)
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> TlsFiles:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._certificate(subject, key.public_key(), is_authority=False)
        cert_file, key_file = self._folder / f"{name}.pem", self._folder / f"{name}.key.pem"
        cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return TlsFiles(cert=cert_file, key=key_file, ca=self.ca)

    def _certificate(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, is_authority: bool):
        now = datetime.datetime.now(datetime.UTC)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .sign(self._key, hashes.SHA256())
        )


async def get(edge, tls: TlsFiles | None) -> str:
    signer = ServiceSigner("oms", edge.keys / "oms.key.pem")
    address = f"127.0.0.1:{edge.server.port}"
    async with open_channel(address, audience="data-kernel", signer=signer, tls=tls) as channel:
        stub = document_pb2_grpc.DocumentServiceStub(channel)
        return (await stub.GetDocument(document_pb2.GetDocumentRequest(id="a"), timeout=5)).commit


async def test_a_server_with_a_certificate_is_verified(run_edge, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    own = authority.issue("kernel")
    async with run_edge(tmp_path, grpc_tls_cert=own.cert, grpc_tls_key=own.key) as edge:
        assert await get(edge, TlsFiles(ca=authority.ca)) == "a"
        with pytest.raises(Unavailable):
            await get(edge, TlsFiles(ca=Authority(tmp_path / "other").ca))
        with pytest.raises(Unavailable):
            await get(edge, None)


async def test_with_an_authority_clients_must_present_themselves(run_edge, tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "authority"), Authority(tmp_path / "other")
    own = authority.issue("kernel")
    files = {"grpc_tls_cert": own.cert, "grpc_tls_key": own.key, "grpc_tls_ca": own.ca}
    async with run_edge(tmp_path, **files) as edge:
        assert await get(edge, authority.issue("oms")) == "a"
        stranger = other.issue("oms")
        for tls in (TlsFiles(ca=authority.ca), TlsFiles(cert=stranger.cert, key=stranger.key, ca=authority.ca)):
            with pytest.raises(Unavailable):
                await get(edge, tls)


async def test_half_a_pair_is_refused_by_name(run_edge, tmp_path: Path) -> None:
    own = Authority(tmp_path / "authority").issue("kernel")
    with pytest.raises(ValueError, match="GRPC_TLS_CERT and GRPC_TLS_KEY"):
        async with run_edge(tmp_path, grpc_tls_cert=own.cert):
            pass
