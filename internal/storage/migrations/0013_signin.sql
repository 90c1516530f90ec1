-- +goose Up

-- Whoever says so signs in with passkeys alone.
ALTER TABLE staff ADD COLUMN passkey_only BOOLEAN NOT NULL DEFAULT FALSE;

-- How a session was opened, when its holder last proved who they are, and the
-- device and network it came from, sealed under a key of the deployment: they are
-- shown to its holder and end with the row.
ALTER TABLE staff_session ADD COLUMN method TEXT NOT NULL DEFAULT 'password';
ALTER TABLE staff_session ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff_session ADD COLUMN place BYTEA;

CREATE TABLE staff_passkey (
    id              TEXT PRIMARY KEY,
    staff_id        TEXT    NOT NULL REFERENCES staff (id),
    credential      TEXT    NOT NULL UNIQUE, -- base64url, as authenticators name it
    name            TEXT    NOT NULL,
    public_key      BYTEA   NOT NULL,
    sign_count      BIGINT  NOT NULL,
    backup_eligible BOOLEAN NOT NULL,
    backed_up       BOOLEAN NOT NULL,
    model           TEXT    NOT NULL,
    transports      TEXT    NOT NULL, -- space between
    created_at      BIGINT  NOT NULL,
    used_at         BIGINT  NOT NULL
);
CREATE INDEX staff_passkey_staff ON staff_passkey (staff_id, created_at);

-- What may be used once: challenges and states of sign-ins, by their digest.
CREATE TABLE staff_used (
    digest      TEXT PRIMARY KEY,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX staff_used_expiry ON staff_used (expires_at);

-- Links by which somebody comes in for the first time, or again.
CREATE TABLE staff_invitation (
    id          TEXT PRIMARY KEY,
    digest      TEXT   NOT NULL UNIQUE, -- of the token in the link
    kind        TEXT   NOT NULL, -- member, reset or first_owner
    email       TEXT   NOT NULL, -- '' of a first owner, who says theirs
    role        TEXT   NOT NULL,
    staff_id    TEXT   NOT NULL, -- whose sign-in a reset is, or who came of it
    invited_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT NOT NULL,
    revoked_at  BIGINT NOT NULL
);
CREATE INDEX staff_invitation_age ON staff_invitation (created_at, id);

-- Who a person of the operator's directory is here.
CREATE TABLE staff_directory (
    issuer      TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    staff_id    TEXT   NOT NULL REFERENCES staff (id),
    linked_at   BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX staff_directory_staff ON staff_directory (staff_id);
