"""Collecting what nothing names, over the file that no kernel has."""

import json
import time
from pathlib import Path

import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.ports import Plan, WriteRequest
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database, Revision
from data_kernel.domain.documents import Change, Graph

ALICE = Attribution("alice@oms", "alice@oms", "a message", "POST", "/movies", "oms")
SIXTY_DAYS_US = 60 * 86_400_000_000


async def write(store: EmbeddedStore, branch: str, document_id: str) -> None:
    change = Change(Graph.INSTANCE, document_id, "Movie", None, b"x" * 3000)
    plan = Plan((document_id,), (change,))
    await store.write(WriteRequest("oms", branch, ALICE, lambda _: plan, create_branch=True))


@pytest.fixture
async def old_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store in which a branch was deleted sixty days ago, and everything is announced."""
    path = tmp_path / "store.db"
    store = await EmbeddedStore.open(path, clock=lambda: time.time_ns() // 1000 - SIXTY_DAYS_US)
    await store.create_database(Database("oms"))
    await write(store, "main", "Movie/1")
    await store.create_branch("oms", "side", ALICE, Revision(branch="main"))
    await write(store, "side", "Movie/2")
    await store.delete_branch("oms", "side", ALICE)
    await write(store, "main", "Movie/3")
    while entries := await store.outbox.pending():
        await store.outbox.delivered([entry.sequence for entry in entries])
    await store.close()
    secret = tmp_path / "jwt.secret"
    secret.write_text("0" * 32)
    for name, value in {"ENV": "dev", "JWT_SECRET_FILE": str(secret), "STORE_PATH": str(path)}.items():
        monkeypatch.setenv(name, value)
    return path


def test_what_nothing_names_goes_and_is_told(old_store: Path, kernelctl) -> None:
    foretold = json.loads(kernelctl("gc", "--dry-run", "--json").stdout)
    assert foretold["dry_run"]
    assert (foretold["database"], foretold["commits"], foretold["versions"]) == ("oms", 1, 1)
    assert foretold["size_bytes"] > 3000
    assert kernelctl("gc", "--db", "oms").stdout.startswith("oms: 1 commits, ")
    assert json.loads(kernelctl("gc", "--json").stdout)["commits"] == 0
    assert "no fault" in kernelctl("verify").stdout


def test_a_running_kernel_collects_by_itself(own_kernel, kernelctl) -> None:
    assert kernelctl("gc").stdout == "oms: 0 commits, 0 nodes, 0 versions, 0 bytes\n"
    assert json.loads(kernelctl("gc", "--db", "oms", "--dry-run", "--json").stdout)["commits"] == 0


def test_a_running_kernel_collects_for_operators_alone(own_kernel, kernelctl, tmp_path: Path) -> None:
    token = tmp_path / "alice"
    token.write_text(own_kernel.credentials("alice")["authorization"].removeprefix("Bearer "))
    assert "is for admins" in kernelctl("--token-file", token, "gc", status=1).stderr


def test_a_running_kernel_without_grpc_is_told(own_kernel, kernelctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_GRPC", "false")
    assert "serves no gRPC" in kernelctl("gc", status=1).stderr


def test_an_unknown_database_is_named(old_store: Path, kernelctl) -> None:
    assert "database" in kernelctl("gc", "--db", "never", status=1).stderr
