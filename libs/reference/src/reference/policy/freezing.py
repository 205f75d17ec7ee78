"""`python -m reference.policy.freezing deploy/reference/policy`: note the content of new versions of packs.

A frozen version never changes again: events name it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reference.policy.book import freeze


def main(folder: str) -> int:
    """Freezes what is new and says what; status 0."""
    new = freeze(Path(folder))
    sys.stdout.write(f"Frozen: {', '.join(new) if new else 'nothing new'}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
