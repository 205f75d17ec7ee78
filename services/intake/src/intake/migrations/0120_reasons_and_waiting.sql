-- Why a person opened, released or discarded something is free text: sealed like the content it speaks of.
ALTER TABLE quarantine_acts DROP COLUMN reason;
ALTER TABLE quarantine_acts ADD COLUMN sealed_reason bytea NOT NULL DEFAULT ''::bytea;

-- The work list of what waits, longest first.
CREATE INDEX inbox_waiting ON inbox (received_at, source, event_id) WHERE verdict = 'waiting';
