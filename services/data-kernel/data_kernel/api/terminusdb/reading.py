"""Documents of one state as a request asks for them: found, windowed and shown."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from data_kernel.api.terminusdb.answers import Bodies
from data_kernel.api.terminusdb.asking import Asked
from data_kernel.api.terminusdb.prefixes import Prefixes, prefixes_of
from data_kernel.api.terminusdb.refusals import Refusal
from data_kernel.api.terminusdb.rendering import Rendering
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.application.ports import ValueQuery
from data_kernel.application.reads import ListQuery
from data_kernel.domain.databases import Database, State
from data_kernel.domain.documents import StoredDocument
from data_kernel.domain.shapes import Shapes
from data_kernel.domain.templates import Template
from shared.canonical import Json, decode, encode
from shared.context import CallContext
from shared.errors import InvalidInput

Batches = AsyncGenerator[list[StoredDocument], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads the instance graph of one state."""

    kernel: Kernel
    database: Database
    state: State
    shapes: Shapes
    prefixes: Prefixes
    asked: Asked
    context: CallContext

    @classmethod
    async def of(
        cls, kernel: Kernel, database: str, revision: NamedRevision, asked: Asked, context: CallContext
    ) -> "Reading":
        """Resolve the state; `NotFound`."""
        listing = await kernel.reads.listing(ListQuery(database, revision), context)
        shapes = await kernel.shapes.of(listing.database.name, listing.state)
        prefixes = Prefixes.of(listing.database, None)
        if asked.needs_prefixes:
            prefixes = await prefixes_of(kernel, database, _at(listing.state), context)
        return cls(kernel, listing.database, listing.state, shapes, prefixes, asked, context)

    async def named(self, ids: Sequence[str]) -> list[StoredDocument]:
        """Those of the documents that are there, subdocuments too, in the order asked."""
        short = [self.prefixes.short_id(each) for each in ids]
        found = await self.kernel.reads.get(self.database.name, _at(self.state), short, self.context)
        present = []
        for document_id, document in zip(short, found.documents, strict=True):
            shown = document or await self._subdocument(document_id)
            if shown is not None:
                present.append(shown)
        return present

    def listed(self) -> Bodies:
        """The documents of the class asked for and of those that inherit from it, or those like the template."""
        skip, count = self.asked.skip, self.asked.count
        name = self.prefixes.short_name(self.asked.type_name) if self.asked.type_name else ""
        if self.asked.template is not None:
            return self.shown(self._like(name, self.asked.template), skip, count)
        if name and (name in self.shapes.subdocuments or len(self.shapes.with_descendants(name)) > 1):
            return self.shown(self._of_class(name), skip, count)
        # The documents of one scan the store itself counts, and passes over without reading them.
        return self.shown(self._scan(name, skip, count), 0, count)

    async def shown(self, batches: Batches, skip: int, count: int | None) -> Bodies:
        """Documents as JSON texts: at most `count` (`None`: all) after the first `skip`."""
        rendering = Rendering(
            self.kernel,
            self.database.name,
            self.state.commit or "",
            self.shapes,
            self.prefixes,
            self.asked.form,
            self.context,
        )
        left = count
        async with aclosing(batches) as stream:
            async for batch in stream:
                if left == 0:
                    return
                window = batch[skip:] if left is None else batch[skip : skip + left]
                skip = max(0, skip - len(batch))
                left = None if left is None else left - len(window)
                yield await rendering.bodies(window)

    def _of_class(self, name: str) -> Batches:
        if name in self.shapes.subdocuments:
            return self._subdocuments(frozenset(self.shapes.with_descendants(name)))
        return self._classes(self.shapes.with_descendants(name))

    async def _classes(self, names: Sequence[str]) -> Batches:
        for name in names:
            async with aclosing(self._scan(name)) as batches:
                async for batch in batches:
                    yield batch

    async def _scan(self, name: str, skip: int = 0, count: int | None = None) -> Batches:
        if count == 0:
            return
        query = ListQuery(self.database.name, _at(self.state), type_name=name, skip=skip, count=count)
        listing = await self.kernel.reads.listing(query, self.context)
        async with aclosing(listing.batches()) as batches:
            async for batch in batches:
                yield batch

    async def _subdocuments(self, names: frozenset[str]) -> Batches:
        async with aclosing(self._scan("")) as batches:
            async for batch in batches:
                inside = [each for document in batch for each in self.shapes.subdocuments_in(_decoded(document))]
                yield [_stored(each) for each in inside if each.get("@type") in names]

    async def _subdocument(self, document_id: str) -> StoredDocument | None:
        """The subdocument of an id, which begins with that of the document it stands in."""
        segments = document_id.split("/")
        owners = ["/".join(segments[:length]) for length in range(2, len(segments) - 1)]
        found = (
            await self.kernel.reads.get(self.database.name, _at(self.state), owners, self.context) if owners else None
        )
        for owner in found.documents if found else ():
            inside = self.shapes.subdocuments_in(_decoded(owner)) if owner else ()
            for each in inside:
                if each.get("@id") == document_id:
                    return _stored(each)
        return None

    def _like(self, name: str, members: Mapping[str, Json]) -> Batches:
        given = members.get("@type", name)
        name = self.prefixes.short_name(given) if isinstance(given, str) else ""
        if not name:
            raise Refusal(InvalidInput("query: it has no @type", field="query"), kind="api:QueryMissingType")
        if not self.shapes.knows(name):
            raise Refusal(InvalidInput("query: there is no such class", field="query"), kind="api:QueryTypeNotFound")
        return self._matching(name, Template.read(self.shapes, name, members))

    async def _matching(self, name: str, template: Template) -> Batches:
        async with aclosing(self._candidates(name, template)) as batches:
            async for batch in batches:
                yield await self._matches(batch, template)

    async def _candidates(self, name: str, template: Template) -> Batches:
        if template.ids is None:
            async with aclosing(self._with_values(name, template.values)) as batches:
                async for batch in batches:
                    yield batch
            return
        classes = set(self.shapes.with_descendants(name))
        yield [each for each in await self.named(template.ids) if each.type in classes]

    async def _with_values(self, name: str, values: Mapping[str, Json]) -> Batches:
        """The documents of a class that have the first of the values; all of them where none is given."""
        property_name = next(iter(values), None)
        if property_name is None or name in self.shapes.subdocuments:
            async with aclosing(self._of_class(name)) as batches:
                async for batch in batches:
                    yield batch
            return
        for each in self.shapes.with_descendants(name):
            query = ValueQuery(each, property_name, values[property_name])
            found = self.kernel.reads.having(self.database.name, _at(self.state), query, self.context)
            async with aclosing(found) as batches:
                async for batch in batches:
                    yield batch

    async def _matches(self, documents: list[StoredDocument], template: Template) -> list[StoredDocument]:
        """Those that match; what they refer to is read as it turns out to be needed, for all of them at once."""
        referred = _Referred()
        while True:
            matching = [each for each in documents if template.matches(_decoded(each), referred.lookup)]
            wanted = sorted(referred.missing)
            if not wanted:
                return matching
            found = await self.kernel.reads.get(self.database.name, _at(self.state), wanted, self.context)
            referred.learn(dict(zip(wanted, found.documents, strict=True)))


class _Referred:
    """Documents that templates look up, as far as they are known; `missing` are those that are not yet."""

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Json] | None] = {}
        self.missing: set[str] = set()

    def lookup(self, document_id: str) -> Mapping[str, Json] | None:
        """The document; `None` where there is none, or it is not known yet."""
        if document_id not in self._known:
            self.missing.add(document_id)
        return self._known.get(document_id)

    def learn(self, found: Mapping[str, StoredDocument | None]) -> None:
        """What was missing."""
        self._known |= {document_id: _decoded(each) if each else None for document_id, each in found.items()}
        self.missing.clear()


def _at(state: State) -> NamedRevision:
    """The very state, which a branch may have left since."""
    return NamedRevision(commit=state.commit or "", branch="" if state.commit else state.branch or "")


def _decoded(document: StoredDocument) -> dict[str, Json]:
    body = decode(document.body)
    return body if isinstance(body, dict) else {}


def _stored(subdocument: Mapping[str, Json]) -> StoredDocument:
    return StoredDocument(str(subdocument.get("@id")), str(subdocument.get("@type")), encode(dict(subdocument)))
