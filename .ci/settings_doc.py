"""Writes docs/settings.md from the settings classes themselves: `settings_doc.py`; with `--check`, only compares."""

import ast
import importlib
import inspect
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from choices import Choices
from shared.settings import FlagText, ServiceSettings

ROOT: Final = Path(__file__).resolve().parents[1]
DOCUMENT: Final = ROOT / "docs/settings.md"
_BOUNDS: Final = {"minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}", "exclusiveMaximum": "< {}"}
_FLAG: Final = TypeAdapter(FlagText).json_schema()["pattern"]
_HEAD: Final = """\
# Settings

Generated from the code by `make settings-doc`; a test compares the two. Each service reads its environment and the file
that `SETTINGS_FILE` names (a variable of the environment wins), and nothing else. What is unknown, misspelt or out of
bounds stops the start with status 2 and one line per problem. A variable that is set to nothing counts as unset.
"""
_TABLE: Final = "| variable | values | default | meaning |\n|---|---|---|---|"


def document() -> str:
    """The whole text."""
    parts = [_HEAD, _section("Every service", ServiceSettings, {})]
    for settings in service_classes():
        parent = settings.__mro__[1]
        assert issubclass(parent, ServiceSettings), (
            "a settings class has one parent, so that its section is the difference"
        )
        title = settings.service_name if parent is ServiceSettings else f"{settings.service_name}, {settings.__name__}"
        above = "" if parent is ServiceSettings else f"Beside those of `{parent.__name__}` above. "
        parts.append(_section(title, settings, dict(_rows(parent)), above))
    parts.append(_section("`make up`", Choices, {}))
    return "".join(parts)


def service_classes() -> list[type[ServiceSettings]]:
    """The settings classes of every service, in the order of their files."""
    found: list[type[ServiceSettings]] = []
    for path in sorted((ROOT / "services").glob("*/*/settings.py")):
        module = importlib.import_module(f"{path.parent.name}.settings")
        found += [
            member
            for member in vars(module).values()
            if inspect.isclass(member) and issubclass(member, ServiceSettings) and member.__module__ == module.__name__
        ]
    return found


def _section(title: str, settings: type[BaseModel], known: Mapping[str, str], above: str = "") -> str:
    rows = [row for name, row in _rows(settings) if known.get(name) != row]
    purpose = inspect.getdoc(settings) or ""
    return f"\n## {title}\n\n{above}{purpose.splitlines()[0]}\n\n" + "\n".join([_TABLE, *rows]) + "\n"


def _rows(settings: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each variable with its line; the fields of a nested model are variables of their own."""
    schemas = settings.model_json_schema(by_alias=False)["properties"]
    meanings = _docstrings(settings)
    for field, info in settings.model_fields.items():
        name = f"{prefix}{field.upper()}"
        nested = info.annotation
        if inspect.isclass(nested) and issubclass(nested, BaseModel):
            yield from _rows(nested, f"{name}__")
            continue
        meaning = meanings.get(field) or info.description or ""
        cells = [_names(name, info), _values(schemas[field]), _default(info), " ".join(meaning.split())]
        yield name, "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _names(name: str, info: FieldInfo) -> str:
    alias = info.validation_alias
    choices = [str(each).upper() for each in getattr(alias, "choices", [])]
    return " or ".join(f"`{each}`" for each in choices or [name])


def _values(schema: Mapping[str, Any]) -> str:
    """What may stand there, in words."""
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    return ", ".join(_one(option) for option in options)


def _one(schema: Mapping[str, Any]) -> str:
    if schema.get("pattern") == _FLAG:
        return "`off` `on` `shadow` `N%`"
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    bounds = [text.format(schema[key]) for key, text in _BOUNDS.items() if key in schema]
    kind = {"file-path": "file", "directory-path": "folder", "path": "path"}.get(
        schema.get("format", ""), schema.get("type", "")
    )
    pattern = [f"`{schema['pattern']}`"] if "pattern" in schema else []
    return " ".join([str(kind), *bounds, *pattern])


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.default
    if value is None or value == "":
        return "none"
    if isinstance(value, Path) and value.is_relative_to(ROOT):
        value = value.relative_to(ROOT)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _docstrings(settings: type[BaseModel]) -> dict[str, str]:
    """The text below each field, as it stands in the class and those that it extends."""
    found: dict[str, str] = {}
    for owner in reversed(settings.__mro__):
        if issubclass(owner, BaseModel) and owner.__module__.partition(".")[0] not in {"pydantic", "pydantic_settings"}:
            (body,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
            assert isinstance(body, ast.ClassDef), "the source of a class is a class"
            found |= _below_fields(body)
    return found


def _below_fields(body: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for above, below in zip(body.body, body.body[1:], strict=False):
        match above, below:
            case ast.AnnAssign(target=ast.Name(id=field)), ast.Expr(value=ast.Constant(value=str(text))):
                yield field, inspect.cleandoc(text)


def main() -> int:
    """Write the document, or compare; 1 where it is stale."""
    text = document()
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_text(text, encoding="utf-8")
        return 0
    if DOCUMENT.is_file() and DOCUMENT.read_text(encoding="utf-8") == text:
        return 0
    print("docs/settings.md is not what the code says: run `make settings-doc`")
    return 1


if __name__ == "__main__":
    sys.exit(main())
