"""Positions: where a node, a body or a commit lies in its table.

The database's number is in the upper bits, a running number from 1 in the lower 40, so that what a database holds is a
range. A commit's position exceeds those of its parents.
"""

_RUNNING_BITS = 40


def first_of(database: int) -> int:
    """Every position of the database exceeds this."""
    return database << _RUNNING_BITS


def end_of(database: int) -> int:
    """Every position of the database is below this."""
    return (database + 1) << _RUNNING_BITS


def database_of(position: int) -> int:
    """The number of the database that the position belongs to."""
    return position >> _RUNNING_BITS
