"""`python -m reference.policy.unconfirmed deploy/reference/policy docs/policy.md`: writes into a page which
values nobody has checked against the text of the law, out of the packs themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from reference.policy.book import Policy
from reference.policy.pack import Pack
from reference.policy.statements import LegalBasis

BEGINS, ENDS = "<!-- unconfirmed: begin -->", "<!-- unconfirmed: end -->"
NO_LAW = "none: the programme's own rule"
OURS = ("programme defaults", "our choice")
"""How the source of a value begins that the programme chose, whatever law it is applied under."""


def listing(policy: Policy) -> str:
    """The unconfirmed values of all packs in use, as a page: of laws first, then the programme's own."""
    rows = list(_rows(policy))
    own = [row for row in rows if row.law == NO_LAW or row.source.startswith(OURS)]
    of_laws = [row for row in rows if row not in own]
    head = "| value | law, article | days | province | what | source |\n|---|---|---|---|---|---|"
    told = "\n".join("| " + " | ".join(row) + " |" for row in of_laws)
    return (
        f"{head}\n{told}\n\nThe programme's own, which no law lays down as far as we know: {_short(own)}.\n"
    )


class Unconfirmed(NamedTuple):
    """One value that nobody has checked; `days` are its own, or the packs that say it."""

    name: str
    law: str
    days: str
    province: str
    value: str
    source: str


def _short(rows: Iterable[Unconfirmed]) -> str:
    """Numbers with their values, the rest by section."""
    numbers = dict.fromkeys(f"{row.name} {row.value}" for row in rows if row.value.isdecimal())
    others = dict.fromkeys(row.name for row in rows if not row.value.isdecimal())
    posts = [name for name in others if name.startswith("`may_post.")]
    rest = [name for name in others if name not in posts]
    return ", ".join([*numbers, *rest, f"all {len(posts)} of `may_post`"])


def in_page(page: str, policy: Policy) -> str:
    """The page with the listing between its marks; raises `ValueError` for one without them."""
    before, begins, rest = page.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    if not begins or not ends:
        raise ValueError(f"the page has no marks: put {BEGINS} and {ENDS} where the list shall stand")
    return f"{before}{BEGINS}\n\n{listing(policy)}\n{ENDS}{after}"


def _rows(policy: Policy) -> Iterator[Unconfirmed]:
    """One row a value, whichever packs say it."""
    seen: dict[Unconfirmed, list[str]] = {}
    for pack in policy.in_use():
        for row in _of_pack(pack):
            seen.setdefault(row._replace(days=""), []).append(row.days)
    for row, when in sorted(seen.items()):
        yield row._replace(days=", ".join(dict.fromkeys(when)))


def _of_pack(pack: Pack) -> Iterator[Unconfirmed]:
    for said in pack.statements():
        one, body = said.statement, said.body
        if not one.confirmed:
            law = ", ".join(part for part in (one.law or body.law, one.article) if part)
            days = f"{one.since or '…'} – {one.until or '…'}" if one.since or one.until else pack.id
            name, source = f"`{said.section}.{said.name}`", one.source or body.source
            yield Unconfirmed(name, law, days, one.province, _told(one.value), source)
    for body in pack.bodies:
        for swap in body.swaps:
            if not swap.confirmed:
                name, value = f"`swaps.{swap.free}`", f"{swap.worked} is worked instead"
                law = swap.law or body.law
                yield Unconfirmed(name, law, str(swap.free), swap.province, value, swap.source)


def _told(value: Any) -> str:
    if isinstance(value, LegalBasis):
        return f"{value.title.en}: {', '.join(value.recipients)}; {', '.join(value.labels)}"
    if isinstance(value, tuple):
        return ", ".join(_told(one) for one in value)
    return str(value)


def main(folder: str, page: str) -> int:
    """Writes the page anew; status 0."""
    file = Path(page)
    file.write_text(in_page(file.read_text("utf-8"), Policy.load(Path(folder))), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
