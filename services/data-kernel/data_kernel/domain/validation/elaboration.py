"""From a document as a caller writes it to the document as it is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from data_kernel.domain.ids import MAX_ID_BYTES, RandomKey, random_key
from data_kernel.domain.schema import ClassDefinition, KeyKind, Schema
from data_kernel.domain.validation.captures import Captures
from data_kernel.domain.validation.fitting import Fitting
from data_kernel.domain.validation.identities import Identities
from data_kernel.domain.validation.members import MAX_NESTED, MemberReader
from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.rules import Rules
from data_kernel.domain.validation.values import Path
from shared.canonical import Json, decode, encode, pointer
from shared.errors import InvalidInput, Violation


@dataclass(frozen=True, slots=True)
class Reference:
    """A document that another one refers to: its id, the class it must be of, and where the reference stands."""

    target: str
    class_name: str
    path: str


@dataclass(frozen=True, slots=True)
class Elaborated:
    """What became of a document.

    Without violations `id`, `type` and `body` (canonical bytes with `@id` and `@type`) are what is to be stored. With
    some, `id` is empty where it could not be told, and `body` is empty. `nested` are the documents of their own that
    were given in the place of references, and those given in them.
    """

    id: str
    type: str
    body: bytes
    references: tuple[Reference, ...]
    violations: tuple[Violation, ...]
    nested: tuple["Elaborated", ...] = ()

    @property
    def targets(self) -> frozenset[str]:
        """Ids of the documents that this one refers to."""
        return frozenset(each.target for each in self.references)

    @property
    def every(self) -> Iterator["Elaborated"]:
        """This document and those nested in it, which come first: what is referred to is there before."""
        yield from chain.from_iterable(each.every for each in self.nested)
        yield self


def elaborate(
    schema: Schema,
    document: dict[str, Json],
    *,
    label: str = "",
    new_key: RandomKey = random_key,
    is_stored: bool = False,
) -> Elaborated:
    """Hold a document to its class: generate or check the id, bring every value to its canonical form.

    Every violation is collected; its path begins with the id, else the type, else `label`. Elaborating a stored body
    gives the same bytes where `is_stored` says that it is one, perhaps changed since: a subdocument whose id does not
    fit any more gets another one then.
    """
    return elaborate_all(schema, [document], [label], new_key=new_key, is_stored=is_stored)[0]


def elaborate_all(
    schema: Schema,
    documents: Sequence[dict[str, Json]],
    labels: Sequence[str],
    *,
    new_key: RandomKey = random_key,
    is_stored: bool = False,
) -> list[Elaborated]:
    """The same for the documents of one request, which may refer to each other before any of them has an id.

    `{"@ref": name}` stands for the id of the document with the `@capture` of that name.
    """

    fitting = Fitting(schema)

    def run(captures: Captures) -> list[Elaborated]:
        rules = Rules(schema, fitting, new_key, captures, is_stored)
        pairs = zip(documents, labels, strict=True)
        return [_Elaboration(rules, document, label).run() for document, label in pairs]

    captures = Captures()
    elaborated = run(captures)
    return run(captures.known()) if captures.are_used else elaborated


class _Elaboration:
    """One document; `depth` is in how many others it stands, each in the place of a reference."""

    def __init__(self, rules: Rules, document: dict[str, Json], label: str, depth: int = 0) -> None:
        self._rules = rules
        self._document = rules.schema.prefixes.with_short_members(document)
        self._label = label
        self._depth = depth
        self._found: list[tuple[Path, Mismatch]] = []
        self._nested: list[Elaborated] = []
        self._reader = MemberReader(rules, self._note, self._own)

    def run(self) -> Elaborated:
        definition = self._class()
        if definition is None:
            named = self._document.get("@type")
            return self._refused("", named if isinstance(named, str) and len(named) <= MAX_ID_BYTES else self._label)
        values = self._reader.read(definition, self._document)
        identities = Identities(self._rules.schema, self._rules.new_key, self._note, is_stored=self._rules.is_stored)
        document_id = self._id(identities, definition, values)
        if not self._found:
            identities.inside(definition, values, document_id)
        body = self._body(document_id, definition, values) if not self._found else b""
        if self._found:
            return self._refused(document_id, definition.name)
        references = self._references(document_id)
        return Elaborated(document_id, definition.name, body, references, (), tuple(self._nested))

    def _id(self, identities: Identities, definition: ClassDefinition, values: dict[str, Json]) -> str:
        broken = {str(path[0]) for path, _ in self._found if path}
        capture = self._rules.captures.name_of(self._document, self._note)
        given = self._document.get("@id")
        if given is None and capture and definition.key.kind is KeyKind.RANDOM:
            given = self._rules.captures.bound(capture)
        document_id = identities.of(definition, given, values, broken)
        if capture:
            self._rules.captures.bind(capture, document_id, self._note)
        return document_id

    def _body(self, document_id: str, definition: ClassDefinition, values: dict[str, Json]) -> bytes:
        body = encode({"@id": document_id, "@type": definition.name, **values})
        if self._reader.has_subdocuments:
            # A value that stood alone gets a list around it and so might lie deeper than can be read again.
            try:
                decode(body)
            except InvalidInput:
                self._note((), Mismatch("This is nested too deeply."))
        return body

    def _own(self, document: dict[str, Json], path: Path) -> str:
        """A document of its own, given where a reference belongs: its id; empty where it could not be told."""
        if self._depth >= MAX_NESTED:
            self._note(path, Mismatch(f"Documents stand at most {MAX_NESTED} deep in each other.", "too_deep"))
            return ""
        inner = _Elaboration(self._rules, document, self._label, self._depth + 1)
        elaborated = inner.run()
        for below, mismatch in inner._found:
            self._note((*path, *below), mismatch)
        self._nested.append(elaborated)
        return elaborated.id

    def _references(self, subject: str) -> tuple[Reference, ...]:
        return tuple(
            Reference(target, class_name, f"{subject}#{pointer(path)}")
            for target, class_name, path in self._reader.references
        )

    def _note(self, path: Path, mismatch: Mismatch) -> None:
        self._found.append((path, mismatch))

    def _refused(self, document_id: str, type_name: str) -> Elaborated:
        given = self._document.get("@id")
        subject = document_id or (given if isinstance(given, str) and len(given) <= MAX_ID_BYTES else "") or type_name
        violations = tuple(
            Violation(f"{subject}#{pointer(path)}", mismatch.rule, mismatch.message) for path, mismatch in self._found
        )
        return Elaborated(document_id, type_name, b"", self._references(subject), violations)

    def _class(self) -> ClassDefinition | None:
        definition = self._reader.class_of(self._document, ())
        if definition is not None and definition.is_subdocument:
            self._note(("@type",), Mismatch("Documents of this class stand in others only.", "subdocument_alone"))
        return definition
