"""What gRPC messages of the scheduler mean."""

import pytest

from scheduler_service.api.grpc.messages import state_of
from scheduler_service.domain.executions import State
from shared.errors import InvalidInput
from shared.grpc.generated.scheduler.v1 import scheduler_pb2 as pb


def test_a_state_is_one_that_an_execution_can_have_or_any() -> None:
    assert state_of(pb.EXECUTION_STATE_DEAD) is State.DEAD
    assert state_of(pb.EXECUTION_STATE_UNSPECIFIED) is None


@pytest.mark.parametrize("number", [-1, 99, 2**31 - 1])
def test_a_number_that_no_state_has_is_refused(number: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        state_of(number)  # type: ignore[arg-type] # what a client may send
    assert refused.value.field == "state"
