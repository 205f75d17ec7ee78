"""`python -m intake.identity_page > docs/identity.md`: who may read an identity, and on what ground."""

from __future__ import annotations

import sys

from contracts import catalogue
from contracts.vocabulary import OrgKind

from intake.domain.identity_readers import NO_READERS, READERS

HEAD = """# Who may read an identity

Written by `python -m intake.identity_page` out of `intake.domain.identity_readers`; do not edit. Our
reading of domain.md, "Who takes part" and "Labels and who may see": no law was consulted.

Names, birth dates, ID numbers, phones, addresses, aliases and those of guardians stand in intake's
vault and nowhere else. `reftrack identity show CASE --reason …` (`IdentityService/ReadIdentity`) shows
them. Default deny.

| kind of office | for which purposes (the usual one first) | of whom | role in the token | ground |
|---|---|---|---|---|
"""
RULES = """
* **First recorded, then shown.** Each look is an event (`IdentityRead`) of its own, with office,
  person, purpose and fields; the reason is kept sealed and told to auditors and supervisors (`reftrack
  identity reads`). What cannot be recorded is not shown. The same request again is another look.
* **A refused look** is an event too (`IdentityReadRefused`), recorded before it is answered: who asked for
  which case, for what, and the code of the refusal; the reason in words is kept nowhere. It stands with the
  office that asked, not in the case: of a case that the caller has nothing to do with nothing is said, not
  even that it exists (NOT_FOUND, as for one that does not). Auditors and supervisors list those of the
  offices in their area (`reftrack identity refusals`). What one person is refused for one case and cause is
  recorded once a day, and of one office at most a hundred a day, the last one marked (`last`): so whoever
  asks without end fills no disk. Every call is counted by its code. What asks wrongly (no reason, a field
  that there is not), and what a token may not call at all, is counted only.
* **Served** is whose client it has registered, has a reference for, was introduced or sent by an
  introduction, a move, a handover or a referral. **In its area** is of whom one of these offices works
  in its area.
* **Suspended, ended, not yet begun**: such an office reads nothing, for whatever purpose. Agencies'
  systems and administrators read nothing: an identity is shown to people.
* **Merged clients**: each client's own values are shown in that client's cases, in every one of them;
  what was told in a case of somebody who was one person with its client then is shown in that case as
  well. After an unmerging each shows its own again.
* **Voided**: a value that a voided event brought is shown as such, never hidden: who voided a slip has
  to find it. A value that was corrected stays, older ones first. What a destroyed key had sealed is
  shown to nobody.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(f"{_row(kind)}\n" for kind in OrgKind) + RULES


def _row(kind: OrgKind) -> str:
    name = f"{catalogue.name(kind, 'en')} (`{kind}`)"
    sight = READERS.get(kind)
    if sight is None:
        return f"| {name} | none | nobody | – | {NO_READERS[kind]} |"
    whom = "served by it, or by others in its area" if sight.area else "served by it"
    purposes = ", ".join(f"`{one}`" for one in sight.purposes)
    return f"| {name} | {purposes} | {whom} | {sight.role} | {sight.ground} |"


if __name__ == "__main__":
    sys.stdout.write(page())
