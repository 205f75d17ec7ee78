"""A refusal is an answer, not a failure: readable, known, and not allowed."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """Says no, and why, in words the catalogue knows.

    `code` is snake_case and a key of the catalogue; `field` names the field to mend; `detail` fills the
    catalogue's text and never holds anything personal; `state` is the state met and `moves` the moves it
    allows. `later=True`: the same would be allowed after moves not yet reported, so an agency's event waits.
    """

    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        detail: Mapping[str, str] | None = None,
        state: str | None = None,
        moves: tuple[str, ...] = (),
        later: bool = False,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.detail: dict[str, str] = dict(detail or {})
        self.state = state
        self.moves = tuple(moves)
        self.later = later

    def __repr__(self) -> str:
        return f"Refusal({self.code!r}, field={self.field!r}, state={self.state!r}, moves={self.moves!r})"
