"""What is wrong with a file of reference data, and what to do about it."""

from __future__ import annotations

from pathlib import Path


class ReferenceInvalid(ValueError):
    """A file of reference data cannot be used: names the file, the line, the entry in it and the remedy.

    `line` counts from 1 and is none where the file as a whole is meant.
    """

    def __init__(self, file: Path, entry: str, problem: str, *, line: int | None = None) -> None:
        where = str(file) if line is None else f"{file}:{line}"
        super().__init__(f"{where}: {entry}: {problem}")
        self.file = file
        self.line = line
        self.entry = entry
        self.problem = problem
