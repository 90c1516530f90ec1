-- +goose Up

-- What has expired is looked for every minute, in the transaction in which
-- messages wait for their commit.
CREATE INDEX window_secret_expiry ON window_secret (expires_at);
CREATE INDEX staff_session_expiry ON staff_session (expires_at);
CREATE INDEX revocation_at ON revocation (at);
