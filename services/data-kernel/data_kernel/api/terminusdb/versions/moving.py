"""What requests that move a branch, or patch what is on it, have in common."""

from collections.abc import Sequence

from fastapi import Request

from data_kernel.api.rest.inputs import JsonBody
from data_kernel.api.terminusdb.documents.writing import Write, attribution, refuse_read_only
from data_kernel.api.terminusdb.parameters import Parameters, json_body, resource_of
from data_kernel.api.terminusdb.refusing.refusals import bad_parameter, fields_missing
from data_kernel.application.kernel import Kernel
from data_kernel.domain.documents import Graph
from shared.canonical import Json
from shared.errors import InvalidInput

Object = dict[str, Json]
COMMIT_INFO = "commit_info"
_ALL_THERE_IS = Parameters({})


class Asked:
    """A request's branch and its body, of which each member is read with its type."""

    def __init__(self, request: Request, kernel: Kernel, area: str, given: JsonBody) -> None:
        if not isinstance(given.value, dict):
            raise InvalidInput("body: it is a JSON object", field="body")
        self.resource = resource_of(request, area)
        self.body: Object = given.value
        self._request = request
        self._kernel = kernel
        self._given = given

    @classmethod
    async def of(cls, request: Request, kernel: Kernel, area: str) -> "Asked":
        """Read a request below `/api/<area>/`; `Refusal` for what is no branch."""
        asked = cls(request, kernel, area, await json_body(request))
        refuse_read_only(asked.resource, Graph.INSTANCE)
        return asked

    def require(self, *names: str, told: Sequence[str] = ()) -> None:
        """Refuse a body without these members; `told` are those that the refusal names."""
        if any(name not in self.body for name in names):
            raise fields_missing(self.body, told or names)

    def text(self, name: str) -> str:
        """A text that must be given."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise bad_parameter(name, "non-empty string", value)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """`true` or `false`."""
        value = self.body.get(name, default)
        if not isinstance(value, bool):
            raise bad_parameter(name, "boolean (true, false)", value)
        return value

    async def write_saying(self, members: Json) -> Write:
        """The write, by the author and with the message among the members."""
        said = await attribution(self._kernel, self.resource, Parameters.of(self._request, members))
        return await self.write(*said)

    async def write(self, author: str = "", message: str = "") -> Write:
        """The write by an author and with a message; empty: by the caller, with the default one."""
        said = author, message
        return await Write.on(self._request, self._kernel, self.resource, self._given, said, _ALL_THERE_IS)
