-- What somebody found who looked into a conflict: the recorded event that tells it; none while it is open.
ALTER TABLE screening_conflicts ADD COLUMN review text;
CREATE INDEX screening_conflicts_open ON screening_conflicts (org, seq) WHERE review IS NULL;
