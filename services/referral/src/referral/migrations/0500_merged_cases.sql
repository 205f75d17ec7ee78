-- A case may be closed by merging and go on in another, be opened again, and its opening again be voided.
ALTER TABLE cases ADD COLUMN merged_into uuid, ADD COLUMN last_closed_at timestamptz;
UPDATE cases SET last_closed_at = closed_at;
