-- +goose Up

-- What a desk fetched ahead of its agent is no look.
UPDATE staff_doing SET kind = 8, decoy = 0 WHERE action = 'conversation.read_ahead';
