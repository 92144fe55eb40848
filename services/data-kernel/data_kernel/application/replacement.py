"""A write that makes the documents given all that there are."""

from collections.abc import Iterator, Mapping

from data_kernel.application.document_plans import refused
from data_kernel.application.ports import Plan, Planner, WriterView
from data_kernel.domain.documents import Change, Graph, StoredDocument
from shared.errors import TooLarge, Violation


def replacement(upsert: Planner, limit: int) -> Planner:
    """The planner of the documents given, and of the deletion of all others, of which there are at most `limit`.

    It raises what `upsert` does, `TooLarge`, and `ValidationFailed` where what stays refers to what goes.
    """

    def planner(view: WriterView) -> Plan:
        given = upsert(view)
        written, staying = {change.id: change for change in given.changes}, set(given.ids)
        going = {each.id: each for each in view.scan(Graph.INSTANCE) if each.id not in staying}
        if len(going) > limit:
            raise TooLarge(f"documents: more than {limit} would be deleted", field="documents")
        if violations := [*_left(view, written, staying, going)]:
            raise refused(violations)
        deletions = (Change(Graph.INSTANCE, each.id, each.type, each.body, None) for each in going.values())
        return Plan(given.ids, (*given.changes, *deletions))

    return planner


def _left(
    view: WriterView, written: Mapping[str, Change], staying: set[str], going: Mapping[str, StoredDocument]
) -> Iterator[Violation]:
    """References from what stays, as it will be, to what goes."""
    for target in going:
        referrers = (each for each in view.referrers(target) if each in staying and each not in written)
        for referrer in referrers:
            yield _referenced(target, referrer)
    for change in written.values():
        for target in sorted(change.references & going.keys()):
            yield _referenced(target, change.id)


def _referenced(target: str, referrer: str) -> Violation:
    return Violation(f"{target}#", "referenced", f"{referrer} refers to this document.")
