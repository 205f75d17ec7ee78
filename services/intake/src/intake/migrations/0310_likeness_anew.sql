-- The score was not the same from either side, so a pair was proposed or not depending on who came last. Everybody
-- is looked for once more, by the newest name: what was proposed or decided before is not proposed again.
INSERT INTO likeness_due (person, case_id, event_id)
SELECT person, left(record_id, 36)::uuid, record_id FROM (
    SELECT DISTINCT ON (person) person, record_id, stored_at FROM vault_fields WHERE name = 'full_name'
    ORDER BY person, stored_at DESC, record_id
) AS named
WHERE NOT EXISTS (SELECT FROM likeness_due AS d WHERE d.person = named.person)
ORDER BY stored_at;
