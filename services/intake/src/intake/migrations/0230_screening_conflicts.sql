-- Screenings in which an agency's claim differs from what the instrument gives: a work list for people.
-- In what they differ stands in the event alone.
CREATE TABLE screening_conflicts (
    seq       bigint GENERATED ALWAYS AS IDENTITY,
    event_id  text   NOT NULL,
    case_id   uuid   NOT NULL,
    org       text   NOT NULL,
    CONSTRAINT screening_conflicts_pkey PRIMARY KEY (event_id)
);
CREATE INDEX screening_conflicts_seq ON screening_conflicts (org, seq);

-- What waits for another event, to void or correct it, is looked for each second (intake.waits).
CREATE INDEX waits_for_events ON waits (key) WHERE starts_with(key, 'event:');
