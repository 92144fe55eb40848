"""Numbers and byte strings one after another: unsigned LEB128 numbers, and strings with their length before them."""

_MORE = 0x80
_LOW = 0x7F
_BITS = 7
_SHORT = tuple(bytes((value,)) for value in range(_MORE))


def number(value: int) -> bytes:
    """Seven bits a byte, the lowest first, the eighth set on all but the last (unsigned LEB128)."""
    if value < _MORE:
        return _SHORT[value]
    out = bytearray()
    while value >= _MORE:
        out.append(value & _LOW | _MORE)
        value >>= _BITS
    out.append(value)
    return bytes(out)


def string(value: bytes) -> bytes:
    """The length as a number, then the bytes."""
    size = len(value)
    return (_SHORT[size] if size < _MORE else number(size)) + value


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at` and the place behind it; `IndexError` where the data ends before."""
    value = data[at]
    at += 1
    if value < _MORE:
        return value, at
    value &= _LOW
    shift = _BITS
    while True:
        byte = data[at]
        at += 1
        value |= (byte & _LOW) << shift
        if byte < _MORE:
            return value, at
        shift += _BITS


def read_string(data: bytes, at: int) -> tuple[bytes, int]:
    """The byte string at `at` and the place behind it; `IndexError` where the data ends before."""
    size, at = read_number(data, at)
    end = at + size
    if end > len(data):
        raise IndexError("a byte string goes beyond the end")
    return data[at:end], end
