"""The statements of `queries`. A view is a schema: its name leads to the live tables."""

from __future__ import annotations

from typing import LiteralString

CONSENT_TYPES: LiteralString = """
'{org.reftrack.consent-given.v1,org.reftrack.consent-withdrawn.v1,org.reftrack.event-voided.v1,
org.reftrack.client-registered.v1,org.reftrack.identity-corrected.v1}'::text[]
"""
"""What `consent.tells` may be true of."""

OF_THE_CASE: LiteralString = "'00000000-0000-0000-0000-000000000000'"
"""In place of the client of a tie: the case's own."""

STANDING_MERGES: LiteralString = """last AS (
    SELECT DISTINCT ON (merge) survivor, merged, ended FROM cases.merges
    ORDER BY merge, recorded_at DESC, event_id DESC
), edges AS (
    SELECT survivor AS one, merged AS other FROM last WHERE NOT ended
    UNION ALL SELECT merged, survivor FROM last WHERE NOT ended
)"""
"""Who was found to be one person with whom, from either side, but for merges that were undone."""

ONE_PERSON: LiteralString = """EXISTS (
    WITH RECURSIVE STANDING_MERGES, same AS (
        SELECT THIS.client_id UNION SELECT e.other FROM same JOIN edges e ON e.one = same.client_id
    )
    SELECT FROM same WHERE client_id = THAT.client_id)""".replace("STANDING_MERGES", STANDING_MERGES)
"""Whether the clients of the rows `THIS` and `THAT` are one person now."""

OF_THE_TIME: LiteralString = """ORDER BY (o.opened_at <= THEN_AT) DESC NULLS LAST,
    CASE WHEN o.opened_at <= THEN_AT THEN o.opened_at END DESC NULLS LAST, o.opened_at, o.case_id LIMIT 1"""
"""Of the cases `o` of a client that which was opened last by that time, else the first."""

_TIES: LiteralString = """ARRAY(
    SELECT o.tie FROM (VALUES (%s)) AS asking (org) CROSS JOIN LATERAL (
        SELECT t.tie FROM cases.case_orgs t
        WHERE t.case_id = c.case_id AND t.org = asking.org AND (t.client_id = OF_THE_CASE OR ONE_PERSON)
        UNION
        SELECT t.tie FROM cases.case_orgs t
        WHERE t.client_id = c.client_id AND t.client_id <> OF_THE_CASE AND t.org = asking.org
            AND c.case_id = (SELECT o.case_id FROM cases.cases o WHERE o.client_id = t.client_id OF_THE_TIME)
    ) AS o)""".replace("OF_THE_CASE", OF_THE_CASE).replace(
    "OF_THE_TIME", OF_THE_TIME.replace("THEN_AT", "t.told_at")
)
TIES: LiteralString = _TIES.replace("ONE_PERSON", ONE_PERSON.replace("THIS", "t").replace("THAT", "c"))
"""What ties an organisation to the case `c`: of a client told of in the case of another what holds while the
two are one person, and for ever in that client's own case that was open then."""

CASE_IT_IS_OF: LiteralString = """CASE WHEN r.client_id IS NULL THEN r.case_id ELSE coalesce((
    SELECT o.case_id FROM cases.cases told JOIN cases.cases o
        ON o.case_id = told.case_id OR o.client_id = r.client_id
    WHERE told.case_id = r.case_id
        AND CASE WHEN ONE_PERSON THEN o.case_id = told.case_id ELSE o.client_id = r.client_id END
    OF_THE_TIME
), r.case_id) END""".replace("ONE_PERSON", ONE_PERSON.replace("THIS", "r").replace("THAT", "told")).replace(
    "OF_THE_TIME", OF_THE_TIME
)
"""The case that a row `r`, told then, is of now: that in which it stands; where it tells of another client
than that case's, who is somebody else again, that client's own."""
CASE_OF_REFERRAL: LiteralString = CASE_IT_IS_OF.replace("THEN_AT", "r.requested_at")
CASE_OF_REFERENCE: LiteralString = CASE_IT_IS_OF.replace("THEN_AT", "r.recorded_at")

REFERRAL: LiteralString = """
SELECT r.referral_id, r.case_id, r.number, r.service, r.sender, r.provider, r.state,
    r.ended_as, r.result, r.version, r.requested_at, r.changed_at, r.appointment_at, r.last_event_id,
    r.consent_id, r.purpose, r.labels, r.lapse, r.client_id,
    coalesce(c.commune, ''), (c.commune_told_occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
    coalesce(h.seq, 0), coalesce(c.case_id, r.case_id),
    CASE WHEN r.consent_id <> '' AND (r.provider = %s OR r.lapse <> '') THEN ARRAY(
        SELECT t.value FROM cases.cases o JOIN history t ON t.subject = o.case_id
        WHERE o.client_id = c.client_id AND t.source = '/services/intake' AND t.type = ANY(CONSENT_TYPES)
    ) END,
    r.consent_id <> '' AND (EXISTS (SELECT FROM cases.merges s WHERE s.survivor = c.client_id)
        OR EXISTS (SELECT FROM cases.merges m WHERE m.merged = c.client_id))
""".replace("CONSENT_TYPES", CONSENT_TYPES)
AROUND_REFERRAL: LiteralString = """
FROM referrals.referrals r
LEFT JOIN cases.cases c ON c.case_id = CASE_OF_REFERRAL
LEFT JOIN history h ON h.event_id = r.last_event_id
""".replace("CASE_OF_REFERRAL", CASE_OF_REFERRAL)
REFERRAL_BY_NUMBER: LiteralString = REFERRAL + ", " + TIES + AROUND_REFERRAL + "WHERE r.number = %s"
USUAL_REFERRAL_BY_NUMBER: LiteralString = (
    REFERRAL
    + ", "
    + _TIES.replace("ONE_PERSON", "false")
    + """
FROM referrals.referrals r
LEFT JOIN cases.cases c ON c.case_id = r.case_id
LEFT JOIN history h ON h.event_id = r.last_event_id
WHERE r.number = %s AND r.client_id IS NULL AND NOT EXISTS (
    SELECT FROM cases.case_orgs t
    WHERE t.case_id = r.case_id AND t.org = %s AND t.client_id <> OF_THE_CASE)
""".replace("OF_THE_CASE", OF_THE_CASE)
)
"""The same of nearly all, where nothing asks who is one person now, at a third less: it gives no row of a
referral that was asked for another client than its case's, or where the reader was told of such a one."""
REFERRALS_OF_CASE: LiteralString = (
    REFERRAL
    + AROUND_REFERRAL
    + """WHERE r.referral_id IN (
    SELECT referral_id FROM referrals.referrals WHERE case_id = %s
    UNION SELECT p.referral_id FROM referrals.referrals p JOIN cases.cases o USING (client_id)
        WHERE o.case_id = %s AND p.client_id IS NOT NULL
) AND coalesce(c.case_id, r.case_id) = %s ORDER BY r.requested_at, r.number"""
)
REFERRAL_LIST: LiteralString = (
    REFERRAL
    + AROUND_REFERRAL
    + """
WHERE (%s::text IS NULL OR r.provider = %s) AND (%s::text IS NULL OR r.sender = %s)
    AND (%s::text[] IS NULL OR r.state = ANY(%s)) AND (%s::text IS NULL OR r.service = %s)
    AND (%s::text IS NULL OR c.commune = %s)
    AND (r.sender = %s OR r.provider = %s AND (%s OR r.lapse = '')
        OR (%s OR c.commune = ANY(%s) OR EXISTS (
            SELECT FROM unnest(%s::text[], %s::date[], %s::date[]) AS a (code, first, last)
            WHERE a.code = c.commune AND (c.commune_told_occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
                BETWEEN a.first AND a.last)) AND r.service = ANY(%s)
        AND r.provider <> ALL(%s) AND r.sender <> ALL(%s))
    AND (%s::timestamptz IS NULL OR (r.changed_at, r.referral_id) < (%s, %s))
ORDER BY r.changed_at DESC, r.referral_id DESC LIMIT %s
"""
)
CASE: LiteralString = """
SELECT c.case_id, c.client_id, c.client_group, c.commune, c.commune_by_contact, c.furthest, c.opened_at,
    c.closed_at, c.close_reason, c.followup_state, c.events, c.last_type, c.voids, c.merged_into, c.moved_to,
    c.moved_recorded_at, c.plan_recorded_at, c.plan, c.stays,
    c.commune_told_occurred_at, c.commune_told_recorded_at, c.commune_told_event_id,
    c.followup_told_occurred_at, c.followup_told_recorded_at, c.followup_told_event_id,
    c.last_occurred_at, c.last_recorded_at, c.last_event_id,
    TIES,
    (SELECT coalesce(max(seq), 0) FROM history h WHERE h.subject = c.case_id),
    EXISTS (SELECT FROM cases.merges s WHERE s.survivor = c.client_id)
        OR EXISTS (SELECT FROM cases.merges m WHERE m.merged = c.client_id)
FROM cases.cases c
""".replace("TIES", TIES)
CASE_BY_ID: LiteralString = CASE + "WHERE c.case_id = %s"
CASE_BY_REFERENCE: LiteralString = (
    CASE
    + """
WHERE c.case_id IN (
    SELECT CASE_OF_REFERENCE FROM cases.case_references r WHERE kind = %s AND org = %s AND value = %s)
ORDER BY c.closed_at IS NOT NULL, c.opened_at DESC, c.case_id LIMIT 1
""".replace("CASE_OF_REFERENCE", CASE_OF_REFERENCE)
)
TOLD_BESIDE: LiteralString = """
WITH told AS (
    SELECT case_id, client_id FROM cases.told_beside WHERE case_id = ANY(%s)
    UNION SELECT t.case_id, c.client_id FROM cases.cases c JOIN cases.told_beside t USING (client_id)
    WHERE c.case_id = ANY(%s)
)
SELECT c.case_id, o.case_id <> c.case_id,
    CASE WHEN o.case_id = c.case_id THEN TOLD_OF_HERE ELSE TOLD_OF_ELSEWHERE END, o.case_id,
    t.client_id, o.stays
FROM told t JOIN cases.cases o ON o.case_id = t.case_id
JOIN cases.cases c ON c.case_id = t.case_id OR c.client_id = t.client_id
WHERE c.case_id = ANY(%s) ORDER BY c.case_id, t.case_id, t.client_id
""".replace("TOLD_OF_HERE", ONE_PERSON.replace("THIS", "t").replace("THAT", "c")).replace(
    "TOLD_OF_ELSEWHERE", ONE_PERSON.replace("THIS", "o").replace("THAT", "c")
)
"""The cases that tell of others than their own clients, of these cases and of their clients: whether that is
another case; whether the two are one person now; that case, of whom it tells, and its stays."""
TELLINGS: LiteralString = """
SELECT t.case_id, t.client_id, (
    SELECT o.case_id FROM cases.cases o WHERE o.client_id = t.client_id OF_THE_TIME
), h.source, h.position, h.event_id, h.type, h.subject, h.org, h.occurred_at, h.recorded_at, h.value, h.seq
FROM cases.told_beside t JOIN history h USING (event_id) WHERE t.case_id = ANY(%s)
UNION ALL
SELECT h.subject, NULL, NULL,
    h.source, h.position, h.event_id, h.type, h.subject, h.org, h.occurred_at, h.recorded_at, h.value, h.seq
FROM history h WHERE h.subject = ANY(%s) AND h.type = 'org.reftrack.event-voided.v1'
    AND NOT EXISTS (SELECT FROM cases.told_beside t WHERE (t.case_id, t.event_id) = (h.subject, h.event_id))
""".replace("OF_THE_TIME", OF_THE_TIME.replace("THEN_AT", "h.occurred_at"))
"""What these cases tell of others, of whom, and which case of that client was open when it happened; and what
else is voided in them."""

PERSON: LiteralString = (
    "WITH RECURSIVE "
    + STANDING_MERGES
    + """, person AS (
    SELECT client_id FROM cases.cases WHERE case_id = %s
    UNION SELECT edges.other FROM person JOIN edges ON edges.one = person.client_id
)
"""
)
CONSENTS_OF_PERSON: LiteralString = (
    PERSON
    + """
, ever AS (
    SELECT client_id FROM person
    UNION SELECT CASE WHEN m.survivor = ever.client_id THEN m.merged ELSE m.survivor END
    FROM ever JOIN cases.merges m ON ever.client_id IN (m.survivor, m.merged)
), told AS (
    SELECT o.client_id, t.seq, t.value FROM ever JOIN cases.cases o USING (client_id)
    JOIN history t ON t.subject = o.case_id
    WHERE t.source = '/services/intake' AND t.type = ANY(CONSENT_TYPES)
)
SELECT value FROM told WHERE coalesce(
    (convert_from(value, 'UTF8')::jsonb #>> '{meta,client}')::uuid, client_id
) IN (SELECT client_id FROM person) ORDER BY seq
""".replace("CONSENT_TYPES", CONSENT_TYPES)
)
"""What tells of one of the clients who are the person, also where it stands in the case of one who was."""
CASES_OF_PERSON: LiteralString = (
    PERSON
    + CASE
    + """
WHERE c.client_id IN (SELECT client_id FROM person)
ORDER BY c.closed_at IS NOT NULL, c.opened_at DESC, c.case_id
"""
)
CASES_BY_AGENCY_REF: LiteralString = (
    CASE
    + """
WHERE c.client_id IN (
    SELECT bound.client_id FROM cases.cases bound JOIN cases.case_references r USING (case_id)
    WHERE r.kind = 'agency_ref' AND r.org = %s AND r.value = %s)
ORDER BY c.closed_at IS NOT NULL, c.opened_at DESC, c.case_id
"""
)
NAMES_OF_CASE: LiteralString = """
SELECT kind, value, told_by FROM (
    SELECT r.* FROM cases.case_references r WHERE r.case_id = %s AND r.client_id IS NULL
    UNION ALL SELECT r.* FROM cases.case_references r
    WHERE r.case_id = %s AND r.client_id IS NOT NULL AND CASE_OF_REFERENCE = %s
    UNION ALL SELECT r.* FROM cases.cases c JOIN cases.case_references r ON r.client_id = c.client_id
    WHERE c.case_id = %s AND r.case_id <> c.case_id AND CASE_OF_REFERENCE = c.case_id
) AS named WHERE kind = 'introduction' OR kind = 'agency_ref' AND org = %s
ORDER BY recorded_at, kind, value
""".replace("CASE_OF_REFERENCE", CASE_OF_REFERENCE)
ENTRY: LiteralString = """
SELECT source, position, event_id, type, subject, org, occurred_at, recorded_at, value, seq FROM history
"""
ENTRIES_OF_CASE: LiteralString = ENTRY + "WHERE subject = %s AND seq > %s ORDER BY seq"
ENTRIES: LiteralString = (
    ENTRY
    + """
WHERE seq > %s AND (%s::text[] IS NULL OR type = ANY(%s)) AND (%s::uuid IS NULL OR subject = %s)
ORDER BY seq LIMIT %s
"""
)
