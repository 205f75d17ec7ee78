"""Measures the lookup on a filled database: recall among the best five, precision, time, memory."""

from __future__ import annotations

import gc
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from intake.likeness.candidates import Candidate
from intake.likeness.profile import Profile

from tests.bench.databases import database
from tests.bench.likeness.attack import Exposure, exposures
from tests.bench.likeness.filled import Filled, filled, person_id
from tests.bench.likeness.held_out import HELD_OUT, HeldOut
from tests.bench.likeness.mistakes import Office
from tests.bench.likeness.population import Land, Person, people

SEEDS = {"people": 21, "first": 22, "second": 23, "strangers": 24, "held out": 25, "who is asked for": 26}
"""None of them one of `estimate.SEEDS`."""

THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)
LARGEST_TABLES = ("likeness_keys", "vault_fields", "vault_keys")


@dataclass(frozen=True)
class Precision:
    """Among the first candidates that are at least so likely: how many there are, and how many are right."""

    threshold: float
    shown: int
    right: int


@dataclass
class Result:
    """Everything that the page tells. Times in milliseconds of one lookup."""

    people: int
    asked: int
    ranks: Counter[int | None] = field(default_factory=Counter)
    held_out: dict[str, float] = field(default_factory=dict)
    precision: list[Precision] = field(default_factory=list)
    strangers: int = 0
    times: list[float] = field(default_factory=list)
    cpu: float = 0.0
    keys_a_person: float = 0.0
    bytes_of: dict[str, int] = field(default_factory=dict)
    memory: int = 0
    exposures: list[Exposure] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of true pairs among the best five."""
        return 1 - self.ranks[None] / self.asked

    def percentile(self, share: float) -> float:
        """The time that this share of lookups needed at most."""
        return sorted(self.times)[min(int(len(self.times) * share), len(self.times) - 1)]


@dataclass(frozen=True)
class World:
    """People, what intake has of them, and where they live."""

    land: Land
    people: Sequence[Person]
    records: Sequence[Profile]


def world(count: int) -> World:
    """So many people and the first record of each."""
    land = Land()
    known = people(count, SEEDS["people"], land)
    office = Office(SEEDS["first"], land)
    return World(land, known, [office.write(person) for person in known])


def measure(server_dsn: str, count: int, asked: int, held_out: int) -> Result:
    """Fill a database of its own with `count` people, ask for `asked` of them and as many strangers."""
    of = world(count)
    result = Result(count, asked)
    result.exposures = exposures(of.records)
    with database(server_dsn) as dsn, filled(dsn, of.records, of.land) as ready:
        _sizes(ready, result)
        _ask(ready, of, result)
        _ask_held_out(ready, of, result, held_out)
    result.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return result


def chosen(of: World, count: int) -> list[int]:
    """Who is asked for: so many different people."""
    return random.Random(SEEDS["who is asked for"]).sample(range(len(of.people)), count)


def _ask(ready: Filled, of: World, result: Result) -> None:
    office = Office(SEEDS["second"], of.land)
    known = [(person_id(place), office.write(of.people[place])) for place in chosen(of, result.asked)]
    others = people(result.asked, SEEDS["strangers"], of.land)
    strangers = [(None, office.write(person)) for person in others]
    result.strangers = len(strangers)
    lookup = _Lookup(ready)
    lookup.warm([profile for _, profile in known[:200]])
    firsts: list[tuple[float, bool]] = []
    begun = time.process_time()
    for person, profile in [*known, *strangers]:
        found = lookup(profile)
        if person is not None:
            result.ranks[_rank(found, person)] += 1
        if found:
            firsts.append((found[0].likely, found[0].person == person))
    result.cpu = (time.process_time() - begun) * 1000 / (2 * result.asked)
    result.times = lookup.times
    result.precision = [_precision(firsts, threshold) for threshold in THRESHOLDS]


def _ask_held_out(ready: Filled, of: World, result: Result, count: int) -> None:
    lookup = _Lookup(ready)
    for number, (name, spoil) in enumerate(HELD_OUT.items()):
        office = HeldOut(SEEDS["held out"] + 100 * number, of.land)
        office.spoil = spoil
        places = chosen(of, count)
        ranks = [_rank(lookup(office.write(of.people[place])), person_id(place)) for place in places]
        result.held_out[name] = 1 - ranks.count(None) / count


class _Lookup:
    """Asks as a service would, with the garbage collector as a service has it: what lives long is frozen."""

    def __init__(self, ready: Filled) -> None:
        self._find: Callable[..., list[Candidate]] = ready.likenesses.candidates
        self._cursor = ready.connection.cursor()
        self.times: list[float] = []
        gc.collect()
        gc.freeze()

    def warm(self, profiles: Sequence[Profile]) -> None:
        for profile in profiles:
            self._find(self._cursor, profile)

    def __call__(self, profile: Profile) -> list[Candidate]:
        begun = time.perf_counter()
        found = self._find(self._cursor, profile)
        self.times.append((time.perf_counter() - begun) * 1000)
        return found


def _rank(found: list[Candidate], person: UUID) -> int | None:
    return next((place for place, one in enumerate(found) if one.person == person), None)


def _precision(firsts: list[tuple[float, bool]], threshold: float) -> Precision:
    shown = [right for likely, right in firsts if likely >= threshold]
    return Precision(threshold, len(shown), sum(shown))


def _sizes(ready: Filled, result: Result) -> None:
    for table in LARGEST_TABLES:
        row = ready.connection.execute("SELECT pg_total_relation_size(%s::regclass)", (table,)).fetchone()
        assert row is not None
        result.bytes_of[table] = row[0]
    row = ready.connection.execute("SELECT count(*) FROM likeness_keys").fetchone()
    assert row is not None
    result.keys_a_person = row[0] / result.people
