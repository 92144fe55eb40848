"""Revisions that stand in a body."""

from pydantic import BaseModel, ConfigDict, Field

from data_kernel.application.addressing import NamedRevision


class RevisionBody(BaseModel):
    """One state: a branch's head, or what `rev` says."""

    model_config = ConfigDict(extra="forbid")

    branch: str = ""
    rev: str = Field("", description="A commit, a tag, or a time in RFC 3339 with an offset.")

    @property
    def named(self) -> NamedRevision:
        """As the use cases take it."""
        return NamedRevision(branch=self.branch, rev=self.rev)
