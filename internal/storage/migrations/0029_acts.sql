-- +goose Up

-- What is done in the wallet for customers, in five steps. What it is, with sums and
-- names of the wallet's, is sealed; the columns say whose it is and when it is looked at.
CREATE TABLE act (
    id              TEXT PRIMARY KEY,
    idem_key        TEXT   NOT NULL, -- under which the wallet does it once
    conversation_id TEXT   NOT NULL, -- that there is, or that will be
    customer_id     TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    revision        BIGINT NOT NULL,
    maker_kind      BIGINT NOT NULL,
    maker_id        TEXT   NOT NULL,
    approval_id     TEXT   NOT NULL,
    sending         BIGINT NOT NULL, -- 1: it was handed to the wallet, and what came of that is not noted yet
    alarmed_at      BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    due_at          BIGINT NOT NULL, -- when somebody has to look at it; 0: never again
    body            BYTEA  NOT NULL, -- sealed
    body_ref        BIGINT NOT NULL
);
CREATE UNIQUE INDEX act_once ON act (idem_key);
CREATE INDEX act_customer ON act (customer_id, created_at DESC, id DESC);
CREATE INDEX act_conversation ON act (conversation_id, created_at DESC, id DESC);
CREATE INDEX act_maker ON act (maker_id, created_at);
CREATE INDEX act_state ON act (state, created_at DESC, id DESC);
CREATE INDEX act_due ON act (due_at) WHERE due_at > 0;
CREATE INDEX act_age ON act (changed_at) WHERE due_at = 0;

-- Proofs that were asked of customers, each for one act.
CREATE TABLE step_up (
    id              TEXT PRIMARY KEY,
    act_id          TEXT   NOT NULL,
    customer_id     TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    revision        BIGINT NOT NULL,
    asked_at        BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    body            BYTEA  NOT NULL, -- sealed
    body_ref        BIGINT NOT NULL
);
CREATE INDEX step_up_act ON step_up (act_id, asked_at DESC, id DESC);
CREATE INDEX step_up_customer ON step_up (customer_id, asked_at);
CREATE INDEX step_up_age ON step_up (asked_at);

-- Assertions that were used: each is good once. A digest stands for the number.
CREATE TABLE assertion_used (
    digest     TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX assertion_used_expiry ON assertion_used (expires_at);

-- How often a customer failed to prove who they are, on all channels together.
CREATE TABLE proof_try (
    customer_id  TEXT PRIMARY KEY,
    failed       BIGINT NOT NULL,
    first_at     BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);
