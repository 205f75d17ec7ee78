-- Personal fields, encrypted, and the wrapped data keys that open them (chassis.vault).
CREATE TABLE vault_keys (
    key_id        uuid PRIMARY KEY,
    person        uuid NOT NULL,
    label_group   text NOT NULL,
    wrapped       bytea,
    master_key_id text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at  timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
CREATE UNIQUE INDEX vault_one_live_key ON vault_keys (person, label_group) WHERE destroyed_at IS NULL;

-- The foreign key holds what matters most: no field is stored under a key that is not.
CREATE TABLE vault_fields (
    person     uuid  NOT NULL,
    name       text  NOT NULL,
    record_id  text  NOT NULL,
    key_id     uuid  NOT NULL REFERENCES vault_keys,
    ciphertext bytea NOT NULL,
    blind      bytea,
    stored_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (person, name, record_id)
);
CREATE INDEX vault_fields_blind ON vault_fields (name, blind) WHERE blind IS NOT NULL;
