"""Views: folded from an ordered history in pages, rebuilt at any time."""

from chassis.projector.projector import Projector
from chassis.projector.rebuild import Compared, RebuildUnderWay, Rebuilt
from chassis.projector.view import Connection, Cursor, Sequenced, Source, View

__all__ = [
    "Compared",
    "Connection",
    "Cursor",
    "Projector",
    "RebuildUnderWay",
    "Rebuilt",
    "Sequenced",
    "Source",
    "View",
]
