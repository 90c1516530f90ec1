-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION books_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the books only grow'; END $$;
-- +goose StatementEnd
CREATE TRIGGER transfer_only_grows BEFORE UPDATE OR DELETE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION books_only_grow();
CREATE TRIGGER line_only_grows BEFORE UPDATE OR DELETE ON line FOR EACH STATEMENT EXECUTE FUNCTION books_only_grow();
CREATE TRIGGER chain_only_grows BEFORE UPDATE OR DELETE ON chain FOR EACH STATEMENT EXECUTE FUNCTION books_only_grow();
CREATE TRIGGER record_only_grows BEFORE UPDATE OR DELETE ON record FOR EACH STATEMENT EXECUTE FUNCTION books_only_grow();
