package engine

import (
	"context"
	"database/sql/driver"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"kefu/internal/platform/fault"
)

// engineFS shows the migrations of one engine: files named *.sql are shared,
// *.sqlite.sql and *.postgres.sql are for one engine and appear as *.sql.
type engineFS struct {
	fs.FS
	engine Kind
}

// Open implements fs.FS.
func (f engineFS) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err == nil || !strings.HasSuffix(name, ".sql") {
		return file, err
	}
	return f.FS.Open(strings.TrimSuffix(name, ".sql") + "." + string(f.engine) + ".sql")
}

// ReadDir implements fs.ReadDirFS.
func (f engineFS) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.FS, name)
	if err != nil {
		return nil, err
	}
	kept := entries[:0:0]
	for _, e := range entries {
		parts := strings.Split(e.Name(), ".")
		switch {
		case len(parts) == 2:
			kept = append(kept, e)
		case parts[1] == string(f.engine):
			kept = append(kept, renamed{e, parts[0] + ".sql"})
		}
	}
	return kept, nil
}

// Glob implements fs.GlobFS for the one pattern goose asks for.
func (f engineFS) Glob(pattern string) ([]string, error) {
	dir := "."
	if i := strings.LastIndex(pattern, "/"); i >= 0 {
		dir = pattern[:i]
	}
	if !strings.HasSuffix(pattern, "*.sql") {
		return nil, nil
	}
	entries, err := f.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimPrefix(dir+"/"+e.Name(), "./"))
	}
	return names, nil
}

type renamed struct {
	fs.DirEntry
	name string
}

// Name implements fs.DirEntry.
func (r renamed) Name() string { return r.name }

// Migrate brings the database up to the schema of the given files. It refuses a
// database that a newer program has migrated further with Conflict.
func (d *DB) Migrate(ctx context.Context, files fs.FS) error {
	const op = "engine.Migrate"
	dialect := goose.DialectSQLite3
	if d.Kind == Postgres {
		dialect = goose.DialectPostgres
		done, err := d.takeTurn(ctx)
		if err != nil {
			return err
		}
		defer done()
	}
	provider, err := goose.NewProvider(dialect, d.Writer, engineFS{files, d.Kind}, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fault.Wrap(op, err)
	}
	for last := int64(-1); ; {
		have, want, err := provider.GetVersions(ctx)
		if err != nil {
			return fault.Wrap(op, err)
		}
		if have > want {
			return tooNew(op, have, want)
		}
		if _, err = provider.Up(ctx); err == nil {
			return nil
		}
		// On SQLite another process may have made a step in between, whose end is
		// waited for. As long as there is progress, it is not ours that is wrong.
		if d.Kind == Postgres || have == last {
			return fault.Wrap(op, err)
		}
		last = have
	}
}

// Current refuses a database whose schema is not that of the given files, with
// Conflict, and changes nothing.
func (d *DB) Current(ctx context.Context, files fs.FS) error {
	const op = "engine.Current"
	entries, err := engineFS{files, d.Kind}.ReadDir(".")
	if err != nil {
		return fault.Wrap(op, err)
	}
	var have, want int64
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "_")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			want = max(want, n)
		}
	}
	there := "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'goose_db_version'"
	if d.Kind == Postgres {
		there = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'goose_db_version'"
	}
	var tables int
	if err := d.Reader.QueryRowContext(ctx, there).Scan(&tables); err != nil {
		return MapError(op, err)
	}
	if tables > 0 {
		if err := d.Reader.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have); err != nil {
			return MapError(op, err)
		}
	}
	switch {
	case have > want:
		return tooNew(op, have, want)
	case have < want:
		return fault.New(fault.Conflict, op, "the database has schema %d and this program needs %d: run kefu migrate while the server is stopped", have, want)
	}
	return nil
}

func tooNew(op string, have, want int64) error {
	return fault.New(fault.Conflict, op, "the database has schema %d and this program knows %d: run the newer program, or restore a backup from before the upgrade", have, want)
}

// takeTurn lets one of several processes that start together migrate first. The
// lock is that of a session and ends with it, whatever happens.
func (d *DB) takeTurn(ctx context.Context) (done func(), err error) {
	const op = "engine.takeTurn"
	conn, err := d.Reader.Conn(ctx)
	if err != nil {
		return nil, MapError(op, err)
	}
	done = func() {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // closes the session
		_ = conn.Close()                                           // closed already
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(hashtextextended('kefu migrations ' || current_schema(), 0))"); err != nil {
		done()
		return nil, MapError(op, err)
	}
	return done, nil
}
