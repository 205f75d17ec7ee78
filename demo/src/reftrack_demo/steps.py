"""What an agency posts: one step of one person's pathway, before it is bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Step:
    """One event that one agency will post.

    `post_at` is when the agency's system sends it, `occurred_at` when it happened. `needs` maps a field of
    `about` to the slip that must have come first (a number that a receipt bore); `gives` names the slip that
    this event's receipt bears.
    """

    org: str
    type: str
    event_id: str
    occurred_at: datetime
    post_at: datetime
    data: dict[str, Any]
    about: dict[str, str] = field(default_factory=dict)
    needs: dict[str, str] = field(default_factory=dict)
    gives: str | None = None
    legal_basis: str | None = None
    key: str = ""

    def value(self, slips: dict[str, str]) -> dict[str, Any]:
        """Return the JSON value that goes onto the agency's topic; `slips` are the numbers known by now."""
        about = dict(self.about) | {name: slips[slip] for name, slip in self.needs.items()}
        return {"about": about, "by": f"{self.org}/01", "legal_basis": self.legal_basis, "data": self.data}
