-- How far each view has come (chassis.projector). The rows of a view stand in the schema of its name; while it is
-- built anew, in `<name>__next`. Position and rows are committed together.
CREATE TABLE projections (
    view       text        NOT NULL,
    slot       text        NOT NULL CHECK (slot IN ('live', 'next')),
    version    int         NOT NULL,
    position   bigint      NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT projections_pkey PRIMARY KEY (view, slot)
);
