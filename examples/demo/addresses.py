"""Where the platform is, and whose tokens speak to it."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Addresses:
    """The doors that the demo uses, and the folder with the tokens of the development users."""

    oms: str
    kernel: str
    gateway: str
    home: Path

    def token(self, user: str) -> str:
        """The user's token; FileNotFoundError where the platform has never run with this folder."""
        return (self.home / "tokens" / user).read_text(encoding="utf-8").strip()

    @classmethod
    def add_arguments(cls, parser: ArgumentParser, environment: Mapping[str, str] = os.environ) -> None:
        """The defaults are those of `make up`, and follow the same variables."""
        oms = environment.get("OMS_HTTP_PORT", "8000")
        kernel = environment.get("DATA_KERNEL_HTTP_PORT", "8080")
        gateway = environment.get("EVENT_GATEWAY_GRPC_PORT", "50057")
        home = Path(environment.get("OMS_HOME", ".oms"))
        parser.add_argument("--oms", default=f"http://127.0.0.1:{oms}", help="OMS, HTTP (default: %(default)s)")
        parser.add_argument("--kernel", default=f"http://127.0.0.1:{kernel}", help="data-kernel, HTTP (%(default)s)")
        parser.add_argument("--gateway", default=f"127.0.0.1:{gateway}", help="event-gateway, gRPC (%(default)s)")
        parser.add_argument("--home", type=Path, default=home, help="the folder of `make up` (%(default)s)")

    @classmethod
    def of(cls, chosen: Namespace) -> Self:
        """From the parsed arguments."""
        return cls(chosen.oms.rstrip("/"), chosen.kernel.rstrip("/"), chosen.gateway, chosen.home)
