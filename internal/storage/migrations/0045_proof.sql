-- +goose Up

-- Since when it is known who asks about what is kept of them, and since when what is kept of
-- a customer is kept and used for nothing else. Both follow from the events of a case.
ALTER TABLE case_file ADD COLUMN proven_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN still_since BIGINT NOT NULL DEFAULT 0;
CREATE INDEX case_file_still ON case_file (customer_id) WHERE still_since > 0;

-- Further requests that an erasure answers which goes on.
ALTER TABLE erasure ADD COLUMN also TEXT NOT NULL DEFAULT '[]';
