-- Every message of the services' logs, once, as received. seq is gapless and in commit order: it is given under the
-- store's advisory lock, from the last row, so no sequence. What the log says stands beside the bytes, for readers
-- that need no more.
CREATE TABLE history (
    seq         bigint      NOT NULL,
    source      text        NOT NULL,
    position    bigint      NOT NULL,
    event_id    text        NOT NULL,
    type        text        NOT NULL,
    subject     uuid        NOT NULL,
    org         text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    value       bytea       NOT NULL,
    CONSTRAINT history_pkey PRIMARY KEY (seq),
    CONSTRAINT history_source_position UNIQUE (source, position),
    CONSTRAINT history_event UNIQUE (event_id)
);
CREATE INDEX history_subject ON history (subject, seq);
