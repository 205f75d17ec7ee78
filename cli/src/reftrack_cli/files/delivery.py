"""One checked file is sent: journal, stream, later verdicts, and the list of what became of each row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reftrack.intake.v1 import intake_pb2_grpc
from reftrack_local.access import Speaker
from reftrack_local.progress import for_console

from reftrack_cli import session
from reftrack_cli.files import checking, results, telling
from reftrack_cli.files.checking import Report
from reftrack_cli.files.entries import Entry, Setting
from reftrack_cli.files.following import follow
from reftrack_cli.files.forms import Form
from reftrack_cli.files.journal import Journal
from reftrack_cli.files.sealing import in_clear, to_intake
from reftrack_cli.files.sending import Interrupted, Sending
from reftrack_cli.files.source import Unusable
from reftrack_cli.session import err, word


@dataclass(frozen=True)
class Delivery:
    """A file that was checked. `wait`: seconds for verdicts that other services give."""

    file: Path
    setting: Setting
    form: Form | None
    report: Report
    unsealed: bool
    wait: float

    def run(self, state: Path | None, who: Speaker, language: str, *, json: bool) -> bool:
        """Send what has no verdict yet; whether all rows were taken and none rejected.

        Raises:
            Unusable: if another process sends the file, it was changed, or nothing can be written beside it.
            typer.Exit: if intake refuses or stays away; that was told, and what it answered is kept.
        """
        with Journal(beside(self.file, "progress.jsonl"), self._made_for()) as journal:
            telling.tell_going_on(len(journal), language)
            try:
                with session.calling("intake", who, state, lang=language, json=json) as channel:
                    intake = intake_pb2_grpc.IntakeServiceStub(channel)
                    seal = in_clear if self.unsealed else to_intake(channel, self.setting.source)
                    with for_console(err).step(word("sending", language), self.report.rows) as step:
                        sending = Sending(
                            intake, self.setting.source, self._rows, journal, seal, step.advance
                        )
                        whole = self._send(sending, language)
                    follow(intake, journal, self.wait)
            finally:
                results.write_outcomes(beside(self.file, "result.csv"), journal, language)
            good = telling.tell_outcomes(journal, beside(self.file, "result.csv"), language, json=json)
        return whole and good

    def _send(self, sending: Sending, language: str) -> bool:
        try:
            sending.run()
        except Interrupted:
            err.print(word("file_interrupted", language), markup=False)
            return False
        return True

    def _rows(self) -> Iterator[Entry]:
        """The rows once more. Raises `Unusable` unless the file still is what was checked."""
        if checking.digest(self.file) != self.report.digest:
            raise Unusable("file_changed")
        return checking.rows(self.file, self.setting, self.form)

    def _made_for(self) -> dict[str, str]:
        """What a journal has to be of, so that its rows are these rows."""
        return {
            "sha256": self.report.digest,
            "source": self.setting.source,
            "event": self.form.type_name if self.form else "",
            "by": self.setting.defaults.get("by", ""),
        }


def beside(file: Path, ending: str) -> Path:
    """The path of what is kept beside a file: `intake.xlsx` → `intake.xlsx.result.csv`."""
    return file.with_name(f"{file.name}.{ending}")
