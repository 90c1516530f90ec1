-- +goose Up

-- Until when one try has a delivery for itself; 0 when none has.
ALTER TABLE webhook_delivery ADD COLUMN leased_until BIGINT NOT NULL DEFAULT 0;
