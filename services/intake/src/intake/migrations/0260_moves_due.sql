-- Moves that nobody has acknowledged, to whom and for whom: the work list of both sides (libs/answering, deadlines).
CREATE TABLE deadlines (
    stream  uuid        NOT NULL,
    key     text        NOT NULL,
    case_id uuid        NOT NULL,
    which   text        NOT NULL,
    number  text        NOT NULL,
    org     text        NOT NULL,
    other   text        NOT NULL,
    since   date        NOT NULL,
    due_at  timestamptz NOT NULL,
    CONSTRAINT deadlines_pkey PRIMARY KEY (stream, key)
);
CREATE INDEX deadlines_due ON deadlines (due_at, stream, key);
