"""The registry of offices as every instance of every service sees it while running.

Whoever takes in intake's log (intake itself: whoever decides) writes what it says of offices into the table
`agencies` of the service's own database, in the transaction of the event; a `DirectoryFeed` of each instance
reads that table, told by NOTIFY, and lets the live `reference.Organisations` learn it.
"""

from directory.feed import DirectoryFeed
from directory.learning import learn, learnt
from directory.living import Living, living_of
from directory.standing import Standing
from directory.table import CHANNEL

__all__ = ["CHANNEL", "DirectoryFeed", "Living", "Standing", "learn", "learnt", "living_of"]
