-- +goose Up

-- What endpoints verify deliveries with. While one replaces another both count.
CREATE TABLE webhook_secret (
    id          TEXT PRIMARY KEY,
    endpoint_id TEXT   NOT NULL,
    secret      BYTEA  NOT NULL, -- sealed
    secret_ref  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL  -- 0: it is the one that counts
);
CREATE INDEX webhook_secret_endpoint ON webhook_secret (endpoint_id, created_at);
CREATE INDEX webhook_secret_expiry ON webhook_secret (expires_at) WHERE expires_at > 0;

-- One event on its way to one endpoint. It names things and holds no words of people.
CREATE TABLE webhook_delivery (
    id              TEXT PRIMARY KEY,
    endpoint_id     TEXT   NOT NULL,
    event_id        TEXT   NOT NULL,
    type            TEXT   NOT NULL,
    conversation_id TEXT   NOT NULL,
    seq             BIGINT NOT NULL,
    data            TEXT   NOT NULL,
    at              BIGINT NOT NULL, -- of the event
    state           TEXT   NOT NULL,
    attempts        BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    next_at         BIGINT NOT NULL,
    done_at         BIGINT NOT NULL,
    last_status     BIGINT NOT NULL,
    last_error      TEXT   NOT NULL,
    last_took       BIGINT NOT NULL
);
CREATE UNIQUE INDEX webhook_delivery_event ON webhook_delivery (endpoint_id, event_id);
CREATE INDEX webhook_delivery_list ON webhook_delivery (endpoint_id, created_at DESC, id DESC);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_done ON webhook_delivery (done_at) WHERE done_at > 0;
