-- +goose Up

-- What was decided of the rights of staff: one row for each hour, person, action and
-- reason, with how often. What was refused stands in the audit chain too.
CREATE TABLE decision (
    hour           BIGINT NOT NULL, -- since 1970
    staff_id       TEXT   NOT NULL,
    role           TEXT   NOT NULL,
    action         TEXT   NOT NULL,
    need           TEXT   NOT NULL, -- why it was refused; '' where it was allowed
    restriction_id TEXT   NOT NULL, -- that refused it
    rule           TEXT   NOT NULL, -- its name then
    version        TEXT   NOT NULL, -- of the policy
    operation      TEXT   NOT NULL, -- of the last of them
    object_id      TEXT   NOT NULL, -- of the last of them
    last_at        BIGINT NOT NULL,
    times          BIGINT NOT NULL,
    PRIMARY KEY (hour, staff_id, role, action, need, restriction_id, version)
);
CREATE INDEX decision_last ON decision (last_at);
CREATE INDEX decision_staff ON decision (staff_id, last_at);
