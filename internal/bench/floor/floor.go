// Package floor is the measure that Kefu is held against: the shortest honest
// way of a message through this machine. Frames come in over gws, a group
// committer writes one row for each (SQLite in WAL mode with synchronous=FULL,
// or PostgreSQL), and after the commit the visitor gets its acknowledgement and
// the agent its event, one write per agent and commit. There is nothing else in
// it: no authorisation, no guard, no index, no idempotency, no reading back.
//
// It speaks the part of the conversation protocol that package bench needs and
// runs as a child process of it, so that its processor time can be told apart.
// It is no server for anybody's words.
package floor

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	shutdownTimeout = 5 * time.Second
	// gcPercent: the heap is a few megabytes and the stacks to scan are a
	// thousand, so that collecting more rarely costs nothing and saves a lot.
	gcPercent = 400
)

// Main runs the prototype until it is interrupted. Its arguments are -listen
// HOST:PORT and either -data DIR (SQLite) or -database DSN (PostgreSQL), and
// -profile FILE for a processor profile of the whole run.
func Main(args []string) (err error) {
	flags := flag.NewFlagSet("floor", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to serve on")
	data := flags.String("data", "", "folder of the SQLite database")
	database := flags.String("database", "", "DSN of a PostgreSQL database, in place of SQLite")
	profile := flags.String("profile", "", "file for a processor profile")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	rows, err := openStore(ctx, *data, *database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.close()) }()
	if *profile != "" {
		file, err := os.Create(*profile)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	debug.SetGCPercent(gcPercent)
	return serve(ctx, *listen, rows)
}

func openStore(ctx context.Context, data, database string) (store, error) {
	switch {
	case database != "":
		return openPostgres(ctx, database)
	case data != "":
		return openSQLite(ctx, filepath.Join(data, "floor.db"))
	default:
		return nil, errors.New("floor: one of -data and -database is needed")
	}
}

func serve(ctx context.Context, listen string, rows store) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	s := newServer()
	web := &http.Server{Handler: s.routes(), ReadHeaderTimeout: shutdownTimeout}
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return s.commit.run(inner, rows) })
	group.Go(func() error { s.deliver(inner); return nil })
	group.Go(func() error {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("floor: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-inner.Done()
		return web.Close()
	})
	return group.Wait()
}
