"""Indicator definitions: read from `indicators.yaml`, validated, found by id and day."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

FactKind = Literal[
    "first_contact",
    "contact",
    "registered",
    "screened",
    "brief_intervention",
    "plan_agreed",
    "referral_requested",
]


class UnknownIndicator(LookupError):
    """No definition has this id, or none held on that day; `known` are the ids that there are."""

    def __init__(self, indicator: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no indicator {indicator!r}; there are: {', '.join(known)}")
        self.indicator = indicator
        self.known = known


class Words(BaseModel):
    """What people read, in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    vi: str
    en: str


class Indicator(BaseModel):
    """One definition: whom it counts, by which facts, of which whole, from which day of Asia/Ho_Chi_Minh."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    version: int = Field(ge=1)
    valid_from: date
    title: Words
    numerator: Words
    unit: Literal["people"]
    counting: Literal["any", "all"]
    facts: tuple[FactKind, ...] = Field(min_length=1)
    rows: Literal["service"] | None = None
    services: tuple[str, ...] = ()
    of: str | None = None

    @property
    def kinds_needed(self) -> int:
        """How many different kinds of facts a person must have in the period to count."""
        return len(self.facts) if self.counting == "all" else 1


class Definitions(BaseModel):
    """All definitions; an id may have several versions, each holding from its own day."""

    model_config = ConfigDict(frozen=True)
    indicators: tuple[Indicator, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Definitions:
        ids = {each.id for each in self.indicators}
        dangling = sorted({each.of for each in self.indicators if each.of} - ids)
        if dangling:
            raise ValueError(f"`of` names no indicator: {', '.join(dangling)}")
        versions = [(each.id, each.version) for each in self.indicators]
        if len(set(versions)) < len(versions):
            raise ValueError("an indicator has the same version twice: give the later one the next number")
        return self

    def ids(self) -> tuple[str, ...]:
        """Every id once, in the order of the file."""
        return tuple(dict.fromkeys(each.id for each in self.indicators))

    def holding(self, indicator: str, on: date) -> Indicator:
        """The definition of `indicator` that holds on that day; raises `UnknownIndicator`."""
        held = self.held(indicator, on)
        if held is None:
            raise UnknownIndicator(indicator, self.ids())
        return held

    def held(self, indicator: str, on: date) -> Indicator | None:
        """The same, or None if none held."""
        found = (each for each in self.indicators if each.id == indicator and each.valid_from <= on)
        return max(found, key=lambda each: (each.valid_from, each.version), default=None)


def parse(text: str) -> Definitions:
    """Definitions from YAML text: a list of mappings as in `indicators.yaml`."""
    return Definitions(indicators=TypeAdapter(tuple[Indicator, ...]).validate_python(yaml.safe_load(text)))


@cache
def published() -> Definitions:
    """The definitions shipped with this service."""
    return parse(files("reporting.indicators").joinpath("indicators.yaml").read_text(encoding="utf-8"))
