"""A cache limited in bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Keeps the most recently used values, up to `max_bytes` in total. Thread-safe."""

    def __init__(self, max_bytes: int, size_of: Callable[[Key, Value], int]) -> None:
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._bytes = 0
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._making: dict[Key, Future[Value]] = {}
        self._lock = Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return the value of `key`. If it is absent, one thread makes it, and others that ask meanwhile wait for it.

        Raises: what `make` raises, in all of them.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            making = self._making.get(key)
            if making is None:
                made = self._making[key] = Future()
        if making is not None:
            return making.result()
        try:
            value = make()
        except BaseException as error:
            made.set_exception(error)
            raise
        else:
            made.set_result(value)
            with self._lock:
                self._keep(key, value)
            return value
        finally:
            with self._lock:
                del self._making[key]

    def peek(self, key: Key) -> Value | None:
        """Return the value of `key` if it is there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._bytes = 0

    def _keep(self, key: Key, value: Value) -> None:
        if key not in self._values:
            self._values[key] = value
            self._bytes += self._size_of(key, value)
        while self._bytes > self._max_bytes:
            self._bytes -= self._size_of(*self._values.popitem(last=False))
