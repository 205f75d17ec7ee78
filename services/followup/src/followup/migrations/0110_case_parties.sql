-- Who has to do with a case: who reported of it and whom the client was sent to.
CREATE TABLE case_parties (
    case_id uuid NOT NULL,
    org     text NOT NULL,
    CONSTRAINT case_parties_pkey PRIMARY KEY (case_id, org)
);
