"""The cases of one person, where merges join clients: read out of `case_clients` and `client_merges`."""

from __future__ import annotations

CASES_OF_PERSON = """
WITH RECURSIVE person (of, client_id) AS (
    SELECT case_id, client_id FROM case_clients WHERE case_id = ANY({cases})
    UNION
    SELECT p.of, m.with_client FROM person p JOIN client_merges m ON m.client = p.client_id AND NOT m.undone
), members (of, case_id, client_id) AS (
    SELECT p.of, c.case_id, c.client_id FROM person p JOIN case_clients c ON c.client_id = p.client_id
    UNION ALL
    SELECT c, c, NULL FROM unnest({cases}) AS c
    WHERE NOT EXISTS (SELECT FROM case_clients k WHERE k.case_id = c)
)
"""
"""Begins a query, by the merges that stand: `members (of, case_id, client_id)` has, for each of the `{cases}`
(`Lookup`), every case of the same person, itself among them, and whose each is; a case of which nothing is
known has itself alone. `person (of, client_id)` has the clients."""

CASES_EVER_OF_PERSON = """
WITH RECURSIVE begun (of, client_id) AS (
    SELECT case_id, client_id FROM case_clients WHERE case_id = ANY({cases})
    UNION
    SELECT * FROM unnest({opened}, {clients})
), person (of, client_id, still) AS (
    SELECT of, client_id, true FROM begun
    UNION
    SELECT p.of, m.with_client, p.still AND NOT (m.undone OR m.merge = ANY({undone}))
    FROM person p JOIN client_merges m ON m.client = p.client_id
), members (of, case_id, client_id, still) AS (
    SELECT p.of, c.case_id, c.client_id, bool_or(p.still)
    FROM person p JOIN case_clients c ON c.client_id = p.client_id GROUP BY 1, 2, 3
    UNION ALL
    SELECT c, c, NULL, true FROM unnest({cases}) AS c
    WHERE NOT EXISTS (SELECT FROM case_clients k WHERE k.case_id = c)
)
"""
"""Begins a query, by all merges, also those that were undone: `members (of, case_id, client_id, still)` has,
for each of the `{cases}`, the cases of all who are or were one person with its client, whose each is and
whether they are `still` one, the merges that are `{undone}` not counted; a case of which nothing is known has
itself alone. `{opened}` are cases of these `{clients}`, each at its place, of which the tables do not know
yet."""
