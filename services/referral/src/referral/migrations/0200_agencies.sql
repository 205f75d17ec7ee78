-- What the registry says of each office now (libs/directory): learnt from intake's log, read by every instance.
CREATE SEQUENCE agencies_seq;
CREATE TABLE agencies (
    org        text        NOT NULL PRIMARY KEY,
    seq        bigint      NOT NULL UNIQUE,
    version    int         NOT NULL,
    said       jsonb       NOT NULL,
    suspended  text,
    changed_at timestamptz NOT NULL
);
