"""Who of those known may be somebody: found by keyed hashes, opened, scored, the best few with reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.unnest import Unnest
from chassis.vault import CannotOpen, Keyring, MasterKeyAway, Vault
from psycopg import Cursor
from psycopg.rows import tuple_row

from intake.likeness.keys import probes, stored_keys
from intake.likeness.profile import Places, Profile
from intake.likeness.score import Reason, Score, score

FIELD = "likeness"
"""The name of the sealed field in the vault: a `Profile`, one for each record of a person."""

MOST_OPENED = 50
"""So many profiles at most are decrypted for one lookup: those that share the rarest keys."""

MOST_OF_A_KEY = 400
"""A key that more people share finds none of them: it says too little, and reading it would take too long."""

BEST, LEAST_LIKELY = 5, 1e-5
"""How many candidates a lookup gives, and how likely each must be. Low on purpose: one true pair in a hundred
has little in common, and a person decides. A list that shows less has a bound of its own."""


class Candidate(NamedTuple):
    """Somebody known who may be the one; `likely` between 0 and 1."""

    person: UUID
    likely: float
    reasons: tuple[Reason, ...]


class KeysTable:
    """The keys of people (`0110_likeness.sql`): a `chassis.store.commit.Table` of (key, person)."""

    rank = 11
    _insert = Unnest(
        "INSERT INTO likeness_keys (key, person) SELECT * FROM {rows} ON CONFLICT DO NOTHING",
        "bigint",
        "uuid",
    )

    def write(self, cursor: Cursor[Any], rows: Sequence[tuple[int, UUID]]) -> None:
        """Add what is not there yet."""
        self._insert.write(cursor, rows)


class Likenesses:
    """The people of the vault as they are found by likeness.

    `key` is a secret of its own (`secrets.subkey("likeness")`). Reads take a cursor of any transaction; what
    is to be kept goes into the commit of the event that it belongs to.
    """

    def __init__(self, vault: Vault, key: bytes, places: Places) -> None:
        self._vault, self._key, self._places = vault, key, places
        self.table = KeysTable()

    def remember(self, ring: Keyring, person: UUID, record_id: str, profile: Profile) -> list[TableWrite]:
        """The rows of a commit by which a person is found from now on; `record_id`: the event's."""
        sealed = ring.seal(person, FIELD, record_id, profile.to_text())
        keys = sorted(stored_keys(self._key, profile))
        return [self._vault.row(sealed), *(TableWrite(self.table, (key, person)) for key in keys)]

    def renew(self, cursor: Cursor[Any], person: UUID, profiles: Sequence[tuple[str, Profile]]) -> None:
        """In the cursor's transaction: a person is found by these (event, profile) alone from now on."""
        self.forget(cursor, [person])
        if not profiles:
            return
        ring = self._vault.keyring(cursor, [person])
        writes = [one for event, profile in profiles for one in self.remember(ring, person, event, profile)]
        for table in (self._vault.table, self.table):
            table.write(cursor, [write.row for write in writes if write.table is table])

    def forget(self, cursor: Cursor[Any], people: Collection[UUID]) -> None:
        """Take away all by which these people are found: when their keys in the vault are destroyed, and
        before it is made anew."""
        cursor.execute("DELETE FROM likeness_keys WHERE person = ANY(%s)", (list(people),))
        cursor.execute("DELETE FROM vault_fields WHERE person = ANY(%s) AND name = %s", (list(people), FIELD))

    def candidates(
        self, cursor: Cursor[Any], profile: Profile, *, but: Collection[UUID] = (), best: int = BEST
    ) -> list[Candidate]:
        """The likeliest people first, those of `but` left out. Three statements, whoever is asked for.

        Opens `MOST_OPENED` profiles at most; a profile whose keys were destroyed is passed over.
        """
        people = self._found(cursor, profile, but)
        if not people:
            return []
        scores = self._scored(cursor, profile, people)
        ranked = sorted(scores.items(), key=lambda item: (-item[1].bits, item[0]))
        likely = [Candidate(person, one.likely, one.reasons) for person, one in ranked[:best]]
        return [candidate for candidate in likely if candidate.likely >= LEAST_LIKELY]

    def _found(self, cursor: Cursor[Any], profile: Profile, but: Collection[UUID]) -> list[UUID]:
        asked = probes(self._key, profile, self._places)
        cursor.row_factory = tuple_row
        limits = {"of_a_key": MOST_OF_A_KEY, "most": MOST_OPENED}
        found = {"keys": list(asked), "bits": list(asked.values()), "but": list(but)}
        cursor.execute(_FIND, found | limits, prepare=True)
        return [person for (person,) in cursor.fetchall()]

    def _scored(self, cursor: Cursor[Any], profile: Profile, people: Sequence[UUID]) -> dict[UUID, Score]:
        """The best score of each person over the records of them."""
        ring = self._vault.keyring(cursor, people)
        rank = {person: place for place, person in enumerate(people)}
        sealed = sorted(self._vault.fields_of(cursor, people, FIELD), key=lambda one: rank[one.person])
        scores: dict[UUID, Score] = {}
        for person, known in _opened(ring, sealed[:MOST_OPENED]):
            found = score(profile, known, self._places)
            if person not in scores or found.bits > scores[person].bits:
                scores[person] = found
        return scores


def _opened(ring: Keyring, sealed: Iterable[Any]) -> Iterable[tuple[UUID, Profile]]:
    for one in sealed:
        try:
            yield one.person, Profile.of_text(ring.open(one))
        except MasterKeyAway:
            raise
        except CannotOpen:
            continue


_FIND = """
    WITH hit AS (
        SELECT k.person, p.bits, k.size
        FROM unnest(%(keys)s::bigint[], %(bits)s::float8[]) AS p (key, bits)
        CROSS JOIN LATERAL (
            SELECT person, count(*) OVER () AS size
            FROM (SELECT person FROM likeness_keys WHERE key = p.key LIMIT %(of_a_key)s + 1) AS first
        ) AS k
        WHERE k.size <= %(of_a_key)s
    )
    SELECT person FROM hit WHERE person <> ALL (%(but)s::uuid[])
    GROUP BY person ORDER BY sum(17 + bits - log(2, size)) DESC, person LIMIT %(most)s
"""
