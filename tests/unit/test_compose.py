"""The compose file keeps its promises for every service and profile, on any machine, without an engine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/compose"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROFILES = {"observability", "terminus", "ha", "mtls", "gpu"}
KERNELS = {"data-kernel", "data-kernel-2"}
STORE = {"terminusdb", "terminusdb-proxy", "terminusdb-proxy-mtls"}
KEPT_INSIDE = {"nats", "nats-2", "nats-3", "redis", "terminusdb", "terminusdb-proxy", "terminusdb-proxy-mtls"}
SECRET = re.compile(r"(PASSWORD|SECRET|TOKEN|KEY)$")


@pytest.fixture(params=sorted(SERVICES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_container_is_bare_of_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(service)
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))


def test_only_loopback_is_published_to(name: str) -> None:
    ports = SERVICES[name].get("ports", [])
    assert all(str(port).startswith("127.0.0.1:") for port in ports)
    assert not (ports and name in KEPT_INSIDE)


def test_only_the_kernels_are_in_the_network_of_the_store(name: str) -> None:
    assert ("store" in SERVICES[name]["networks"]) == (name in KERNELS | STORE)


def test_networks_of_the_store_lead_nowhere() -> None:
    assert COMPOSE["networks"] == {"platform": None, "store": {"internal": True}, "measures": {"internal": True}}


def test_nothing_depends_on_another_profile(name: str) -> None:
    own = set(SERVICES[name].get("profiles", []))
    assert own <= PROFILES
    for other in SERVICES[name].get("depends_on", []):
        needed = set(SERVICES[other].get("profiles", []))
        assert not needed or (own and own <= needed), other


def test_images_are_pinned_or_built_here(name: str) -> None:
    image = SERVICES[name]["image"]
    version = image.rpartition(":")[2]
    assert re.search(r"^v?\d|^-dev}$|^torch}$", version), image
    if build := SERVICES[name].get("build"):
        assert (FOLDER / build["context"] / build["dockerfile"]).resolve().is_file()


def test_secrets_are_files(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    for variable in environment:
        assert not SECRET.search(variable), variable
    for secret in SERVICES[name].get("secrets", []):
        known = secret if isinstance(secret, str) else secret["source"]
        assert re.fullmatch(r"\$\{SECRETS_FOLDER:-\./\.secrets\}/[\w./-]+", COMPOSE["secrets"][known]["file"])


def test_what_is_mounted_is_there(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source = volume.partition(":")[0]
        if source.startswith("./"):
            assert (FOLDER / source).exists(), source
            assert volume.endswith(":ro")
        elif not source.startswith("$"):
            assert source in COMPOSE["volumes"]


def test_the_checked_in_choice_is_one_kernel_on_its_own_store() -> None:
    chosen = dict(
        line.split("=", 1)
        for line in (FOLDER / ".env").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    assert chosen["COMPOSE_PROFILES"] == "observability"
    assert "TERMINUSDB_ENDPOINT" not in chosen
    assert SERVICES["data-kernel-2"]["profiles"] == ["terminus"]


def test_both_generations_of_compose_take_the_file() -> None:
    text = (FOLDER / "docker-compose.yml").read_text(encoding="utf-8")
    assert not {"name", "include", "version"} & set(COMPOSE)
    assert not re.search(r"!reset|!override|start_interval|\$\{\w+:\+", text)
    for service in SERVICES.values():
        assert isinstance(service.get("depends_on", []), list)
        assert "env_file" not in service


def test_made_secrets_are_for_their_owner_and_the_containers(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    command = [sys.executable, str(FOLDER / "make_secrets.py"), str(folder)]
    environment = {"PYTHONPATH": str(ROOT / "deploy/local")}
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert "tokens of alice and admin" in made.stdout
    assert folder.stat().st_mode & 0o777 == 0o700
    first = (folder / "jwt.secret").read_bytes()
    for secret in COMPOSE["secrets"].values():
        path = folder / secret["file"].partition("}/")[2]
        if path.parent.name != "tls":
            assert path.stat().st_mode & 0o777 == 0o644, path.name
    subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60)
    assert (folder / "jwt.secret").read_bytes() == first
    assert ".secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
