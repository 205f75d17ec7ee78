"""`reftrack demo`: the published first year of the Hà Nội pilot, posted, tracked, reported, replayed."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated

import typer
from reftrack_local import LocalRuntime, Wanted, paths
from reftrack_local.commands.answering import Language, troubles_told
from reftrack_local.folder import StateFolder
from reftrack_local.progress import for_console
from reftrack_local.speaking import Speaking
from reftrack_local.trouble import Trouble
from rich.console import Console

from reftrack_demo.feed import FeedError
from reftrack_demo.pilot import FIRST_DAY
from reftrack_demo.story import Story

MARK = "demo"
"""A file of this name marks a folder as a demo's, which the next demo may clear."""


def demo(
    state: Annotated[
        Path | None, typer.Option(help="Its state folder.", show_default=".reftrack-demo")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the system up until Ctrl-C.")] = False,
    lang: Language = None,
) -> None:
    """Run the pathway of the Hà Nội pilot through all four services, and compare with what was published."""
    with troubles_told(False, lang):
        console = _console()
    folder = (state or paths.checkout() / ".reftrack-demo").resolve()
    started = time.monotonic()
    try:
        _clear(folder)
        wanted = Wanted(clock=FIRST_DAY)
        with LocalRuntime(folder, wanted, reporter=for_console(console)) as runtime:
            story = Story(runtime, wanted.reference_path(), console)
            story.tell()
            _further(console, story, folder, time.monotonic() - started)
            if keep:
                _wait(console)
    except (Trouble, FeedError) as trouble:
        for line in (trouble.what, trouble.remedy) if isinstance(trouble, Trouble) else (str(trouble),):
            console.print(line, style="red", markup=False)
        raise typer.Exit(1) from None
    if story.differs:
        console.print(f"{len(story.differs)} published figures differ.", style="bold red")
        raise typer.Exit(1)


def _console() -> Console:
    """A terminal is as wide as it is; a log is wide enough for the tables."""
    console = Speaking(highlight=False)
    return console if console.is_terminal else Speaking(highlight=False, width=140)


def _clear(folder: Path) -> None:
    """Make the folder, or empty the one of the last demo. Raises Trouble if it is neither, or in use."""
    try:
        if folder.exists():
            if any(folder.iterdir()) and not (folder / MARK).exists():
                raise Trouble(
                    f"{folder} holds something else than a demo.", "Give another folder with --state."
                )
            StateFolder(folder).refuse_if_held()
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        (folder / MARK).write_text("made by reftrack demo; the next demo clears this folder\n", "utf-8")
    except OSError as error:
        raise Trouble(
            f"Cannot use {folder}: {error.strerror}.", "Give another folder with --state."
        ) from error


def _further(console: Console, story: Story, folder: Path, seconds: float) -> None:
    at = f"--state {_short(folder)}"
    console.print(f"\nDone in {seconds:.0f} s. To look further:", markup=False)
    for command in (
        f"./reftrack up {at}",
        f"./reftrack case show {story.case_id} {at}",
        f"./reftrack case timeline {story.case_id} --lang vi {at}",
        f"./reftrack case history {story.case_id} --recorded-by 2019-06-01 {at}",
        f"./reftrack referrals list --in-state rejected {at}",
        f"./reftrack report run --from 2018-12-11 --to 2019-12-10 --by commune {at}",
        f"./reftrack receipts --org cap-bo-de --most 20 {at}",
    ):
        console.print(f"  {command}", markup=False, soft_wrap=True)


def _short(folder: Path) -> str:
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def _wait(console: Console) -> None:
    console.print("The system stays up. Ctrl-C stops it.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Stopping.")
