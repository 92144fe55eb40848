"""Each image holds what its service needs and no more, and runs without any right it does not need."""

import json
import re
import sys
from pathlib import Path

import pytest
from support.stack import Stack, fails, run

ROOT = Path(__file__).resolve().parents[2]
OMS_BOUND_BYTES = 180_000_000
FORBIDDEN_PROGRAMS = ("cc", "gcc", "g++", "c++", "ld", "as", "make", "rustc", "cargo", "uv")
LEFT_OVER = (
    "find / -xdev -name .cache -o -xdev -name '*.whl' -o -xdev -path '/var/lib/apt/lists/*_*' -o -xdev -path /build"
)
WRITABLE = ("/tmp", "/data")


def own_services(stack: Stack) -> dict[str, str]:
    """The image of each service that is built here, by service."""
    containers = stack.containers()
    return {
        name: each["Config"]["Image"] for name, each in containers.items() if each["Config"]["Image"].startswith("oms/")
    }


def inside(stack: Stack, service: str, *command: str) -> str:
    return run(["docker", "exec", stack.container(service), *command])


def test_every_service_with_code_has_an_image_that_runs(stack: Stack) -> None:
    with_code = {path.parents[1].name for path in (ROOT / "services").glob("*/*/main.py")}
    assert with_code >= {"data-kernel", "event-gateway", "oms-monolith"}
    images = {image.removeprefix("oms/").partition(":")[0] for image in own_services(stack).values()}
    assert images == with_code


def test_nobody_is_root_and_nothing_can_be_changed(stack: Stack) -> None:
    for service in own_services(stack):
        user = inside(stack, service, "id", "-u").strip()
        assert user == "10001", service
        for target in ("/app/planted", "/planted", "/app/lib/python3.11/site-packages/planted.py", "/etc/planted"):
            _, why = fails(["docker", "exec", "--user", "0", stack.container(service), "touch", target])
            assert "Read-only file system" in why, (service, target)
        mounts = inside(stack, service, "cat", "/proc/mounts").splitlines()
        disks = [line.split() for line in mounts if line.split()[2] in {"ext4", "overlay", "tmpfs", "xfs", "btrfs"}]
        writable = {fields[1] for fields in disks if "rw" in fields[3].split(",")}
        assert {path for path in writable if not path.startswith(("/dev", "/proc", "/sys"))} <= {
            *WRITABLE,
            "/etc/hosts",
            "/etc/hostname",
            "/etc/resolv.conf",
        }, service


def test_no_capability_is_left_and_none_can_be_gained(stack: Stack) -> None:
    for service in own_services(stack):
        status = dict(
            line.split(":\t", 1)
            for line in inside(stack, service, "cat", "/proc/1/status").splitlines()
            if ":\t" in line
        )
        assert (int(status["CapEff"], 16), int(status["CapBnd"], 16)) == (0, 0), service
        assert status["NoNewPrivs"].strip() == "1", service


def test_no_compiler_and_no_cache(stack: Stack) -> None:
    looked = "; ".join(f"command -v {name} || true" for name in FORBIDDEN_PROGRAMS)
    for service, image in own_services(stack).items():
        assert inside(stack, service, "sh", "-c", looked) == "", service
        assert left_over(image) == left_over(base_of(image)), service


def test_what_is_inside_is_listed(stack: Stack) -> None:
    for service, image in own_services(stack).items():
        inspected = json.loads(run(["docker", "image", "inspect", image]))[0]["Config"]
        listed = json.loads(inside(stack, service, "cat", inspected["Labels"]["io.oms.sbom"]))
        components = [listed["metadata"]["component"], *listed["components"]]
        code = "import importlib.metadata as m, json; print(json.dumps([d.name for d in m.distributions()]))"
        installed = set(map(normal, json.loads(inside(stack, service, "python", "-c", code))))
        assert listed["bomFormat"] == "CycloneDX"
        assert "grpcio" in installed
        assert installed <= {normal(each["name"]) for each in components}, service


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_container_knows_its_own_health(stack: Stack) -> None:
    for service, inspected in stack.containers().items():
        assert inspected["Config"]["Healthcheck"]["Test"][0] in {"CMD", "CMD-SHELL"}, service
    for service in own_services(stack):
        check = stack.containers()[service]["Config"]["Healthcheck"]["Test"][1:]
        inside(stack, service, *check)
        nobody = ["docker", "exec", "-e", "HTTP_PORT=1", stack.container(service), *check]
        assert fails(nobody)[0] == 1


def test_the_monolith_is_small(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    image = own_services(stack)["oms-monolith"]
    layers, below = layer_bytes(image), layer_bytes(base_of(image))
    own = layers[: len(layers) - len(below)]
    assert layers[len(own) :] == below
    with capsys.disabled():
        sys.stdout.write(f"\noms-monolith: {sum(own) / 1e6:.1f} MB above the base, {sum(layers) / 1e6:.1f} MB in all\n")
    assert 0 < sum(own) <= OMS_BOUND_BYTES


def base_of(image: str) -> str:
    """The image that one of `oms/<folder>:<tag>` is built on."""
    folder = image.removeprefix("oms/").partition(":")[0]
    dockerfile = (ROOT / "services" / folder / "Dockerfile").read_text(encoding="utf-8")
    return dockerfile.partition("ARG PYTHON_IMAGE=")[2].split()[0]


def left_over(image: str) -> set[str]:
    """Paths of caches, package lists and build folders in an image, read by root."""
    command = ["docker", "run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "sh", image]
    return set(run([*command, "-c", LEFT_OVER]).split())


def layer_bytes(image: str) -> list[int]:
    """The size of each layer, the last one first."""
    return [int(size) for size in run(["docker", "history", "--human=false", "--format={{.Size}}", image]).split()]


def test_without_an_environment_nothing_starts(stack: Stack) -> None:
    for service, image in own_services(stack).items():
        status, said = fails(["docker", "run", "--rm", "--network", "none", image])
        assert (status, "ENV: " in said) == (2, True), (service, said)


def test_a_kernel_that_is_given_a_terminusdb_says_that_it_has_no_adapter(stack: Stack) -> None:
    image = own_services(stack)["data-kernel"]
    given = ["-e", "ENV=dev", "-e", "JWT_SECRET_FILE=/secret", "-e", "TERMINUSDB_ENDPOINT=http://terminusdb:6363"]
    secret = ["-v", f"{stack.secrets}/jwt.secret:/secret:ro"]
    status, said = fails(["docker", "run", "--rm", "--network", "none", *given, *secret, image])
    assert status == 2
    (line,) = said.strip().splitlines()
    assert "TERMINUSDB_ENDPOINT" in line
