import pytest
from pydantic import ValidationError

from shared.limits import KB, MB, Limits


def test_defaults_are_those_of_the_platform():
    limits = Limits()
    assert (limits.request_body_bytes, limits.unary_body_bytes, limits.document_bytes) == (64 * MB, 3 * MB, 32 * MB)
    assert (limits.metadata_bytes, limits.event_bytes, limits.message_bytes) == (8 * KB, 64 * KB, 4 * KB)


def test_table_shows_every_limit_with_its_value():
    table = Limits(depth=7).as_markdown()
    assert "| depth | 7 | nesting of a document |" in table
    assert all(f"| {name} |" in table for name in Limits.model_fields)


@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_is_positive(value):
    with pytest.raises(ValidationError):
        Limits(depth=value)
