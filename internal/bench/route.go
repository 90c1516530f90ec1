package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"kefu/client"
	"kefu/internal/target"
)

// offerLimitMS is what offer_p99_ms is held against.
const offerLimitMS = 50.0

// routeAtOnce is how many chats the demo's agents have at once.
const routeAtOnce = 4

// Route is `kefu bench route`: how long it takes from the moment at which an agent
// becomes free, or a conversation comes to agents who are, until the offer has
// arrived at that agent's desk. Both are counted from before the request is sent
// that causes it, so that the commit is in it.
func Route(args []string, env Env) int {
	flags := flag.NewFlagSet("kefu bench route", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	agents := flags.Int("agents", 200, "desks that take offers")
	waiting := flags.Int("waiting", 1000, "conversations in the queue while agents become free")
	rate := flags.Float64("rate", 50, "conversations that come, or agents that become free, in a second")
	turns := flags.Int("turns", 1500, "how many agents become free")
	flags.Bool("json", true, "print the result as JSON on the last line (always so)")
	if !env.parsed(flags, args) {
		return 2
	}
	if *agents < 1 || *waiting < 1 || *rate <= 0 || *turns < 1 {
		return env.fail(errors.New("agents, waiting, rate and turns must be positive"))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := raiseFileLimit(); err != nil {
		return env.fail(err)
	}
	p, seeded, err := env.open(ctx, remote{}, Plan{Agents: *agents})
	if err != nil {
		return env.fail(err)
	}
	defer p.close()
	probe, err := watchDisk("")
	if err != nil {
		return env.fail(err)
	}
	r := newRouting(env, p, *rate)
	defer r.close()
	err = r.run(ctx, seeded.Tokens, *waiting, *turns)
	result := r.result()
	var probed error
	if result.Disk, result.DiskLongest, probed = probe.close(); errors.Join(err, probed) != nil {
		return env.fail(errors.Join(err, probed))
	}
	return env.report(result)
}

// routing is a run of it.
type routing struct {
	env    Env
	p      *product
	pause  time.Duration
	closed atomic.Bool
	conns  sync.WaitGroup
	opened []*client.Conn

	mu      sync.Mutex
	desks   []*routeDesk
	began   map[string]time.Time // conversation → when what makes it be offered was sent
	starts  map[string]time.Time
	offered map[string]string // conversation → who is offered it
	taken   map[string]bool
	doubled int // offered to a second agent while the first offer stood
	fault   error
	changed chan struct{}

	arrive, free []time.Duration
	writers      []*client.Conn // windows that write
}

// routeDesk is the desk of one agent.
type routeDesk struct {
	run   *routing
	conn  *client.Conn
	api   target.API
	name  string
	holds []string
	freed time.Time // when they last became free, 0 when that is not measured
	ready bool
}

func newRouting(env Env, p *product, rate float64) *routing {
	return &routing{
		env: env, p: p, pause: time.Duration(float64(time.Second) / rate), began: map[string]time.Time{}, starts: map[string]time.Time{},
		offered: map[string]string{}, taken: map[string]bool{}, changed: make(chan struct{}, 1),
	}
}

func (r *routing) close() {
	r.closed.Store(true)
	for _, c := range r.opened {
		c.Close()
	}
	r.conns.Wait()
}

func (r *routing) fail(err error) {
	r.mu.Lock()
	if r.fault == nil {
		r.fault = err
	}
	r.mu.Unlock()
	r.tell()
}

func (r *routing) tell() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// until waits until something is so.
func (r *routing) until(ctx context.Context, what string, so func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		r.mu.Lock()
		done, err := so(), r.fault
		r.mu.Unlock()
		if err != nil || done {
			return err
		}
		select {
		case <-r.changed:
		case <-ctx.Done():
			return fmt.Errorf("bench: waiting until %s: %w", what, ctx.Err())
		}
	}
}

func (r *routing) dial(ctx context.Context, at string, hello client.Hello, handle func(*client.Conn, []byte)) (*client.Conn, error) {
	conn, err := client.Dial(ctx, client.Target{URL: at}, hello.Frame())
	if err != nil {
		return nil, err
	}
	r.opened = append(r.opened, conn)
	r.conns.Go(func() {
		if err := conn.Run(func(frame []byte) { handle(conn, frame) }); !r.closed.Load() {
			r.fail(errors.Join(errors.New("bench: the server closed a connection"), err))
		}
	})
	return conn, nil
}

func (r *routing) run(ctx context.Context, tokens []string, waiting, turns int) error {
	if err := r.choose(ctx); err != nil {
		return err
	}
	for i, token := range tokens {
		d := &routeDesk{run: r, name: fmt.Sprintf("agent %d", i), api: *r.p.api}
		d.api.Token = token
		r.desks = append(r.desks, d)
		conn, err := r.dial(ctx, r.p.command.Desk, client.Hello{Role: "desk", Token: token, Caps: []string{"offers"}}, d.receive)
		if err != nil {
			return err
		}
		d.conn = conn
	}
	if err := r.until(ctx, "all agents are there", func() bool { return all(r.desks, func(d *routeDesk) bool { return d.ready }) }); err != nil {
		return err
	}
	const windows = 50
	token := r.p.tokens("route")
	for i := range windows {
		t, err := token(i)
		if err != nil {
			return err
		}
		conn, err := r.dial(ctx, r.p.command.Window, client.Hello{Role: "window", Token: t, Lang: "en"}, r.window)
		if err != nil {
			return err
		}
		r.writers = append(r.writers, conn)
	}
	room := len(tokens) * routeAtOnce
	if err := r.come(ctx, room); err != nil { // to agents who are free
		return err
	}
	if err := r.until(ctx, "every agent has as much as they can have", func() bool { return len(r.taken) >= room }); err != nil {
		return err
	}
	r.env.say("%d conversations came to %d free agents", room, len(tokens))
	if err := r.come(ctx, waiting); err != nil { // and wait
		return err
	}
	if err := r.until(ctx, "all that waits has begun", func() bool { return len(r.began) >= waiting }); err != nil {
		return err
	}
	time.Sleep(time.Second) // for the last of them to be in the queue
	r.env.say("%d conversations wait", waiting)
	return r.turns(ctx, turns)
}

// choose lets nobody wait for the agent who helped them last: that is no delay of an
// offer, but a choice of the house, and a few customers begin many conversations here.
func (r *routing) choose(ctx context.Context) error {
	var now struct {
		Revision int64          `json:"revision"`
		Value    map[string]any `json:"value"`
	}
	if err := r.p.api.Get(ctx, "/v1/settings/routing", &now); err != nil {
		return err
	}
	now.Value["last_agent_seconds"] = 0
	return r.p.api.Put(ctx, "/v1/settings/routing", map[string]any{"revision": now.Revision, "value": now.Value}, nil)
}

func all(desks []*routeDesk, so func(*routeDesk) bool) bool {
	for _, d := range desks {
		if !so(d) {
			return false
		}
	}
	return true
}

// come lets conversations begin, one after the other.
func (r *routing) come(ctx context.Context, n int) error {
	beat := time.NewTicker(r.pause)
	defer beat.Stop()
	for i := range n {
		if err := r.begin(i); err != nil {
			return err
		}
		select {
		case <-beat.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (r *routing) begin(i int) error {
	return r.writers[i%len(r.writers)].Write(client.AppendStart(nil, uuid.NewString()))
}

// window is what a customer does: who has begun a conversation says something.
func (r *routing) window(conn *client.Conn, frame []byte) {
	var head client.Head
	if !client.Scan(frame, &head) {
		r.fail(fmt.Errorf("bench: a window was sent %q", frame))
		return
	}
	switch string(head.Type) {
	case "started":
		conv := string(head.Conv)
		r.mu.Lock()
		r.began[conv] = time.Now()
		r.mu.Unlock()
		if err := conn.Write(client.AppendSend(nil, conv, uuid.Must(uuid.NewV7()).String(), "Where is my money?")); err != nil {
			r.fail(err)
		}
		r.tell()
	case "error":
		r.fail(fmt.Errorf("bench: the server refused a window's frame: %s", frame))
	}
}

// receive is what an agent does: accept what is offered.
func (d *routeDesk) receive(conn *client.Conn, frame []byte) {
	now := time.Now()
	var head struct{ T, Conv, State, Code, Ref string }
	if err := json.Unmarshal(frame, &head); err != nil {
		d.run.fail(fmt.Errorf("bench: an agent was sent %q", frame))
		return
	}
	r := d.run
	switch head.T {
	case "presence":
		r.mu.Lock()
		d.ready = d.ready || head.State == "available"
		r.mu.Unlock()
		r.tell()
	case "offer":
		r.offer(d, head.Conv, now)
		if err := conn.Write(client.AppendAccept(nil, head.Conv)); err != nil {
			r.fail(err)
		}
	case "offer_over":
		r.mu.Lock()
		if r.offered[head.Conv] == d.name {
			delete(r.offered, head.Conv)
		}
		r.mu.Unlock()
	case "event":
		r.assigned(d, head.Conv)
	case "error":
		r.fail(fmt.Errorf("bench: the server refused an agent's frame: %s", frame))
	}
}

// offer measures: from when the agent became free, or else from when the customer
// wrote to agents who were.
func (r *routing) offer(d *routeDesk, conv string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if by := r.offered[conv]; by != "" && by != d.name {
		r.doubled++
	}
	r.offered[conv] = d.name
	if !d.freed.IsZero() {
		r.free = append(r.free, now.Sub(d.freed))
		d.freed = time.Time{}
		return
	}
	if at, known := r.began[conv]; known {
		r.arrive = append(r.arrive, now.Sub(at))
	}
}

func (r *routing) assigned(d *routeDesk, conv string) {
	r.mu.Lock()
	if !r.taken[conv] { // those of the demo, which take up room as well, among them
		r.taken[conv] = true
		delete(r.began, conv)
		d.holds = append(d.holds, conv)
	}
	r.mu.Unlock()
	r.tell()
}

// turns lets agents become free, one after the other, while as many wait as at the
// beginning: for each that is resolved another one comes.
func (r *routing) turns(ctx context.Context, n int) error {
	beat := time.NewTicker(r.pause)
	defer beat.Stop()
	var busy sync.WaitGroup
	defer busy.Wait()
	for i := range n {
		d := r.desks[i%len(r.desks)]
		r.mu.Lock()
		conv := ""
		if len(d.holds) > 0 && d.freed.IsZero() {
			conv = d.holds[0]
			d.holds = d.holds[1:]
			d.freed = time.Now()
		}
		err := r.fault
		r.mu.Unlock()
		if err != nil {
			return err
		}
		if conv != "" {
			busy.Go(func() {
				if err := d.api.Put(ctx, "/v1/conversations/"+conv+"/status", map[string]string{"status": "resolved"}, nil); err != nil {
					r.fail(err)
				}
			})
			if err := r.begin(i); err != nil {
				return err
			}
		}
		select {
		case <-beat.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return r.until(ctx, "all who are free have an offer", func() bool { return all(r.desks, func(d *routeDesk) bool { return d.freed.IsZero() }) })
}

// routeResult is what the command prints.
type routeResult struct {
	P50     float64 `json:"offer_p50_ms"`
	P99     float64 `json:"offer_p99_ms"`
	Limit   float64 `json:"offer_limit_ms"`
	Arrive  float64 `json:"arrive_p99_ms"`
	Free    float64 `json:"free_p99_ms"`
	Offers  int     `json:"offers"`
	Doubled int     `json:"doubled"`

	Disk        float64 `json:"disk_sync_p99_ms"` // of the machine, meanwhile
	DiskLongest float64 `json:"disk_sync_max_ms"`
}

func (r *routing) result() routeResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	every := append(append([]time.Duration{}, r.arrive...), r.free...)
	return routeResult{
		P50: quantileOf(every, 0.5), P99: quantileOf(every, 0.99), Limit: offerLimitMS,
		Arrive: quantileOf(r.arrive, 0.99), Free: quantileOf(r.free, 0.99), Offers: len(every), Doubled: r.doubled,
	}
}
