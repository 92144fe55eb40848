"""The Dockerfiles of the services are one recipe."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir())


@pytest.fixture(params=SERVICES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def instructions(name: str) -> list[str]:
    text = (ROOT / "services" / name / "Dockerfile").read_text(encoding="utf-8")
    joined = text.replace("\\\n", " ")
    return [re.sub(r"\s+", " ", line) for line in joined.splitlines() if line and not line.startswith("#")]


def recipe(name: str) -> list[str]:
    """What is left when that which is each service's own is taken out."""
    own = re.compile(r"EXPOSE .*|CMD \[\"python\", \"-m\".*|VOLUME .*|WORKDIR /(data|tmp)$|RUN groupadd.*|ENV PATH=.*")
    return [line.replace(name, "<service>") for line in instructions(name) if not own.fullmatch(line)]


def test_all_are_built_alike(name: str) -> None:
    assert recipe(name) == recipe("data-kernel")


def test_nothing_needs_more_than_an_old_builder(name: str) -> None:
    text = (ROOT / "services" / name / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"#\s*syntax=|<<|--link|--mount|@sha256", text)


def test_it_runs_as_nobody_and_listens_to_all(name: str) -> None:
    lines = instructions(name)
    assert lines.index("USER 10001:10001") > max(i for i, line in enumerate(lines) if line.startswith(("RUN", "COPY")))
    assert any("BIND_HOST=0.0.0.0" in line for line in lines)
    assert any(line.startswith("HEALTHCHECK") and "/healthz" in line for line in lines)


def test_it_listens_where_the_service_says(name: str) -> None:
    lines = instructions(name)
    (exposed,) = [line.split()[1:] for line in lines if line.startswith("EXPOSE")]
    (environment,) = [line for line in lines if line.startswith("ENV PATH")]
    assert exposed == re.findall(r"(?:HTTP|GRPC)_PORT=(\d+)", environment)
    settings = list((ROOT / "services" / name).glob("*/settings.py"))
    for path in settings:
        assert all(port in path.read_text(encoding="utf-8") for port in exposed)


def test_the_context_holds_no_more_than_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule for rule in rules if rule.startswith("!")} == {"!pyproject.toml", "!uv.lock", "!packages", "!services"}
