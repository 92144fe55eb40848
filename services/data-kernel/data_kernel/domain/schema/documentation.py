"""The documentation of classes and enums, which is kept as it is given but must speak of what is there."""

from collections.abc import Iterator

from shared.canonical import Json

_Finding = tuple[tuple[str | int, ...], str]


def undocumentable(documentation: Json, member: str, known: frozenset[str]) -> Iterator[_Finding]:
    """Where documentation is malformed, or under `member` (`@properties`, `@values`) names what is not `known`."""
    if documentation is None:
        return
    if isinstance(documentation, list):
        for index, each in enumerate(documentation):
            for path, message in _findings(each, member, known):
                yield (index, *path), message
        yield from _repeated_languages(documentation)
    else:
        yield from _findings(documentation, member, known)


def _findings(documentation: Json, member: str, known: frozenset[str]) -> Iterator[_Finding]:
    if not isinstance(documentation, dict):
        yield (), "Documentation is an object, or a list of objects by language."
        return
    described = documentation.get(member, {})
    if not isinstance(described, dict):
        yield (member,), "This is an object by name."
        return
    for name in sorted(described.keys() - known):
        yield (member, name), "Nothing of this name is there to be documented."


def _repeated_languages(documentation: list[Json]) -> Iterator[_Finding]:
    seen: set[str] = set()
    for index, each in enumerate(documentation):
        language = each.get("@language") if isinstance(each, dict) else None
        if not isinstance(language, str):
            continue
        if language in seen:
            yield (index, "@language"), "A language is given once."
        seen.add(language)
