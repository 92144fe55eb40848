"""Resource descriptors: what the path of a request is about."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from data_kernel.application.addressing import NamedRevision
from shared.context import CallContext

ORGANISATION = "admin"
REPOSITORY = "local"
MAIN = "main"
SYSTEM = "_system"


class Kind(StrEnum):
    """What a descriptor names."""

    BRANCH = "branch"
    COMMIT = "commit"
    COMMIT_GRAPH = "_commits"
    REPOSITORY_GRAPH = "_meta"
    SYSTEM = "_system"


_VERSION_LABELS = {Kind.COMMIT_GRAPH: "repo", Kind.REPOSITORY_GRAPH: "meta"}


@dataclass(frozen=True, slots=True)
class Resource:
    """A database's branch, commit or graph; `name` is the branch's as given (empty: none was) or the commit's id."""

    organisation: str
    database: str
    kind: Kind
    name: str = ""
    repository: str = REPOSITORY

    @property
    def descriptor(self) -> str:
        """The absolute descriptor."""
        database = f"{self.organisation}/{self.database}"
        match self.kind:
            case Kind.SYSTEM:
                return SYSTEM
            case Kind.REPOSITORY_GRAPH:
                return f"{database}/{self.kind}"
            case Kind.COMMIT_GRAPH:
                return f"{database}/{self.repository}/{self.kind}"
        return f"{database}/{self.repository}/{self.kind}/{self.name or MAIN}"

    def branch(self, context: CallContext) -> str:
        """The branch as the use cases take it: where none was named, that of the context, else `main`."""
        return self.name or ("" if context.branch else MAIN)

    def revision(self, context: CallContext) -> NamedRevision:
        """The state that is meant."""
        if self.kind is Kind.COMMIT:
            return NamedRevision(commit=self.name)
        return NamedRevision(branch=self.branch(context))

    def version(self, commit: str | None) -> str:
        """The data version of a state, or of a graph about the database; empty before the first commit."""
        return f"{_VERSION_LABELS.get(self.kind, self.kind)}:{commit}" if commit else ""


def path_segments(path: str) -> list[str]:
    """The segments of a path as it stands in a URL, each decoded for itself: `%2F` does not part them."""
    inner = path.strip("/")
    return [unquote(segment) for segment in inner.split("/")] if inner else []


def parse_resource(segments: list[str]) -> Resource | None:
    """The resource of a path; `None` where it is of no known form."""
    match segments:
        case ["_system"]:
            return Resource("", "", Kind.SYSTEM)
        case [organisation, database, *inner]:
            return _inside(organisation, database, inner)
    return None


def _inside(organisation: str, database: str, inner: list[str]) -> Resource | None:
    match inner:
        case []:
            return Resource(organisation, database, Kind.BRANCH)
        case ["_meta"]:
            return Resource(organisation, database, Kind.REPOSITORY_GRAPH)
        case [repository]:
            return Resource(organisation, database, Kind.BRANCH, repository=repository)
        case [repository, "_commits"]:
            return Resource(organisation, database, Kind.COMMIT_GRAPH, repository=repository)
        case [repository, "branch" | "commit" as kind, name]:
            return Resource(organisation, database, Kind(kind), name, repository)
    return None
