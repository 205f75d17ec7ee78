"""Make the territory's events and table anew out of the lists that `libs/territory/sources.lock` pins.

    make territory               writes libs/territory/src/territory/data/{events.jsonl,territory.tsv}
    make territory ARGS=--check  says, without writing, whether they are what the lists give

The wheels are installed by hash, without what they depend on, into a folder that is gone afterwards; nothing
of them is imported. The same lists give the same bytes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "libs" / "territory" / "sources.lock"
DATA = ROOT / "libs" / "territory" / "src" / "territory" / "data"
MADE = ("events.jsonl", "territory.tsv")


def main(uv: str, *options: str) -> int:
    with tempfile.TemporaryDirectory(prefix="reftrack-territory-") as folder:
        lists, target = Path(folder) / "lists", DATA
        if "--check" in options:
            target = Path(folder) / "made"
            target.mkdir()
        install = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(lists)]
        install += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)]
        build = [sys.executable, "-m", "territory.build", str(lists), str(LOCK), str(target)]
        for command in (install, build):
            if subprocess.run(command, cwd=ROOT, check=False).returncode:
                return 1
        return compare(target) if target != DATA else 0


def compare(made: Path) -> int:
    """Print which committed file is not what was made; status 1 if any."""
    other = [name for name in MADE if (made / name).read_bytes() != (DATA / name).read_bytes()]
    print(
        f"Not what the lists give: {', '.join(other)}." if other else "The territory is what the lists give."
    )
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
