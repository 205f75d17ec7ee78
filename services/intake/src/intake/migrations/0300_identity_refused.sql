-- Who was not shown an identity: the event has the same, this is what is listed. No words of the caller are kept.
CREATE TABLE identity_refusals (
    seq      bigint      GENERATED ALWAYS AS IDENTITY,
    event_id text        PRIMARY KEY,
    case_id  uuid,
    at       timestamptz NOT NULL,
    org      text        NOT NULL,
    by       text        NOT NULL,
    purpose  text        NOT NULL,
    fields   text[]      NOT NULL,
    code     text        NOT NULL,
    last     bool        NOT NULL
);
CREATE INDEX identity_refusals_org ON identity_refusals (org, seq DESC);
