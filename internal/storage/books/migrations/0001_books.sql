-- +goose Up

-- Lines only grow, as transfers do: triggers refuse everything else.
CREATE TABLE line (
    seq      BIGINT PRIMARY KEY, -- 1, 2, 3 … without a gap
    transfer BIGINT NOT NULL,    -- its seq
    account  TEXT   NOT NULL,
    phase    BIGINT NOT NULL,
    amount   TEXT   NOT NULL
);

-- One row for each commit: a chain of digests over all transfers, so that a row that
-- was changed behind the program's back is found.
CREATE TABLE chain (
    seq        BIGINT PRIMARY KEY,
    last_trans BIGINT NOT NULL,
    last_line  BIGINT NOT NULL,
    digest     TEXT   NOT NULL,
    at         BIGINT NOT NULL
);

-- What whoever keeps books knows besides: payments, refunds, devices. Every revision
-- stays; head names the present one.
CREATE TABLE record (
    kind TEXT   NOT NULL,
    id   TEXT   NOT NULL,
    rev  BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    body TEXT   NOT NULL,
    PRIMARY KEY (kind, id, rev)
);
CREATE TABLE head (
    kind  TEXT   NOT NULL,
    id    TEXT   NOT NULL,
    rev   BIGINT NOT NULL,
    owner TEXT   NOT NULL,
    sort  BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX head_owner ON head (kind, owner, sort, id);
