package target

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"kefu/internal/platform/id"
)

const dropTimeout = 30 * time.Second

// FreshDatabase makes an empty database on the server of a PostgreSQL DSN (a
// URL) and gives the DSN that names it, its name, and a function that drops it.
func FreshDatabase(ctx context.Context, dsn string) (fresh, name string, drop func(), err error) {
	name = "kefu_bench_" + id.New()
	if fresh, err = DatabaseNamed(dsn, name); err != nil {
		return "", "", nil, err
	}
	if err := execute(ctx, dsn, "CREATE DATABASE "+name); err != nil {
		return "", "", nil, err
	}
	drop = func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
		defer cancel()
		_ = execute(ctx, dsn, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}
	return fresh, name, drop, nil
}

// DatabaseNamed is a DSN (a URL) that names another database of the same server.
func DatabaseNamed(dsn, name string) (string, error) {
	address, err := url.Parse(dsn)
	if err != nil || (address.Scheme != "postgres" && address.Scheme != "postgresql") {
		return "", fmt.Errorf("target: the database must be given as postgres://…")
	}
	address.Path = "/" + name
	return address.String(), nil
}

func execute(ctx context.Context, dsn, statement string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("target: connecting to the database: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("target: %s: %w", statement, err)
	}
	return nil
}
