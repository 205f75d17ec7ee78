"""What the keys tell somebody who has the database but no key: names guessed by how often hashes occur.

Year of birth and commune stand in clear in intake's events, so the thief knows them of each hash, and we let
him know of which kind it is, which the table does not say. Within each year or commune he orders the hashes
by how many people share them, orders names by how frequent they are, and lays both side by side. Twice: with
the published frequencies, as a real thief would; and all-knowing, with the true order among these very people
in each place. Beside it: whoever has no table at all calls everybody by the most frequent name of all.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from math import prod

from intake.likeness.keys import features
from intake.likeness.profile import Profile
from intake.likeness.spelling import syllable

from tests.bench.likeness.population import frequencies

Value = tuple[str, ...]
WHOLE = "whole name without a place (not stored)"
ROLES = {"given": ("family", "given"), "own": ("middle", "given"), WHOLE: ("family", "middle", "given")}
MOST_NAMES = 30_000


@dataclass(frozen=True)
class Exposure:
    """One kind of key: how many people its commonest hash stands for, and of which share of people the names
    are guessed right. NaN where there is no published table of such values."""

    kind: str
    hashes: int
    largest: int
    published: float
    all_knowing: float
    no_table: float


def exposures(records: Iterable[Profile]) -> list[Exposure]:
    """Of each kind of key that has something of a name, and of a hash of the name alone, had we stored it."""
    found: dict[str, dict[str, Counter[Value]]] = defaultdict(lambda: defaultdict(Counter))
    for record in records:
        for kind, *parts in features(record):
            if kind == "rare":
                found[kind][""][tuple(parts)] += 1
            elif kind != "where":
                found[kind][parts[-1]][tuple(parts[:-1])] += 1
        if record.name is not None and len(record.name.main.syllables) == 3:
            found[WHOLE][""][tuple(one.sound for one in record.name.main.syllables)] += 1
    return [_exposure(kind, places) for kind, places in sorted(found.items())]


def _exposure(kind: str, places: Mapping[str, Counter[Value]]) -> Exposure:
    everybody: Counter[Value] = Counter()
    for counts in places.values():
        everybody.update(counts)
    total = everybody.total()
    knowing = sum(sum(set(counts.values())) for counts in places.values()) / total
    ranked = sum(_by_rank(counts, kind) for counts in places.values()) if kind in ROLES else float("nan")
    largest = max(max(counts.values()) for counts in places.values())
    hashes = sum(len(counts) for counts in places.values())
    return Exposure(kind, hashes, largest, ranked / total, knowing, everybody.most_common(1)[0][1] / total)


def _by_rank(counts: Counter[Value], kind: str) -> int:
    """How many people the n-th most frequent name is right for, said of the n-th most frequent hash."""
    hashes = list(counts.items())
    random.Random(len(hashes)).shuffle(
        hashes
    )  # of hashes that occur equally often, nobody knows which is first
    hashes.sort(key=lambda item: -item[1])
    return sum(count for (value, count), guess in zip(hashes, _names(kind), strict=False) if value == guess)


@cache
def _names(kind: str) -> list[Value]:
    """The sounds of names by their published frequencies, the most frequent first; men and women 85 to 15."""
    tables = [_sounds(role).most_common(150) for role in ROLES[kind]]
    named = {tuple(sound for sound, _ in one): prod(share for _, share in one) for one in product(*tables)}
    return list(islice(sorted(named, key=lambda value: -named[value]), MOST_NAMES))


def _sounds(role: str) -> Counter[str]:
    data = frequencies()[role]
    by_sex = [(data, 1.0)] if role == "family" else [(data["male"], 0.85), (data["female"], 0.15)]
    found: Counter[str] = Counter()
    for table, weight in by_sex:
        for name, share in table.items():
            found[syllable(name).sound] += share * weight
    return found
