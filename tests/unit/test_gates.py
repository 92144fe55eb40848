"""The repository's own rules catch what they are there for."""

from pathlib import Path

import gates
import pytest


@pytest.fixture
def lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(gates, "ROOT", tmp_path)
    return tmp_path / "uv.lock"


PUBLIC = """
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/packages/a.tar.gz", hash = "sha256:0" }
source = { editable = "packages/shared" }
"""


def test_a_lock_of_one_public_index_passes(lock_file: Path) -> None:
    lock_file.write_text(PUBLIC)
    assert list(gates.lock()) == []


@pytest.mark.parametrize(
    "line",
    [
        'source = { registry = "https://mirror.example/simple" }',
        'source = { registry = "file:///mirror" }',
        'source = { registry = "https://user@index.example/simple" }',
        'source = { registry = "http://127.0.0.1:3141/simple" }',
        'sdist = { url = "https://mirror.example/packages/a.tar.gz" }',
        'wheels = [{ url = "file:///mirror/a.whl" }]',
        'source = { path = "../a" }',
        'source = { git = "https://example/a" }',
    ],
)
def test_a_lock_that_names_anything_else_is_refused(lock_file: Path, line: str) -> None:
    lock_file.write_text(PUBLIC + line)
    assert list(gates.lock())


def test_generated_files_that_differ_are_missing_or_have_no_proto_are_named(tmp_path: Path) -> None:
    fresh, committed = tmp_path / "fresh", tmp_path / "committed"
    for folder in (fresh, committed):
        folder.mkdir()
        (folder / "same_pb2.py").write_text("same")
    (fresh / "changed_pb2.py").write_text("new")
    (committed / "changed_pb2.py").write_text("old")
    (fresh / "missing_pb2.pyi").write_text("new")
    (committed / "stray_pb2.py").write_text("old")
    found = [breach.rsplit("/", 1)[1].split()[0] for breach in gates._differences(fresh, committed)]
    assert found == ["changed_pb2.py", "missing_pb2.pyi", "stray_pb2.py"]
