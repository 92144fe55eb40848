"""The workflows run what is there, for each service when something of it changes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github/workflows"
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir())
PATH = re.compile(r"(?:^|\s)((?:\.ci|\.github|deploy|packages|services|tests)/[\w./-]+)")


def workflow(name: str) -> dict[Any, Any]:
    loaded = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    loaded["on"] = loaded.pop(True)  # what YAML 1.1 takes `on` for
    return dict(loaded)


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in workflow(name)["jobs"].values() for step in job.get("steps", [])]


def test_there_is_one_for_each_service_and_one_for_the_whole() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} == {*SERVICES, "service", "platform"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_workflow_watches_what_its_image_is_made_of(service: str) -> None:
    read = workflow(service)
    for event in ("push", "pull_request"):
        watched = read["on"][event]["paths"]
        assert set(watched) >= {f"services/{service}/**", "packages/shared/**", "uv.lock", "pyproject.toml"}
        for pattern in watched:
            assert list(ROOT.glob(pattern)), pattern
    given = read["jobs"]["service"]
    assert given["uses"] == "./.github/workflows/service.yml"
    assert given["with"]["service"] == service
    assert (ROOT / "services" / service / given["with"]["module"] / "py.typed").is_file()


@pytest.mark.parametrize("name", ["service", "platform"])
def test_every_path_in_a_command_is_there(name: str) -> None:
    commands = [step["run"] for step in steps(name) if "run" in step]
    found = {path for command in commands for path in PATH.findall(command)}
    assert found
    for path in found:
        assert "$" in path or (ROOT / path.rstrip(".")).exists(), path
    for target in re.findall(r"^make (\S+)", "\n".join(commands), flags=re.MULTILINE):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_a_service_is_checked_tested_built_and_scanned() -> None:
    said = " ".join(str(step) for step in steps("service"))
    for part in ("ruff check", "mypy", "pytest", "docker build", "trivy-action"):
        assert part in said


def test_what_comes_from_elsewhere_is_pinned_and_may_only_read() -> None:
    for name in ("service", "platform", *SERVICES):
        read = workflow(name)
        assert read["permissions"] == {"contents": "read"}
        for step in steps(name):
            if "uses" in step:
                assert re.search(r"@v?\d", step["uses"]), step["uses"]
            if str(step.get("uses", "")).startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False
            # What a pull request says must not become a command.
            assert "github.event" not in step.get("run", "")
