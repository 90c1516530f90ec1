package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"

	"kefu/internal/app"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/lifecycle"
	"kefu/internal/platform/logging"
)

// configFlags reads the configuration file and the flags that every command has.
type configFlags struct {
	*flag.FlagSet
	file, listen, data *string
	positional         []string // what load found beside the flags
}

func newFlags(name string) *configFlags {
	f := flag.NewFlagSet("kefu "+name, flag.ContinueOnError)
	return &configFlags{
		FlagSet: f,
		file:    f.String("config", "", "configuration file"),
		listen:  f.String("listen", "", "address to listen on, instead of the configured one"),
		data:    f.String("data", "", "data folder, instead of the configured one"),
	}
}

// load parses the arguments, of which at most so many are no flags, and reads
// the configuration.
func (f *configFlags) load(args []string, most int) (config.Config, error) {
	var err error
	if f.positional, err = parseArgs(f.FlagSet, args, most); err != nil {
		return config.Config{}, err
	}
	c, err := config.Load(*f.file, os.Environ())
	if err != nil {
		return c, err
	}
	if *f.listen != "" {
		if c.PublicURL == "http://"+c.Listen && strings.HasPrefix(*f.listen, "localhost:") {
			c.PublicURL = "http://" + *f.listen // else no page would be found at the new address
		}
		c.Listen = *f.listen
	}
	if *f.data != "" {
		c.Data = *f.data
	}
	return c, nil
}

// mistake is what is wrong with the arguments, in a sentence.
type mistake string

// Error implements error.
func (m mistake) Error() string { return string(m) }

// parseArgs parses flags wherever they stand, up to a "--", and gives what is
// none. More of that than most is refused: whoever wrote it meant something by it.
func parseArgs(f *flag.FlagSet, args []string, most int) (positional []string, err error) {
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		rest := f.Args()
		if ended := len(args) - len(rest); len(rest) == 0 || (ended > 0 && args[ended-1] == "--") {
			positional, args = append(positional, rest...), nil
		} else {
			positional, args = append(positional, rest[0]), rest[1:]
		}
	}
	if len(positional) > most {
		return nil, mistake(fmt.Sprintf("%s has no use for %q", f.Name(), positional[most]))
	}
	return positional, nil
}

// again are the flags by which another command finds the same data.
func (f *configFlags) again() string {
	var flags strings.Builder
	for _, flag := range []struct{ name, value string }{{"config", *f.file}, {"data", *f.data}} {
		if flag.value != "" {
			fmt.Fprintf(&flags, " --%s %s", flag.name, flag.value)
		}
	}
	return flags.String()
}

// usageOr is the exit status for a failure to read flags or configuration.
func usageOr(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	var refused mistake
	if errors.As(err, &refused) {
		fmt.Fprintln(os.Stderr, "kefu:", string(refused))
		return 2
	}
	var mistakes config.Mistakes
	if errors.As(err, &mistakes) {
		fmt.Fprintln(os.Stderr, "kefu: the configuration has mistakes:")
		for _, mistake := range mistakes {
			fmt.Fprintln(os.Stderr, "  "+mistake.String())
		}
		return 2
	}
	fmt.Fprintln(os.Stderr, "kefu:", fault.Sentence(err))
	return 2
}

func logger(c config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // the configuration was checked
	return logging.New(w, logging.Options{Format: c.Log.Format, Level: level})
}

// tuneMemory lets the heap grow further between collections: most of it is
// short-lived frames.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// profileTo writes a processor profile of the whole run when asked to.
func profileTo(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	}, nil
}

func runServe(ctx context.Context, args []string) int {
	f := newFlags("serve")
	profile := f.String("cpu-profile", "", "write a processor profile to this file")
	c, err := f.load(args, 0)
	if err != nil {
		return usageOr(err)
	}
	tuneMemory()
	stop, err := profileTo(*profile)
	if err != nil {
		return fail(err)
	}
	defer stop()
	log := logger(c, os.Stderr)
	a, err := app.Build(ctx, c, version(), log)
	if err != nil {
		return failServing(log, err)
	}
	return failServing(log, errors.Join(a.Run(ctx, app.Beside{After: []lifecycle.Worker{setUp(a, f)}}), a.Close()))
}

// setUp says what is left to do while nobody can answer yet, and says it anew
// whenever the address that makes an owner is over.
func setUp(a *app.App, f *configFlags) lifecycle.Worker {
	return lifecycle.Worker{Name: "set-up", Run: func(ctx context.Context) error {
		for {
			steps, err := a.SetUp(ctx, os.Args[0]+" user add"+f.again()+` --role owner --name "YOUR NAME" EMAIL`)
			if ctx.Err() != nil || len(steps) == 0 && err == nil {
				return nil // the server stops, or somebody can sign in
			}
			if err != nil {
				return err
			}
			fmt.Print("\nNobody can answer here yet. What is left to do:\n\n")
			for i, step := range steps {
				fmt.Printf("  %d. %s\n", i+1, step)
			}
			fmt.Println()
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(staff.FirstOwnerLife):
			}
		}
	}}
}

func runMigrate(ctx context.Context, args []string) int {
	c, err := newFlags("migrate").load(args, 0)
	if err != nil {
		return usageOr(err)
	}
	if err := app.Migrate(ctx, c); err != nil {
		return fail(err)
	}
	fmt.Println("the database has the schema of this program")
	return 0
}
