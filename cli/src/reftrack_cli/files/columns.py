"""A field of an event at one place of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reftrack_cli.files.fields import Field, Path, Step


@dataclass(frozen=True)
class Column:
    """A field at one place: of a list the `n`-th, from 1.

    `fixed`: what the column itself says of its item of the list (name, value); then `named` is its code.
    """

    field: Field
    n: int | None = None
    fixed: tuple[tuple[str, str], ...] = ()
    named: str = ""

    @property
    def path(self) -> Path:
        """Where it stands in the posted event; lists by their number."""
        return tuple(self.n if step is Step.EACH else step for step in self.field.path)

    @property
    def beside(self) -> Mapping[Path, str]:
        """What a cell of it says besides its own value."""
        return {(*self.path[:-1], name): value for name, value in self.fixed}

    @property
    def code(self) -> str:
        """Its name in the contract, `scores.2.score`."""
        inner = self.path[1:] if self.path[0] in {"data", "about"} else self.path
        return self.named or ".".join(map(str, inner))
