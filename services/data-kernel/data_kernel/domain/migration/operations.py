"""The operations of a migration on classes as a whole: made, moved, deleted, annotated, given keys and parents.

They are TerminusDB's (its `core/document/migration`), by name and members. Each takes its members, and the classes that
it meets last.
"""

from collections.abc import Mapping

from data_kernel.domain.migration.class_documents import Classes, Impossible, defined
from data_kernel.domain.migration.effects import Document, Effect
from data_kernel.domain.schema import CONTEXT_ID
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json


def create_class(document: Document, classes: Classes) -> Effect:
    """A class that is new; one that is there is given this definition."""
    return Effect({**classes, str(document["@id"]): document})


def replace_context(context: Document, classes: Classes) -> Effect:
    """Another context."""
    members = {name: value for name, value in context.items() if name != "@id"}
    return Effect({**classes, CONTEXT_ID: {**members, "@type": CONTEXT_ID}})


def annotate_class(member: str, name: str, value: Json, classes: Classes) -> Effect:
    """Another `@metadata` or `@documentation`, as `member` says."""
    return Effect({**classes, name: {**defined(classes, name), member: value}})


def delete_class(name: str, classes: Classes) -> Effect:
    """A class goes, and its documents with it."""
    defined(classes, name)
    left = {each: document for each, document in classes.items() if each != name}
    return Effect(left, name, lambda _: None, inherited=False)


def move_class(name: str, to: str, classes: Classes) -> Effect:
    """A class gets another name, and its documents ids that begin with it.

    Classes that inherit from it follow. Properties that have it as their type do not, as in TerminusDB: these are given
    the new type by an operation of their own.
    """
    document = defined(classes, name)
    if to in classes:
        raise Impossible
    others = {each: _following(other, name, to) for each, other in classes.items() if each != name}

    def rewrite(stored: Document) -> Document:
        given, before = str(stored.get("@id", "")), f"{name}/"
        moved = f"{to}/{given.removeprefix(before)}" if given.startswith(before) else given
        return {**stored, "@id": moved, "@type": to}

    return Effect({**others, to: {**document, "@id": to}}, name, rewrite, inherited=False, moved_to=to)


def change_key(name: str, kind: str, fields: tuple[str, ...], classes: Classes) -> Effect:
    """A class makes the ids of its documents otherwise; those that its values make are made anew."""
    key: Document = {"@type": kind, **({"@fields": [*fields]} if fields else {})}
    return Effect({**classes, name: {**defined(classes, name), "@key": key}}, name, inherited=False, makes_ids=True)


def change_parents(name: str, parents: tuple[str, ...], defaults: Mapping[str, Json], classes: Classes) -> Effect:
    """A class inherits from others; documents lose what was inherited before and is not any more, and get defaults."""
    document = {member: value for member, value in defined(classes, name).items() if member != "@inherits"}
    inherits: Document = {"@inherits": [*parents]} if parents else {}
    after = {**classes, name: document | inherits}
    lost = _properties(classes, name) - _properties(after, name)

    def rewrite(stored: Document) -> Document:
        return {**defaults, **{member: value for member, value in stored.items() if member not in lost}}

    return Effect(after, name, rewrite)


def _properties(classes: Classes, name: str) -> frozenset[str]:
    return Shapes(classes).properties(name)


def _following(document: Document, name: str, to: str) -> Document:
    """A class with its parent under the new name."""
    given = document.get("@inherits")
    if isinstance(given, list):
        return {**document, "@inherits": [to if each == name else each for each in given]}
    return {**document, "@inherits": to} if given == name else document
