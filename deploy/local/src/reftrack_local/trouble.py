"""What keeps the runtime from doing what it was asked, said to the person who asked."""

from __future__ import annotations


class Trouble(Exception):
    """The runtime cannot go on: `what` happened, and the `remedy` a person can try. Never a bug of ours."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}\n{remedy}" if remedy else what)
        self.what = what
        self.remedy = remedy


class AlreadyRunning(Trouble):
    """Another process holds the state folder."""
