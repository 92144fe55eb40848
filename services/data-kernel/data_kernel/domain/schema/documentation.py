"""The documentation of classes and enums, which is kept as it is given but must speak of what is there."""

import re
from collections.abc import Iterator

from shared.canonical import Json

Finding = tuple[str, tuple[str | int, ...], str]
"""The rule that is broken, the path within the documentation, the message."""

_RULE = "documentation"
# A language of RFC 5646: two or three letters, as every registered one has, or a private tag; then its subtags.
_LANGUAGE = re.compile(r"([a-z]{2,3}|x)(-[a-z0-9]{1,8})*", re.IGNORECASE)


def undocumentable(documentation: Json, member: str, known: frozenset[str]) -> Iterator[Finding]:
    """Where documentation is malformed, or under `member` (`@properties`, `@values`) names what is not `known`.

    The objects of a list name different languages (else `language_missing`, `language_repeated`), and every tag is that
    of one (else `unknown_language`).
    """
    if documentation is None:
        return
    if isinstance(documentation, list):
        for index, each in enumerate(documentation):
            for rule, path, message in _findings(each, member, known):
                yield rule, (index, *path), message
        yield from _repeated_languages(documentation)
    else:
        yield from _findings(documentation, member, known)


def _findings(documentation: Json, member: str, known: frozenset[str]) -> Iterator[Finding]:
    if not isinstance(documentation, dict):
        yield _RULE, (), "Documentation is an object, or a list of objects by language."
        return
    language = documentation.get("@language", "en")
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        yield "unknown_language", ("@language",), "This is no language tag (RFC 5646)."
    described = documentation.get(member, {})
    if not isinstance(described, dict):
        yield _RULE, (member,), "This is an object by name."
        return
    for name in sorted(described.keys() - known):
        yield _RULE, (member, name), "Nothing of this name is there to be documented."


def _repeated_languages(documentation: list[Json]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, each in enumerate(documentation):
        language = each.get("@language") if isinstance(each, dict) else None
        if isinstance(each, dict) and language is None:
            yield "language_missing", (index,), "Of several objects each names its language."
        if not isinstance(language, str):
            continue
        if language in seen:
            yield "language_repeated", (index, "@language"), "A language is given once."
        seen.add(language)
