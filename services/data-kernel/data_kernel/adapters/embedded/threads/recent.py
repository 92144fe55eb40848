"""What was used last, kept for all threads."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """A mapping that forgets the least recently used entry beyond `capacity`."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = Lock()
        self._generation = 0

    def get(self, key: _Key) -> _Value | None:
        """The value, if it is kept."""
        with self._lock:
            value = self._entries.get(key)
            if value is not None:
                self._entries.move_to_end(key)
            return value

    @property
    def generation(self) -> int:
        """How often everything was forgotten."""
        return self._generation

    def put(self, key: _Key, value: _Value, generation: int | None = None) -> None:
        """Keep a value, unless everything was forgotten since the generation in which it was made."""
        with self._lock:
            if generation not in (None, self._generation):
                return
            self._entries[key] = value
            self._entries.move_to_end(key)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._generation += 1
