// Package e2e_test drives the program as it is built and shipped: its server
// from outside, over sockets and files, and its commands by what they print. It
// knows the public client, the platform's words and the demo's identities;
// nothing of the inside. Each test has a server and a data folder of its own,
// on SQLite and on PostgreSQL.
package e2e_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kefu/internal/target"
)

// binaryVariable names the built program for the tests of this package. Set
// from outside, it is a program that is built already.
const binaryVariable = "E2E_KEFU_BINARY"

func TestMain(m *testing.M) {
	// These tests wait more than they work. A flag of the caller's wins.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(withBinary(m.Run))
}

// withBinary builds the program once. Without the pages inside, nothing here
// would test what is shipped, so their absence is a failure.
func withBinary(run func() int) int {
	if os.Getenv(binaryVariable) != "" {
		return run()
	}
	if _, err := os.Stat(filepath.Join("..", "ui", "dist", "demo", "index.html")); err != nil {
		fmt.Fprintln(os.Stderr, "e2e: the pages are not built: run make build")
		return 1
	}
	dir, err := os.MkdirTemp("", "kefu-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "kefu")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/kefu").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: go build: %v\n%s", err, out)
		return 1
	}
	if err := os.Setenv(binaryVariable, program); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return run()
}

// onEngines runs a test on SQLite and on a PostgreSQL database of its own.
func onEngines(t *testing.T, run func(t *testing.T, database string)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		run(t, "")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		run(t, freshDatabase(t))
	})
}

// postgres is the DSN of the tests' PostgreSQL. On CI it must be there.
func postgres(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("KEFU_TEST_POSTGRES")
	if dsn == "" && os.Getenv("CI") == "true" {
		t.Fatal("KEFU_TEST_POSTGRES is not set: run the tests with scripts/postgres.sh run")
	}
	if dsn == "" {
		t.Skip("KEFU_TEST_POSTGRES is not set: run the tests with scripts/postgres.sh run")
	}
	return dsn
}

func freshDatabase(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	fresh, _, drop, err := target.FreshDatabase(ctx, postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(drop)
	return fresh
}
