"""`python -m reftrack_cli.files.document`: tables of columns in docs/files.md, made from the contracts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contracts.documents.markdown import table
from reftrack_local import paths

from reftrack_cli.files.choices import Choice
from reftrack_cli.files.fields import FIRST, LAST, Field
from reftrack_cli.files.forms import forms
from reftrack_cli.files.template.prompts import takes

MARK = "<!-- columns -->\n"


def page(before: str) -> str:
    """The page with its tables made anew; what stands before them stays."""
    written = before.partition(MARK)[0]
    parts = [
        "### Every event: at the beginning\n",
        _table(FIRST),
        "### Every event: at the end\n",
        _table(LAST),
    ]
    for form in forms().values():
        own = form.fields[len(FIRST) : -len(LAST)]
        parts += [f"### {form.title.vi} · {form.title.en}\n", f"`{form.code}`\n", _table(own)]
    return written + MARK + "\n" + "\n".join(part.rstrip() + "\n" for part in parts)


def path() -> Path:
    """Where the page stands in the checkout."""
    return paths.checkout() / "docs" / "files.md"


def _table(fields: Iterable[Field]) -> str:
    rows = [
        (one.full("vi"), one.full("en"), f"`{one.name}`", _takes(one), "yes" if one.needed else "")
        for one in fields
    ]
    return (
        table(("tiếng Việt", "English", "code", "takes", "needed"), rows)
        if rows
        else "No columns of its own.\n"
    )


def _takes(field: Field) -> str:
    if isinstance(field.reading, Choice):
        listed = field.reading.list_name
        return f"[{listed}](events.md#{listed.lower()})"
    return takes(field, "en").rstrip(".")


if __name__ == "__main__":
    path().write_text(page(path().read_text("utf-8")), "utf-8")
