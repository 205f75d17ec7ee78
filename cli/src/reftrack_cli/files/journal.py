"""What became of each row so far, kept beside the file: whatever interrupts a sending, the next one goes on.

Lines of JSON, one a row, written as answers come: place, id, verdict, numbers, codes with their remedies.
Nothing that an event says stands here.
"""

from __future__ import annotations

import fcntl
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from reftrack_cli.files.source import Unusable

FINAL = frozenset({"accepted", "rejected", "discarded"})


@dataclass
class Outcome:
    """One row's: `problems` are code, field, and the remedy in both languages."""

    sheet: str
    row: int
    id: str
    type: str
    verdict: str
    again: bool = False
    numbers: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[str, str, str, str]] = field(default_factory=list)
    waiting_for: str = ""


class Journal:
    """Open for one sending; another process that sends the same file is refused (`file_busy`).

    `made_for` says what it is of: another file content, office or event makes it begin anew.
    """

    def __init__(self, path: Path, made_for: dict[str, str]) -> None:
        self.path = path
        try:
            path.touch(mode=0o600)
            self._file: IO[bytes] = path.open("a+b")
        except OSError:
            raise Unusable("file_folder_closed", {"path": str(path)}) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise Unusable("file_busy") from None
        self._at: dict[tuple[str, int], int] = {}
        self._open(json.dumps(made_for, sort_keys=True).encode() + b"\n")

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._at)

    def done(self, sheet: str, row: int) -> bool:
        """Whether the verdict of a row is known."""
        return (sheet, row) in self._at

    def keep(self, outcomes: list[Outcome]) -> None:
        """Write some rows; they outlive this process from here on."""
        at = self._file.seek(0, io.SEEK_END)
        block = bytearray()
        for each in outcomes:
            self._at[each.sheet, each.row] = at + len(block)
            block += json.dumps(asdict(each), ensure_ascii=False).encode() + b"\n"
        try:
            self._file.write(block)
            self._file.flush()
        except OSError:
            raise Unusable("file_folder_closed", {"path": str(self.path)}) from None

    def outcomes(self) -> Iterator[Outcome]:
        """The newest of each row, in the order in which they were written."""
        for at, read in self._lines():
            if self._at.get((read.sheet, read.row)) == at:
                yield read

    def unsettled(self) -> list[Outcome]:
        """Rows whose verdict is still to come."""
        return [each for each in self.outcomes() if each.verdict not in FINAL]

    def _open(self, head: bytes) -> None:
        self._file.seek(0)
        if self._file.readline() != head:
            self._file.truncate(0)
            self._file.write(head)
            self._file.flush()
            return
        end = self._file.tell()
        for at, read in self._lines():
            self._at[read.sheet, read.row] = at
            end = self._file.tell()
        self._file.truncate(end)

    def _lines(self) -> Iterator[tuple[int, Outcome]]:
        """Where each line begins, and what it says; ends before one that was cut off while it was written."""
        self._file.seek(0)
        at = len(self._file.readline())
        while line := self._file.readline():
            read = _read(line)
            if read is None:
                return
            yield at, read
            at += len(line)
            self._file.seek(at)


def _read(line: bytes) -> Outcome | None:
    if not line.endswith(b"\n"):
        return None
    try:
        said: dict[str, Any] = json.loads(line)
        said["problems"] = [tuple(each) for each in said["problems"]]
        return Outcome(**said)
    except (ValueError, TypeError, KeyError):
        return None
