"""What is wrong with a file of reference data, and what to do about it."""

from __future__ import annotations

from pathlib import Path


class ReferenceInvalid(ValueError):
    """A file of reference data cannot be used: names the file, the entry in it and the remedy."""

    def __init__(self, file: Path, entry: str, problem: str) -> None:
        super().__init__(f"{file}: {entry}: {problem}")
        self.file = file
        self.entry = entry
        self.problem = problem
