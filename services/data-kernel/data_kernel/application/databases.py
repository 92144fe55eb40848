"""Databases: made, deleted, and the default one prepared at the start."""

from collections.abc import Mapping
from dataclasses import replace

from data_kernel.application.addressing import Addresses
from data_kernel.application.attribution import require_caller
from data_kernel.application.ports import DocumentStore
from data_kernel.domain.branches import HOME_SERVICE
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import DEFAULT_PREFIXES, Database, Naming
from shared.context import CallContext
from shared.errors import Forbidden, NotFound


class Databases:
    """The use cases about whole databases."""

    def __init__(self, store: DocumentStore, addresses: Addresses, env: str, default: str, own_service: str) -> None:
        self._store = store
        self._addresses = addresses
        self._env = env
        self._default = default
        self._own_service = own_service

    async def create(
        self,
        name: str,
        context: CallContext,
        *,
        label: str = "",
        comment: str = "",
        naming: Naming = Naming.PLATFORM,
        prefixes: Mapping[str, str] | None = None,
    ) -> Database:
        """Make a database without branches, its `prefixes` over the default ones; `AlreadyExists`."""
        require_caller(context)
        full_name = self._addresses.database_name(name, context)
        database = Database(full_name, label, comment, naming, {**DEFAULT_PREFIXES, **(prefixes or {})})
        await self._store.create_database(database)
        return database

    async def describe(self, name: str, context: CallContext, *, label: str | None, comment: str | None) -> Database:
        """Give a database another label or comment; `None` leaves it."""
        known = await self.get(name, context)
        described = replace(
            known,
            label=known.label if label is None else label,
            comment=known.comment if comment is None else comment,
        )
        await self._store.describe_database(known.name, described.label, described.comment)
        self._addresses.forget(known.name)
        return described

    async def delete(self, name: str, context: CallContext) -> str:
        """Delete a database with everything in it and answer its name; the default one is `Forbidden`."""
        require_caller(context)
        full_name = self._addresses.database_name(name, context)
        if full_name == self._default:
            raise Forbidden("database: the default database is not deleted", field="database")
        await self._store.delete_database(full_name)
        self._addresses.forget(full_name)
        return full_name

    async def get(self, name: str, context: CallContext) -> Database:
        """The database's properties; `NotFound`."""
        require_caller(context)
        return await self._addresses.database(name, context)

    async def known(self, context: CallContext) -> list[Database]:
        """All databases but the kernel's own, in order of name."""
        require_caller(context)
        return [database for database in await self._store.list_databases() if not database.name.startswith("_")]

    async def prepare(self) -> None:
        """Make the default database and the platform's main branch where they are absent."""
        try:
            await self._store.get_database(self._default)
        except NotFound:
            await self._store.create_database(Database(self._default))
        branch = f"{self._env}/{HOME_SERVICE}/main"
        try:
            await self._store.get_branch(self._default, branch)
        except NotFound:
            await self._store.create_branch(self._default, branch, self.own_attribution())

    def own_attribution(self) -> Attribution:
        """Who writes when the kernel does something by itself."""
        service = self._own_service
        actor = f"system@{service}"
        return Attribution(
            author=actor,
            actor=actor,
            message=f"[{service}] START {service}",
            method="START",
            route=service,
            service=service,
        )
