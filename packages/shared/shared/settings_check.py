"""Finds misspelt, unknown and contradicting variables before they silently do nothing."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

FOREIGN_PREFIXES = (
    "AUDIT_SERVICE_",
    "DATA_KERNEL_",
    "EMBEDDING_",
    "EVENT_",
    "EVENT_GATEWAY_",
    "GRPC_",
    "HTTP_",
    "KERNEL_",
    "ML_SERVER_",
    "NATS_",
    "OMS_",
    "OTEL_",
    "REDIS_",
    "RELAY_",
    "REQUEST_",
    "SCHEDULER_",
    "SERVICE_",
    "SPOOL_",
    "STORE_",
    "TERMINUSDB_",
    "TERMINUS_",
    "USER_SERVICE_",
)
"""How the settings of any service of the platform begin. The env files are shared by all services, so that a service
meets keys of others in them: a key with such a beginning is taken for another service's, any other unknown key stops
the start."""

_NESTED = "__"
_EDITS = 2
_SHORT_NAME = 5
"""Up to this length one edit is the bound: two edits reach too many names that have nothing to do with us."""


def setting_names(settings_class: type[BaseSettings]) -> dict[str, str]:
    """Every variable that the class reads, upper case, aliases too, each with the setting's first name."""
    names: dict[str, str] = {}
    for field_name, info in settings_class.model_fields.items():
        spellings = [name.upper() for name in _spellings(field_name, info)]
        names |= dict.fromkeys(spellings, spellings[0])
    return names


def _spellings(field_name: str, info: FieldInfo) -> list[str]:
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        return [choice for choice in alias.choices if isinstance(choice, str)]
    return [alias if isinstance(alias, str) else field_name]


def read_settings_file(path: str) -> tuple[dict[str, str], list[str]]:
    """The keys and values of a `.env` file, without interpolation, and what is wrong with it. No path, no keys."""
    if not path:
        return {}, []
    if not Path(path).is_file():
        return {}, [f"SETTINGS_FILE: no readable file {path}"]
    values = dotenv_values(path, interpolate=False, encoding="utf-8")
    problems = [f"SETTINGS_FILE: the line {key} has no value" for key, value in values.items() if value is None]
    return {key: value for key, value in values.items() if value is not None}, problems


def check_names(
    names: Mapping[str, str], in_file: Iterable[str], environ: Iterable[str], values: Mapping[str, str]
) -> list[str]:
    """What is wrong with the variables' names, one line each; `names` as `setting_names` gives them."""
    in_file = set(in_file)
    unknown = sorted(key for key in in_file | set(environ) if _head(key) not in names and key != "SETTINGS_FILE")
    problems: list[str] = []
    for key in unknown:
        meant = _meant(_head(key), names)
        if meant:
            problems.append(f"{key}: no setting has this name; {meant} is meant?")
        elif key in in_file and not key.startswith(FOREIGN_PREFIXES):
            problems.append(f"{key}: unknown key in the file that SETTINGS_FILE names")
    return problems + _contradictions(names, values)


def _head(key: str) -> str:
    return key.partition(_NESTED)[0]


def _meant(key: str, names: Mapping[str, str]) -> str | None:
    upper = key.upper()
    return next((name for name in names if _within(upper, name, 1 if len(name) <= _SHORT_NAME else _EDITS)), None)


def _contradictions(names: Mapping[str, str], values: Mapping[str, str]) -> list[str]:
    problems = []
    for alias, name in names.items():
        others = [other for other, first in names.items() if first == name and other in values]
        if alias == name and len({values[other] for other in others}) > 1:
            problems.append(f"{' and '.join(others)}: one setting, set to different values")
    return problems


def _within(first: str, second: str, edits: int) -> bool:
    """Whether insertions, deletions and substitutions, at most `edits` of them, turn one text into the other."""
    if abs(len(first) - len(second)) > edits:
        return False
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        previous, row = row, [i]
        for j, b in enumerate(second, start=1):
            row.append(min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a != b)))
        if min(row) > edits:
            return False
    return row[-1] <= edits
