-- What the clock shall make due: rung through the writer, once each however many instances look.
CREATE TABLE timers (
    kind   text        NOT NULL,
    stream uuid        NOT NULL,
    key    text        NOT NULL,
    due_at timestamptz NOT NULL,
    CONSTRAINT timers_pkey PRIMARY KEY (kind, stream, key)
);
CREATE INDEX timers_due_at ON timers (due_at);
