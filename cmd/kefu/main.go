// Command kefu is the whole of Kefu: the server, its demo and the tools to run,
// check and measure it. Each sub-command is a function in a file of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	_ "time/tzdata" // a machine without time zones must know them too

	"kefu/internal/platform/fault"
)

// command is a sub-command. It returns the exit status.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string) int
}

func commands() []command {
	return []command{
		{"serve", "run the server", runServe},
		{"demo", "run the server with a demo wallet and people to try", runDemo},
		{"migrate", "bring the database up to this program's schema", runMigrate},
		{"doctor", "check configuration, disk, keys and database, and say what is wrong", runDoctor},
		{"user", "add, list, reset and disable staff", runUser},
		{"keys", "change the master key, check the keys", runKeys},
		{"restored", "after a database was put back: ask the wallet before anything is sent", runRestored},
		{"acts", "enter what became of an act that the wallet has forgotten", runActs},
		{"erase", "erase a customer, as far as no law and no case keeps anything", runErase},
		{"evidence", "prove that no byte of an evidence pack is another one: evidence verify FILE", runEvidence},
		{"jobs", "have work that failed tried again", runJobs},
		{"audit", "verify the audit chain", runAudit},
		{"connector", "check a wallet against the contract that Kefu has with it", runConnector},
		{"eval", "evaluate a part: guard on a file, safety by an adversary, insiders by played weeks", runEval},
		{"flow", "walk the golden conversations through the flows: test", runFlow},
		{"articles", "say what is wrong with a folder of articles: check", runArticles},
		{"replay", "play customers' words through a server and count what got lost", runReplay},
		{"bench", "measure: chat, idle, inbox, search, start", runBench},
		{"version", "print the version", runVersion},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGXFSZ) // a file that may not grow is an error like a full disk, and no reason to die
	os.Exit(dispatch(ctx, os.Args[1:]))
}

func dispatch(ctx context.Context, args []string) int {
	all := commands()
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		usage(os.Stdout, all)
		return 0
	}
	if hidden, ok := hiddenCommands()[args[0]]; ok {
		return hidden(ctx, args[1:])
	}
	i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		fmt.Fprintf(os.Stderr, "kefu: there is no command %q\n\n", args[0])
		usage(os.Stderr, all)
		return 2
	}
	return all[i].run(ctx, args[1:])
}

func usage(w io.Writer, all []command) {
	fmt.Fprint(w, "kefu: customer service of a digital wallet\n\nusage: kefu COMMAND [flags]\n\n")
	for _, c := range all {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprintln(w, "\nkefu COMMAND --help tells the flags of a command.")
}

func runVersion(_ context.Context, args []string) int {
	if _, err := parseArgs(flag.NewFlagSet("kefu version", flag.ContinueOnError), args, 0); err != nil {
		return usageOr(err)
	}
	fmt.Println(version())
	return 0
}

// exitInterrupted is the exit status of a command that a signal ended: that of
// SIGINT (128 + 2), as shells have it.
const exitInterrupted = 130

// fail prints an error for the person at the terminal and is the exit status.
func fail(err error) int {
	switch {
	case err == nil:
		return 0
	case interrupted(err):
		fmt.Fprintln(os.Stderr, "kefu: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(os.Stderr, "kefu:", fault.Sentence(err))
	return 1
}

// failServing is fail for a server, whose log keeps where an error came from. To
// be stopped is how a server ends.
func failServing(log *slog.Logger, err error) int {
	if interrupted(err) {
		return 0
	}
	log.Error("the server ended", "error", err)
	return fail(err)
}

// interrupted tells whether nothing is wrong but that somebody stopped it.
func interrupted(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			if !interrupted(one) {
				return false
			}
		}
		return true
	}
	return err == nil || errors.Is(err, context.Canceled)
}

// version names the commit this program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " and changes"
		}
	}
	return revision + modified
}
