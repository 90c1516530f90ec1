-- +goose Up

-- What the wallet told of by itself, until everybody in here was told. It names things
-- by the wallet's ids and holds nothing of what they are.
CREATE TABLE wallet_notice (
    event_id    TEXT PRIMARY KEY,
    type        TEXT   NOT NULL,
    customer_id TEXT   NOT NULL, -- the wallet's
    object      TEXT   NOT NULL,
    sequence    BIGINT NOT NULL,
    position    BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    taken_at    BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    told_at     BIGINT NOT NULL  -- 0: it waits
);
CREATE INDEX wallet_notice_due ON wallet_notice (next_at) WHERE told_at = 0;
CREATE INDEX wallet_notice_object ON wallet_notice (object, type, sequence);
CREATE INDEX wallet_notice_old ON wallet_notice (taken_at);

-- Up to which position nothing is missing.
CREATE TABLE wallet_position (
    name     TEXT PRIMARY KEY,
    position BIGINT NOT NULL
);
