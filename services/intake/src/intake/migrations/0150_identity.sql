-- Public keys that agencies seal identities to; the private one is in vault_keys, wrapped by the master key.
CREATE TABLE sealing_keys (
    key_id      text        PRIMARY KEY,
    public_key  bytea       NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz
);
CREATE UNIQUE INDEX sealing_keys_one_to_seal_to ON sealing_keys ((true)) WHERE valid_until IS NULL;

-- Why somebody read an identity: free text, which may name people, so it is sealed. The event has the rest.
CREATE TABLE identity_reads (
    seq           bigint      GENERATED ALWAYS AS IDENTITY,
    event_id      text        PRIMARY KEY,
    case_id       uuid        NOT NULL,
    at            timestamptz NOT NULL,
    org           text        NOT NULL,
    by            text        NOT NULL,
    purpose       text        NOT NULL,
    fields        text[]      NOT NULL,
    sealed_reason bytea       NOT NULL
);
CREATE INDEX identity_reads_case ON identity_reads (case_id, seq DESC);
