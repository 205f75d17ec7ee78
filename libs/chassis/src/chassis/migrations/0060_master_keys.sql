-- Which master key wraps: the newest row. It stands here so that all instances wrap by the same one, and a
-- change of it lies between two commits (chassis.rewrapping).
CREATE TABLE master_key_rotations (
    number      int         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_key_id text,
    to_key_id   text        NOT NULL,
    by          text        NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    done        bigint      NOT NULL DEFAULT 0
);

-- The instances that keep a vault, and the master keys that each of them holds.
CREATE TABLE vault_instances (
    instance text        PRIMARY KEY,
    key_ids  text[]      NOT NULL,
    trouble  text        NOT NULL DEFAULT '',
    seen_at  timestamptz NOT NULL
);

CREATE INDEX vault_keys_master ON vault_keys (master_key_id) WHERE destroyed_at IS NULL;

-- A batch that read the master key before it changed decides again: what is counted as rewrapped stays so.
CREATE FUNCTION vault_keys_wrapped_by_the_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM fresh,
                    (SELECT to_key_id FROM master_key_rotations ORDER BY number DESC LIMIT 1) AS newest
        WHERE fresh.master_key_id <> newest.to_key_id
    ) THEN
        RAISE EXCEPTION 'wrapped by a master key that was replaced meanwhile'
              USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER vault_keys_wrapped_by_the_newest AFTER INSERT ON vault_keys
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION vault_keys_wrapped_by_the_newest();
