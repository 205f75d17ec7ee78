"""Who is one person: merges are edges between clients, resolved on reading; facts keep their client.

The same event stands in each case concerned, so an edge is known from the first of them, and ended from the
first that ends it. No order between the cases' partitions is needed: of one edge what was recorded last
holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.events.people import ClientsMerged, ClientsUnmerged

from reporting.pathway.entry import Entry


class Edge(NamedTuple):
    """One event that says that two clients are one person, or (`ended`) that they are not after all."""

    event_id: str
    merge: UUID
    survivor: UUID
    merged: UUID
    ended: bool
    recorded_at: datetime


_MAKING_OR_ENDING = frozenset({ClientsMerged.TYPE, ClientsUnmerged.TYPE})


def edges_in(entries: Iterable[Entry]) -> list[Edge]:
    """The edges that entries make or end, in their order."""
    return [_edge_in(entry) for entry in entries if entry.type in _MAKING_OR_ENDING]


def _edge_in(entry: Entry) -> Edge:
    said, ended = entry.data, entry.type == ClientsUnmerged.TYPE
    return Edge(entry.event_id, said.merge, said.survivor, said.merged, ended, entry.recorded_at)


def roots(edges: Iterable[Edge]) -> dict[UUID, UUID]:
    """Client → the client whom it counts as, for all who count as somebody else.

    Edges that hold are taken in the order in which they were recorded: the root of the merged one comes under
    the root of the survivor. One that joins who are joined already changes nothing while they are.
    """
    over: dict[UUID, UUID] = {}

    def root(client: UUID) -> UUID:
        while client in over:
            client = over[client]
        return client

    for edge in holding(edges):
        survivor, merged = root(edge.survivor), root(edge.merged)
        if survivor != merged:
            over[merged] = survivor
    return {client: root(client) for client in over}


def holding(edges: Iterable[Edge]) -> list[Edge]:
    """The edges that hold, one a merge, in the order in which they were first recorded."""
    first: dict[UUID, Edge] = {}
    last: dict[UUID, Edge] = {}
    for edge in sorted(edges, key=lambda edge: (edge.recorded_at, edge.event_id)):
        first.setdefault(edge.merge, edge)
        last[edge.merge] = edge
    return [edge for edge in first.values() if not last[edge.merge].ended]
