// Package flowcheck walks customers through the flows over whole wallets, with Kefu's own
// rules, proofs and store, and judges what they were told by what happened there. Over
// the demo's wallet, whose simulator brings about the cases of the golden conversations,
// it asks in process and over HTTP, and wants both to go the same way. Over a wallet with
// faults it wants nothing untrue to be told, nothing to be done twice, and everybody to
// be able to come to a person. It is no part of a server.
package flowcheck

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/walletapi"
	"kefu/internal/connector/walletserver"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/intake"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/platform/applink"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/secret"
	"kefu/internal/storage/books"
)

// Way is how the wallet is asked.
type Way string

// The ways.
const (
	Inside Way = "process" // by its methods
	HTTP   Way = "http"    // through walletserver and walletapi, on this machine
)

// Ways lists them.
func Ways() []Way { return []Way{Inside, HTTP} }

// Wrong is one thing that is not as it should be.
type Wrong struct {
	ID       string `json:"id"` // of a golden conversation, or a fault
	Way      Way    `json:"way,omitempty"`
	Language string `json:"language,omitempty"`
	Turn     int    `json:"turn"`
	Why      string `json:"why"`
}

// String is it in one line.
func (w Wrong) String() string {
	return fmt.Sprintf("%s (%s %s) turn %d: %s", w.ID, w.Way, w.Language, w.Turn, w.Why)
}

// Walked is what walking over the demo's wallet found.
type Walked struct {
	Conversations int               `json:"conversations"`
	Languages     int               `json:"languages"`
	Ways          []Way             `json:"ways"`
	Beyond        map[string]string `json:"beyond"` // golden conversations that the simulator cannot bring about, and why
	Wrong         []Wrong           `json:"wrong"`
	Seconds       float64           `json:"seconds"`
}

// Options are what is walked, and where.
type Options struct {
	Dir  string   // a folder for it alone
	Ways []Way    // how the wallet is asked
	Only []string // the ids of the conversations; none: all
	Half bool     // each in one language, by turns, and not in every one
}

// languages are those in which the n-th conversation is walked.
func (o Options) languages(n int) []string {
	all := golden.Languages()
	if o.Half {
		return all[n%len(all):][:1]
	}
	return all
}

// Over walks the golden conversations that the demo's wallet can bring about over it.
// Errors: those of the store and of listening.
func Over(ctx context.Context, c Content, all map[string]golden.Conversation, o Options) (Walked, error) {
	began, ways := time.Now(), o.Ways
	result := Walked{Languages: len(golden.Languages()), Ways: ways, Beyond: Beyond(), Wrong: []Wrong{}}
	var ids []string
	for _, id := range Staged() {
		if _, ok := all[id+".yaml"]; ok && (len(o.Only) == 0 || slices.Contains(o.Only, id)) {
			ids = append(ids, id)
		}
	}
	result.Conversations = len(ids)
	seen := make([]map[string][]golden.See, len(ways))
	errs := make([]error, len(ways))
	var mu sync.Mutex
	var wait sync.WaitGroup
	for i, way := range ways {
		wait.Go(func() {
			seen[i] = map[string][]golden.See{}
			errs[i] = overOne(ctx, c, all, o, way, ids, func(id, lang string, list []golden.See, wrong []Wrong) {
				mu.Lock()
				defer mu.Unlock()
				seen[i][id+" "+lang] = list
				result.Wrong = append(result.Wrong, wrong...)
			})
		})
	}
	wait.Wait()
	for i := 1; i < len(ways); i++ {
		for key, list := range seen[0] {
			id, lang, _ := strings.Cut(key, " ")
			result.Wrong = append(result.Wrong, apart(id, lang, ways[i], list, seen[i][key])...)
		}
	}
	slices.SortFunc(result.Wrong, func(a, b Wrong) int { return strings.Compare(a.String(), b.String()) })
	result.Seconds = time.Since(began).Seconds()
	return result, errors.Join(errs...)
}

// apart lists where one conversation was seen in two ways.
func apart(id, lang string, way Way, one, other []golden.See) (wrong []Wrong) {
	for i := range min(len(one), len(other)) {
		a, b := fmt.Sprintf("%+v", one[i]), fmt.Sprintf("%+v", other[i])
		if a != b {
			return []Wrong{{ID: id, Way: way, Language: lang, Turn: i, Why: "it is another in process: " + b + ", and there " + a}}
		}
	}
	return nil
}

// lane is one wallet with a house over it.
type lane struct {
	content Content
	own     *demowallet.Wallet
	house   *house
	heard   *heard
	clock   *Clock
	trouble *trouble
}

// apartBy is how far apart in time two conversations begin, so that nothing of one is
// left in another.
const apartBy = 70 * day

func overOne(ctx context.Context, c Content, all map[string]golden.Conversation, o Options, way Way, ids []string, tell func(id, lang string, seen []golden.See, wrong []Wrong)) error {
	l, stop, err := lay(ctx, c, filepath.Join(o.Dir, string(way)), way)
	if err != nil {
		return err
	}
	for n, id := range ids {
		for m, lang := range o.languages(n) {
			start := golden.Start().Add(time.Duration(n*len(golden.Languages())+m) * apartBy)
			seen, wrong := l.walk(ctx, all[id+".yaml"], stages()[id], lang, start)
			for i := range wrong {
				wrong[i].ID, wrong[i].Way, wrong[i].Language = id, way, lang
			}
			tell(id, lang, seen, wrong)
		}
	}
	return stop()
}

// lay lays a wallet and a house over it into a folder.
func lay(ctx context.Context, c Content, dir string, way Way) (*lane, func() error, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	l := &lane{content: c, clock: NewClock(golden.Start()), trouble: &trouble{}, heard: &heard{}}
	kept, err := books.Open(ctx, books.Options{Dir: books.Folder(dir), Clock: l.clock.Now})
	if err != nil {
		return nil, nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- kept.Run(running) }()
	stops := []func() error{func() error {
		cancel()
		return errors.Join(<-ended, kept.Close())
	}}
	stop := func() error {
		var errs []error
		for _, s := range slices.Backward(stops) {
			errs = append(errs, s())
		}
		return errors.Join(errs...)
	}
	l.own, err = demowallet.Open(ctx, demowallet.Options{
		Books: demowallet.Over(kept), Clock: l.clock.Now, Failures: c.Codes, Issuer: Issuer, Audience: Audience, Link: "https://wallet.example/",
	})
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	var asked Wallet = inside{l.own, l.trouble}
	if way == HTTP {
		key := newKey()
		links, err := applink.Read([]string{"https://wallet.example"})
		if err != nil {
			return nil, nil, errors.Join(err, stop())
		}
		api := walletserver.New(walletserver.Options{Wallet: l.own, Verifier: httpsig.NewVerifier(100_000, key), Name: "demo", Requests: 1 << 30, Clock: l.clock.Now, Log: slog.New(slog.DiscardHandler)})
		s, err := serve(l.trouble.between(api.Handler()), key, walletapi.Options{Clock: l.clock.Now, Links: links})
		if err != nil {
			return nil, nil, errors.Join(err, stop())
		}
		stops, asked = append(stops, s.close), s.Client
	}
	if l.house, err = open(ctx, dir, secret.GenerateMaster(), c, asked, l.clock, l.heard); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	stops = append(stops, l.house.close)
	return l, stop, nil
}

// walk walks one conversation in one language, from a time on.
func (l *lane) walk(ctx context.Context, g golden.Conversation, st stage, lang string, start time.Time) ([]golden.See, []Wrong) {
	l.clock.Move(max(start.Sub(l.clock.Now()), 0))
	l.trouble.clear()
	l.heard.story = nil
	s := &scene{
		ctx: ctx, own: l.own, house: l.house, clock: l.clock, trouble: l.trouble, who: "cust-" + strings.ToLower(g.ID) + "-" + lang, ids: map[string]string{},
		currency: map[string]string{"zh": "CNY", "en": "GBP"}[lang],
	}
	s.note(l.own.Seed(ctx, []demowallet.Person{{ID: s.who, Name: "Robin Vale", Language: lang, New: true}}))
	who, err := l.house.signIn(ctx, s.who, level(g.Level))
	s.note(err)
	s.person = who.ID
	st.set(s)
	var list []golden.See
	var run string
	var wrong []Wrong
	for i, t := range g.Turns {
		if slices.Contains(st.skip, i) {
			list = append(list, golden.See{})
			continue
		}
		if what := st.before[i]; what != nil {
			what(s)
		}
		var seen flow.Seen
		if i == 0 {
			seen, err = l.begin(ctx, who, g, s, lang)
			run = seen.Run.ID
		} else {
			seen, err = l.turn(ctx, who, run, i, t, st, s)
		}
		if s.note(err); s.err != nil {
			return list, append(wrong, Wrong{Turn: i, Why: s.err.Error()})
		}
		see := golden.Shown(seen, lang, l.heard.story)
		for k, offered := range see.Offer {
			see.Offer[k] = s.name(offered)
		}
		list = append(list, see)
		if is, want := brief(see), brief(t.See); is != want {
			wrong = append(wrong, Wrong{Turn: i, Why: "at " + is + ", and the golden conversation is at " + want})
			break
		}
		if strings.HasSuffix(see.At, " asking") && len(see.Say[lang]) == 0 {
			wrong = append(wrong, Wrong{Turn: i, Why: "nothing is said at " + see.At})
		}
	}
	return list, wrong
}

// brief is where a conversation is.
func brief(s golden.See) string {
	return strings.TrimSpace(s.At + " " + s.Outcome + " " + s.Problem)
}

func (l *lane) begin(ctx context.Context, who identity.Principal, g golden.Conversation, s *scene, lang string) (flow.Seen, error) {
	b := flow.Begin{Flow: g.Flow, Language: lang}
	if g.Given != "" {
		b.Given = map[string]string{"payment": s.id(g.Given)}
	}
	if s.err != nil {
		return flow.Seen{}, s.err
	}
	return l.house.Start(ctx, who, b)
}

// turn lets one thing happen and gives what is seen then.
func (l *lane) turn(ctx context.Context, who identity.Principal, run string, i int, t golden.Turn, st stage, s *scene) (flow.Seen, error) {
	s.pass(time.Second)
	later := time.Duration(0)
	if t.Later != "" {
		d, err := time.ParseDuration(t.Later)
		if err != nil {
			return flow.Seen{}, err
		}
		later = d
	}
	if here, ok := st.later[i]; ok {
		later = here
	}
	switch t.Do {
	case "proven", "declined":
		s.answer(t.Do == "proven")
		later = max(later, 20*time.Second)
	case "expired":
		later = assurance.Life + time.Minute
	case "", "later":
		s.answer(true)
	default:
		in := selfservice.Input{Do: selfservice.Doing(t.Do), Text: s.id(t.Text)}
		switch in.Do {
		case selfservice.Give:
			return l.house.give(ctx, who, run, fmt.Sprintf("op-%d", i), t.File)
		case selfservice.Confirm, selfservice.Remove:
			before, err := l.house.Get(ctx, who, run)
			if err != nil {
				return flow.Seen{}, err
			}
			if in.Hash = shown(before); in.Do == selfservice.Remove {
				in.Text = given(before, t.Text)
			}
		}
		if _, err := l.house.Answer(ctx, who, run, fmt.Sprintf("op-%d", i), "", in); err != nil {
			return flow.Seen{}, err
		}
		return l.house.Get(ctx, who, run)
	}
	s.pass(later)
	if err := l.house.work(ctx); err != nil {
		return flow.Seen{}, err
	}
	return l.house.Get(ctx, who, run)
}

// shown is the hash of what a window shows to be agreed to.
func shown(seen flow.Seen) string {
	for _, v := range slices.Backward(seen.Views) {
		if v.Value != nil && v.Value.Act != nil {
			return v.Value.Act.Hash
		}
	}
	return ""
}

// heard is a house's intake, and the last story that a person was told.
type heard struct {
	*intake.Service
	story *intake.Story
	told  int
}

// Send implements selfservice.Intake.
func (h *heard) Send(ctx context.Context, p identity.Principal, m intake.Message, done func(intake.Said)) error {
	if m.Story != nil {
		h.story = m.Story
		h.told++
	}
	return h.Service.Send(ctx, p, m, done)
}
