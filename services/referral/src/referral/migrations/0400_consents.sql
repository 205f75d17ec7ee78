-- What intake's log tells of consents, as it tells it, and whose cases belong to one person (libs/answering).
CREATE TABLE consent_facts (
    event_id text  NOT NULL,
    case_id  uuid  NOT NULL,
    value    bytea NOT NULL,
    CONSTRAINT consent_facts_pkey PRIMARY KEY (event_id)
);
CREATE INDEX consent_facts_case ON consent_facts (case_id);

CREATE TABLE case_clients (
    case_id   uuid NOT NULL,
    client_id uuid NOT NULL,
    CONSTRAINT case_clients_pkey PRIMARY KEY (case_id)
);
CREATE INDEX case_clients_client ON case_clients (client_id);

-- A merge both ways; an unmerging may come first, from another partition.
CREATE TABLE client_merges (
    merge       uuid    NOT NULL,
    client      uuid    NOT NULL,
    with_client uuid    NOT NULL,
    undone      boolean NOT NULL DEFAULT false,
    CONSTRAINT client_merges_pkey PRIMARY KEY (merge, client)
);
CREATE INDEX client_merges_client ON client_merges (client);

-- Which referrals a case has: asked when a consent of its client ends.
CREATE TABLE case_referrals (
    referral_id uuid NOT NULL,
    case_id     uuid NOT NULL,
    CONSTRAINT case_referrals_pkey PRIMARY KEY (referral_id)
);
CREATE INDEX case_referrals_case ON case_referrals (case_id);
INSERT INTO case_referrals (referral_id, case_id)
    SELECT originator_id, subject FROM stored_events
    WHERE originator_version = 1
        AND convert_from(state, 'UTF8')::jsonb ->> 'type' = 'org.reftrack.referral-requested.v1';

-- Requests that wait for a consent still to be reported; what was asked stands in the stream of its deferral.
CREATE TABLE requests_put_off (
    routed_id text NOT NULL,
    case_id   uuid NOT NULL,
    CONSTRAINT requests_put_off_pkey PRIMARY KEY (routed_id)
);
CREATE INDEX requests_put_off_case ON requests_put_off (case_id);

-- What was kept of consents said neither purposes nor withdrawals, so nothing can be decided by it.
DROP TABLE consents;
