"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table with its head; cells are taken as they are."""
    lines = (head, tuple("---" for _ in head), *rows)
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
