-- +goose Up
-- What a pass has deleted so far is counted in the transactions that delete it, and passes
-- that fail one after the other wait longer and longer.
ALTER TABLE erasure ADD COLUMN pass TEXT NOT NULL DEFAULT '[]'; -- JSON, as did
ALTER TABLE erasure ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
UPDATE erasure SET did = '[]' WHERE state = 'running'; -- it was what it would do
-- Everything of a customer is found without reading tables whole: messages wait for it.
CREATE INDEX customer_became ON customer (became) WHERE became IS NOT NULL;
CREATE INDEX attachment_conversation ON attachment (conversation_id) WHERE conversation_id <> '';
CREATE INDEX webhook_delivery_conversation ON webhook_delivery (conversation_id) WHERE conversation_id <> '';
CREATE INDEX mention_conversation ON mention (conversation_id);
CREATE INDEX draft_conversation ON draft (conversation_id);
CREATE INDEX wallet_notice_customer ON wallet_notice (customer_id) WHERE customer_id <> '';
