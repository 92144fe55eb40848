"""One kind of request, as the harness describes it to a generator."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is `host:port` for gRPC and a URL for HTTP; `method` an RPC path or an HTTP method.

    `body` holds bytes as Latin-1 text. With `unique` each `#unique-key#` in the body is replaced by a text of the same
    length that no other request has.
    """

    target: str
    method: str
    body: str
    callers: int
    seconds: float
    headers: dict[str, str] = field(default_factory=dict)
    unique: bool = False

    def save(self, file: Path) -> None:
        """Write it for the generator."""
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, file: str) -> Self:
        """Read what the harness wrote."""
        return cls(**json.loads(Path(file).read_text(encoding="utf-8")))

    def body_bytes(self, number: int) -> bytes:
        """The body of the `number`-th request."""
        body = self.body.encode("latin-1")
        return body.replace(MARK, b"%0*d" % (len(MARK), number)) if self.unique else body


MARK = b"#unique-key#"
