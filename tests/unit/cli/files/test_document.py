"""docs/files.md tells of the columns that there are."""

from __future__ import annotations

from reftrack_cli.files import document


def test_the_tables_of_columns_are_current() -> None:
    written = document.path().read_text("utf-8")
    assert document.page(written) == written, "run python -m reftrack_cli.files.document"
