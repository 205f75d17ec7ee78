"""Changes the master key while the service runs: first every instance holds the new one, then it wraps, then
every key of the vault is wrapped anew, page by page, until nothing needs the old one any more.

A page is one transaction: a process that dies leaves whole pages behind, and whoever runs goes on. A commit
that read the old key and comes after the change is refused by the database and decided again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row

from chassis import crash
from chassis.masterkey import CannotOpen, MasterKey, MasterKeyAway
from chassis.refusal import Refusal
from chassis.store.recorder import COMMIT_LOCK
from chassis.telemetry import get_logger
from chassis.telemetry.logs import allow_keys
from chassis.vault import wrapped_about

LOG = get_logger("vault")
allow_keys("key_id")
PAGE = 500
LIVE_SECONDS = 15
"""Who was not heard of for long does not run; should it wake, it looks into its file before it wraps."""


class Rotation(NamedTuple):
    """One change of the master key. `finished_at` None: keys are left."""

    number: int
    from_key_id: str | None
    to_key_id: str
    by: str
    started_at: datetime
    finished_at: datetime | None
    done: int


class Instance(NamedTuple):
    """A running instance: the keys it holds, and why it did not take up its file, if it did not."""

    instance: str
    key_ids: Sequence[str]
    trouble: str
    seen_at: datetime


def begin(connection: Connection[Any], key_id: str, by: str) -> Rotation:
    """Let a key wrap from the next commit on. Raises `Refusal` unless every running instance holds it."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (COMMIT_LOCK,))
        last = newest(connection)
        if last is not None and last.to_key_id == key_id:
            return last
        if last is not None and last.finished_at is None:
            raise Refusal("master_key_rotation_unfinished", detail={"key_id": last.to_key_id})
        _check_held(live(connection), key_id)
        connection.execute(_BEGIN, (last.to_key_id if last else None, key_id, by))
        begun = newest(connection)
    assert begun is not None
    return begun


def adopt(connection: Connection[Any], master: MasterKey) -> None:
    """Write down, once for all instances, which key a new installation begins with."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (COMMIT_LOCK,))
        if newest(connection) is None:
            connection.execute(_BEGIN, (None, master.key_id, "start"))
            finish(connection)


def rewrap_page(connection: Connection[Any], master: MasterKey, page: int = PAGE) -> int:
    """Wrap up to `page` keys by the newest master key; how many that were.

    Of several instances each takes other rows. A key that was damaged is logged and left as it is: nothing
    opens it, and the others go on. Raises `MasterKeyAway`.
    """
    with connection.transaction():
        last = newest(connection)
        if last is None:
            return 0
        found = _left(connection, last.to_key_id, page)
        if not found:
            return 0
        anew = dict(_all_anew(master, last.to_key_id, found))
        crash.point("rewrap_mid_page")
        connection.execute(_REWRAP, (last.to_key_id, list(anew), list(anew.values())))
        connection.execute(_COUNT_DONE, (len(anew), last.number))
    return len(anew)


def finish(connection: Connection[Any]) -> None:
    """Note that nothing is left to be wrapped anew."""
    connection.execute(_FINISH)


def newest(connection: Connection[Any]) -> Rotation | None:
    """The last change of the master key: its `to_key_id` wraps now."""
    row = connection.cursor(row_factory=tuple_row).execute(_NEWEST).fetchone()
    return None if row is None else Rotation(*row)


def wraps(connection: Connection[Any]) -> dict[str, int]:
    """How many keys of the vault each master key wraps; whatever is missing here wraps none."""
    return dict(connection.cursor(row_factory=tuple_row).execute(_WRAPS).fetchall())


def live(connection: Connection[Any]) -> list[Instance]:
    """The instances that were heard of within `LIVE_SECONDS`."""
    rows = connection.cursor(row_factory=tuple_row).execute(_LIVE, (LIVE_SECONDS,)).fetchall()
    return [Instance(*row) for row in rows]


def say_held(connection: Connection[Any], instance: str, master: MasterKey, trouble: str) -> None:
    """Tell the others which keys this instance holds."""
    connection.execute(_SAY, (instance, sorted(master.key_ids), trouble))


def say_goodbye(connection: Connection[Any], instance: str) -> None:
    """Tell the others that this instance ends."""
    connection.execute("DELETE FROM vault_instances WHERE instance = %s", (instance,))


def needed(connection: Connection[Any]) -> set[str]:
    """The master keys without which something in the vault would not open."""
    last = newest(connection)
    return {*wraps(connection), *([last.to_key_id] if last else [])}


def _check_held(instances: Sequence[Instance], key_id: str) -> None:
    lacking = sorted(one.instance for one in instances if key_id not in one.key_ids)
    if lacking or not instances:
        detail = {"key_id": key_id, "instances": ", ".join(lacking) or "-"}
        raise Refusal("master_key_not_everywhere", detail=detail)


def _left(connection: Connection[Any], key_id: str, page: int) -> list[tuple[Any, ...]]:
    cursor = connection.cursor(row_factory=tuple_row)
    for statement in _PAGES:
        if found := cursor.execute(statement, (key_id, page)).fetchall():
            return found
    return []


def _all_anew(master: MasterKey, to: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[UUID, bytes]]:
    for row in rows:
        try:
            yield row[0], _anew(master, to, *row)
        except MasterKeyAway:
            raise
        except CannotOpen:
            LOG.error("data_key_damaged", key_id=str(row[0]))


def _anew(master: MasterKey, to: str, key_id: Any, person: Any, group: str, wrapped: Any, by: str) -> bytes:
    """The same key, wrapped by another master key. It is opened again before the old wrapping is given up."""
    about = wrapped_about(person, group, key_id)
    plain = master.unwrap(bytes(wrapped), about, by)
    again = master.wrap(plain, about, to)
    if master.unwrap(again, about, to) != plain:
        raise MasterKeyAway(f"master key {to} does not give back what it wrapped")
    return again


_NEWEST = """
    SELECT number, from_key_id, to_key_id, by, started_at, finished_at, done
    FROM master_key_rotations ORDER BY number DESC LIMIT 1
"""
_BEGIN = "INSERT INTO master_key_rotations (from_key_id, to_key_id, by) VALUES (%s, %s, %s)"
_COLUMNS: LiteralString = "key_id, person, label_group, wrapped, master_key_id"
_PAGES: tuple[LiteralString, ...] = (
    f"SELECT {_COLUMNS} FROM vault_keys WHERE destroyed_at IS NULL AND master_key_id < %s"
    " LIMIT %s FOR UPDATE SKIP LOCKED",
    f"SELECT {_COLUMNS} FROM vault_keys WHERE destroyed_at IS NULL AND master_key_id > %s"
    " LIMIT %s FOR UPDATE SKIP LOCKED",
)
"""Two, for the index: it has no "is not"."""

_REWRAP = """
    UPDATE vault_keys SET wrapped = r.wrapped, master_key_id = %s
    FROM unnest(%s::uuid[], %s::bytea[]) AS r (key_id, wrapped) WHERE vault_keys.key_id = r.key_id
"""
_COUNT_DONE = "UPDATE master_key_rotations SET done = done + %s WHERE number = %s"
_FINISH = """
    UPDATE master_key_rotations AS r SET finished_at = clock_timestamp()
    WHERE number = (SELECT max(number) FROM master_key_rotations) AND finished_at IS NULL
      AND NOT EXISTS (SELECT FROM vault_keys AS k
                      WHERE k.destroyed_at IS NULL AND k.master_key_id < r.to_key_id)
      AND NOT EXISTS (SELECT FROM vault_keys AS k
                      WHERE k.destroyed_at IS NULL AND k.master_key_id > r.to_key_id)
"""
_WRAPS = "SELECT master_key_id, count(*) FROM vault_keys WHERE destroyed_at IS NULL GROUP BY 1"
_LIVE = """
    SELECT instance, key_ids, trouble, seen_at FROM vault_instances
    WHERE seen_at > clock_timestamp() - make_interval(secs => %s) ORDER BY instance
"""
_SAY = """
    INSERT INTO vault_instances (instance, key_ids, trouble, seen_at) VALUES (%s, %s, %s, clock_timestamp())
    ON CONFLICT (instance) DO UPDATE
    SET key_ids = EXCLUDED.key_ids, trouble = EXCLUDED.trouble, seen_at = EXCLUDED.seen_at
"""
