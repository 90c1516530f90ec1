package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"kefu/internal/target"
)

const (
	queriesEach  = 1000 // requests measured of each kind
	warmQueries  = 50
	coldStarts   = 5
	coldStore    = 100_000 // conversations
	querySetSeed = 20261122
)

type times struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

func timesOf(all []time.Duration) times {
	return times{P50: quantileOf(all, 0.5), P99: quantileOf(all, 0.99)}
}

// limited are times with the limit that their p99 is held against.
type limited struct {
	times
	Limit float64 `json:"limit_ms"`
}

// queryFlags reads the flags that inbox, reports and search share.
func queryFlags(name, unit string, each int, args []string, e Env) (at remote, size, requests int, ok bool) {
	flags := flag.NewFlagSet("kefu bench "+name, flag.ContinueOnError)
	flags.SetOutput(e.Stderr)
	flags.IntVar(&size, unit, 1_000_000, unit+" in the store")
	flags.IntVar(&requests, "requests", each, "requests measured of each kind")
	at.flags(flags)
	if !e.parsed(flags, args) {
		return at, 0, 0, false
	}
	if size < 1 || requests < 1 {
		_, _ = io.WriteString(e.Stderr, "kefu bench: the sizes must be positive\n")
		return at, 0, 0, false
	}
	return at, size, requests, true
}

// Search is `kefu bench search`: the first page, newest first, of queries of
// each class.
func Search(args []string, env Env) int {
	at, size, requests, ok := queryFlags("search", "messages", queriesEach, args, env)
	if !ok {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	const messagesEach = 10
	p, seeded, err := env.open(ctx, at, Plan{Conversations: max(1, size/messagesEach), Messages: size})
	if err != nil {
		return env.fail(err)
	}
	defer p.close()
	classes, err := measureSearch(ctx, p.api, seeded.Queries, requests)
	if err != nil {
		return env.fail(err)
	}
	return env.report(struct {
		Classes []classTimes `json:"classes"`
	}{classes})
}

// searchLimit is that of a class, in milliseconds.
func searchLimit(class string) float64 {
	switch class {
	case "rare", "name":
		return 20
	case "zh2":
		return 30
	case "frequent":
		return 50
	case "three":
		return 60
	}
	return 100
}

type classTimes struct {
	Class string `json:"class"`
	limited
}

func measureSearch(ctx context.Context, api *target.API, queries map[string][]string, requests int) ([]classTimes, error) {
	if len(queries) == 0 {
		return nil, errors.New("bench: the seeding named no queries to measure")
	}
	names := make([]string, 0, len(queries))
	for name := range queries {
		names = append(names, name)
	}
	slices.Sort(names)
	pick := rand.New(rand.NewPCG(querySetSeed, 0))
	var found []classTimes
	for _, name := range names {
		measured, err := measureClass(ctx, api, queries[name], requests, pick)
		if err != nil {
			return nil, fmt.Errorf("bench: class %s: %w", name, err)
		}
		found = append(found, classTimes{name, limited{measured, searchLimit(name)}})
	}
	return found, nil
}

// measureClass refuses a class of which a query finds nothing: an empty answer
// is quick.
func measureClass(ctx context.Context, api *target.API, texts []string, requests int, pick *rand.Rand) (times, error) {
	if len(texts) == 0 {
		return times{}, errors.New("no queries")
	}
	all := make([]time.Duration, 0, requests)
	for i := range requests + warmQueries {
		text := texts[pick.IntN(len(texts))]
		var answer struct {
			Items []struct{} `json:"items"`
		}
		began := time.Now()
		if err := api.Get(ctx, "/v1/search?limit=20&q="+url.QueryEscape(text), &answer); err != nil {
			return times{}, err
		}
		took := time.Since(began)
		if len(answer.Items) == 0 {
			return times{}, fmt.Errorf("the query %q finds nothing", text)
		}
		if i >= warmQueries {
			all = append(all, took)
		}
	}
	return timesOf(all), nil
}

// Start is `kefu bench start`: from the start of the process to the first 200
// on /healthz, over a store of 100,000 conversations; the median of five.
func Start(args []string, env Env) int {
	flags := flag.NewFlagSet("kefu bench start", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	stored := flags.Int("conversations", coldStore, "conversations in the store")
	flags.Bool("json", true, "print the result as JSON on the last line (always so)")
	if !env.parsed(flags, args) {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cold, err := env.coldStart(ctx, *stored)
	if err != nil {
		return env.fail(err)
	}
	return env.report(struct {
		Cold float64 `json:"cold_ms"`
	}{cold})
}

func (e Env) coldStart(ctx context.Context, stored int) (float64, error) {
	p := &product{}
	defer p.close()
	dir, database, err := e.fresh(ctx, p)
	if err != nil {
		return 0, err
	}
	if _, err := e.Seed(ctx, dir, database, Plan{Conversations: stored, Messages: stored}); err != nil {
		return 0, fmt.Errorf("bench: seeding: %w", err)
	}
	var all []float64
	for range coldStarts + 1 {
		began := time.Now()
		process, _, err := e.start(ctx, dir, database)
		if err != nil {
			return 0, err
		}
		all = append(all, float64(time.Since(began).Microseconds())/1000)
		process.Stop()
	}
	e.say("starts in ms, the first one (which may finish the seeding's work) not counted: %.1f", all)
	return median(all[1:]), nil
}
