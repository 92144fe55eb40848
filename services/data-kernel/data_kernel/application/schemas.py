"""The parsed schemas of the states that are being written to."""

from collections import OrderedDict
from threading import Lock

from data_kernel.application.ports import WriterView
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Graph
from data_kernel.domain.schema import Schema, parse_schema
from shared.canonical import Json, decode

_Key = tuple[str, tuple[tuple[str, str], ...], str]


class SchemaCache:
    """Keeps the parsed schemas that were used last, by database and schema version; `capacity` counts them."""

    def __init__(self, capacity: int = 64) -> None:
        self._capacity = capacity
        self._schemas: OrderedDict[_Key, Schema] = OrderedDict()
        self._lock = Lock()

    def load(self, database: Database, view: WriterView) -> Schema:
        """The schema of the state that is written to."""
        prefixes = tuple(sorted(database.prefixes.items()))  # a database may be made again with others
        key = (database.name, prefixes, view.schema_version)
        with self._lock:
            if schema := self._schemas.get(key):
                self._schemas.move_to_end(key)
                return schema
        schema = parse_schema(schema_documents(view), database.prefixes)
        with self._lock:
            self._schemas[key] = schema
            while len(self._schemas) > self._capacity:
                self._schemas.popitem(last=False)
        return schema


def schema_documents(view: WriterView) -> dict[str, Json]:
    """The documents of the state's schema graph by id."""
    return {each.id: decode(each.body) for each in view.scan(Graph.SCHEMA)}
