"""How many requests are under way, and how much they hold: a server that is asked too much says so at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from cnn_core.api.rate import network_of
from cnn_core.api.request_error import RequestError

_RETRY_AFTER_SECONDS = 2


class WaitingRoom:
    """Places for requests, and bytes for what they bring. For one event loop, which needs no lock.

    Args:
        places: Requests under way at most.
        size: Bytes that all of them hold together at most.
    """

    def __init__(self, places: int, size: int) -> None:
        self._places = places
        self._size = size
        self._held = 0
        self._taken = 0
        self._arriving: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many requests are under way."""
        return self._taken

    @contextmanager
    def place(self) -> Iterator[Place]:
        """A place for one request, given back with all it holds at the end.

        Raises:
            RequestError: All places are taken.
        """
        if self._taken >= self._places:
            raise _busy(f"{self._taken} requests are under way")
        self._taken += 1
        place = Place(self)
        try:
            yield place
        finally:
            self._taken -= 1
            self._held -= place.held

    @contextmanager
    def arriving(self, address: str | None) -> Iterator[None]:
        """While the body of a request arrives: one address that sends slowly leaves half of the places to others.

        Raises:
            RequestError: Half of the places wait for this address.
        """
        network = network_of(address)
        if (count := self._arriving[network]) >= max(1, self._places // 2):
            raise RequestError(
                429,
                f"{count} requests from this address have not arrived yet. Send fewer at once.",
                _RETRY_AFTER_SECONDS,
            )
        self._arriving[network] += 1
        try:
            yield
        finally:
            self._arriving[network] -= 1
            if not self._arriving[network]:
                del self._arriving[network]

    def hold(self, count: int) -> None:
        """Count bytes that are held from now on. Called by :class:`Place`."""
        if self._held + count > self._size:
            raise _busy("the requests under way are as large as the memory for them")
        self._held += count


class Place:
    """What one request holds.

    Attributes:
        held: Bytes.
    """

    def __init__(self, room: WaitingRoom) -> None:
        self._room = room
        self.held = 0

    def arriving(self, address: str | None) -> AbstractContextManager[None]:
        """As :meth:`WaitingRoom.arriving`."""
        return self._room.arriving(address)

    def hold(self, count: int) -> None:
        """Hold so many bytes more.

        Raises:
            RequestError: All requests together hold too much.
        """
        self._room.hold(count)
        self.held += count


def _busy(why: str) -> RequestError:
    return RequestError(503, f"The server is busy: {why}. Try again in a moment.", _RETRY_AFTER_SECONDS)
