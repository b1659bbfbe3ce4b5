"""How often one client may ask: a token bucket for each address, in bounded memory."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from cnn_core.api.request_error import RequestError

# Addresses that are remembered; the one that was silent longest is forgotten first, about 200 bytes each.
_KNOWN = 4096


class RateLimit:
    """A bucket of tokens for each address; a call and each picture in it take one.

    A call is granted while there is at least one token. Its further pictures are only counted when they are there: they
    may take the bucket below zero, and the next call waits for it.

    Args:
        rate: Tokens that flow into a bucket, a second; 0: nothing is counted.
        burst: Tokens in a full bucket.
        clock: Seconds.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str | None) -> None:
        """Grant a call.

        Raises:
            RequestError: The client must wait.
        """
        if not self._rate:
            return
        tokens = self._tokens(address)
        if tokens < 1:
            wait = (1 - tokens) / self._rate
            raise RequestError(
                429,
                f"Too many requests from this address: {self._rate:g} pictures or calls a second are answered. "
                f"Wait {max(1, round(wait))} s, then go on more slowly.",
                wait,
            )
        self._keep(address, tokens - 1)

    def charge(self, address: str | None, count: int) -> None:
        """Count what a call that was granted has brought beyond its first picture."""
        if self._rate and count > 0:
            self._keep(address, self._tokens(address) - count)

    def __len__(self) -> int:
        return len(self._buckets)

    def _tokens(self, address: str | None) -> float:
        tokens, since = self._buckets.get(network_of(address), (float(self._burst), self._clock()))
        return min(float(self._burst), tokens + (self._clock() - since) * self._rate)

    def _keep(self, address: str | None, tokens: float) -> None:
        key = network_of(address)
        self._buckets[key] = tokens, self._clock()
        self._buckets.move_to_end(key)
        while len(self._buckets) > _KNOWN:
            self._buckets.popitem(last=False)


def network_of(address: str | None) -> str:
    """Whose bucket an address takes from: an IPv6 client has 2**64 addresses, so its network counts."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))
