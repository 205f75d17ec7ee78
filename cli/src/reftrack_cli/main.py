"""The command `reftrack`: every group of commands is a module of its own; here they are put together."""

from __future__ import annotations

import sys

import typer
from reftrack_demo.command import demo
from reftrack_local import speaking
from reftrack_local.commands import app as runtime

from reftrack_cli import session, usage
from reftrack_cli.files import commands as files
from reftrack_cli.files.template.command import template
from reftrack_cli.operators import (
    agencies,
    clients,
    consents,
    deeds,
    events,
    identity,
    keys,
    matches,
    parked,
    policy,
    quarantine,
    referrals,
    report,
    screenings,
    territory,
    vault,
    views,
    waiting,
)
from reftrack_cli.operators.due import due
from reftrack_cli.operators.receipts import receipts
from reftrack_cli.session import Language

GROUPS: tuple[typer.Typer, ...] = (runtime,)
NAMED: dict[str, typer.Typer] = {
    "agencies": agencies.app,
    "events": events.app,
    "files": files.app,
    "case": deeds.app,
    "referrals": referrals.app,
    "consents": consents.app,
    "report": report.app,
    "screenings": screenings.app,
    "waiting": waiting.app,
    "quarantine": quarantine.app,
    "matches": matches.app,
    "clients": clients.app,
    "identity": identity.app,
    "keys": keys.app,
    "vault": vault.app,
    "parked": parked.app,
    "views": views.app,
    "policy": policy.app,
    "territory": territory.app,
}

app = typer.Typer(
    name="reftrack",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def spoken(lang: Language = None) -> None:
    """Follow a person's way from first contact to reintegration."""
    speaking.choose(session.language(lang) if lang else None)


for group in GROUPS:
    app.add_typer(group)
for name, group in NAMED.items():
    app.add_typer(group, name=name)
app.command()(receipts)
app.command()(due)
app.command()(template)
app.command()(demo)


def main() -> None:
    """Run the command line."""
    sys.exit(usage.run(app, "reftrack", sys.argv[1:]))
