"""An outlet belongs to one machine at a time, for as long as it says so; who slept too long writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from archive.catalog import Catalog
from archive.errors import LeaseHeld, LeaseLost
from archive.known import Changes
from archive.lease import WHOLE
from tests.test_catalog import ONE, stored

Connect = Callable[[], Catalog]


def test_an_outlet_is_refused_to_others_in_words_until_it_is_released(connect: Connect) -> None:
    first, second = connect(), connect()
    lease = first.take_lease("contoh", "m1")
    with pytest.raises(LeaseHeld, match=r"outlet contoh is leased to m1, until \d{4}-.* UTC at the latest: wait"):
        second.take_lease("contoh", "m2")
    assert second.take_lease("lain", "m2").fence == 1
    first.release(lease)
    taken = second.take_lease("contoh", "m2")
    assert (taken.machine, taken.fence) == ("m2", 2)
    first.release(lease)  # which is not ours any more
    with pytest.raises(LeaseHeld):
        first.take_lease("contoh", "m1")


def test_the_same_machine_takes_its_own_lease_over_at_once(connect: Connect) -> None:
    catalog = connect()
    old = catalog.take_lease("contoh", "m1")
    assert catalog.take_lease("contoh", "m1").fence == 2
    with pytest.raises(LeaseLost):
        catalog.commit(Changes(), old)


def test_a_commit_renews_the_lease_and_an_old_one_keeps_nobody_out(connect: Connect) -> None:
    first, second = connect(), connect()
    lease = replace(first.take_lease("contoh", "m1", 0), seconds=60)
    first.commit(Changes(), lease)  # late, but nobody else came
    with pytest.raises(LeaseHeld):
        second.take_lease("contoh", "m2")
    first.commit(Changes(), replace(lease, seconds=0))
    assert second.take_lease("contoh", "m2").fence == 2


def test_who_has_lost_the_lease_writes_nothing(connect: Connect) -> None:
    first, second = connect(), connect()
    lease = first.take_lease("contoh", "m1", 0)
    first.commit(Changes(known=[ONE], stored={ONE.url: stored("e")}))
    taken = second.take_lease("contoh", "m2")
    other = replace(ONE, url="https://contoh.test/2")
    with pytest.raises(LeaseLost, match="outlet contoh was leased to another while this process stood still"):
        first.commit(Changes(known=[other], stored={other.url: stored("e")}), lease)
    with pytest.raises(LeaseLost):
        first.forget(ONE.job, [ONE.url], {"warc/a.warc.gz": 0}, lease)
    assert (second.known(other.url), second.stored(other.url)) == (None, None)
    assert (second.known(ONE.url), second.stored(ONE.url)) == (ONE, stored("e"))
    second.commit(Changes(known=[other]), taken)
    assert first.known(other.url) == other


def test_the_whole_catalog_is_leased_only_while_no_outlet_is(connect: Connect) -> None:
    first, second = connect(), connect()
    outlet = first.take_lease("contoh", "m1")
    with pytest.raises(LeaseHeld, match="outlet contoh is leased to m1"):
        second.take_lease(WHOLE, "m2")
    first.release(outlet)
    whole = second.take_lease(WHOLE, "m2")
    for name in ("contoh", "lain", WHOLE):
        with pytest.raises(LeaseHeld, match=r"catalog is being made anew by m2, until .* at the latest"):
            first.take_lease(name, "m1")
    second.release(whole)
    assert first.take_lease("contoh", "m1").fence > outlet.fence + 1


def test_who_slept_while_the_catalog_was_made_anew_writes_nothing(connect: Connect) -> None:
    first, second = connect(), connect()
    sleeping = first.take_lease("contoh", "m1", 0)
    second.release(second.take_lease(WHOLE, "m2"))
    with pytest.raises(LeaseLost):
        first.commit(Changes(known=[ONE]), sleeping)
    assert second.known(ONE.url) is None


def test_who_slept_while_making_the_catalog_anew_replaces_nothing_that_jobs_wrote_meanwhile(connect: Connect) -> None:
    first, second = connect(), connect()
    sleeping = first.take_lease(WHOLE, "m1", 0)
    second.commit(Changes(known=[ONE]), second.take_lease("contoh", "m2"))
    with pytest.raises(LeaseLost, match="A job began while the catalog was made anew"):
        first.commit(Changes(), sleeping)
