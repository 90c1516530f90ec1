package flowcheck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/connector/walletapi"
	"kefu/internal/connector/walletserver"
	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/flowcheck/network"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/secret"
)

// Reference is a wallet that can be given faults.
type Reference struct {
	Faults []string // by name
	// Open makes one without a fault, with what is true in it.
	Open func(now clock.Clock) walletserver.Full
	// Serve serves it with faults.
	Serve func(w walletserver.Full, key httpsig.Key, now clock.Clock, names ...string) (http.Handler, error)
	// Lies are the faults of a wallet that says that something was done which was not, or
	// does more than it was asked for: no one can tell from outside, so that what becomes
	// of acts is not judged while one is there. For each it is said what it lies about.
	Lies map[string]string
	// Denials are the faults of a wallet that denies, to who asks later, what it did. Alone
	// they are judged: the answer came, and nobody asks. Beside another fault the answer may
	// not have come or not be readable, and then nobody can tell that something was done
	// which they deny; all else is judged.
	Denials  map[string]string
	Customer string            // whose flows are walked
	Payments map[string]string // for each flow one that it can begin with, but ""
	Foreign  []string          // words of somebody else, and secrets: nobody may read them
}

// Tries is what is tried.
type Tries struct {
	Seed  uint64
	Walks int // of each fault
}

// Tried is one fault, or several, and what came of it.
type Tried struct {
	Faults  []string `json:"faults"`
	Seed    uint64   `json:"seed"`
	Walks   int      `json:"walks"`
	Asked   int      `json:"asked"`    // requests that got to the wallet
	Sent    int      `json:"commands"` // of them commands
	Effects int      `json:"effects"`  // what was done
	Wrong   []string `json:"wrong"`
	Slowest float64  `json:"slowest_seconds"` // that a customer waited for an answer
}

// Driller tries faults one after another. It is made by NewDriller.
type Driller struct {
	content Content
	of      Reference
	dir     string
	master  secret.Master
	n       int
	between func(Wallet) Wallet // a Kefu with a defect, for tests of the judge; nil: none
}

// Bounds of what a customer waits for, of a wallet that is asked with small patience.
const (
	patience    = 200 * time.Millisecond // for a question
	commandTime = 400 * time.Millisecond // for a command
	// most is how long one answer of a customer may take: some questions, each asked
	// twice, and a machine that is busy.
	most = 6 * time.Second
)

// NewDriller makes a Driller in a folder of its own. Errors: those of the store.
func NewDriller(ctx context.Context, c Content, of Reference, dir string) (*Driller, error) {
	d := &Driller{content: c, of: of, dir: dir, master: secret.GenerateMaster()}
	h, err := open(ctx, d.template(), d.master, c, nil, NewClock(golden.Start()), &heard{})
	if err != nil {
		return nil, err
	}
	return d, h.close()
}

func (d *Driller) template() string { return filepath.Join(d.dir, "template") }

// drill is one fault being tried.
type drill struct {
	*Driller
	house  *house
	clock  *Clock
	heard  *heard
	truth  *truth
	line   *line
	served *served
	random *rand.Rand
	who    identity.Principal
	lang   string
	yes    map[string]time.Time // by act: when its customer agreed last
	tried  *Tried
	ops    int
}

// Try walks customers through flows while something is wrong with the wallet, lets it be
// right again, and judges. Errors: those of the store and of listening; what is wrong
// with Kefu is in the result.
func (d *Driller) Try(ctx context.Context, o Tries, faults ...string) (tried Tried, err error) {
	tried = Tried{Faults: faults, Seed: o.Seed, Walks: o.Walks, Wrong: []string{}}
	d.n++
	dir := filepath.Join(d.dir, fmt.Sprint(d.n))
	if err := os.CopyFS(dir, os.DirFS(d.template())); err != nil && !errors.Is(err, fs.ErrExist) {
		return tried, err
	}
	defer os.RemoveAll(dir)
	x := &drill{
		Driller: d, clock: NewClock(golden.Start()), heard: &heard{}, random: rand.New(rand.NewPCG(o.Seed, 1)), yes: map[string]time.Time{}, tried: &tried,
	}
	x.truth = &truth{Full: d.of.Open(x.clock.Now), now: x.clock.Now}
	key := newKey()
	if x.line, err = x.wire(key, faults); err != nil {
		return tried, err
	}
	if x.served, err = serve(x.line, key, walletapi.Options{Timeout: patience, ActTimeout: commandTime, Clock: x.clock.Now}); err != nil {
		return tried, err
	}
	defer func() { err = errors.Join(err, x.served.close()) }()
	var asked Wallet = x.served.Client
	if d.between != nil {
		asked = d.between(asked)
	}
	if x.house, err = open(ctx, dir, d.master, d.content, asked, x.clock, x.heard); err != nil {
		return tried, err
	}
	defer func() { err = errors.Join(err, x.house.close()) }()
	if x.who, err = x.house.signIn(ctx, d.of.Customer, identity.AL1); err != nil {
		return tried, err
	}
	for n := range o.Walks {
		x.walk(ctx, n+int(o.Seed%1000))
	}
	x.settle(ctx)
	x.judge(ctx, faults)
	tried.Asked, tried.Sent, tried.Effects = int(x.line.asked.Load()), len(x.line.commands()), len(x.truth.all())
	return tried, nil
}

// wire lays the line to the wallet: one that is right, and one that is not.
func (x *drill) wire(key httpsig.Key, faults []string) (*line, error) {
	var own, net []string
	for _, name := range faults {
		if strings.HasPrefix(name, "net-") {
			net = append(net, name)
		} else {
			own = append(own, name)
		}
	}
	l := &line{now: x.clock.Now}
	var err error
	if l.good, err = x.of.Serve(x.truth, key, x.clock.Now); err != nil {
		return nil, err
	}
	if l.bad, err = x.of.Serve(x.truth, key, x.clock.Now, own...); err != nil {
		return nil, err
	}
	for _, name := range net {
		if l.bad = network.Broken(name, l.bad); l.bad == nil {
			return nil, fault.New(fault.Invalid, "flowcheck.wire", "there is no fault %q", name)
		}
	}
	return l, nil
}

// wrong notes something that must not be.
func (x *drill) wrong(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); len(x.tried.Wrong) < 20 && !slices.Contains(x.tried.Wrong, text) {
		x.tried.Wrong = append(x.tried.Wrong, text)
	}
}

// maxTurns bounds one walk.
const maxTurns = 24

// walk walks one customer through one flow; the fault begins at some turn of it, and ends
// some time after it.
func (x *drill) walk(ctx context.Context, n int) {
	flows := []string{"FL7", "FL19", "FL6", "FL2"}
	name := flows[n%len(flows)]
	x.lang = golden.Languages()[n/len(flows)%len(golden.Languages())]
	begins := x.random.IntN(8) - 2 // mostly with something already shown
	if x.random.IntN(2) == 0 {     // or with the first thing that is to be done
		begins = maxTurns
		x.line.armed.Store(true)
	}
	x.line.on.Store(begins <= 0)
	b := flow.Begin{Flow: name, Language: x.lang}
	if given := x.of.Payments[name]; given != "" && x.random.IntN(6) > 0 {
		b.Given = map[string]string{"payment": given}
	}
	var run string
	seen, ok := x.press(ctx, "begin "+name, func() (flow.Seen, error) { return x.house.Start(ctx, x.who, b) })
	for i := 1; ok && i < maxTurns; i++ {
		run = seen.Run.ID
		if i == begins {
			x.line.on.Store(true)
		}
		x.clock.Move(time.Duration(1+x.random.IntN(5)) * time.Second)
		if seen.Run.State != selfservice.Asking && seen.Run.State != selfservice.Waiting {
			break
		}
		if seen.Run.State == selfservice.Waiting {
			x.wait(ctx)
		} else {
			x.answer(ctx, seen)
		}
		seen, ok = x.press(ctx, "look", func() (flow.Seen, error) { return x.house.Get(ctx, x.who, run) })
	}
	if !ok || run == "" {
		x.line.right()
		x.clock.Move(time.Minute)
		return
	}
	x.leave(ctx, run)
}

// leave is how a walk ends: with a person, at any step, also while the wallet does not
// answer; or by being left, for minutes or hours.
func (x *drill) leave(ctx context.Context, run string) {
	seen, _ := x.press(ctx, "look", func() (flow.Seen, error) { return x.house.Get(ctx, x.who, run) })
	if x.random.IntN(2) == 0 && (seen.Run.State == selfservice.Asking || seen.Run.State == selfservice.Waiting) {
		before := x.heard.told
		x.ops++
		seen, ok := x.press(ctx, "a person", func() (flow.Seen, error) {
			return x.house.Answer(ctx, x.who, run, fmt.Sprintf("op-%d", x.ops), "", selfservice.Input{Do: selfservice.Human})
		})
		if !ok || seen.Run.State != selfservice.Handed || x.heard.told != before+1 {
			x.wrong("no person came at %s of %s: %s", seen.Run.Step, seen.Run.Flow, seen.Run.State)
		}
	}
	for range 1 + x.random.IntN(3) {
		x.clock.Move([]time.Duration{time.Minute, 20 * time.Minute, 6 * time.Hour}[x.random.IntN(3)])
		x.workAll(ctx)
	}
	x.line.right()
	x.clock.Move(11 * time.Second) // the connector leaves a wallet alone that did not answer
	x.workAll(ctx)
}

// settle lets the wallet be right for two days: by then it is known what became of
// everything.
func (x *drill) settle(ctx context.Context) {
	x.line.right()
	for _, d := range []time.Duration{11 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour} {
		x.clock.Move(d)
		x.workAll(ctx)
	}
	for range backWithin {
		seen, ok := x.press(ctx, "begin after it", func() (flow.Seen, error) {
			return x.house.Start(ctx, x.who, flow.Begin{Flow: "FL6", Language: x.lang, Given: map[string]string{"payment": x.of.Payments["FL6"]}})
		})
		if ok && seen.Run.State == selfservice.Asking {
			return
		}
		x.clock.Move(11 * time.Second)
	}
	x.wrong("the wallet answers again, and the flow does not")
}

// backWithin is how often a customer tries, some seconds apart, until the wallet is there
// again: on a busy machine a question may miss the small patience of a check.
const backWithin = 5

func (x *drill) workAll(ctx context.Context) {
	if err := x.house.work(ctx); err != nil {
		x.wrong("the workers failed: %v", err)
	}
}

// wait lets what a run waits for come, or time pass.
func (x *drill) wait(ctx context.Context) {
	x.clock.Move([]time.Duration{5 * time.Second, 20 * time.Second, time.Minute, 10 * time.Minute}[x.random.IntN(4)])
	x.workAll(ctx)
}

// answer answers what a run asks, mostly so that it goes on.
func (x *drill) answer(ctx context.Context, seen flow.Seen) {
	if len(seen.Views) == 0 {
		x.wrong("%s asks at %s and shows nothing", seen.Run.Flow, seen.Run.Step)
		return
	}
	v := seen.Views[len(seen.Views)-1]
	in := selfservice.Input{Do: selfservice.Set}
	switch {
	case v.Kind == selfservice.KindConfirm:
		if in.Do, in.Hash = selfservice.Confirm, shown(seen); x.random.IntN(8) == 0 {
			in.Do = selfservice.Deny
		} else if act := v.Value.Act; act != nil {
			x.yes[act.ID] = x.clock.Now()
		}
	case len(v.Options) > 0:
		list := slices.DeleteFunc(slices.Clone(v.Options), func(o selfservice.Shown) bool { return slices.Contains(dull(), o.ID) && x.random.IntN(6) > 0 })
		if len(list) == 0 {
			list = v.Options
		}
		in.Text = list[x.random.IntN(len(list))].ID
	case len(v.Items) > 0:
		in.Text = v.Items[x.random.IntN(len(v.Items))].Ref()
	case v.Files != nil && len(v.Files.Given) == 0 && x.random.IntN(3) == 0:
		in.Do = selfservice.Skip
	case v.Files != nil && len(v.Files.Given) < 2:
		x.ops++
		paper := &golden.Paper{Want: v.Files.Wants[x.random.IntN(len(v.Files.Wants))].ID, Name: "receipt.png", Type: "png", Text: fmt.Sprint(x.ops)}
		x.press(ctx, "give at "+seen.Run.Step, func() (flow.Seen, error) {
			return x.house.give(ctx, x.who, seen.Run.ID, fmt.Sprintf("op-%d", x.ops), paper)
		})
		return
	case v.Type == selfservice.Amount:
		in.Text = []string{"12", "7.50", "all", "99999"}[x.random.IntN(4)]
	case v.Kind == selfservice.KindShow, v.Files != nil:
		in.Do = selfservice.GoOn
	default:
		in.Text = "it never came"
	}
	x.ops++
	op := fmt.Sprintf("op-%d", x.ops)
	times := 1 + x.random.IntN(2) // a press is sent again when its answer was lost
	for range times {
		x.press(ctx, string(in.Do)+" at "+seen.Run.Step, func() (flow.Seen, error) { return x.house.Answer(ctx, x.who, seen.Run.ID, op, seen.Run.Step, in) })
	}
}

// dull are options after which nothing more is done: they are taken less often.
func dull() []string {
	return []string{"person", "clear", "mine", "not_now", "shop", "known_but", "never_began", "in"}
}

// press is one thing that a customer does, with what must hold of its answer.
func (x *drill) press(ctx context.Context, what string, do func() (flow.Seen, error)) (flow.Seen, bool) {
	began := time.Now()
	seen, err := do()
	took := time.Since(began)
	if x.tried.Slowest = max(x.tried.Slowest, took.Seconds()); took > most {
		x.wrong("%s took %s", what, took)
	}
	if err != nil {
		if code := fault.CodeOf(err); code == fault.Internal || code == "" {
			x.wrong("%s failed with a defect: %v", what, err)
		}
		return seen, false
	}
	x.read(seen)
	return seen, true
}

// read reads all that a window is given.
func (x *drill) read(seen flow.Seen) {
	text, err := json.Marshal(seen.Views)
	if err != nil {
		x.wrong("what is shown cannot be written: %v", err)
	}
	see := golden.Shown(seen, x.lang, x.heard.story)
	all := string(text) + strings.Join(see.Story[x.lang], "\n")
	for _, word := range slices.Concat(x.of.Foreign, []string{"javascript:", "goroutine ", "<html", "eyJ", "4111111111111111"}) {
		if strings.Contains(all, word) {
			x.wrong("%q can be read at %s of %s", word, seen.Run.Step, seen.Run.Flow)
		}
	}
	if (seen.Run.State == selfservice.Asking || seen.Run.State == selfservice.Ended) && len(seen.Views) > 0 && len(see.Say[x.lang]) == 0 {
		x.wrong("nothing is said at %s of %s", seen.Run.Step, seen.Run.Flow)
	}
	for _, line := range see.Say[x.lang] {
		if strings.ContainsAny(line, "{}") {
			x.wrong("a place is left open at %s of %s", seen.Run.Step, seen.Run.Flow)
		}
	}
	for _, v := range seen.Views {
		x.compare(seen.Run.Flow, v.Value)
		for i := range v.Items {
			x.compare(seen.Run.Flow, &v.Items[i])
		}
	}
	x.claims(seen)
}

// truth is the wallet itself, and what was done in it.
type truth struct {
	walletserver.Full
	now     clock.Clock
	mu      sync.Mutex
	effects []effect
}

// effect is something that was done.
type effect struct {
	wallet.Command
	at time.Time
}

// Do does something and writes it down.
func (t *truth) Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	before, known := t.Full.OperationByKey(ctx, by, c.CustomerID, c.Key)
	o, err := t.Full.Do(ctx, by, c)
	if err == nil && !c.DryRun && (o.State == wallet.OpSucceeded || o.State == wallet.OpPending) && (known != nil || before.ID != o.ID) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.effects = append(t.effects, effect{c, t.now()})
	}
	return o, err
}

func (t *truth) all() []effect {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.effects)
}

// line is what lies between Kefu and the wallet.
type line struct {
	good, bad http.Handler
	on        atomic.Bool // whether the fault is there
	armed     atomic.Bool // whether it is to come with the next command
	asked     atomic.Int64
	now       clock.Clock
	mu        sync.Mutex
	sent      []command
}

// command is one that Kefu sent, or a file that it gave.
type command struct {
	key  string
	what string
	at   time.Time
}

// right ends the fault.
func (l *line) right() {
	l.armed.Store(false)
	l.on.Store(false)
}

func (l *line) commands() []command {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.sent)
}

// ServeHTTP implements http.Handler.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.asked.Add(1)
	body, real := commandOf(r)
	r.Body = body
	if real {
		l.mu.Lock()
		l.sent = append(l.sent, command{r.Header.Get("Idempotency-Key"), path.Base(r.URL.Path), l.now()})
		l.mu.Unlock()
		if l.armed.Swap(false) {
			l.on.Store(true)
		}
	}
	if l.on.Load() {
		l.bad.ServeHTTP(w, r)
		return
	}
	l.good.ServeHTTP(w, r)
}

// acts lists a customer's acts as Kefu keeps them.
func (x *drill) acts(ctx context.Context) []action.Kept {
	var all []action.Kept
	for before := ""; ; {
		page, err := x.house.store.ListActs(ctx, identity.SystemPart("acts"), action.Query{CustomerID: x.who.ID, Before: before, Limit: action.MaxPage})
		if err != nil {
			x.wrong("acts cannot be read: %v", err)
			return all
		}
		if all = append(all, page...); len(page) < action.MaxPage {
			return all
		}
		before = page[len(page)-1].ID
	}
}
