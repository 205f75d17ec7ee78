"""What is compared of a person. Its text forms never show any of it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from intake.likeness.names import Name, read_name


class Places(Protocol):
    """What is known of communes; the territory answers it."""

    def neighbours(self, commune: str) -> Collection[str]:
        """The codes of communes that border on this one, or that it became part of or came from."""
        ...


class Nowhere:
    """`Places` where nothing is known: no commune has neighbours."""

    def neighbours(self, commune: str) -> Collection[str]:  # noqa: ARG002
        """None, whatever the commune."""
        return ()


@dataclass(frozen=True, repr=False)
class Profile:
    """One registration of a person: what the vault keeps as field `likeness`. None: not known.

    `sex` is a code of `contracts.vocabulary.Sex`, `commune` a code of the territory.
    """

    full_name: str
    birth_year: int | None = None
    sex: str | None = None
    commune: str | None = None

    @cached_property
    def name(self) -> Name | None:
        """The name, read; None if it has no letters."""
        return read_name(self.full_name)

    def to_text(self) -> str:
        """What is sealed."""
        parts = [self.full_name, self.birth_year, self.sex, self.commune]
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> Profile:
        """Read `to_text` again."""
        return cls(*json.loads(text))
