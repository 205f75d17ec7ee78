-- Moves of before there was the list (0260), as the events tell them: those that nobody has acknowledged.
WITH told AS (
    SELECT originator_id AS stream, originator_id || ':' || originator_version AS id, topic,
        convert_from(state, 'UTF8')::jsonb AS event, originator_version AS version
    FROM stored_events
    WHERE topic IN ('org.reftrack.client-moved.v1', 'org.reftrack.move-acknowledged.v1',
        'org.reftrack.event-voided.v1')
), standing AS (
    SELECT t.* FROM told t WHERE NOT EXISTS (
        SELECT FROM told v WHERE v.stream = t.stream AND v.topic = 'org.reftrack.event-voided.v1'
            AND v.event #>> '{data,event_id}' = t.id)
)
INSERT INTO deadlines (stream, key, case_id, which, number, org, other, since, due_at)
SELECT m.stream, 'move_acknowledgement/' || m.version, m.stream, 'move_acknowledgement',
    coalesce(m.event #>> '{data,number}', ''), m.event #>> '{data,to_org}', m.event #>> '{meta,org}',
    ((m.event #>> '{meta,received_at}')::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
    (m.event #>> '{data,due_at}')::timestamptz
FROM standing m
WHERE m.topic = 'org.reftrack.client-moved.v1'
    AND m.event #>> '{data,to_org}' IS NOT NULL AND m.event #>> '{data,due_at}' IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM standing a WHERE a.stream = m.stream AND a.topic = 'org.reftrack.move-acknowledged.v1'
            AND a.event #>> '{data,move}' = m.id)
ON CONFLICT DO NOTHING;
