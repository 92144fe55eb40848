from collections.abc import Callable
from pathlib import Path

import pytest
import structlog.testing
from data_kernel_testing.kernel_process import MOVIE, KernelProcess
from typer.testing import CliRunner, Result

from data_kernel.kernelctl.cli import app

Kernelctl = Callable[..., Result]


@pytest.fixture
def own_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A kernel that has the movies Alien and Brazil on main; this process has its settings, as an operator's shell."""
    kernel = KernelProcess(tmp_path)
    kernel.start()
    try:
        with kernel.http() as http:
            fill(http)
        token_file = tmp_path / "token"
        token_file.write_text(kernel.credentials(roles=("admin",))["authorization"].removeprefix("Bearer "))
        ports = {"HTTP_PORT": str(kernel.http_port), "GRPC_PORT": str(kernel.grpc_port)}
        settings = kernel.environ | ports | {"KERNELCTL_TOKEN_FILE": str(token_file)}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield kernel
    finally:
        kernel.kill()


def fill(http) -> None:
    assert http.put("/db/oms/schema", params={"branch": "main"}, json=MOVIE).status_code == 200
    for title in ("Alien", "Brazil"):
        answer = http.post("/db/oms/doc", params={"branch": "main"}, json={"@type": "Movie", "title": title})
        assert answer.status_code == 201


@pytest.fixture
def operator_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process has the settings of a kernel that does not run; where its store would be."""
    for name, value in KernelProcess(tmp_path).environ.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "store.db"


@pytest.fixture
def kernelctl() -> Kernelctl:
    """Runs a command and gives its result; it must end with `status`."""

    def run(*arguments: object, status: int = 0, given: bytes | None = None) -> Result:
        with structlog.testing.capture_logs():  # which the command's own entry point sends to stderr
            result = CliRunner().invoke(app, [str(each) for each in arguments], input=given)
        assert result.exit_code == status, (result.output, result.exception)
        return result

    return run
