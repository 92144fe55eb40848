"""TLS of gRPC servers and channels, from files."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import grpc

if TYPE_CHECKING:
    from shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: own certificate chain and key, and the authority that the other side's certificate must come from."""

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None

    @classmethod
    def of(cls, settings: "ServiceSettings") -> Self | None:
        """The files of `GRPC_TLS_CERT`, `GRPC_TLS_KEY`, `GRPC_TLS_CA`; None where none is set."""
        files = cls(settings.grpc_tls_cert, settings.grpc_tls_key, settings.grpc_tls_ca)
        return files if files != cls() else None

    def server_credentials(self) -> grpc.ServerCredentials:
        """With `ca` set, clients must present a certificate of that authority."""
        if self.cert is None or self.key is None:
            raise ValueError("GRPC_TLS_CERT and GRPC_TLS_KEY must both be set")
        ca = _read(self.ca)
        pair = (self.key.read_bytes(), self.cert.read_bytes())
        return grpc.ssl_server_credentials([pair], root_certificates=ca, require_client_auth=ca is not None)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Without `ca` the system's authorities are trusted; with `cert` the client presents itself."""
        return grpc.ssl_channel_credentials(_read(self.ca), _read(self.key), _read(self.cert))


def _read(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes()
