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

-- Up to which version an office's topics, rights and credentials on Kafka are as the registry wants them.
CREATE TABLE agency_access (
    org      text        NOT NULL PRIMARY KEY,
    version  int         NOT NULL,
    tried_at timestamptz NOT NULL,
    problem  text
);
