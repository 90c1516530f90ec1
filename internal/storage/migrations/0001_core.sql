-- +goose Up

-- One row that every commit updates first: it serialises the commits of all
-- processes, gives positions in commit order and carries the end of the audit chain.
CREATE TABLE log_head (
    id          BIGINT PRIMARY KEY,
    pos         BIGINT NOT NULL,
    audit_seq   BIGINT NOT NULL,
    audit_hash  BYTEA  NOT NULL
);

CREATE TABLE customer (
    id          TEXT PRIMARY KEY,
    issuer      TEXT,
    subject     TEXT,            -- the wallet's id of a customer who signed in
    name        BYTEA,           -- sealed
    name_ref    BIGINT,
    language    TEXT   NOT NULL,
    evidence    TEXT   NOT NULL, -- verified, claimed, inferred, or '' for a visitor
    became      TEXT,            -- the customer a visitor turned out to be
    created_at  BIGINT NOT NULL,
    UNIQUE (issuer, subject)
);

CREATE TABLE customer_handle (
    customer_id TEXT   NOT NULL REFERENCES customer (id),
    kind        TEXT   NOT NULL, -- wallet, email, phone, device …
    digest      TEXT   NOT NULL, -- keyed hash of the value, to find it by
    value       BYTEA  NOT NULL, -- sealed
    value_ref   BIGINT NOT NULL,
    evidence    TEXT   NOT NULL,
    seen_at     BIGINT NOT NULL,
    PRIMARY KEY (customer_id, kind, digest)
);
CREATE INDEX customer_handle_digest ON customer_handle (kind, digest);

-- Bearer secrets of windows: a visitor's, or that of a signed-in session.
CREATE TABLE window_secret (
    digest      TEXT PRIMARY KEY,
    customer_id TEXT   NOT NULL,
    verified    BOOLEAN NOT NULL,
    level       BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    revoked_at  BIGINT NOT NULL
);
CREATE INDEX window_secret_customer ON window_secret (customer_id);

CREATE TABLE token_used (
    issuer      TEXT   NOT NULL,
    jti         TEXT   NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (issuer, jti)
);
CREATE INDEX token_used_expiry ON token_used (expires_at);

CREATE TABLE conversation (
    id              TEXT PRIMARY KEY,
    customer_id     TEXT   NOT NULL,
    start_ref       TEXT   NOT NULL,
    channel         TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    status_before   TEXT   NOT NULL,
    assignee_id     TEXT   NOT NULL,
    assignee_name   TEXT   NOT NULL,
    priority        TEXT   NOT NULL,
    topic           BYTEA  NOT NULL, -- sealed
    topic_ref       BIGINT NOT NULL, -- 0 when there is none
    language        TEXT   NOT NULL,
    tags            TEXT   NOT NULL, -- JSON array of strings
    merged_into     TEXT   NOT NULL,
    last_seq        BIGINT NOT NULL,
    preview_seq     BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    last_activity   BIGINT NOT NULL,
    inbox_activity  BIGINT NOT NULL, -- last_activity as the inbox is ordered by it
    waiting_since   BIGINT NOT NULL,
    snoozed_until   BIGINT NOT NULL,
    resolved_at     BIGINT NOT NULL,
    reopened        BIGINT NOT NULL,
    unread          BIGINT NOT NULL,
    customer_delivered BIGINT NOT NULL,
    customer_read   BIGINT NOT NULL,
    agent_read      BIGINT NOT NULL
);
-- Also finds a customer's conversations. last_activity is in no index: every
-- message changes it.
CREATE UNIQUE INDEX conversation_start ON conversation (customer_id, start_ref);
CREATE INDEX conversation_snoozed ON conversation (snoozed_until) WHERE snoozed_until > 0;
CREATE INDEX conversation_merged ON conversation (merged_into) WHERE merged_into <> '';

CREATE TABLE entry_version (
    conversation_id TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    replaced_by BIGINT NOT NULL, -- the entry 'edited' that replaced it
    content     BYTEA  NOT NULL,
    content_ref BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, seq, replaced_by)
);

CREATE TABLE draft (
    staff_id        TEXT   NOT NULL,
    conversation_id TEXT   NOT NULL,
    content         BYTEA  NOT NULL,
    content_ref     BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    PRIMARY KEY (staff_id, conversation_id)
);

CREATE TABLE attachment (
    id              TEXT PRIMARY KEY,
    customer_id     TEXT   NOT NULL, -- '' until a member of staff has sent it
    conversation_id TEXT   NOT NULL, -- '' until it was sent
    uploader_kind   BIGINT NOT NULL,
    uploader_id     TEXT   NOT NULL,
    name            BYTEA  NOT NULL,
    name_ref        BIGINT NOT NULL,
    media_type      TEXT   NOT NULL,
    size            BIGINT NOT NULL,
    blob_ref        BIGINT NOT NULL,
    internal        BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX attachment_customer ON attachment (customer_id) WHERE customer_id <> '';
CREATE INDEX attachment_orphan ON attachment (created_at) WHERE conversation_id = '';

CREATE TABLE staff (
    id              TEXT PRIMARY KEY,
    email           TEXT   NOT NULL UNIQUE,
    name            TEXT   NOT NULL,
    alias           TEXT   NOT NULL,
    role            TEXT   NOT NULL,
    password_hash   TEXT   NOT NULL,
    totp            BYTEA  NOT NULL,
    totp_ref        BIGINT NOT NULL,
    totp_step       BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    locked_until    BIGINT NOT NULL,
    disabled_at     BIGINT NOT NULL,
    created_at      BIGINT NOT NULL
);

CREATE TABLE staff_session (
    digest      TEXT PRIMARY KEY,
    id          TEXT   NOT NULL,
    staff_id    TEXT   NOT NULL REFERENCES staff (id),
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    revoked_at  BIGINT NOT NULL
);
CREATE INDEX staff_session_staff ON staff_session (staff_id);

-- Who lost access, in order: every process closes the sockets concerned.
CREATE TABLE revocation (
    pos     BIGINT PRIMARY KEY,
    kind    TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    at      BIGINT NOT NULL
);

CREATE TABLE job (
    id          TEXT PRIMARY KEY,
    kind        TEXT   NOT NULL,
    dedup       TEXT   NOT NULL,
    payload     BYTEA  NOT NULL,
    due_at      BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    epoch       BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    last_error  TEXT   NOT NULL,
    failed_at   BIGINT NOT NULL,
    UNIQUE (kind, dedup)
);
CREATE INDEX job_due ON job (due_at) WHERE failed_at = 0;
CREATE INDEX job_failed ON job (failed_at) WHERE failed_at > 0;

CREATE TABLE audit (
    seq     BIGINT PRIMARY KEY,
    record  BYTEA  NOT NULL,
    detail  BYTEA,
    hash    BYTEA  NOT NULL
);
