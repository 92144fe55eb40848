import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.adapters.embedded.encoding import commit_ids
from shared.errors import NotFound

IDS = st.binary(min_size=20, max_size=20)


@given(IDS)
def test_a_text_has_31_digits_of_base_36_and_keeps_every_id(commit):
    text = commit_ids.to_text(commit)
    assert len(text) == 31
    assert int(text, 36) == int.from_bytes(commit)
    assert commit_ids.from_text(text) == commit


@pytest.mark.parametrize("text", ["", "main", "0" * 30, "0" * 32, "A" * 31, "z" * 31, "\u0660" * 31, f" {'0' * 30}"])
def test_what_no_id_looks_like_is_not_found(text):
    with pytest.raises(NotFound):
        commit_ids.from_text(text)
