"""A store of an earlier format, as an operator meets it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from data_kernel_testing import filled_store, format_2

from data_kernel.adapters.embedded.disk.ownership import Ownership

PAGE = Path(__file__).parents[5] / "docs/operations/upgrading.md"


@pytest.fixture
def old_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of format 2; this process has the settings of its kernel, which may not migrate."""
    path = tmp_path / "kernel" / "store.db"
    format_2.unpack(path)
    secret = tmp_path / "jwt.secret"
    secret.write_text("0" * 32)
    settings = {"ENV": "dev", "STORE_PATH": path, "STORE_MIGRATES": "false", "JWT_SECRET_FILE": secret}
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    return path


def test_it_is_migrated_by_hand_and_told_for_programs(kernelctl, old_store) -> None:
    refused = kernelctl("gc", "--dry-run", status=1)
    assert "kernelctl migrate" in refused.output
    assert "it has format 2" in kernelctl("verify", status=1).output
    done = json.loads(kernelctl("migrate", "--json").output)
    assert done == {"before": 2, "after": 3, "backup": f"{old_store}.format-2"}
    assert json.loads(kernelctl("migrate", "--json").output) == {"before": 3, "after": 3, "backup": None}
    assert kernelctl("migrate").output == "the store has format 3 already\n"
    assert json.loads(kernelctl("verify", "--json").output)["fault"] is None
    collected = [json.loads(line)["database"] for line in kernelctl("gc", "--dry-run", "--json").output.splitlines()]
    assert collected == [filled_store.DATABASE, filled_store.OTHER]


def test_a_kernel_that_may_migrates_it_when_it_is_opened(kernelctl, old_store, monkeypatch) -> None:
    monkeypatch.setenv("STORE_MIGRATES", "true")
    kernelctl("gc", "--dry-run")
    assert old_store.with_name("store.db.format-2").exists()
    assert kernelctl("migrate").output == "the store has format 3 already\n"


def test_what_is_not_there_or_in_use_is_told(kernelctl, old_store) -> None:
    owner = Ownership(old_store)
    assert "already open" in kernelctl("migrate", status=1).output
    owner.release()
    assert "there is no store" in kernelctl("--store", old_store.with_name("none.db"), "migrate", status=1).output


def test_a_backup_of_format_2_is_restored_in_the_format_of_today(kernelctl, old_store, tmp_path) -> None:
    target = tmp_path / "backup.db"
    assert json.loads(kernelctl("backup", target, "--json").output)["format"] == 2
    said = kernelctl("restore", target, "--force").output
    assert "brought from format 2 to 3" in said
    assert kernelctl("migrate").output == "the store has format 3 already\n"
    kernelctl("verify")


def test_every_command_of_the_page_works_in_its_place(old_store, tmp_path) -> None:
    (tmp_path / "backups").mkdir()
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    shell = shutil.which("sh")
    for command in block.splitlines():
        subprocess.run(
            [str(shell), "-c", command], cwd=tmp_path, env={**os.environ, "PATH": path}, timeout=120, check=True
        )
