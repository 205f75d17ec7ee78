"""What a person does with parked items: decide them again in their order, or skip one with a reason."""

from __future__ import annotations

from typing import NamedTuple

from chassis.items import Item
from chassis.refusal import Refusal
from chassis.store import failures
from chassis.store.batch import Batch
from chassis.store.commit import TableWrite
from chassis.store.decider import Decider
from chassis.store.parked import FAILURES, RESOLUTIONS, FailedAgain, Resolved
from chassis.store.rows import Claim
from chassis.store.store import Store
from chassis.store.writer import Writer


class NotParked(LookupError):
    """There is no open parked item of this id or case."""


class Retried(NamedTuple):
    """`done` items of the case were decided; `left` still wait, the first of them for `reason`."""

    done: int
    left: int
    reason: str | None


class Parking:
    """Retries and skips, through the writer: one transaction each, safe beside other instances."""

    def __init__(self, store: Store, decider: Decider, writer: Writer) -> None:
        self._store = store
        self._decider = decider
        self._writer = writer

    def retry(self, case_key: str, *, by: str) -> Retried:
        """Decide what is parked under the key again, in order, up to the first that fails again.

        Raises `NotParked`.
        """
        done = 0
        while True:
            told = self._retry(case_key, by)
            done += told.done
            if told.left or not self._left(case_key):
                return Retried(done, told.left, told.reason)

    def _left(self, case_key: str) -> bool:
        """Whether another instance has parked something behind while the case was decided."""
        return bool(self._store.parked.list(case_key=case_key, limit=1))

    def _retry(self, case_key: str, by: str) -> Retried:
        told: list[Retried] = []

        def work() -> Batch:
            told[:] = []
            batch, retried = self._decide_again(case_key, by)
            told.append(retried)
            return batch

        self._writer.once(work)
        return told[-1]

    def skip(self, id: int, *, by: str, why: str) -> Retried:
        """Leave one out for good, and go on with what waited behind it.

        Its bytes stay, sealed, with the reason and who gave it. Raises `NotParked`, ValueError without a
        reason.
        """
        if not why.strip():
            raise ValueError("a reason is needed to skip a parked item")
        item = self._store.parked.show(id)
        if item is None or item.resolution is not None:
            raise NotParked(f"no open parked item {id}")

        def work() -> Batch:
            batch = Batch(self._store, self._decider, [])
            self._resolve(batch, [id], "skipped", by, why)
            return batch

        self._writer.once(work)
        if not self._left(item.case_key):
            return Retried(0, 0, None)
        return self.retry(item.case_key, by=by)

    def _decide_again(self, case_key: str, by: str) -> tuple[Batch, Retried]:
        parked = self._store.parked.items(case_key)
        if not parked:
            raise NotParked(f"nothing is parked under {case_key!r}")
        batch = Batch(self._store, self._decider, [])
        done: list[int] = []
        reason = None
        self._decider.prepare(batch.uow, [item for _, item in parked])
        for id, item in parked:
            reason = self._try(batch, item)
            if reason is not None:
                batch.uow.commit.extra.append(TableWrite(FAILURES, FailedAgain(id, reason)))
                break
            done.append(id)
        if done:
            self._resolve(batch, done, "retried", by, None)
        return batch, Retried(len(done), len(parked) - len(done), reason)

    def _try(self, batch: Batch, item: Item) -> str | None:
        uow = batch.uow
        mark = uow.mark()
        try:
            self._decider.decide(uow, item)
            uow.collect()
        except Exception as error:
            if failures.is_nobodys(error):
                raise
            uow.roll_back(mark, refused=isinstance(error, Refusal))
            return f"refused: {error.code}" if isinstance(error, Refusal) else failures.reason(error)
        batch.follow_woken()
        return None

    def _resolve(self, batch: Batch, ids: list[int], how: str, by: str, why: str | None) -> None:
        """A claim an item: of two instances settling the same one, one is too late and looks again."""
        commit = batch.uow.commit
        commit.claims += [Claim("parked", str(id), how) for id in ids]
        commit.extra.append(TableWrite(RESOLUTIONS, Resolved(ids, how, batch.uow.now, by, why)))
