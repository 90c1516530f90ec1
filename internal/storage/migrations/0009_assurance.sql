-- +goose Up

-- Until when a window speaks at the level that its token proved; then at the lowest.
ALTER TABLE window_secret ADD COLUMN level_until BIGINT NOT NULL DEFAULT 0;

-- Networks from which somebody has signed in, each with a lock of its own.
CREATE TABLE staff_network (
    staff_id     TEXT   NOT NULL REFERENCES staff (id),
    network      TEXT   NOT NULL, -- a digest
    signed_in_at BIGINT NOT NULL,
    failures     BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    PRIMARY KEY (staff_id, network)
);
CREATE INDEX staff_network_age ON staff_network (signed_in_at);
