"""What all documents of one request are held to."""

from dataclasses import dataclass

from data_kernel.domain.ids import RandomKey
from data_kernel.domain.schema import Schema
from data_kernel.domain.validation.captures import Captures
from data_kernel.domain.validation.fitting import Fitting


@dataclass(frozen=True, slots=True)
class Rules:
    """The classes, where random keys come from, the names in the request, and whether its documents were stored."""

    schema: Schema
    fitting: Fitting
    new_key: RandomKey
    captures: Captures
    is_stored: bool
