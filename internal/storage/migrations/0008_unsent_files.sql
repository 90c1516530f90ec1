-- +goose Up

-- A file that was claimed for a message is not sent before that message is stored:
-- one that was refused must not keep it for ever.
ALTER TABLE attachment ADD COLUMN unsent_since BIGINT NOT NULL DEFAULT 0; -- 0 once it was sent
UPDATE attachment SET unsent_since = created_at WHERE conversation_id = '';
DROP INDEX attachment_orphan;
CREATE INDEX attachment_orphan ON attachment (unsent_since) WHERE unsent_since > 0;
