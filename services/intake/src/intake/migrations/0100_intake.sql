-- Bytes of what was not accepted: quarantined until a person decides, rejected or discarded for good. Sealed.
CREATE TABLE kept_deliveries (
    quarantine_id bigint      GENERATED ALWAYS AS IDENTITY,
    source        text        NOT NULL,
    event_id      text        NOT NULL,
    org           text        NOT NULL,
    type          text,
    verdict       text        NOT NULL,
    topic         text        NOT NULL,
    partition     int         NOT NULL,
    "offset"      bigint      NOT NULL,
    received_at   timestamptz NOT NULL,
    size          int         NOT NULL,
    sealed        bytea       NOT NULL,
    CONSTRAINT kept_deliveries_pkey PRIMARY KEY (source, event_id),
    CONSTRAINT kept_deliveries_id UNIQUE (quarantine_id)
);
CREATE INDEX kept_deliveries_quarantined ON kept_deliveries (quarantine_id) WHERE verdict = 'quarantined';

-- Who looked at, released or discarded what, and why.
CREATE TABLE quarantine_acts (
    at            timestamptz NOT NULL,
    quarantine_id bigint      NOT NULL,
    source        text        NOT NULL,
    event_id      text        NOT NULL,
    act           text        NOT NULL CHECK (act IN ('shown', 'released', 'discarded')),
    by            text        NOT NULL,
    reason        text        NOT NULL
);
CREATE INDEX quarantine_acts_id ON quarantine_acts (quarantine_id, at);
