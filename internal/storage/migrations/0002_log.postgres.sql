-- +goose Up

CREATE TABLE entry (
    pos             BIGINT PRIMARY KEY,  -- grows in commit order over all conversations
    conversation_id TEXT   NOT NULL,
    seq             BIGINT NOT NULL,
    kind            TEXT   NOT NULL,
    author_kind     TEXT   NOT NULL,
    author_id       TEXT   NOT NULL,
    author_name     TEXT   NOT NULL,
    client_id       TEXT,
    at              BIGINT NOT NULL,
    content         BYTEA  NOT NULL,
    content_ref     BIGINT NOT NULL,
    of_seq          BIGINT NOT NULL,
    state           BIGINT NOT NULL -- 0 as written, 1 edited, 2 redacted
);
CREATE UNIQUE INDEX entry_seq ON entry (conversation_id, seq);
-- The message id comes first: a UUIDv7 grows, so that new ones lie side by side.
CREATE UNIQUE INDEX entry_client ON entry (client_id, conversation_id) WHERE client_id IS NOT NULL;

CREATE TABLE inbox (
    status          TEXT   NOT NULL,
    assignee_id     TEXT   NOT NULL,
    activity        BIGINT NOT NULL,
    conversation_id TEXT   NOT NULL
);
CREATE UNIQUE INDEX inbox_key ON inbox (status, assignee_id, activity DESC, conversation_id DESC);
CREATE INDEX inbox_all ON inbox (status, activity DESC, conversation_id DESC, assignee_id);

INSERT INTO log_head (id, pos, audit_seq, audit_hash) VALUES (1, 0, 0, '');

-- +goose StatementBegin
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit chain is append-only';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
