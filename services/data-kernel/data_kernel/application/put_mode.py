"""What a put expects."""

from enum import StrEnum


class PutMode(StrEnum):
    """Whether what is put must be absent, must be there, or may be either."""

    INSERT = "insert"
    REPLACE = "replace"
    UPSERT = "upsert"

    def allows(self, *, present: bool) -> bool:
        """Whether something may be put that is there already, or is not."""
        return self is PutMode.UPSERT or present is (self is PutMode.REPLACE)
