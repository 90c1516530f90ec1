-- +goose Up

-- That one of us contacts a customer, and the code by which the customer knows them. The
-- code is kept sealed for as long as it counts, to be shown to both, and as a keyed digest,
-- by which it is found.
CREATE TABLE contact (
    id              TEXT PRIMARY KEY,
    customer_id     TEXT   NOT NULL,
    conversation_id TEXT   NOT NULL,
    staff_id        TEXT   NOT NULL,
    staff_name      TEXT   NOT NULL, -- the alias then
    channel         TEXT   NOT NULL,
    purpose         TEXT   NOT NULL,
    code_digest     TEXT   NOT NULL,
    code            BYTEA,           -- sealed; NULL when it is over
    code_ref        BIGINT NOT NULL, -- 0 when it is over
    attempts        BIGINT NOT NULL, -- false codes of the customer meanwhile
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL, -- before its time; 0: not
    end_reason      TEXT   NOT NULL,
    seen_at         BIGINT NOT NULL,
    checked_at      BIGINT NOT NULL,
    phrase_at       BIGINT NOT NULL  -- the customer's phrase was shown
);
CREATE INDEX contact_customer ON contact (customer_id, expires_at);
CREATE INDEX contact_digest ON contact (code_digest);
CREATE INDEX contact_conversation ON contact (conversation_id, created_at);
CREATE INDEX contact_staff ON contact (staff_id, created_at);
CREATE INDEX contact_created ON contact (created_at);
CREATE INDEX contact_sealed ON contact (expires_at) WHERE code_ref <> 0;

-- False codes that customers typed, by whatever channel.
CREATE TABLE contact_try (
    id          TEXT PRIMARY KEY,
    customer_id TEXT   NOT NULL,
    channel     TEXT   NOT NULL,
    at          BIGINT NOT NULL
);
CREATE INDEX contact_try_customer ON contact_try (customer_id, at);
CREATE INDEX contact_try_at ON contact_try (at);

-- Customers' own phrases, by which they know us.
CREATE TABLE contact_phrase (
    customer_id TEXT PRIMARY KEY,
    phrase      BYTEA  NOT NULL, -- sealed
    phrase_ref  BIGINT NOT NULL,
    set_at      BIGINT NOT NULL
);
