"""Who may write about an outlet: a lease that ends by itself, and a number that tells its holders apart.

The number is a fencing token (M. Kleppmann, "How to do distributed locking", 2016): every commit carries it, so that
a holder that slept past the end of its lease writes nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from archive.errors import LeaseHeld, LeaseLost, StorageError
from archive.schema import leases

WHOLE = "*"
"""In place of an outlet's name: a lease on the whole catalog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """An outlet is ours, until it is not renewed for `seconds`."""

    outlet: str
    machine: str
    fence: int
    """Later holders of the outlet have greater ones."""
    seconds: float


def take(connection: sa.Connection, outlet: str, machine: str, seconds: float) -> Lease:
    """Take an outlet's lease, or that of the whole catalog, in a write transaction of its own. Raises LeaseHeld.

    What is still leased to `machine` itself is taken over: the caller holds a lock that proves its holder dead.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"LOCK TABLE {leases.name} IN EXCLUSIVE MODE"))
    now = connection.execute(sa.select(_now(connection))).scalar_one()
    rows = {row.outlet: row for row in connection.execute(sa.select(leases))}
    valid = {name: row for name, row in rows.items() if row.expires > now}
    if WHOLE in valid and valid[WHOLE].machine != machine:
        raise LeaseHeld(
            f"The catalog is being made anew by {valid[WHOLE].machine}, until {_clock(valid[WHOLE])} at the latest: "
            "start again when that is done."
        )
    for name in valid if outlet == WHOLE else valid.keys() & {outlet}:
        if valid[name].machine != machine:
            raise LeaseHeld(
                f"The outlet {name} is leased to {valid[name].machine}, until {_clock(valid[name])} at the latest: "
                "wait for the job there, or stop it."
            )
    # Whoever sleeps on a lease that has ended must not wake up as its holder: of an outlet, or of the whole.
    overlapping = leases.c.outlet != WHOLE if outlet == WHOLE else leases.c.outlet == WHOLE
    connection.execute(sa.update(leases).where(overlapping).values(fence=leases.c.fence + 1, expires=0))
    fence = rows[outlet].fence + 1 if outlet in rows else 1
    values = {"machine": machine, "fence": fence, "expires": now + seconds}
    if outlet in rows:
        connection.execute(sa.update(leases).where(leases.c.outlet == outlet).values(values))
    else:
        connection.execute(sa.insert(leases).values(outlet=outlet, **values))
    return Lease(outlet=outlet, machine=machine, fence=fence, seconds=seconds)


def renew(connection: sa.Connection, lease: Lease) -> None:
    """Let a lease last for `lease.seconds` from now, in the transaction that writes under it. Raises LeaseLost."""
    renewed = sa.update(leases).where(_is(lease)).values(expires=_now(connection) + lease.seconds)
    if connection.execute(renewed).rowcount == 0:
        if lease.outlet == WHOLE:
            raise LeaseLost("A job began while the catalog was made anew and this process stood still: start again.")
        raise LeaseLost(
            f"The outlet {lease.outlet} was leased to another while this process stood still; it writes nothing more. "
            "What it has kept is in its spool, and is finished by the next job on this machine."
        )


@contextmanager
def kept_alive(hold: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call `hold` so often in the background; whether the lease was lost is asked with the next commit."""
    over = threading.Event()

    def hold_often() -> None:
        while not over.wait(seconds):
            with suppress(StorageError, LeaseHeld):
                hold()

    keeper = threading.Thread(target=hold_often, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def release(connection: sa.Connection, lease: Lease) -> None:
    """End a lease now, if it is still ours."""
    connection.execute(sa.update(leases).where(_is(lease)).values(expires=0))


def _is(lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(leases.c.outlet == lease.outlet, leases.c.fence == lease.fence, leases.c.machine == lease.machine)


def _now(connection: sa.Connection) -> sa.ColumnElement[float]:
    """Seconds since 1970, by the clock that all who share the catalog go by."""
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
    return sa.literal(time.time(), sa.Double)


def _clock(row: Any) -> str:
    return datetime.fromtimestamp(row.expires, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
