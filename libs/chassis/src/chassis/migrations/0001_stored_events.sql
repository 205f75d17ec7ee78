-- The history. notification_id is gapless and in commit order, recorded_at strictly rising: both are given
-- under the store's advisory lock, from the last row, so no sequence.
CREATE TABLE stored_events (
    originator_id      uuid        NOT NULL,
    originator_version bigint      NOT NULL,
    topic              text        NOT NULL,
    state              bytea       NOT NULL,
    notification_id    bigint      NOT NULL,
    subject            uuid        NOT NULL,
    occurred_at        timestamptz NOT NULL,
    recorded_at        timestamptz NOT NULL,
    traceparent        text,
    CONSTRAINT stored_events_pkey PRIMARY KEY (originator_id, originator_version)
);
CREATE UNIQUE INDEX stored_events_notification_id_idx ON stored_events (notification_id);
