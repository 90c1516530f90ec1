-- +goose Up

-- With what programs of the operator come in. A row stays when its key is revoked:
-- entries and the audit chain name it.
CREATE TABLE api_key (
    id          TEXT PRIMARY KEY,
    digest      TEXT   NOT NULL UNIQUE, -- keyed
    name        TEXT   NOT NULL,
    scopes      TEXT   NOT NULL, -- space between
    networks    TEXT   NOT NULL, -- from which it may be used, space between; '' for any
    created_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL, -- 0: never
    used_at     BIGINT NOT NULL,
    refused_at  BIGINT NOT NULL, -- when it last came from another network
    revoked_at  BIGINT NOT NULL,
    revoked_by  TEXT   NOT NULL
);
CREATE INDEX api_key_list ON api_key (created_at DESC, id DESC);
