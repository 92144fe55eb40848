"""A migration met with the classes that it is for: the classes that it leaves, and the rewriting of documents."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data_kernel.domain.migration.class_documents import Classes, Impossible
from data_kernel.domain.migration.effects import Document, Effect, Operation
from data_kernel.domain.migration.property_operations import NotWeaker
from data_kernel.domain.schema import CONTEXT_ID
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json
from shared.errors import ValidationFailed, Violation

_WHY_NOT = {
    Impossible: ("operation_failed", "What the operation is about is not there, or what it makes is there already."),
    NotWeaker: ("not_weaker", "The new type does not have all values of the one that the property has."),
}


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of a document.

    `document` is `None` where it is gone; `operations` is how many of the operations changed it. With
    `makes_ids` its id may become another one.
    """

    document: Document | None
    operations: int = 0
    makes_ids: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """One operation, run over the classes that it met, which had these shapes.

    `targets` are the classes whose documents it rewrites; `holders` those and the ones that have them inside.
    """

    effect: Effect
    shapes: Shapes
    targets: frozenset[str]
    holders: frozenset[str]

    def run(self, document: Document) -> Document | None:
        """The document afterwards, `None` where it is gone."""
        class_name = str(document.get("@type"))
        if class_name not in self.holders:
            return document
        inner = ((name, self._inside(class_name, name, value)) for name, value in document.items())
        kept: Document = {name: value for name, value in inner if value is not None}
        return self.effect.rewrite(kept) if class_name in self.targets else kept

    def _inside(self, class_name: str, name: str, value: Json) -> Json:
        return self._subdocuments(value) if self.shapes.referred_class(class_name, name) is not None else value

    def _subdocuments(self, value: Json) -> Json:
        match value:
            case dict():
                return self.run(value)
            case list():
                several = (self._subdocuments(each) for each in value)
                return [each for each in several if each is not None]
        return value


@dataclass(frozen=True, slots=True)
class Migration:
    """Operations on the classes of one state.

    `classes` is what they leave, the context among them. `scope` are the classes, by the names that they had before,
    whose documents are rewritten. The properties that are `settled`, by the name of the class afterwards and their own,
    have their values in the new type then.
    """

    classes: Classes
    scope: frozenset[str]
    settled: frozenset[tuple[str, str]]
    steps: tuple[_Step, ...]

    @classmethod
    def of(cls, operations: Sequence[Operation], classes: Classes) -> "Migration":
        """Run the operations over the classes, one after the other.

        Errors: `ValidationFailed` at `operations/<index>` by the rules `operation_failed` and `not_weaker`.
        """
        names, scope, steps = {name: name for name in classes}, set[str](), list[_Step]()
        settled: set[tuple[str, str]] = set()
        for index, each in enumerate(operations):
            effect = _performed(each, index, classes)
            step = _step(effect, classes)
            scope |= {names.get(name, name) for name in step.holders}
            settled |= {(name, member) for name in step.targets for member in effect.settled}
            if effect.moved_to:
                names[effect.moved_to] = names.pop(effect.subject, effect.subject)
                settled |= {(effect.moved_to, member) for name, member in settled if name == effect.subject}
            steps.append(step)
            classes = effect.classes
        return cls(classes, frozenset(scope), frozenset(settled), tuple(steps))

    def rewritten(self, document: Document) -> Rewritten:
        """Run the operations over a stored document; `Unconvertible` where one of them cannot."""
        now, operations, makes_ids = document, 0, False
        for step in self.steps:
            is_target, after = now.get("@type") in step.targets, step.run(now)
            operations += after != now
            if after is None:
                return Rewritten(None, operations)
            makes_ids |= after != now or (is_target and step.effect.makes_ids)
            now = after
        return Rewritten(now, operations, makes_ids)


def _performed(operation: Operation, index: int, classes: Classes) -> Effect:
    try:
        return operation(classes)
    except (Impossible, NotWeaker) as error:
        rule, message = _WHY_NOT[type(error)]
        violation = Violation(f"operations/{index}", rule, message)
        raise ValidationFailed("An operation of the migration cannot be performed.", violations=[violation]) from error


def _step(effect: Effect, classes: Classes) -> _Step:
    bodies = {name: each for name, each in classes.items() if name != CONTEXT_ID}
    shapes, name = Shapes(bodies), effect.subject
    if not name:
        return _Step(effect, shapes, frozenset(), frozenset())
    targets = frozenset(shapes.with_descendants(name) if effect.inherited else [name])
    return _Step(effect, shapes, targets, frozenset(_holders(bodies, shapes, targets)))


def _holders(classes: Classes, shapes: Shapes, targets: frozenset[str]) -> set[str]:
    """The targets, and the classes with documents of one of them inside, at every depth."""
    found = set(targets)
    inside = found & shapes.subdocuments
    while inside:
        above = {name for name in classes if name not in found and not inside.isdisjoint(_ranges(shapes, name))}
        found |= above
        inside = above
    return found


def _ranges(shapes: Shapes, class_name: str) -> Iterator[str]:
    """The classes that may stand in the properties of one, those that inherit from them included."""
    for each in shapes.properties(class_name):
        referred = shapes.referred_class(class_name, each)
        if referred is not None:
            yield from shapes.with_descendants(referred)
