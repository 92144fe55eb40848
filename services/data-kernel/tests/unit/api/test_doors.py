"""No door opens without a token, save those that are meant to; and one module alone writes to the store."""

import ast
from pathlib import Path
from typing import Any

import pytest
from data_kernel_testing.in_process import client_of, settings_in

import data_kernel
from data_kernel.main import build

OPEN = {"/healthz", "/readyz", "/liveness", "/metrics", "/api/ok"}
PACKAGE = Path(data_kernel.__file__).parent
WRITING = {"write", "create_branch", "delete_branch"}


@pytest.fixture
def app(tmp_path: Path) -> Any:
    return build(settings_in(tmp_path))


async def test_no_route_answers_without_a_token(app: Any) -> None:
    operations = [(method, path) for path, item in app.openapi()["paths"].items() for method in item]
    assert len(operations) > 20
    async with client_of(app, {}, {}) as http:
        answers = {
            (method, path): (await http.request(method.upper(), path.replace("{", "").replace("}", ""))).status_code
            for method, path in operations
            if path not in OPEN and method != "parameters"
        }
        assert set(answers.values()) == {401}
        for path in ("/healthz", "/metrics", "/docs", "/openapi.json"):
            assert (await http.get(path)).status_code == 200
        assert (await http.get("/liveness")).status_code == 503


async def test_a_token_that_does_not_verify_is_refused(app: Any) -> None:
    async with client_of(app, {}, {"authorization": "Bearer nonsense"}) as http:
        refused = await http.get("/db/oms/doc")
    assert (refused.status_code, refused.json()["reason"]) == (401, "UNAUTHENTICATED")


def test_only_the_commit_hooks_write_to_the_store() -> None:
    """The start makes the main branch itself, and certificates go into the kernel's own database: no caller's write."""
    found = {
        (path.relative_to(PACKAGE).as_posix(), node.func.attr)
        for path in PACKAGE.rglob("*.py")
        if "adapters" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITING
        if "store" in ast.unparse(node.func.value)
    }
    assert found == {
        *(("application/hooks.py", method) for method in WRITING),
        ("application/databases.py", "create_branch"),
        ("application/governance/certificates.py", "write"),
    }
