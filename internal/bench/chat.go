package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kefu/internal/target"
)

const (
	rounds       = 3 // floor and product in turn; medians are quoted
	warmUp       = 2 * time.Second
	indexTimeout = 60 * time.Second
	indexPoll    = 20 * time.Millisecond
	metricsPulse = 1200 * time.Millisecond
)

type chatOptions struct {
	visitors, agents int
	duration, warm   time.Duration
	rate             float64
	rounds           int
	only             string
	profile          string
	at               remote
}

// chatResult is the answer of `kefu bench chat`. Times are in milliseconds.
type chatResult struct {
	MessagesPerS float64 `json:"messages_per_s"`
	FloorPerS    float64 `json:"floor_per_s"`
	FloorCPU     float64 `json:"floor_cpu_us_per_message"`
	Ratio        float64 `json:"ratio"`
	AckP50       float64 `json:"ack_p50_ms"`
	AckP99       float64 `json:"ack_p99_ms"`
	DeliverP50   float64 `json:"deliver_p50_ms"`
	DeliverP99   float64 `json:"deliver_p99_ms"`
	FloorDeliver float64 `json:"floor_deliver_p99_ms"`
	Lost         int     `json:"lost"`
	Duplicated   int     `json:"duplicated"`
	IndexLag     float64 `json:"index_lag_s"`
	IndexBehind  float64 `json:"index_behind_s"`
	CPU          float64 `json:"cpu_us_per_message"`
	FloorDBCPU   float64 `json:"floor_database_cpu_us_per_message,omitempty"` // PostgreSQL's own processes
	DBCPU        float64 `json:"database_cpu_us_per_message,omitempty"`
}

// Chat is `kefu bench chat`.
func Chat(args []string, env Env) int {
	var o chatOptions
	flags := flag.NewFlagSet("kefu bench chat", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	flags.IntVar(&o.visitors, "visitors", 1000, "customers who write")
	flags.IntVar(&o.agents, "agents", 50, "agents who are told")
	flags.DurationVar(&o.duration, "duration", 10*time.Second, "of each measurement")
	flags.DurationVar(&o.warm, "warm", warmUp, "before each measurement")
	flags.Float64Var(&o.rate, "rate", 0, "messages a second; 0: each customer writes when the last message is stored")
	flags.IntVar(&o.rounds, "rounds", rounds, "measurements of each; the median is quoted")
	flags.StringVar(&o.only, "only", "", "measure only the floor, or only the product")
	flags.StringVar(&o.profile, "floor-profile", "", "file for a processor profile of the floor")
	o.at.flags(flags)
	if !env.parsed(flags, args) {
		return 2
	}
	if o.visitors < 1 || o.agents < 1 || o.duration <= 0 || o.rounds < 1 || o.visitors >= 1<<20 {
		return env.fail(errors.New("visitors, agents, duration and rounds must be positive"))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := raiseFileLimit(); err != nil {
		return env.fail(err)
	}
	result, err := env.chat(ctx, o)
	if err != nil {
		return env.fail(err)
	}
	return env.report(result)
}

// side collects what the rounds of one side found.
type side struct {
	name                       string
	measure                    func(context.Context, chatOptions) (out *outcome, late lateness, err error)
	perSecond, cpu, database   []float64
	ack50, ack99, del50, del99 []float64
	lost, duplicated           int
	lag, behind                []float64
}

// lateness is how far, in seconds, the search was behind when a load ended: until
// its last words were found, and by how much the index itself lay behind what the
// guard's window lets it take.
type lateness struct{ found, behind float64 }

func (e Env) chat(ctx context.Context, o chatOptions) (*chatResult, error) {
	floor := &side{name: "floor", measure: e.floorRound}
	product := &side{name: "product", measure: e.productRound}
	for round := range o.rounds {
		for _, s := range []*side{floor, product} {
			if o.only != "" && o.only != s.name {
				continue
			}
			if err := e.round(ctx, o, s, round); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	result := &chatResult{
		MessagesPerS: median(product.perSecond), FloorPerS: median(floor.perSecond), FloorCPU: median(floor.cpu),
		AckP50: median(product.ack50), AckP99: median(product.ack99),
		DeliverP50: median(product.del50), DeliverP99: median(product.del99), FloorDeliver: median(floor.del99),
		Lost: product.lost + floor.lost, Duplicated: product.duplicated + floor.duplicated,
		IndexLag: median(product.lag), IndexBehind: median(product.behind), CPU: median(product.cpu),
		DBCPU: median(product.database), FloorDBCPU: median(floor.database),
	}
	if result.FloorPerS > 0 {
		result.Ratio = result.MessagesPerS / result.FloorPerS
	}
	return result, nil
}

func (e Env) round(ctx context.Context, o chatOptions, s *side, round int) error {
	out, late, err := s.measure(ctx, o)
	if err != nil {
		return err
	}
	s.database = append(s.database, out.databaseCPU)
	s.perSecond, s.cpu = append(s.perSecond, out.perSecond), append(s.cpu, out.cpuPerMessage)
	s.ack50, s.ack99 = append(s.ack50, out.ackP50), append(s.ack99, out.ackP99)
	s.del50, s.del99 = append(s.del50, out.delP50), append(s.del99, out.delP99)
	s.lost, s.duplicated = s.lost+out.lost, s.duplicated+out.duplicated
	s.lag, s.behind = append(s.lag, late.found), append(s.behind, late.behind)
	e.say("round %d %-7s %8.0f messages/s, %5.1f µs of processor each; stored p50 %.2f p99 %.2f ms; delivered p50 %.2f p99 %.2f ms; lost %d, duplicated %d, found after %.2f s, index behind %.2f s, database %.1f µs each",
		round+1, s.name, out.perSecond, out.cpuPerMessage, out.ackP50, out.ackP99, out.delP50, out.delP99, out.lost, out.duplicated, late.found, late.behind, out.databaseCPU)
	return nil
}

func (e Env) floorRound(ctx context.Context, o chatOptions) (*outcome, lateness, error) {
	p := &product{}
	defer p.close()
	dir, database, err := e.fresh(ctx, p)
	if err != nil {
		return nil, lateness{}, err
	}
	listen, err := target.FreeAddress()
	if err != nil {
		return nil, lateness{}, err
	}
	argv := append(append([]string(nil), e.Floor...), "-listen", listen, "-data", dir, "-database", database)
	if o.profile != "" {
		argv = append(argv, "-profile", o.profile)
	}
	base := "http://" + listen
	p.process, err = e.run(ctx, target.Command{Argv: argv, Health: base + "/healthz"}, dir)
	if err != nil {
		return nil, lateness{}, err
	}
	l := e.load(o, base, base, cpuOf(p.process))
	l.token = func(int) (string, error) { return "", nil }
	out, err := l.measure(ctx)
	return out, lateness{}, err
}

func (e Env) load(o chatOptions, window, desk string, cpu func() time.Duration) *load {
	l := &load{
		window: window, desk: desk, visitors: o.visitors, agents: o.agents,
		warm: o.warm, duration: o.duration, rate: o.rate, cpu: cpu,
	}
	if e.Database != "" {
		l.databaseCPU = func() time.Duration { return target.CPUOfNamed("postgres") }
	}
	return l
}

func (e Env) productRound(ctx context.Context, o chatOptions) (*outcome, lateness, error) {
	p, _, err := e.open(ctx, o.at, Plan{})
	if err != nil {
		return nil, lateness{}, err
	}
	defer p.close()
	l := e.load(o, p.command.Window, p.command.Desk, p.cpu())
	l.token, l.agentToken = p.tokens("bench"), p.api.Token
	out, err := l.measure(ctx)
	if err != nil {
		return nil, lateness{}, err
	}
	behind := make(chan float64, 1)
	go func() { behind <- p.indexBehind(ctx) }()
	found, err := indexLag(ctx, p.api, out)
	return out, lateness{found: found, behind: <-behind}, err
}

// indexLag is how long after the end of a load its last messages were found by
// the search, in seconds.
func indexLag(ctx context.Context, api *target.API, out *outcome) (float64, error) {
	limit := out.ended.Add(indexTimeout)
	for _, own := range out.lastWords {
		for {
			var answer struct {
				Items []struct{} `json:"items"`
			}
			if err := api.Get(ctx, "/v1/search?q="+url.QueryEscape(own), &answer); err != nil {
				return 0, err
			}
			if len(answer.Items) > 0 {
				break
			}
			if time.Now().After(limit) {
				return indexTimeout.Seconds(), nil
			}
			time.Sleep(indexPoll)
		}
	}
	return time.Since(out.ended).Seconds(), nil
}

// indexBehind reads the server's own figure, which it renews every second; -1
// where it shows none.
func (p *product) indexBehind(ctx context.Context) float64 {
	worst := -1.0
	for until := time.Now().Add(metricsPulse); p.command.Metrics != "" && time.Now().Before(until); time.Sleep(metricsPulse / 8) {
		if v, err := target.Metric(ctx, p.command.Metrics, "kefu_index_lag_seconds"); err == nil {
			worst = max(worst, v)
		}
	}
	return worst
}
