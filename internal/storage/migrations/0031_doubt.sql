-- +goose Up

-- Acts of which nobody knows how far they had got: since when the wallet has to be asked
-- before anything else happens, because an older database was put back; and since when
-- one was found that cannot be read. 0: neither.
ALTER TABLE act ADD COLUMN ask_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE act ADD COLUMN lost_at BIGINT NOT NULL DEFAULT 0;
