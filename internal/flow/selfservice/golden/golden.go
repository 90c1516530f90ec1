// Package golden holds whole conversations with flows: how a wallet stands, what a
// customer answers, and what must be seen and said at each step, in every language. A
// change to a flow, to the engine or to what is asked of the wallet shows here as a
// sentence that somebody would have read. It walks them through the real flow, with a
// wallet and acts that do as the conversation says.
package golden

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/failure"
	"kefu/internal/domain/form"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/alerting"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/intake"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/platform/fault"
)

// Bounds of the conversations.
const (
	maxFiles = 1000
	maxTurns = 40
)

// Languages are those in which every conversation is walked.
func Languages() []string { return []string{"en", "zh"} }

// start is when every conversation begins.
func start() time.Time { return time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC) }

// Start is when every conversation begins, from which the times of a World count.
func Start() time.Time { return start() }

// Wallet is a wallet that stands as a World says, for tests.
func Wallet(w World) flow.Wallet { return &book{world: w, now: start} }

// Conversation is one conversation with a flow.
type Conversation struct {
	ID     string `yaml:"id"`              // FL2-01
	Covers string `yaml:"covers"`          // the case that it is there for
	Flow   string `yaml:"flow"`            //
	Given  string `yaml:"given,omitempty"` // the payment that it begins with
	Alert  string `yaml:"alert,omitempty"` // what the wallet noticed an hour before it begins
	Level  int    `yaml:"level,omitempty"` // of assurance; 1
	// Visitor says that whoever begins it is not signed in.
	Visitor bool           `yaml:"visitor,omitempty"`
	Wallet  World          `yaml:"wallet"`
	Acts    map[string]Act `yaml:"acts,omitempty"` // by their names
	Turns   []Turn         `yaml:"turns"`          // the first one is the beginning
}

// Turn is what happens, and what must be seen after it.
type Turn struct {
	Do   string `yaml:"do,omitempty"`   // as answers: set, confirm, deny, other, skip, back, go_on, human; of the wallet: proven, declined, expired, refuse; later
	Text string `yaml:"text,omitempty"` // of set; of remove: the name of the file
	File *Paper `yaml:"file,omitempty"` // of give
	// Later is how much time passes before; what waits is looked at then.
	Later string `yaml:"later,omitempty"`
	// Wallet replaces the payments, refunds … that it names.
	Wallet *World `yaml:"wallet,omitempty"`
	// Act is how the last act stands now.
	Act string `yaml:"act,omitempty"`
	// Stale says that what was proposed is out of date.
	Stale bool `yaml:"stale,omitempty"`

	See See `yaml:"see"`
}

// See is what is to be seen.
type See struct {
	At      string              `yaml:"at"` // step and state
	Outcome string              `yaml:"outcome,omitempty"`
	Offer   []string            `yaml:"offer,omitempty,flow"` // ids of options or items, or of what is asked for as files
	Files   []string            `yaml:"files,omitempty,flow"` // that were given: what each is, and its name
	Problem string              `yaml:"problem,omitempty"`
	Say     map[string][]string `yaml:"say,omitempty"`   // by language: what is read, from top to bottom
	Story   map[string][]string `yaml:"story,omitempty"` // what a person is told
}

// Load reads the conversations of a folder, a file for each. Errors: Invalid.
func Load(files fs.FS) (map[string]Conversation, error) {
	const op = "golden.Load"
	names, err := fs.Glob(files, "*.yaml")
	if err != nil || len(names) == 0 || len(names) > maxFiles {
		return nil, fault.New(fault.Invalid, op, "there are no conversations, or more than %d", maxFiles)
	}
	all := map[string]Conversation{}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fault.New(fault.Invalid, op, "%s cannot be read", name)
		}
		var c Conversation
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		decoder.KnownFields(true)
		if err := decoder.Decode(&c); err != nil {
			return nil, fault.New(fault.Invalid, op, "%s: %v", name, err)
		}
		if name != c.ID+".yaml" || c.Covers == "" || len(c.Turns) == 0 || len(c.Turns) > maxTurns {
			return nil, fault.New(fault.Invalid, op, "%s has another id, no turns or too many, or covers nothing", name)
		}
		all[name] = c
	}
	return all, nil
}

// Walker walks conversations.
type Walker struct {
	Flows    *selfservice.Flows
	Failures *failure.Table
	Guard    *guard.Detector
}

// Check walks a conversation in every language and lists what is not as it should be.
func (w Walker) Check(ctx context.Context, c Conversation) ([]string, error) {
	got, err := w.Walk(ctx, c)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for i := range c.Turns {
		is, want := text(got[i]), text(c.Turns[i].See)
		if is != want {
			wrong = append(wrong, fmt.Sprintf("turn %d (%s %s):\n--- seen\n%s--- expected\n%s", i, c.Turns[i].Do, c.Turns[i].Text, is, want))
		}
	}
	return wrong, nil
}

func text(s See) string {
	out, err := yaml.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// Walk gives what is seen after each turn of a conversation.
func (w Walker) Walk(ctx context.Context, c Conversation) ([]See, error) {
	all := make([]See, len(c.Turns))
	for n, lang := range Languages() {
		seen, err := w.walk(ctx, c, lang)
		if err != nil {
			return nil, fmt.Errorf("%s in %s: %w", c.ID, lang, err)
		}
		for i := range seen {
			if n == 0 {
				all[i] = seen[i]
				continue
			}
			if seen[i].At != all[i].At || !slices.Equal(seen[i].Offer, all[i].Offer) {
				return nil, fault.New(fault.Invalid, "golden.Walk", "%s goes another way in %s at turn %d", c.ID, lang, i)
			}
			for l, lines := range seen[i].Say {
				all[i].Say[l] = lines
			}
			for l, lines := range seen[i].Story {
				all[i].Story[l] = lines
			}
		}
	}
	return all, nil
}

// walk is one walk in one language.
type walk struct {
	book   *book
	shelf  *shelf
	door   *door
	hands  *hands
	flow   *flow.Service
	papers *counter
	at     time.Time
	who    identity.Principal
	run    string
	lang   string
}

func (w Walker) walk(ctx context.Context, c Conversation, lang string) ([]See, error) {
	one := &walk{at: start(), lang: lang, who: identity.Principal{Kind: identity.Customer, ID: customer, Level: max(identity.Level(c.Level), identity.AL1)}}
	if c.Visitor {
		one.who.Level = identity.AL0
	}
	now := func() time.Time { return one.at }
	one.book = &book{world: c.Wallet, now: now}
	one.shelf = &shelf{runs: map[string][]byte{}, at: map[string]int64{}, due: map[string]time.Time{}, begun: map[string]bool{}, now: now}
	one.door = &door{shelf: one.shelf, guard: w.Guard}
	one.papers = &counter{clean: one.door.Clean, of: map[string]attaching.Given{}}
	one.hands = &hands{scripts: c.Acts, all: map[string]*done{}, proof: assurance.Pending}
	asked, err := one.book.registry()
	if err != nil {
		return nil, err
	}
	one.flow = flow.New(flow.Deps{
		Reads: asked, Store: one.shelf, Files: one.papers, Intake: one.door, Wallet: one.book, Acts: one.hands, Failures: w.Failures, Flows: w.Flows, Clock: now, Log: slog.New(slog.DiscardHandler),
	}, flow.Options{Issuer: "wallet"})
	b := flow.Begin{Flow: c.Flow, Language: lang}
	if c.Given != "" {
		b.Given = map[string]string{"payment": c.Given}
	}
	if c.Alert != "" {
		b.Told = alerting.OfAlert(wallet.AlertKind(c.Alert), wallet.At(one.at.Add(-time.Hour)))
	}
	begun, err := one.flow.Start(ctx, one.who, b)
	if err != nil {
		return nil, err
	}
	one.run = begun.Run.ID
	list := []See{one.see(begun)}
	silent := func(s See) error { // nobody must be asked without a word
		if strings.HasSuffix(s.At, " asking") && len(s.Say[lang]) == 0 {
			return fault.New(fault.Invalid, "golden.walk", "nothing is said at %s", s.At)
		}
		return nil
	}
	if err := silent(list[0]); err != nil {
		return nil, err
	}
	for i, t := range c.Turns[1:] {
		if err := one.turn(ctx, i, t); err != nil {
			return nil, fmt.Errorf("turn %d: %w", i+1, err)
		}
		seen, err := one.flow.Get(ctx, one.who, one.run)
		if err != nil {
			return nil, err
		}
		list = append(list, one.see(seen))
		if err := silent(list[len(list)-1]); err != nil {
			return nil, err
		}
	}
	for id, d := range one.hands.all {
		if d.ran > 1 {
			return nil, fault.New(fault.Internal, "golden.walk", "%s was done %d times", id, d.ran)
		}
	}
	if one.door.others > 0 {
		return nil, fault.New(fault.Internal, "golden.walk", "a person was told %d stories", one.door.others+1)
	}
	return list, one.book.err
}

// turn lets one thing happen.
func (w *walk) turn(ctx context.Context, i int, t Turn) error {
	w.at = w.at.Add(time.Second)
	if t.Wallet != nil {
		w.book.world = merged(w.book.world, *t.Wallet)
	}
	if t.Act != "" && w.hands.last != nil {
		w.hands.last.fact.State = t.Act
	}
	if w.hands.stale = t.Stale; t.Later != "" {
		d, err := time.ParseDuration(t.Later)
		if err != nil {
			return err
		}
		w.at = w.at.Add(d)
	}
	switch t.Do {
	case "", "later":
		return w.look(ctx)
	case "proven", "declined", "expired":
		w.hands.proof = map[string]assurance.Progress{"proven": assurance.IsProven, "declined": assurance.WasDeclined, "expired": assurance.WasExpired}[t.Do]
		return w.look(ctx)
	}
	in := selfservice.Input{Do: selfservice.Doing(t.Do), Text: t.Text}
	switch in.Do {
	case selfservice.Give:
		given, refused := w.papers.take(ctx, t.File)
		if refused != "" { // before anybody hears of it
			w.papers.refused = refused
			return nil
		}
		in.Text, in.File = t.File.Want, &selfservice.FileFact{ID: given}
	case selfservice.Remove:
		in.Text = w.papers.named(t.Text)
	}
	if in.Do == selfservice.Confirm && w.hands.last != nil {
		in.Hash = w.hands.last.fact.Hash
	}
	_, err := w.flow.Answer(ctx, w.who, w.run, "op-"+strconv.Itoa(i), "", in)
	return err
}

// look has everything that waits looked at, however long it would have rested.
func (w *walk) look(ctx context.Context) error {
	for id, at := range w.shelf.due {
		if !at.IsZero() {
			w.shelf.due[id] = w.at
		}
	}
	_, err := w.flow.Work(ctx)
	return err
}

// merged is a world with what a turn says in its place.
func merged(a, b World) World {
	a.Down = b.Down
	if b.Transactions != nil {
		a.Transactions = b.Transactions
	}
	if b.Refunds != nil {
		a.Refunds = b.Refunds
	}
	if b.Disputes != nil {
		a.Disputes = b.Disputes
	}
	if b.Incidents != nil {
		a.Incidents = b.Incidents
	}
	if b.Terms != nil {
		a.Terms = b.Terms
	}
	if b.Lifted != nil {
		a.Lifted = b.Lifted
	}
	if b.Gone != nil {
		a.Gone = b.Gone
	}
	if b.Desk != nil {
		a.Desk = b.Desk
	}
	if b.Fees != nil {
		a.Fees = b.Fees
	}
	a.Reads = retold(a.Reads, b.Reads)
	return a
}

// see writes down what a window would show.
func (w *walk) see(s flow.Seen) See {
	story := w.door.story
	if s.Run.State != selfservice.Handed && !w.door.fresh {
		story = nil
	}
	w.door.fresh = false
	out := Shown(s, w.lang, story)
	if w.papers.refused != "" {
		out.Problem, w.papers.refused = w.papers.refused, ""
	}
	return out
}

// Shown writes down what a window would show of a run in a language, and of one that was
// handed over, or that waits with a person in front of it, what they are told; nil for nothing.
func Shown(s flow.Seen, lang string, story *intake.Story) See {
	w := sight{lang}
	out := See{At: s.Run.Step + " " + string(s.Run.State), Outcome: s.Run.Outcome, Say: map[string][]string{w.lang: {}}}
	for _, v := range s.Views {
		w.view(&out, v)
	}
	if story != nil && (s.Run.State == selfservice.Handed || s.Run.State == selfservice.Waiting) {
		var lines []string
		for _, a := range story.Filled.Answers {
			lines = append(lines, a.Label+": "+a.Value)
		}
		route := story.Route
		lines = append(lines, strings.Join(strings.Fields(route.Topic+" "+string(route.Priority)+" "+strings.Join(route.Skills, ",")), " "))
		out.Story = map[string][]string{w.lang: lines}
	}
	return out
}

// sight reads what is shown in a language.
type sight struct{ lang string }

func (w sight) view(out *See, v selfservice.View) {
	say := func(text string, figures map[string]selfservice.Figure) {
		if text != "" {
			out.Say[w.lang] = append(out.Say[w.lang], filled(text, w.lang, figures))
		}
	}
	sentence := func(s *selfservice.Sentence) {
		if s != nil {
			say(s.Text.In(w.lang), s.Figures)
		}
	}
	say(v.Say.In(w.lang), v.Figures)
	out.Offer, out.Problem = nil, v.Problem
	for _, o := range v.Options {
		out.Offer = append(out.Offer, o.ID)
	}
	for _, i := range v.Items {
		out.Offer = append(out.Offer, i.Ref())
		if i.Entry != nil {
			say("→ "+i.Entry.Line(w.lang, false), nil)
		}
	}
	out.Files = nil
	if v.Files != nil {
		for _, want := range v.Files.Wants {
			out.Offer = append(out.Offer, want.ID)
			say("+ "+want.Label.In(w.lang), nil)
			if hint := want.Hint.In(w.lang); hint != "" {
				say("  "+hint, nil)
			}
		}
		for _, f := range v.Files.Given {
			out.Files = append(out.Files, f.Want+": "+f.Name)
		}
	}
	if v.Value == nil {
		return
	}
	for _, line := range lines(v.Value, w.lang) {
		say(line, nil)
	}
	switch c := v.Value.Cause; {
	case c != nil:
		for _, t := range []form.Texts{c.Title, c.Text} {
			say(t.In(w.lang), nil)
		}
		sentence(c.Money)
		if c.RetryAt == 0 { // else the card counts down to it
			say(c.RetryText.In(w.lang), nil)
		} else {
			say("{at}", map[string]selfservice.Figure{"at": {At: c.RetryAt}})
		}
		for _, n := range c.Steps {
			if n.Where != "wallet" && n.Where != "outside" { // the card draws what is done elsewhere; the rest are answers
				continue
			}
			say("→ "+n.Label.In(w.lang), nil)
		}
	case v.Value.Payment != nil && v.Kind == selfservice.KindShow:
		sentence(v.Value.Payment.Money)
	case v.Value.Limits != nil:
		for _, l := range v.Value.Limits.Items {
			say("[limit] "+l.Period+" "+l.Used.String()+" / "+l.Max.String(), nil)
		}
	case v.Value.Stops != nil:
		for _, l := range v.Value.Stops.Items {
			say(strings.TrimSpace("[restriction] "+l.Stops+" "+l.PlacedBy+" "+l.Why), nil)
		}
	case v.Value.Terms != nil:
		say("[terms] "+strings.Join(append(v.Value.Terms.Why, v.Value.Terms.Needs...), " "), nil)
	}
}

// filled writes figures into a text, as a window does.
func filled(text, lang string, figures map[string]selfservice.Figure) string {
	for name, f := range figures {
		text = strings.ReplaceAll(text, "{"+name+"}", f.Line(lang, false))
	}
	return text
}

// Write is the text of a conversation with what is seen in it.
func Write(c Conversation, seen []See) ([]byte, error) {
	for i := range c.Turns {
		c.Turns[i].See = seen[i]
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(c); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
