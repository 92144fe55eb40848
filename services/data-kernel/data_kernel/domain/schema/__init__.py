"""The schema graph: the classes that documents are held to."""

from data_kernel.domain.schema.model import (
    CONTEXT_ID,
    ClassDefinition,
    EnumDefinition,
    Family,
    Key,
    KeyKind,
    Property,
    Range,
    RangeKind,
    Schema,
)
from data_kernel.domain.schema.parsing import parse_schema

__all__ = [
    "CONTEXT_ID",
    "ClassDefinition",
    "EnumDefinition",
    "Family",
    "Key",
    "KeyKind",
    "Property",
    "Range",
    "RangeKind",
    "Schema",
    "parse_schema",
]
