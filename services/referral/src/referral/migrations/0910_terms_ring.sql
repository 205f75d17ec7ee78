-- A term is its own timer: one row instead of two that have to agree (libs/answering, deadlines).
ALTER TABLE deadlines ADD COLUMN rings boolean NOT NULL DEFAULT false;
UPDATE deadlines AS d SET rings = true FROM timers AS t
    WHERE t.kind = 'deadline' AND (t.stream, t.key) = (d.stream, d.key);
DELETE FROM timers AS t USING deadlines AS d
    WHERE t.kind = 'deadline' AND (t.stream, t.key) = (d.stream, d.key);
CREATE INDEX deadlines_ring ON deadlines (due_at, stream, key) WHERE rings;
