package storage

import (
	"context"
	"errors"
)

// Probe opens a database, asks who it is and closes it again, without changing
// anything.
func Probe(ctx context.Context, dir, database string) (string, error) {
	engine := EngineOf(database)
	reader, writer, err := openDatabases(engine, database, dir)
	if err != nil {
		return "", err
	}
	text := "SELECT 'SQLite ' || sqlite_version()"
	if engine == Postgres {
		text = "SELECT 'PostgreSQL ' || current_setting('server_version') || ', synchronous_commit ' || current_setting('synchronous_commit') || ', fsync ' || current_setting('fsync')"
	}
	var version string
	err = mapError("storage.Probe", reader.QueryRowContext(ctx, text).Scan(&version))
	if engine == SQLite {
		err = errors.Join(err, reader.Close())
	}
	return version, errors.Join(err, writer.Close())
}
