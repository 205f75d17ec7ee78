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

INSERT INTO case_clients (case_id, client_id) SELECT case_id, client_id FROM cases;
