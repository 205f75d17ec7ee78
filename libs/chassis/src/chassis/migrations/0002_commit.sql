-- What a commit writes beside events (chassis.store.commit).

-- How far each partition of each topic is taken in; compared and set. source_position: position in the log of
-- the service that published the topic, for records of our own services.
CREATE TABLE positions (
    topic           text   NOT NULL,
    partition       int    NOT NULL,
    next_offset     bigint NOT NULL,
    source_position bigint,
    CONSTRAINT positions_pkey PRIMARY KEY (topic, partition)
);

-- What no aggregate's version protects: one holder a key.
CREATE TABLE claims (
    kind   text NOT NULL,
    key    text NOT NULL,
    holder text NOT NULL,
    CONSTRAINT claims_pkey PRIMARY KEY (kind, key)
);
CREATE INDEX claims_holder ON claims (kind, holder);

-- Every (source, event_id) ever received, once, with the verdict it has now.
CREATE TABLE inbox (
    source       text        NOT NULL,
    event_id     text        NOT NULL,
    content_hash bytea       NOT NULL,
    verdict      text        NOT NULL,
    received_at  timestamptz NOT NULL,
    topic        text        NOT NULL,
    partition    int         NOT NULL,
    "offset"     bigint      NOT NULL,
    code         text,
    field        text,
    detail       jsonb,
    routed_id    text,
    case_key     text,
    CONSTRAINT inbox_pkey PRIMARY KEY (source, event_id)
);
CREATE UNIQUE INDEX inbox_routed ON inbox (routed_id) WHERE routed_id IS NOT NULL;

-- Other contents under an id already used; sealed.
CREATE TABLE other_contents (
    source       text        NOT NULL,
    event_id     text        NOT NULL,
    content_hash bytea       NOT NULL,
    sealed       bytea       NOT NULL,
    topic        text        NOT NULL,
    partition    int         NOT NULL,
    "offset"     bigint      NOT NULL,
    received_at  timestamptz NOT NULL,
    CONSTRAINT other_contents_pkey PRIMARY KEY (source, event_id, content_hash)
);

-- What waits for a key; sealed.
CREATE TABLE waits (
    seq         bigint GENERATED ALWAYS AS IDENTITY,
    key         text        NOT NULL,
    source      text        NOT NULL,
    event_id    text        NOT NULL,
    sealed      bytea       NOT NULL,
    topic       text        NOT NULL,
    partition   int         NOT NULL,
    "offset"    bigint      NOT NULL,
    received_at timestamptz NOT NULL,
    until       timestamptz,
    CONSTRAINT waits_pkey PRIMARY KEY (seq),
    CONSTRAINT waits_event UNIQUE (source, event_id)
);
CREATE INDEX waits_key ON waits (key, seq);
CREATE INDEX waits_until ON waits (until) WHERE until IS NOT NULL;

-- Receipts, in an order of their own: position is gapless and in commit order, recorded_at strictly rising.
CREATE TABLE receipts (
    position    bigint      NOT NULL,
    org         text        NOT NULL,
    source      text        NOT NULL,
    event_id    text        NOT NULL,
    verdict     text        NOT NULL,
    repetition  boolean     NOT NULL,
    body        bytea       NOT NULL,
    topic       text        NOT NULL,
    partition   int         NOT NULL,
    "offset"    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT receipts_pkey PRIMARY KEY (position)
);
CREATE INDEX receipts_org ON receipts (org, position);

-- Answers to request ids.
CREATE TABLE outcomes (
    caller      text        NOT NULL,
    request_id  text        NOT NULL,
    digest      bytea       NOT NULL,
    body        bytea,
    answered_at timestamptz NOT NULL,
    CONSTRAINT outcomes_pkey PRIMARY KEY (caller, request_id)
);
CREATE INDEX outcomes_answered ON outcomes (answered_at);

-- Items set aside until a person decides; sealed. Open ones have no resolution.
CREATE TABLE parked (
    id             bigint GENERATED ALWAYS AS IDENTITY,
    case_key       text        NOT NULL,
    reason         text        NOT NULL,
    behind         boolean     NOT NULL,
    sealed         bytea,
    topic          text        NOT NULL,
    partition      int         NOT NULL,
    "offset"       bigint      NOT NULL,
    parked_at      timestamptz NOT NULL,
    correlation_id text        NOT NULL,
    attempts       int         NOT NULL DEFAULT 0,
    resolution     text CHECK (resolution IN ('retried', 'skipped')),
    resolved_at    timestamptz,
    resolved_by    text,
    resolved_why   text,
    CONSTRAINT parked_pkey PRIMARY KEY (id),
    CHECK ((resolution IS NULL) = (resolved_at IS NULL))
);
CREATE INDEX parked_open ON parked (case_key, id) WHERE resolution IS NULL;
