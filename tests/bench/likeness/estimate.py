"""Estimates the weights: m from two records of one person, u from records of two people picked at random.

With people and mistakes of other seeds than those that are measured. The agreement of a pair is read with the
weights of the round before (which reading of a name is meant hangs on them); three rounds settle it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import intake.likeness
import yaml
from intake.likeness.levels import Level, Place, Same, Year
from intake.likeness.profile import Profile
from intake.likeness.score import score
from intake.likeness.weights import Weights, weights

from tests.bench.likeness.mistakes import Office
from tests.bench.likeness.population import Land, people

SEEDS = {"people": 11, "first": 12, "second": 13, "strangers": 14}
PEOPLE, ROUNDS = 20_000, 3
FILE = Path(intake.likeness.__file__).with_name("weights.yaml")
ROLES = ("family", "middle", "given")
ONLY_MARKED, ONLY_BARE = {Level.SAME, Level.TONE, Level.MARKS}, {Level.BARE}
HEAD = """\
# m: how often two records of one person agree so. u: how often those of two people do; for most parts of a
# name that hangs on the value (intake.likeness.frequency). Written by
# `python -m tests.bench.likeness --estimate`, not by hand.
# known_already and people are an assumption: of those who come, how many are known, among how many.
"""

Pair = tuple[Profile, Profile]


def estimate() -> dict[str, Any]:
    """The content of `weights.yaml`."""
    land = Land()
    same, strangers = _pairs(land)
    by = weights()
    data: dict[str, Any] = {}
    for _ in range(ROUNDS):
        data = _rates(same, strangers, land, by)
        by = Weights.of(data)
    return data


def write(data: Mapping[str, Any]) -> None:
    FILE.write_text(
        HEAD + yaml.safe_dump(data, sort_keys=False, default_flow_style=None, width=110), encoding="utf-8"
    )


def _pairs(land: Land) -> tuple[list[Pair], list[Pair]]:
    known = people(PEOPLE, SEEDS["people"], land)
    first, second = Office(SEEDS["first"], land), Office(SEEDS["second"], land)
    records = [(first.write(person), second.write(person)) for person in known]
    others = [b for _, b in records]
    random.Random(SEEDS["strangers"]).shuffle(others)
    strangers = [(a, b) for (a, own), b in zip(records, others, strict=True) if b is not own]
    return records, strangers


def _rates(same: list[Pair], strangers: list[Pair], land: Land, by: Weights) -> dict[str, Any]:
    m, u = _count(same, land, by), _count(strangers, land, by)
    return {
        "people": 100_000,
        "known_already": 0.3,
        "name": {role: _role(m, u, role) for role in ROLES},
        "year": _field(m, u, "year", Year),
        "commune": _field(m, u, "commune", Place),
        "sex": _field(m, u, "sex", Same),
        "whole": {
            "turned": _whole(m, u, "order_turned"),
            "jumbled": {"m": _share(m["order_jumbled"], m["pairs"]), "u": 1.0},
            "alias_is_given": {"m": _share(m["alias_is_given"], m["has_alias"]), "u": 1.0},
            "alias_same": {
                side: _share(f["alias_same"], f["both_alias"]) for side, f in (("m", m), ("u", u))
            },
        },
    }


def _count(pairs: Iterable[Pair], land: Land, by: Weights) -> Counter[str]:
    """How often each reason was given; those of names with `:marked` or `:bare` behind them."""
    found: Counter[str] = Counter()
    for a, b in pairs:
        one, other = a.name, b.name
        assert one is not None
        assert other is not None
        how = "marked" if one.is_marked and other.is_marked else "bare"
        found["pairs"] += 1
        found["has_alias"] += bool(one.aliases or other.aliases)
        found["both_alias"] += bool(one.aliases and other.aliases)
        for reason in score(a, b, land, by).reasons:
            found[reason.code] += 1
            if reason.code.startswith(ROLES):
                found[f"{reason.code}:{how}"] += 1
    return found


def _role(m: Counter[str], u: Counter[str], role: str) -> dict[str, Any]:
    known = {"marked": _part(m, role, True), "bare": _part(m, role, False)}
    return {"m": known, "u": _others(u, role)}


def _part(found: Counter[str], role: str, marked: bool) -> dict[str, float]:
    how, never = ("marked", ONLY_BARE) if marked else ("bare", ONLY_MARKED)
    levels = [level for level in Level if level not in never]
    counts = {level.value: found[f"{role}_{level}:{how}"] for level in levels}
    return {level: _share(count, sum(counts.values())) for level, count in counts.items()}


def _others(found: Counter[str], role: str) -> dict[str, float]:
    """Typo, missing and different are as likely whatever the value."""
    total = sum(found[f"{role}_{level}"] for level in Level)
    return {
        level.value: _share(found[f"{role}_{level}"], total)
        for level in (Level.TYPO, Level.MISSING, Level.DIFFERS)
    }


def _field(
    m: Counter[str], u: Counter[str], field: str, levels: Iterable[Any]
) -> dict[str, dict[str, float]]:
    codes = {level.value: f"{field}_{level}" for level in levels}
    all_m, all_u = (sum(found[code] for code in codes.values()) for found in (m, u))
    return {
        level: {"m": _share(m[code], all_m), "u": _share(u[code], all_u)} for level, code in codes.items()
    }


def _whole(m: Counter[str], u: Counter[str], code: str) -> dict[str, float]:
    return {"m": _share(m[code], m["pairs"]), "u": _share(u[code], u["pairs"])}


def _share(count: int, of: int) -> float:
    """With half a case more, so that what was never seen is rare and not impossible."""
    return round((count + 0.5) / (of + 1), 6)
