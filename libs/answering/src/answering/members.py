"""The cases of one person, where merges join clients: read out of `case_clients` and `client_merges`."""

from __future__ import annotations

MEMBERS = """
WITH RECURSIVE person (of, client_id) AS (
    SELECT case_id, client_id FROM case_clients WHERE case_id = ANY(%(cases)s)
    UNION
    SELECT p.of, m.with_client FROM person p JOIN client_merges m ON m.client = p.client_id AND NOT m.undone
), members (of, case_id) AS (
    SELECT of, c.case_id FROM person p JOIN case_clients c ON c.client_id = p.client_id
    UNION
    SELECT c, c FROM unnest(%(cases)s::uuid[]) AS c
)
"""
"""Begins a query: `members (of, case_id)` has, for each case of the parameter `cases`, every case of the same
person, itself among them; a case of which nothing is known has itself alone."""
