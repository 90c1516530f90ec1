-- +goose Up

-- What the house gave of its own, or is about to: a row for each yes, which goes when nothing
-- came of it. Budgets are sums over it.
CREATE TABLE goodwill (
    act_id          TEXT   PRIMARY KEY,
    conversation_id TEXT   NOT NULL,
    customer_id     TEXT   NOT NULL,
    staff_id        TEXT   NOT NULL,
    team            TEXT   NOT NULL, -- the first of theirs, when they gave it
    currency        TEXT   NOT NULL,
    units           BIGINT NOT NULL, -- ten-thousandths of a whole unit
    reason          TEXT   NOT NULL, -- a code
    approver_id     TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    given           BIGINT NOT NULL  -- when the wallet said that it did; 0: it is about to
);
CREATE INDEX goodwill_currency ON goodwill (currency, at);
CREATE INDEX goodwill_customer ON goodwill (customer_id, at);
CREATE INDEX goodwill_at ON goodwill (at, act_id);

-- By which devices its customer had used the wallet: digests.
CREATE TABLE goodwill_device (
    device TEXT   NOT NULL,
    act_id TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (device, act_id)
);
CREATE INDEX goodwill_device_act ON goodwill_device (act_id);
