-- What referral has learned of cases from intake's log: whether one is closed, and who agreed to what.
CREATE TABLE cases (
    case_id   uuid        NOT NULL,
    closed_at timestamptz,
    CONSTRAINT cases_pkey PRIMARY KEY (case_id)
);

CREATE TABLE consents (
    event_id   text        NOT NULL,
    case_id    uuid        NOT NULL,
    given_at   timestamptz NOT NULL,
    recipients text        NOT NULL,
    labels     text        NOT NULL,
    expires_on date,
    CONSTRAINT consents_pkey PRIMARY KEY (event_id)
);
CREATE INDEX consents_case ON consents (case_id);
