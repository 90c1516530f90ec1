-- +goose Up

-- What the operator chose on screen, as it stands.
CREATE TABLE setting (
    kind        TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    owner       TEXT    NOT NULL, -- the member of staff whose own it is, or ''
    revision    BIGINT  NOT NULL,
    body        TEXT    NOT NULL, -- JSON, by the kind's type
    archived    BOOLEAN NOT NULL,
    changed_by  TEXT    NOT NULL,
    changed_at  BIGINT  NOT NULL,
    pos         BIGINT  NOT NULL, -- of the last change: the greatest is the version of all
    PRIMARY KEY (kind, id)
);
CREATE INDEX setting_owner ON setting (kind, owner, archived, id);
CREATE INDEX setting_pos ON setting (pos);

-- Everything that an item ever was.
CREATE TABLE setting_revision (
    kind        TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    revision    BIGINT  NOT NULL,
    body        TEXT    NOT NULL,
    archived    BOOLEAN NOT NULL,
    changed_by  TEXT    NOT NULL,
    changed_at  BIGINT  NOT NULL,
    approval    TEXT    NOT NULL, -- that it was made under, 'alone', or ''
    PRIMARY KEY (kind, id, revision)
);

-- Changes that wait for a second person, or did.
CREATE TABLE approval (
    id          TEXT   PRIMARY KEY,
    kind        TEXT   NOT NULL,
    subject     TEXT   NOT NULL, -- what it changes
    payload     TEXT   NOT NULL, -- exactly what will be done, as JSON
    hash        TEXT   NOT NULL,
    summary     TEXT   NOT NULL,
    maker       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    state       TEXT   NOT NULL, -- pending, executed, rejected, withdrawn, expired
    decider     TEXT   NOT NULL,
    decided_at  BIGINT NOT NULL,
    reason      TEXT   NOT NULL
);
CREATE INDEX approval_made ON approval (created_at, id);
CREATE INDEX approval_state ON approval (state, expires_at);
