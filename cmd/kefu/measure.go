package main

import (
	"context"
	"fmt"
	"iter"
	"net"
	"os"
	"strconv"

	"kefu/internal/app"
	"kefu/internal/app/seeding"
	"kefu/internal/bench"
	"kefu/internal/bench/floor"
	"kefu/internal/bench/transfers"
	"kefu/internal/platform/config"
	"kefu/internal/replay"
	"kefu/internal/target"
)

// floorCommand runs the prototype that the product is compared with. It is not
// listed: it serves nobody.
const floorCommand = "bench-floor"

func hiddenCommands() map[string]func(context.Context, []string) int {
	return map[string]func(context.Context, []string) int{
		floorCommand: func(_ context.Context, args []string) int { return fail(floor.Main(args)) },
	}
}

func runBench(_ context.Context, args []string) int {
	if len(args) > 0 && args[0] == "ledger" { // it measures a part of the store, and no server
		return transfers.Ledger(args[1:], os.Getenv("KEFU_DATABASE"), os.Stdout, os.Stderr)
	}
	if len(args) > 0 && args[0] == "articles" {
		return benchArticles(args[1:])
	}
	all := map[string]func([]string, bench.Env) int{
		"chat": bench.Chat, "hold": bench.Hold, "idle": bench.Idle, "inbox": bench.Inbox, "reports": bench.Reports, "route": bench.Route, "search": bench.Search, "start": bench.Start,
	}
	if len(args) == 0 || all[args[0]] == nil {
		fmt.Fprintln(os.Stderr, "usage: kefu bench articles|chat|hold|idle|inbox|ledger|reports|route|search|start [flags]")
		return 2
	}
	self, err := os.Executable()
	if err != nil {
		return fail(err)
	}
	return all[args[0]](args[1:], bench.Env{
		Stdout: os.Stdout, Stderr: os.Stderr, Server: demoServer(self, true), Floor: []string{self, floorCommand},
		Database: os.Getenv("KEFU_DATABASE"), Seed: seed,
	})
}

func runReplay(_ context.Context, args []string) int {
	self, err := os.Executable()
	if err != nil {
		return fail(err)
	}
	return replay.Command(args, replay.Env{
		Stdout: os.Stdout, Stderr: os.Stderr, Server: demoServer(self, false), Database: os.Getenv("KEFU_DATABASE"), Read: readRows,
	})
}

// demoServer says how to serve the demo. With raised limits they are evaluated
// and let a load pass. The limits of a network address always are, for everybody
// comes from this machine, and that of what staff read, for many scripted agents
// share an account.
func demoServer(self string, raised bool) func(dir, listen, database string) target.Command {
	return func(dir, listen, database string) target.Command {
		_, port, err := net.SplitHostPort(listen)
		if err != nil {
			port = listen
		}
		base := "http://localhost:" + port
		command := target.Command{
			Argv:   []string{self, "demo", "--bare", "--listen", "localhost:" + port, "--data", dir},
			Env:    []string{"KEFU_DATABASE=" + database, "KEFU_PUBLIC_URL=" + base, "KEFU_LOG_LEVEL=warn"},
			Window: base, Desk: base, Health: base + "/healthz",
		}
		limits := []string{"NEW_VISITORS", "CONNECTIONS", "STAFF_READS"}
		if raised {
			if metrics, err := target.FreeAddress(); err == nil {
				command.Env, command.Metrics = append(command.Env, "KEFU_METRICS_LISTEN="+metrics), "http://"+metrics+"/metrics"
			}
			limits = append(limits, "ANONYMOUS_MESSAGES", "CUSTOMER_MESSAGES", "AGENT_MESSAGES", "VISITOR_STARTS", "CUSTOMER_STARTS", "SIGN_INS")
		}
		for _, limit := range limits {
			command.Env = append(command.Env, "KEFU_LIMITS_"+limit+"_BURST="+strconv.Itoa(1_000_000), "KEFU_LIMITS_"+limit+"_PER=1s")
		}
		return command
	}
}

func configOf(dir, database string) (config.Config, error) {
	return config.Parse(nil, []string{"KEFU_DATA=" + dir, "KEFU_DATABASE=" + database})
}

// readRows reads the whole log without the server.
func readRows(ctx context.Context, dir, database string) iter.Seq2[replay.Row, error] {
	return func(yield func(replay.Row, error) bool) {
		c, err := configOf(dir, database)
		if err != nil {
			yield(replay.Row{}, err)
			return
		}
		store, ring, err := app.OpenForReading(ctx, c)
		if err != nil {
			yield(replay.Row{}, err)
			return
		}
		defer func() { _, _ = store.Close(), ring.Close() }()
		for e, err := range store.AllEntries(ctx, 0) {
			if !yield(replay.Row{Conv: e.ConversationID, Seq: e.Seq, ClientMsgID: e.ClientID, Author: string(e.Author.Kind), Text: e.Content.Text}, err) {
				return
			}
		}
	}
}

// seed fills the store of an empty folder.
func seed(ctx context.Context, dir, database string, plan bench.Plan) (bench.Seeded, error) {
	c, err := configOf(dir, database)
	if err != nil {
		return bench.Seeded{}, err
	}
	seeded, err := seeding.Seed(ctx, c, seeding.Plan{Conversations: plan.Conversations, Messages: plan.Messages, Agents: plan.Agents})
	return bench.Seeded(seeded), err
}
