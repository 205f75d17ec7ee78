-- Who looks for whom: an instance takes rows for a while; if it dies they are free again.
ALTER TABLE likeness_due ADD COLUMN taken_until timestamptz;

-- Whoever was registered before likeness was looked for is made to be found, and looked for.
INSERT INTO likeness_due (person, case_id, event_id)
SELECT person, left(record_id, 36)::uuid, record_id FROM vault_fields WHERE name = 'full_name' ORDER BY stored_at;

-- Which ID numbers they told, by their keyed hashes (intake.application.numbers).
INSERT INTO claims (kind, key, holder)
SELECT 'id_numbers_of', person::text,
       json_agg(json_build_array(record_id, encode(blind, 'hex'), false) ORDER BY stored_at)::text
FROM vault_fields WHERE name = 'id_number' AND blind IS NOT NULL GROUP BY person
ON CONFLICT DO NOTHING;
