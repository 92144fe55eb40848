"""Where two states can differ, by the lines they are read from."""

import pytest

from data_kernel.adapters.embedded.differences import Span, spans
from data_kernel.adapters.embedded.lines import Layer

MAIN_3, MAIN_7, COPY_2, OTHER_5 = Layer(1, 3), Layer(1, 7), Layer(2, 2), Layer(3, 5)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((), (), []),
        ((MAIN_3,), (MAIN_3,), []),
        ((MAIN_3,), (MAIN_7,), [Span(1, 3, 7)]),
        ((MAIN_7,), (MAIN_3,), [Span(1, 3, 7)]),
        ((), (MAIN_3,), [Span(1, 0, 3)]),
        ((MAIN_3,), (), [Span(1, 0, 3)]),
        ((MAIN_7,), (COPY_2, MAIN_3), [Span(1, 3, 7), Span(2, 0, 2)]),
        ((COPY_2, MAIN_3), (MAIN_7,), [Span(2, 0, 2), Span(1, 3, 7)]),
        ((COPY_2, MAIN_3), (OTHER_5, MAIN_3), [Span(2, 0, 2), Span(3, 0, 5)]),
        ((COPY_2,), (OTHER_5,), [Span(2, 0, 2), Span(3, 0, 5)]),
        ((COPY_2, MAIN_3), (Layer(2, 1), MAIN_3), [Span(2, 1, 2)]),
    ],
)
def test_states_differ_on_their_own_lines_and_between_their_places_on_the_first_shared_one(old, new, expected):
    assert spans(old, new) == expected
