-- +goose Up

-- When somebody revealed a masked field of the wallet lately, so that a bound on it
-- outlives a restart and holds for all processes together. What was revealed, and why,
-- is in the audit chain alone.
CREATE TABLE wallet_reveal (
    id        TEXT PRIMARY KEY,
    staff_id  TEXT   NOT NULL,
    at        BIGINT NOT NULL
);
CREATE INDEX wallet_reveal_staff ON wallet_reveal (staff_id, at);
CREATE INDEX wallet_reveal_age ON wallet_reveal (at);
