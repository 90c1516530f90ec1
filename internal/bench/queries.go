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
	inboxPage    = 50  // conversations
	inboxPages   = 100 // that are known of each view
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

// queryFlags reads the flags that inbox and search share.
func queryFlags(name, unit string, args []string, e Env) (at remote, size, requests int, ok bool) {
	flags := flag.NewFlagSet("kefu bench "+name, flag.ContinueOnError)
	flags.SetOutput(e.Stderr)
	flags.IntVar(&size, unit, 1_000_000, unit+" in the store")
	flags.IntVar(&requests, "requests", queriesEach, "requests measured of each kind")
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

// Inbox is `kefu bench inbox`: pages of 50 conversations over the API, first
// pages of several views and pages further down.
func Inbox(args []string, env Env) int {
	at, size, requests, ok := queryFlags("inbox", "conversations", args, env)
	if !ok {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p, _, err := env.open(ctx, at, Plan{Conversations: size, Messages: size})
	if err != nil {
		return env.fail(err)
	}
	defer p.close()
	found, err := measureInbox(ctx, p.api, requests)
	if err != nil {
		return env.fail(err)
	}
	return env.report(found)
}

// inboxViews are the lists that a desk opens.
func inboxViews() []string {
	return []string{
		"view=all&status=open", "view=unassigned&status=open", "view=mine&status=open",
		"view=all&status=waiting", "view=all&status=resolved",
	}
}

// measureInbox asks for pages at random: one in five is the first of its view,
// the others follow cursors from anywhere in the first pages of a long list.
func measureInbox(ctx context.Context, api *target.API, requests int) (times, error) {
	if err := takeSome(ctx, api); err != nil {
		return times{}, err
	}
	var pages []string
	for _, view := range inboxViews() {
		found, err := pagesOf(ctx, api, "/v1/conversations?limit=50&"+view)
		if err != nil {
			return times{}, err
		}
		pages = append(pages, found...)
	}
	pick := rand.New(rand.NewPCG(querySetSeed, 1))
	all := make([]time.Duration, 0, requests)
	for i := range requests + warmQueries {
		path := pages[pick.IntN(len(pages))]
		if pick.IntN(5) == 0 {
			views := inboxViews()
			path = "/v1/conversations?limit=50&" + views[pick.IntN(len(views))]
		}
		began := time.Now()
		if _, err := readPage(ctx, api, path); err != nil {
			return times{}, err
		}
		if i >= warmQueries {
			all = append(all, time.Since(began))
		}
	}
	return timesOf(all), nil
}

// page is a page of the inbox, as far as it is looked at.
type page struct {
	Items []struct {
		ID string `json:"id"`
	} `json:"items"`
	Next string `json:"next"`
}

// readPage refuses a page that is not full: it would be quick.
func readPage(ctx context.Context, api *target.API, path string) (page, error) {
	var p page
	if err := api.Get(ctx, path, &p); err != nil {
		return p, err
	}
	if len(p.Items) < inboxPage {
		return p, shortPageError{path, len(p.Items)}
	}
	return p, nil
}

// shortPageError says that a page was not full.
type shortPageError struct {
	path  string
	items int
}

// Error implements error.
func (e shortPageError) Error() string {
	return fmt.Sprintf("bench: %s has %d of %d conversations: the store is too small or the view is wrong", e.path, e.items, inboxPage)
}

// pagesOf lists the addresses of full pages of a view, from its first on.
func pagesOf(ctx context.Context, api *target.API, first string) ([]string, error) {
	var pages []string
	path := first
	for len(pages) < inboxPages {
		p, err := readPage(ctx, api, path)
		if errors.As(err, new(shortPageError)) && len(pages) > 0 {
			return pages, nil // the last page of a short view
		}
		if err != nil {
			return nil, err
		}
		pages = append(pages, path)
		if p.Next == "" {
			break
		}
		path = first + "&cursor=" + url.QueryEscape(p.Next)
	}
	return pages, nil
}

// takeSome assigns conversations to the one who measures, who would have none.
func takeSome(ctx context.Context, api *target.API) error {
	var me struct {
		Staff struct {
			ID string `json:"id"`
		} `json:"staff"`
	}
	if err := api.Get(ctx, "/v1/session", &me); err != nil {
		return err
	}
	var mine page
	if err := api.Get(ctx, "/v1/conversations?view=mine&status=open&limit=100", &mine); err != nil {
		return err
	}
	for len(mine.Items) < 2*inboxPage {
		free, err := readPage(ctx, api, "/v1/conversations?view=unassigned&status=open&limit=50")
		if err != nil {
			return err
		}
		for _, c := range free.Items {
			if err := api.Put(ctx, "/v1/conversations/"+c.ID+"/assignee", map[string]string{"staff_id": me.Staff.ID}, nil); err != nil {
				return err
			}
			mine.Items = append(mine.Items, c)
		}
	}
	return nil
}

// Search is `kefu bench search`: the first page, newest first, of queries of
// each class.
func Search(args []string, env Env) int {
	at, size, requests, ok := queryFlags("search", "messages", args, env)
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

type classTimes struct {
	Class string `json:"class"`
	times
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
		found = append(found, classTimes{name, measured})
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
