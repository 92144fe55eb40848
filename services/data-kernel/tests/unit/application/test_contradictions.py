from data_kernel.application.versioning.joining import Sides, SidesContradict
from shared.errors import Violation


def told(count: int) -> str:
    conflicts = [Violation(f"Movie/{number}#/year", "changed_changed", "") for number in range(count)]
    return SidesContradict(Sides("oms", None, "a", "b"), conflicts).detail


def test_places_are_counted():
    assert told(1) == "Ours (a) and theirs (b) contradict each other in 1 place."
    assert told(2) == "Ours (a) and theirs (b) contradict each other in 2 places."
