-- Whom a right in a case is for, where that is not the case's own client: rights follow the client.
ALTER TABLE case_parties
    ADD COLUMN client_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    DROP CONSTRAINT case_parties_pkey,
    ADD CONSTRAINT case_parties_pkey PRIMARY KEY (case_id, org, client_id);
CREATE INDEX case_parties_of_clients ON case_parties (client_id)
    WHERE client_id <> '00000000-0000-0000-0000-000000000000';
