"""An agency that posts before the directory has it: nothing of it is lost, nothing has to be posted again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.protobuf.wrappers_pb2 import StringValue
from intake.application.decider import RETRY

from tests.integration.intake.desk import REFERENCE, Desk, verdicts
from tests.integration.intake.posts import contact, introduction

NEW = "cap-moi-thanh-lap"
ENTRY = f"""
  - id: {NEW}
    kind: ward_police
    name: {{vi: "Công an phường mới", en: "Police of a new ward"}}
    commune: "00139"
"""


@contextmanager
def after_a_start_with(entry: str, desk: Desk, folder: Path) -> Iterator[Desk]:
    """The same intake, started again on a directory that has one organisation more."""
    folder.mkdir()
    for one in REFERENCE.iterdir():
        (folder / one.name).symlink_to(one)
    directory = folder / "organisations.yaml"
    directory.unlink()
    directory.write_text((REFERENCE / "organisations.yaml").read_text("utf-8").rstrip() + entry, "utf-8")
    again = desk.started_again(reference_path=folder)
    try:
        yield again
    finally:
        again.close()


def test_events_of_an_agency_that_the_directory_lacks_wait_for_it(desk: Desk) -> None:
    told = desk.post(contact(NEW, "PX-1"))
    assert [(one["verdict"], one["code"], one["waiting_for"]) for one in told] == [
        ("waiting", "agency_unknown", f"agency {NEW}")
    ]
    assert desk.events() == []


def test_they_go_on_in_their_order_once_a_start_found_the_agency_in_the_directory(
    desk: Desk, tmp_path: Path
) -> None:
    desk.post(contact(NEW, "PX-1"), introduction(NEW, "PX-1", "ldtbxh-bo-de"))
    ((key,),) = desk.rows("SELECT DISTINCT key FROM waits")
    retry = StringValue(value=key)
    assert desk.take([desk.command(RETRY, retry, "system:intake")]) == []
    with after_a_start_with(ENTRY, desk, tmp_path / "reference") as again:
        told = again.take([again.command(RETRY, retry, "system:intake")])
        assert verdicts(told) == ["accepted", "accepted"]
        assert [told for told in again.types() if told.startswith("client-")] == [
            *("client-contacted", "client-introduced")
        ]
        assert again.count("waits") == 0


def test_they_are_rejected_then_if_that_kind_of_agency_may_not_report_them(
    desk: Desk, tmp_path: Path
) -> None:
    desk.post(contact(NEW, "PX-1"))
    ((key,),) = desk.rows("SELECT key FROM waits")
    provider = ENTRY.replace("ward_police", "bank").rstrip() + "\n"
    with after_a_start_with(provider, desk, tmp_path / "reference") as again:
        (told,) = again.take([again.command(RETRY, StringValue(value=key), "system:intake")])
        assert (told["verdict"], told["code"]) == ("rejected", "not_yours_to_report")
