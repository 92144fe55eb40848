"""What a change is made with: the writer's connection, and numbers that only ever grow."""

import apsw

from data_kernel.adapters.embedded.times import Clock


class WriteSession:
    """The writer's connection with the store's clock and counter; used in the writer's thread alone.

    After a group that failed, times and sequences go on from where they were: gaps are harmless, repeats are not.
    """

    def __init__(self, connection: apsw.Connection, clock: Clock) -> None:
        self.connection = connection
        self.reclaims_space = False
        self._clock = clock
        row: tuple[int, int] = connection.execute("SELECT last_us, sequence FROM meta").get
        self._last_us, self._sequence = row
        self._is_dirty = False

    @property
    def sequence(self) -> int:
        """The number of the newest ref update."""
        return self._sequence

    def now_us(self) -> int:
        """The present, for what is only compared with itself."""
        return self._clock()

    def next_time_us(self) -> int:
        """The time of a ref update: the present, but later than every one before."""
        self._last_us = max(self._clock(), self._last_us + 1)
        self._is_dirty = True
        return self._last_us

    def next_sequence(self) -> int:
        """The number of a ref update in the whole store."""
        self._sequence += 1
        self._is_dirty = True
        return self._sequence

    def save(self) -> None:
        """Write clock and counter, once a group."""
        if self._is_dirty:
            self.connection.execute("UPDATE meta SET last_us = ?, sequence = ?", (self._last_us, self._sequence))
            self._is_dirty = False
