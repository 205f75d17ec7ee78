-- The last commit of each writer: tells whether a COMMIT whose answer was lost was done. Transaction ids cannot
-- tell: after a crash or a failover they may be given again.
CREATE TABLE commits (
    writer uuid        NOT NULL,
    token  bigint      NOT NULL,
    at     timestamptz NOT NULL,
    CONSTRAINT commits_pkey PRIMARY KEY (writer)
) WITH (fillfactor = 50);
