-- +goose Up

-- Who is named in a note, so that they find it.
CREATE TABLE mention (
    staff_id        TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    conversation_id TEXT   NOT NULL,
    seq             BIGINT NOT NULL, -- the newest note there that names them
    seen_at         BIGINT NOT NULL, -- 0: not yet
    PRIMARY KEY (staff_id, conversation_id)
);
CREATE INDEX mention_newest ON mention (staff_id, at, conversation_id);
CREATE INDEX mention_unseen ON mention (staff_id) WHERE seen_at = 0;
