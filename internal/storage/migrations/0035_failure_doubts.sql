-- +goose Up

-- Codes of rails of which it is not certain what they stand for, each once.
CREATE TABLE failure_doubt (
    rail     TEXT   NOT NULL,
    code     TEXT   NOT NULL, -- as it came, without what looked like a secret
    said     TEXT   NOT NULL, -- by the wallet, the last time
    mapped   TEXT   NOT NULL, -- by the table then; '': it had none
    times    BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    example  TEXT   NOT NULL, -- reference of a payment, masked
    PRIMARY KEY (rail, code)
);
CREATE INDEX failure_doubt_last ON failure_doubt (last_at DESC, rail, code);
