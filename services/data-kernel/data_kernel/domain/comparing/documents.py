"""Differences of whole documents, which may also come and go: `Insert` with `@insert`, `Delete` with `@delete`."""

from data_kernel.domain.comparing.differences import Style, difference
from data_kernel.domain.comparing.operations import OP, Object
from data_kernel.domain.comparing.patching import Conflicting, NoPatch, patched
from data_kernel.domain.documents import Change
from shared.canonical import Json, decode, encode

INSERT, DELETE = "@insert", "@delete"


def document_difference(before: Object | None, after: Object | None, style: Style) -> Json:
    """The difference of two versions of a document, of which one may be its absence; raises `DifferentKey`."""
    if before is None:
        return {OP: "Insert", INSERT: after}
    if after is None:
        return {OP: "Delete", DELETE: before}
    return difference(before, after, style)


def versions_of(change: Change) -> tuple[Object | None, Object | None]:
    """A changed document before and after."""
    return _read(change.before), _read(change.after)


def _read(body: bytes | None) -> Object | None:
    document = None if body is None else decode(body)
    return document if isinstance(document, dict) else None


def subject_of(patch: Object) -> str:
    """The id of the document that a difference is about; `NoPatch` where it names none."""
    whole = patch.get(INSERT, patch.get(DELETE))
    subject = whole if isinstance(whole, str) else (whole if isinstance(whole, dict) else patch).get("@id")
    if not isinstance(subject, str) or not subject:
        raise NoPatch("it names no document by @id")
    return subject


def patched_document(document: Object | None, patch: Object, *, accepts_final: bool) -> Object | None:
    """The document after the difference, `None` where there is none. Raises `Conflicting`, `NoPatch`.

    A deletion names the document by its id, or shows it as it is expected. With `accepts_final` a document that already
    is as it is to be is no conflict.
    """
    if INSERT in patch:
        return _inserted(document, patch[INSERT], accepts_final=accepts_final)
    if DELETE in patch:
        _expect_deletable(document, patch[DELETE], accepts_final=accepts_final)
        return None
    if document is None:
        raise Conflicting({OP: "Conflict", "@expected": subject_of(patch), "@found": None})
    after = patched(document, patch, accepts_final=accepts_final)
    if not isinstance(after, dict):
        raise NoPatch("what it makes of a document is none")
    return {name: value for name, value in after.items() if value is not None or name not in patch}


def _inserted(document: Object | None, wanted: Json, *, accepts_final: bool) -> Object:
    if not isinstance(wanted, dict):
        raise NoPatch("what is inserted is an object")
    if document is not None and not (accepts_final and encode(document) == encode(wanted)):
        raise Conflicting({OP: "InsertConflict", "@id_already_exists": wanted["@id"]})
    return wanted


def _expect_deletable(document: Object | None, expected: Json, *, accepts_final: bool) -> None:
    if document is None:
        if not accepts_final:
            subject = expected["@id"] if isinstance(expected, dict) else expected
            raise Conflicting({OP: "DeleteConflict", "@id_does_not_exists": subject})
    elif isinstance(expected, dict) and encode(document) != encode(expected):
        raise Conflicting({OP: "Conflict", "@expected": expected, "@found": document})
