"""What the API grants: tokens, places, bytes, and what an operator may set."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from cnn_core.api import rate as rate_module
from cnn_core.api.limits import Limits, read_limits
from cnn_core.api.rate import RateLimit, network_of
from cnn_core.api.request_error import RequestError
from cnn_core.api.uploads import received_pictures
from cnn_core.api.waiting import WaitingRoom
from cnn_core.errors import ConfigError


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def is_granted(limit, address="10.0.0.1"):
    try:
        limit.take(address)
    except RequestError:
        return False
    return True


def test_a_client_may_send_a_burst_and_then_at_the_rate(clock):
    limit = RateLimit(rate=2, burst=5, clock=clock)
    assert [is_granted(limit) for _ in range(7)] == [True] * 5 + [False] * 2
    clock.now += 1
    assert [is_granted(limit) for _ in range(3)] == [True, True, False]
    clock.now += 1000
    assert [is_granted(limit) for _ in range(6)] == [True] * 5 + [False]


def test_one_client_does_not_take_from_another(clock):
    limit = RateLimit(rate=1, burst=1, clock=clock)
    assert is_granted(limit, "10.0.0.1")
    assert is_granted(limit, "10.0.0.2")
    assert not is_granted(limit, "10.0.0.1")


def test_who_waits_as_long_as_told_is_granted(clock):
    limit = RateLimit(rate=0.3, burst=2, clock=clock)
    limit.take("a")
    limit.charge("a", 9)
    with pytest.raises(RequestError) as refused:
        limit.take("a")
    assert refused.value.status == 429
    clock.now += int(refused.value.headers["Retry-After"])
    limit.take("a")


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 20)), max_size=60))
def test_no_client_gets_more_than_burst_and_rate_and_the_pictures_of_one_request(calls):
    clock = Clock()
    limit, granted, most = RateLimit(rate=3, burst=10, clock=clock), 0, 0
    for pause, pictures in calls:
        clock.now += pause
        if is_granted(limit):
            limit.charge("10.0.0.1", pictures - 1)
            granted, most = granted + pictures, max(most, pictures)
    assert granted <= 10 + 3 * (clock.now - 100.0) + most + 1e-6


def test_a_rate_of_0_counts_nothing(clock):
    limit = RateLimit(rate=0, burst=1, clock=clock)
    assert all(is_granted(limit) for _ in range(100))
    assert len(limit) == 0


def test_only_so_many_addresses_are_remembered_and_the_busy_one_is_not_forgotten(clock, monkeypatch):
    monkeypatch.setattr(rate_module, "_KNOWN", 10)
    limit = RateLimit(rate=0.001, burst=60, clock=clock)
    for index in range(50):
        assert is_granted(limit, "10.0.0.1")
        assert is_granted(limit, f"10.0.1.{index}")
    assert len(limit) == 10
    limit.charge("10.0.0.1", 10)
    assert not is_granted(limit, "10.0.0.1")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("testclient", None, True),
    ],
)
def test_addresses_of_one_network_share_a_bucket(one, other, is_same):
    assert (network_of(one) == network_of(other)) is is_same


def test_places_and_bytes_come_back_however_a_request_ends():
    room = WaitingRoom(places=2, size=100)
    with contextlib.suppress(ZeroDivisionError), room.place() as place:
        place.hold(100)
        raise ZeroDivisionError
    assert len(room) == 0
    with room.place() as one, room.place() as two:
        assert len(room) == 2
        with pytest.raises(RequestError, match="busy"), room.place():
            pass
        one.hold(60)
        with pytest.raises(RequestError, match="busy") as refused:
            two.hold(41)
        assert refused.value.status == 503
        two.hold(40)
    with room.place() as place:
        place.hold(100)


def test_who_sends_slowly_leaves_half_of_the_places_to_others():
    room = WaitingRoom(places=4, size=100)
    with room.arriving("10.0.0.1"), room.arriving("10.0.0.1"):
        with pytest.raises(RequestError, match="2 requests from this address") as refused, room.arriving("10.0.0.1"):
            pass
        assert refused.value.status == 429
        with room.arriving("10.0.0.2"):
            pass
    with room.arriving("10.0.0.1"):
        pass


def test_a_body_that_does_not_arrive_is_given_up():
    async def receive():
        await asyncio.sleep(60)

    scope = {"type": "http", "headers": [(b"content-type", b"image/png")], "method": "POST"}

    async def read():
        with WaitingRoom(1, 100).place() as place:
            async with received_pictures(Request(scope, receive), Limits(upload_seconds=0.05), place):
                pass

    with pytest.raises(RequestError, match=r"longer than 0\.05 s") as refused:
        asyncio.run(read())
    assert refused.value.status == 408


def test_an_operator_sets_limits_by_the_environment():
    limits = read_limits({"CNN_LAB_API_RATE": "2.5", "CNN_LAB_API_FILES": " 7 ", "CNN_LAB_API_BURST": ""})
    assert (limits.rate, limits.files, limits.burst) == (2.5, 7, Limits().burst)
    assert read_limits({}) == Limits()


@pytest.mark.parametrize(
    ("name", "value"),
    [("RATE", "fast"), ("RATE", "-1"), ("RATE", "nan"), ("FILES", "0"), ("BODY_MB", "inf"), ("HELD_MB", "1e308")],
)
def test_a_limit_that_is_none_is_told_by_its_name(name, value):
    with pytest.raises(ConfigError, match=f"CNN_LAB_API_{name} .* is '{value}'"):
        read_limits({f"CNN_LAB_API_{name}": value})


def test_a_request_of_the_largest_size_always_fits():
    limits = Limits(body_mb=64, held_mb=1)
    assert limits.held_bytes == limits.body_bytes == 64 * 2**20
