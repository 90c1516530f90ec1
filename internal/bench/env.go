// Package bench measures: a load of visitors and agents against the product and
// against its floor (package floor) in turn, idle connections, the inbox, the
// search and the cold start. Each command prints one JSON object with the keys
// of docs/how-to/measure.md as the last line of standard output and its prose
// on standard error. The package knows the product only from outside: by its
// protocol, its API and its process.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kefu/internal/target"
)

// Env is what the commands need from the program that they measure.
type Env struct {
	Stdout, Stderr io.Writer

	// Server gives the command that serves the demo over dir at listen, with the
	// rate limits raised so far that they are evaluated and let a load pass.
	// database is a PostgreSQL DSN, or "" for SQLite.
	Server func(dir, listen, database string) target.Command
	// Floor is the argument list, program first, that runs floor.Main.
	Floor []string
	// Database is a PostgreSQL DSN under whose server the commands make a
	// database of their own for each run, or "" for SQLite.
	Database string
	// Issuer names the demo wallet's `iss` and `aud` where demo.json does not.
	Issuer target.Issuer
	// Seed fills the store of an empty dir, as Server will serve it.
	Seed func(ctx context.Context, dir, database string, plan Plan) (Seeded, error)
}

// Plan is what a store is to be filled with.
type Plan struct {
	Conversations int // one message each unless Messages says more
	Messages      int // over all conversations
	Agents        int // beside those of the demo, each with a session
}

// Seeded tells what to ask a seeded store.
type Seeded struct {
	// Queries are search texts by class: rare, name, zh2, frequent, three.
	Queries map[string][]string
	Tokens  []string // the session tokens of Plan.Agents
	// Names are what conversations can be chosen by: ids of teams, codes and agents,
	// and tags, topics and channels as they are.
	Names map[string][]string
	Begin int64 // when the first conversation began; microseconds
}

// report prints the result of a command as its last line.
func (e Env) report(result any) int {
	raw, err := json.Marshal(result)
	if err != nil {
		return e.fail(err)
	}
	_, _ = fmt.Fprintf(e.Stdout, "%s\n", raw)
	return 0
}

// exitInterrupted is the exit status of a command that a signal ended.
const exitInterrupted = 130

func (e Env) fail(err error) int {
	if errors.Is(err, context.Canceled) {
		e.say("kefu bench: interrupted")
		return exitInterrupted
	}
	_, _ = fmt.Fprintln(e.Stderr, "kefu bench:", err)
	return 1
}

// parsed tells whether args are flags and nothing else.
func (e Env) parsed(flags *flag.FlagSet, args []string) bool {
	if flags.Parse(args) != nil {
		return false
	}
	if flags.NArg() > 0 {
		e.say("%s has no use for %q", flags.Name(), flags.Arg(0))
	}
	return flags.NArg() == 0
}

func (e Env) say(format string, args ...any) {
	_, _ = fmt.Fprintf(e.Stderr, format+"\n", args...)
}

// remote is a server that a command did not start itself.
type remote struct {
	url, data string
}

func (r *remote) flags(flags *flag.FlagSet) {
	flags.StringVar(&r.url, "url", "", "a running server's address; without it one is started in a temporary folder")
	flags.StringVar(&r.data, "data", "", "with --url: the running server's data folder, for demo.json; else a folder in which the store is kept for other runs, and built where it is not there")
	flags.Bool("json", true, "print the result as JSON on the last line (always so)")
}

// product is the server under test, ours or another's.
type product struct {
	command target.Command
	process *target.Process // nil for a remote one
	demo    *target.Demo
	api     *target.API
	undo    []func()
}

func (p *product) close() {
	if p.api != nil {
		p.api.Close()
	}
	if p.process != nil {
		p.process.Stop()
	}
	for i := len(p.undo) - 1; i >= 0; i-- {
		p.undo[i]()
	}
}

func (p *product) cpu() func() time.Duration {
	if p.process == nil {
		return nil
	}
	return cpuOf(p.process)
}

func cpuOf(process *target.Process) func() time.Duration {
	return func() time.Duration {
		used, err := process.CPU()
		if err != nil {
			return 0
		}
		return used
	}
}

// open starts a product over a fresh folder, seeded as planned, or reaches the
// remote one, and signs in to it as a supervisor or, failing that, an agent.
func (e Env) open(ctx context.Context, at remote, plan Plan) (*product, Seeded, error) {
	p := &product{command: target.Command{Window: at.url, Desk: at.url}}
	var seeded Seeded
	dir := at.data
	if at.url == "" {
		var err error
		if dir, seeded, err = e.launch(ctx, p, plan, at.data); err != nil {
			p.close()
			return nil, Seeded{}, err
		}
	}
	if err := e.signIn(ctx, p, dir); err != nil {
		p.close()
		return nil, Seeded{}, err
	}
	return p, seeded, nil
}

func (e Env) signIn(ctx context.Context, p *product, dir string) error {
	var err error
	if p.demo, err = target.Load(dir, e.Issuer); err != nil {
		return err
	}
	p.api = target.NewAPI(p.command.Desk)
	for _, role := range []string{"supervisor", "agent", "admin"} {
		if p.api.Token, err = p.demo.SignIn(ctx, p.api, role); err == nil {
			return nil
		}
	}
	return err
}

// launch serves a store that is as planned: the one in the folder keep, or where
// that is "" one that is gone afterwards.
func (e Env) launch(ctx context.Context, p *product, plan Plan, keep string) (string, Seeded, error) {
	if keep != "" {
		k, err := e.keep(ctx, keep, plan)
		if err != nil {
			return "", Seeded{}, err
		}
		p.process, p.command, err = e.start(ctx, keep, k.database)
		return keep, k.Seeded, err
	}
	dir, database, err := e.fresh(ctx, p)
	if err != nil {
		return "", Seeded{}, err
	}
	seeded, err := e.seed(ctx, dir, database, plan)
	if err != nil {
		return "", Seeded{}, err
	}
	p.process, p.command, err = e.start(ctx, dir, database)
	return dir, seeded, err
}

func (e Env) seed(ctx context.Context, dir, database string, plan Plan) (Seeded, error) {
	if plan == (Plan{}) {
		return Seeded{}, nil
	}
	began := time.Now()
	seeded, err := e.Seed(ctx, dir, database, plan)
	if err != nil {
		return seeded, fmt.Errorf("bench: seeding: %w", err)
	}
	e.say("seeded %d conversations, %d messages in %.1f s", plan.Conversations, plan.Messages, time.Since(began).Seconds())
	return seeded, nil
}

// fresh makes a temporary folder and, for PostgreSQL, a database; p undoes both.
func (e Env) fresh(ctx context.Context, p *product) (dir, database string, err error) {
	if dir, err = os.MkdirTemp("", "kefu-bench-"); err != nil {
		return "", "", fmt.Errorf("bench: %w", err)
	}
	p.undo = append(p.undo, func() { _ = os.RemoveAll(dir) })
	if e.Database == "" {
		return dir, "", nil
	}
	database, _, drop, err := target.FreshDatabase(ctx, e.Database)
	if err != nil {
		return "", "", err
	}
	p.undo = append(p.undo, drop)
	return dir, database, nil
}

func (e Env) start(ctx context.Context, dir, database string) (*target.Process, target.Command, error) {
	listen, err := target.FreeAddress()
	if err != nil {
		return nil, target.Command{}, err
	}
	command := e.Server(dir, listen, database)
	process, err := e.run(ctx, command, dir)
	return process, command, err
}

// run starts a child whose output goes to a file and is shown when it fails.
func (e Env) run(ctx context.Context, command target.Command, dir string) (*target.Process, error) {
	log, err := os.Create(filepath.Join(dir, "bench-server.log"))
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer log.Close()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	process, err := target.Start(ctx, command, log)
	if err != nil {
		if output, readErr := os.ReadFile(log.Name()); readErr == nil {
			e.say("%s", output[max(0, len(output)-logShown):])
		}
	}
	return process, err
}

const (
	startTimeout = 2 * time.Minute
	logShown     = 4 << 10 // bytes of a failed server's output
)

// tokens signs for numbered customers of the bench.
func (p *product) tokens(prefix string) func(int) (string, error) {
	return func(i int) (string, error) {
		return p.demo.CustomerToken(fmt.Sprintf("%s-%05d", prefix, i))
	}
}
