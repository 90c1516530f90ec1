-- +goose Up

-- An account and how it stands. Posted, pending and held are sums of its lines, kept
-- beside it so that a transfer needs no sum; `Verify` adds the lines up again.
CREATE TABLE account (
    id          TEXT PRIMARY KEY,
    owner       TEXT   NOT NULL, -- '' for the wallet's own and those of the world outside
    currency    TEXT   NOT NULL,
    scale       BIGINT NOT NULL,
    has_floor   BIGINT NOT NULL, -- 1: cannot go below nothing
    frozen      BIGINT NOT NULL,
    closed      BIGINT NOT NULL,
    posted      TEXT   NOT NULL, -- whole numbers of smallest units, up to 38 digits
    pending_in  TEXT   NOT NULL,
    pending_out TEXT   NOT NULL,
    held        TEXT   NOT NULL,
    changed_at  BIGINT NOT NULL
);
CREATE INDEX account_owner ON account (owner, id);

-- Transfers only grow: triggers refuse everything else.
CREATE TABLE transfer (
    id         TEXT PRIMARY KEY,
    seq        BIGINT NOT NULL,
    asked      BYTEA  NOT NULL, -- digest of what was asked for
    kind       BIGINT NOT NULL,
    debit      TEXT   NOT NULL,
    credit     TEXT   NOT NULL,
    amount     TEXT   NOT NULL,
    resolves   TEXT   NOT NULL, -- '' or the pending transfer that it ends
    expires_at BIGINT NOT NULL,
    ref        TEXT   NOT NULL,
    at         BIGINT NOT NULL
);
CREATE UNIQUE INDEX transfer_resolves ON transfer (resolves) WHERE resolves <> '';
CREATE INDEX transfer_expires ON transfer (expires_at) WHERE expires_at > 0;
