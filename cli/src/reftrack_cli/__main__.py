"""`python -m reftrack_cli` is `reftrack`."""

from reftrack_cli.main import main

main()
