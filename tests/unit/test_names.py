"""Every row of docs/names.md holds."""

import importlib
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pool

from shared.settings_check import setting_names

TABLE = Path(__file__).parents[2] / "docs/names.md"
ROW = re.compile(r"^\| `(?P<known>[^`]+)` \| (?P<here>`.+`) \| (?P<how>\w+) \|$", re.MULTILINE)
GENERATED = ("data_kernel", "embedding.v1.embedding", "scheduler.v1.scheduler", "event_gateway.v1.event_gateway")


def rows() -> list[Any]:
    return [
        pytest.param(row["known"], re.findall("`([^`]+)`", row["here"]), row["how"], id=row["known"])
        for row in ROW.finditer(TABLE.read_text(encoding="utf-8"))
    ]


def found(path: str) -> Any:
    """The object of a dotted path, modules first."""
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if not ".".join(parts).startswith(str(error.name)):
                raise
            continue
        for part in parts[length:]:
            value = getattr(value, part)
        return value
    raise AssertionError(f"nothing is called {path}")


def test_every_line_of_the_table_is_read() -> None:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert len(lines) == len(rows()) > 20


@pytest.mark.parametrize(("known", "here", "how"), rows())
def test_a_known_name_leads_here(known: str, here: list[str], how: str) -> None:
    CHECKS[how](known, here)


def is_module(known: str, here: list[str]) -> None:
    module = known.rpartition(".")[0]
    sys.modules.pop(module, None)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        old = found(known)
    assert old is found(here[0])
    assert any(each.category is DeprecationWarning and module in str(each.message) for each in told)


def is_alias(known: str, here: list[str]) -> None:
    assert found(known) is found(here[0])


def is_here(known: str, here: list[str]) -> None:
    assert callable(found(here[0]))
    assert here[0].endswith(known.removesuffix("()"))


def is_setting(known: str, here: list[str]) -> None:
    settings_class, _, name = here[0].rpartition(".")
    assert setting_names(found(settings_class))[known] == name.upper()


def is_grpc(known: str, here: list[str]) -> None:
    for name in GENERATED:
        importlib.import_module(f"shared.grpc.generated.{name}_pb2")
    service = descriptor_pool.Default().FindServiceByName(known)
    assert set(here) <= {method.name for method in service.methods}


CHECKS = {"module": is_module, "alias": is_alias, "here": is_here, "setting": is_setting, "grpc": is_grpc}
