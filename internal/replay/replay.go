// Package replay plays real customers' words through a running Kefu and finds
// out whether any was lost, came twice or came out of order: customers over the
// window's protocol with signed identities, scripted agents over the desk's,
// with limits and guards on, and, where wanted, with a server that is killed
// every few seconds. What happened is computed from the journals that both
// sides keep on disk and from a read of the database that does not go through
// the server.
package replay

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kefu/client"
	"kefu/internal/target"
)

// Env is what the replay needs from the program around it.
type Env struct {
	Stdout, Stderr io.Writer
	// Server gives the command that serves the demo over dir at listen.
	Server func(dir, listen, database string) target.Command
	// Database is a PostgreSQL DSN, or "" for SQLite.
	Database string
	// Issuer names the demo wallet's `iss` and `aud` where demo.json does not.
	Issuer target.Issuer
	// Read opens the database of dir by itself, without the server, and gives
	// every entry of every log, in any order.
	Read func(ctx context.Context, dir, database string) iter.Seq2[Row, error]
}

type options struct {
	url, data, column, file string
	chaos                   bool
	customers, linesEach    int
	agents                  int
	kills                   int64
	seed                    uint64
	limit, patience         time.Duration
	transport               string
	keep                    string
	rows                    int
}

// Command is `kefu replay`.
func Command(args []string, env Env) int {
	o, err := parse(args, env.Stderr)
	if err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	tally, err := env.replay(ctx, o)
	if errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintln(env.Stderr, "kefu replay: interrupted")
		return 130
	}
	if err != nil {
		_, _ = fmt.Fprintln(env.Stderr, "kefu replay:", err)
		return 1
	}
	raw, err := json.Marshal(tally)
	if err != nil {
		_, _ = fmt.Fprintln(env.Stderr, "kefu replay:", err)
		return 1
	}
	_, _ = fmt.Fprintf(env.Stdout, "%s\n", raw)
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("kefu replay", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.url, "url", "", "a running server's address; without it one is started in a temporary folder")
	flags.StringVar(&o.data, "data", "", "the running server's data folder: its identities and its database")
	flags.BoolVar(&o.chaos, "chaos", false, "start a server and kill it every one to five seconds")
	flags.StringVar(&o.column, "column", "text", "the column that holds the words")
	flags.IntVar(&o.customers, "customers", 48, "customers who write at the same time")
	flags.IntVar(&o.linesEach, "lines", 5, "lines that one customer writes, in one conversation")
	flags.IntVar(&o.agents, "agents", 4, "agents who answer")
	flags.Int64Var(&o.kills, "kills", 30, "with -chaos: kills that must fall inside the run")
	flags.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "of the moments of killing")
	flags.DurationVar(&o.limit, "limit", 20*time.Minute, "end the run after this long, whatever is missing")
	flags.DurationVar(&o.patience, "patience", 3*time.Minute, "how long a customer waits for an answer after the last line")
	flags.StringVar(&o.transport, "transport", "", "websocket or stream; WebSocket first where empty")
	flags.StringVar(&o.keep, "journals", "", "folder to keep the journals in; a temporary one where empty")
	flags.IntVar(&o.rows, "rows", 0, "play only this many rows; all where 0")
	flags.Bool("json", true, "print the result as JSON on the last line (always so)")
	for rest := args; ; {
		if err := flags.Parse(rest); err != nil {
			return o, err
		}
		if flags.NArg() == 0 {
			break
		}
		if o.file != "" {
			return o, usage(stderr, "one FILE.csv, not several")
		}
		o.file, rest = flags.Arg(0), flags.Args()[1:]
	}
	return o, o.valid(stderr)
}

func (o options) valid(stderr io.Writer) error {
	switch {
	case o.file == "":
		return usage(stderr, "FILE.csv is missing")
	case o.chaos && o.url != "":
		return usage(stderr, "-chaos starts a server of its own: leave -url out")
	case o.url != "" && o.data == "":
		return usage(stderr, "-url needs -data")
	case o.customers < 1 || o.linesEach < 1 || o.agents < 1 || o.kills < 1 || o.limit <= 0:
		return usage(stderr, "the numbers must be positive")
	case o.transport != "" && o.transport != string(client.WebSocket) && o.transport != string(client.Stream):
		return usage(stderr, "-transport is websocket or stream")
	}
	return nil
}

func usage(stderr io.Writer, what string) error {
	_, _ = fmt.Fprintln(stderr, "kefu replay:", what)
	return errors.New(what)
}
