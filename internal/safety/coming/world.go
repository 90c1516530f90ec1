package coming

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pquerna/otp/totp"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/recovery"
	"kefu/internal/domain/action"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/recovering"
	access "kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/fault"
	"kefu/internal/safety/kept"
	"kefu/internal/safety/script"
	"kefu/internal/safety/vault"
)

// What a step does.
const (
	opAsk     = iota // somebody asks to come in as somebody
	opGive           // somebody gives something on the page of a request
	opThrough        // somebody goes all the way
	opStop           // whose account it is presses what stops a recovery in a letter
	opStopAct        // or has it stopped by Kefu
	opMoves          // a telephone number becomes somebody else's
	opTap            // somebody reads the mail of who has a second factor
	opPayout         // somebody has money paid out
	opEnd            // somebody ends their account
	opKeep           // or takes that back
	opLeave          // somebody settles everything, ends it, and lets the days pass
	opLate           // money comes for who is gone, or is not
	opClaim          // somebody claims it
	opIncome         // money comes in
	opWait           //
	opCrash          // the process ends in the middle of the next step
)

// Odds are how often each step comes.
func Odds() []script.Odds {
	return []script.Odds{
		opAsk: script.Of("ask to come in", 8), opGive: script.Of("give on the page", 14), opThrough: script.Of("come in", 10), opStop: script.Of("stop by letter", 8), opStopAct: script.Of("stop by Kefu", 3), opMoves: script.Of("a number moves", 3),
		opTap: script.Of("read the mail", 3), opPayout: script.Of("pay out", 10), opEnd: script.Of("end the account", 5), opKeep: script.Of("take the end back", 4), opLeave: script.Of("leave", 8), opLate: script.Of("late money", 8), opClaim: script.Of("claim late money", 9),
		opIncome: script.Of("income", 4), opWait: script.Of("wait", 14), opCrash: script.Of("crash in the next step", 2),
	}
}

// world is one run.
type world struct {
	room    *Room
	books   *vault.Vault
	acts    *kept.Acts
	oracle  *oracle
	members []*member
	asks    []asked
	moved   map[string]time.Time // by the wallet's customer: when their number became somebody else's

	session   *member // who is at it
	ins       int     // how often somebody came in
	insBefore int     // before what is done now was begun
	keys      int
	writes    int
	inner     *script.Step
	innerAt   int
	diesAt    int
	dieNext   int
	dead      bool
	steps     uint64
	refusals  uint64
}

// asked is a request to come in, as who asked for it knows it.
type asked struct {
	access.Offer
	victim *member
}

func (m *member) is(customer string) bool { return m.id == customer }

func (w *world) named(name string) *member {
	return w.members[slices.IndexFunc(w.members, func(m *member) bool { return m.name == name })]
}

func ctx() context.Context { return context.Background() }

func gone() error { return fault.New(fault.Unavailable, "coming", "no answer") }

// write is called before each thing that is kept: where another step may come between, and
// a process may end.
func (w *world) write() error {
	if w.dead {
		return gone()
	}
	w.writes++
	if w.inner != nil && w.writes == w.innerAt {
		inner, session, before := *w.inner, w.session, w.insBefore
		w.inner = nil
		w.exec(inner)
		w.session, w.insBefore = session, before
	}
	if w.diesAt > 0 && w.writes >= w.diesAt {
		w.dead = true
	}
	if w.dead {
		return gone()
	}
	return nil
}

// heard takes an answer.
func (w *world) heard(err error) bool {
	if err == nil {
		return true
	}
	w.refusals++
	if fault.CodeOf(err) == fault.Internal {
		w.oracle.broke(script.Broken, "%v", err)
	}
	return false
}

// Play plays a run.
func (r *Room) Play(steps []script.Step) (out script.Played) {
	w := r.fresh()
	defer func() {
		if p := recover(); p != nil {
			out.Violations = append(out.Violations, script.Violation{Rule: script.Broken, Why: fmt.Sprint("a panic: ", p)})
		}
	}()
	for _, s := range steps {
		w.steps++
		w.writes, w.inner, w.innerAt, w.dead = 0, s.Inner, s.At, false
		w.diesAt, w.dieNext = w.dieNext, 0
		w.exec(s)
		w.inner, w.diesAt, w.dead = nil, 0, false
	}
	w.pass(30 * 24 * time.Hour)
	w.oracle.judge()
	return script.Played{Steps: w.steps, Refused: w.refusals, Effects: w.oracle.effects, Violations: w.oracle.broken}
}

// people are who is at a step, and whom it is about.
func (w *world) people(s script.Step) (who, victim *member) {
	victim = w.members[s.What%len(w.members)]
	if s.Who > 0 {
		return w.members[s.Who%len(w.members)], victim
	}
	return victim, victim
}

func (w *world) exec(s script.Step) {
	who, victim := w.people(s)
	w.session, w.insBefore = who, w.ins
	switch s.Op {
	case opAsk:
		w.ask(victim, s.Arg)
	case opGive:
		w.give(who, s)
	case opThrough:
		w.through(who, victim, s)
	case opStop:
		w.session = victim
		w.stop(victim, s.Arg)
	case opStopAct:
		w.stopByKefu(who, victim, s)
	case opMoves: // mostly with something in mind
		w.moves(victim)
		if s.Arg%2 == 0 {
			w.session = w.named("eve")
			w.through(w.session, victim, script.Step{Arg: 26})
		}
	case opTap:
		w.session = w.named("eve")
		w.session.reads[w.named("ben").mail] = true
		if s.Arg%2 == 0 {
			w.through(w.session, w.named("ben"), script.Step{Arg: 24})
		}
	case opPayout:
		w.payout(who, victim, s)
	case opEnd:
		w.act(who, s, selfservice.Proposal{Act: wallet.Close})
	case opKeep:
		w.act(who, s, selfservice.Proposal{Act: wallet.KeepOpen})
	case opLeave:
		w.payout(victim, victim, script.Step{Arg: 3})
		w.pass(2 * time.Hour)
		w.act(victim, script.Step{}, selfservice.Proposal{Act: wallet.Close})
		if s.Arg%4 == 0 { // they think again
			w.pass(25 * time.Hour)
			w.act(victim, script.Step{}, selfservice.Proposal{Act: wallet.KeepOpen})
		}
		if s.Arg%8 > 0 {
			w.pass(11 * 24 * time.Hour)
		}
		if s.Arg/4%2 == 0 {
			w.late(victim, s)
			w.claim(who, victim, script.Step{Else: s.Else, Arg: s.Arg / 8})
		}
	case opLate:
		w.late(victim, s)
	case opClaim:
		w.claim(who, victim, s)
	case opIncome:
		w.income(victim, s)
	case opWait:
		w.pass(script.Waits()[s.Arg%len(script.Waits())])
	case opCrash:
		w.dieNext = 1 + s.Arg%6
	}
}

// pass lets time pass, and what is to happen meanwhile happen.
func (w *world) pass(d time.Duration) {
	until := w.room.now.Add(d)
	for range 500 {
		n, next, err := w.room.wallet.Tick(ctx())
		if err != nil || (n == 0 && (next == 0 || next.Std().After(until))) {
			w.heard(err)
			break
		}
		if n == 0 {
			w.room.now = next.Std()
		}
	}
	w.room.now = until
	for range 3 {
		w.heard(w.room.flow.Reconcile(ctx()))
	}
}

// late has a shop give back what was bought, when it is too late.
func (w *world) late(victim *member, s script.Step) {
	_, err := w.room.wallet.ArriveLate(ctx(), victim.id, victim.bought, w.room.sums[[]string{"20.00", "1.00"}[s.Arg%2]])
	w.heard(err)
}

// moves has the telephone number of a customer become the other one's, and the wallet told
// of it, as whoever took over a number has it verified anew.
func (w *world) moves(victim *member) {
	if victim.name == "eve" || !w.moved[victim.id].IsZero() {
		return
	}
	books := keep.Store{Books: w.books, Clock: w.room.clock}
	err := books.Commit(ctx(), func(d *keep.Desk) error {
		c, err := keep.Get[wallet.Customer](d, keep.KindCustomer, victim.id)
		if err != nil {
			return err
		}
		for i := range c.Handles {
			if c.Handles[i].Kind == wallet.HandlePhone {
				c.Handles[i].VerifiedAt, c.Handles[i].ChangedAt = d.At, d.At
			}
		}
		return keep.Put(d, keep.KindCustomer, c.ID, "", 0, c)
	})
	if w.heard(err) {
		if w.moved == nil {
			w.moved = map[string]time.Time{}
		}
		w.moved[victim.id] = w.room.now
		w.named("eve").reads[victim.phone] = true
	}
}

func (w *world) key(of string) string {
	w.keys++
	return fmt.Sprintf("%s-%d", of, w.keys)
}

// ask asks to come in as somebody, and goes one of the ways.
func (w *world) ask(victim *member, n int) *asked {
	handle := victim.mail
	switch n % 8 {
	case 6:
		handle = victim.phone
	case 7:
		handle = "nobody@example.com"
	}
	o, err := w.room.wallet.Ways(ctx(), wallet.Actor{}, access.Asking{Key: w.key("ask"), Handle: handle})
	if !w.heard(err) {
		return nil
	}
	w.asks = append(w.asks, asked{o, victim})
	w.begin(&w.asks[len(w.asks)-1], n/8)
	return &w.asks[len(w.asks)-1]
}

// begin goes one of the ways of a request.
func (w *world) begin(a *asked, n int) access.Way {
	way := a.Ways[n%len(a.Ways)]
	_, err := w.room.wallet.Begin(ctx(), wallet.Actor{}, a.ID, access.Begin{Key: w.key("begin"), Way: way.ID})
	w.heard(err)
	return way
}

// letter is the newest one of a kind that somebody can read, of those to a customer.
func (w *world) letter(reader, to *member, what ...string) (recovery.Sent, bool) {
	all, err := w.room.wallet.Letters(ctx(), to.id)
	if err != nil {
		return recovery.Sent{}, false
	}
	for _, l := range all {
		mine := reader.reads[l.To] || (l.Kind == "app" && reader == to)
		if mine && slices.Contains(what, l.What) {
			return l, true
		}
	}
	return recovery.Sent{}, false
}

// give gives something on the page of a request.
func (w *world) give(who *member, s script.Step) {
	if len(w.asks) == 0 {
		return
	}
	a := w.asks[s.Else%len(w.asks)]
	w.hand(who, a, s.Arg)
}

func (w *world) hand(who *member, a asked, n int) recovering.Page {
	g := recovering.Given{ID: a.ID, Browser: "browser-of-" + who.name}
	switch n % 10 {
	case 0, 1, 2: // what was sent, where they can read it
		l, found := w.letter(who, a.victim, "link", "code")
		if !found {
			g.Code = "000000 "
		} else if g.Code = l.Code; l.What == "link" {
			g = recovering.Given{Token: query(l.Link).Get("t"), Browser: g.Browser}
		}
	case 3:
		g.Code = "000000 " // which nothing that was sent is
	case 4: // what somebody else was sent
		if l, found := w.letter(who, who, "link"); found {
			g.Token = query(l.Link).Get("t")
		}
	case 5:
		g.Code = codeKept + who.name
	case 6:
		g.Document = true
	case 7: // of the authenticator, or something like it
		g.Code = "000000"
		if who.name == "ben" {
			g.Code = w.code()
		}
	case 8:
		g.Without = true
	default:
		g.Password = "a long and unusual phrase of " + who.name
	}
	p, err := w.room.wallet.Give(ctx(), g)
	w.heard(err)
	return p
}

// code is what the authenticator shows.
func (w *world) code() string {
	code, err := totp.GenerateCode(w.room.totp, w.room.now)
	if err != nil {
		return ""
	}
	return code
}

// through goes all the way with what somebody has.
func (w *world) through(who, victim *member, s script.Step) {
	a := w.ask(victim, 0)
	if a == nil {
		return
	}
	kind := []string{access.Email, access.Email, access.SMS, access.SMS, access.Code, access.Document}[s.Arg%6]
	i := slices.IndexFunc(a.Ways, func(x access.Way) bool { return x.Kind == kind })
	if i < 0 {
		return
	}
	w.begin(a, i)
	this := *a
	if who != victim && s.Arg/24%3 == 0 { // whose it is takes it for their own, and goes a step with them
		w.session = victim
		w.hand(victim, this, 0)
		w.session = who
		w.hand(who, this, 9)
		return
	}
	what := map[string]int{access.Email: 0, access.SMS: 0, access.Code: 5, access.Document: 6}[kind]
	p := w.hand(who, this, what)
	if p.Stage == "second" {
		p = w.hand(who, this, 7)
		if p.Stage == "second" && s.Arg/6%2 == 0 {
			w.hand(who, this, 8)
			p = w.hand(who, this, 6)
		}
	}
	if p.Stage == "reviewing" {
		if s.Arg/12%2 == 0 { // whose it is hears of it
			w.session = victim
			w.stop(victim, 0)
			w.session = who
		}
		w.pass(26 * time.Hour)
	}
	w.hand(who, this, 9)
}

// stop presses what stops a recovery in the newest letter of one's own.
func (w *world) stop(victim *member, n int) {
	l, found := w.letter(victim, victim, []string{"begun", "proven", "document", "cooling", "ready"}...)
	if !found {
		return
	}
	token := query(l.Link).Get("stop")
	was, err := w.room.wallet.Stop(ctx(), token)
	if w.heard(err) && was {
		w.oracle.stopped[w.oracle.stops[token]] = true
		w.oracle.did("recovery_stopped")
	}
}

// stopByKefu has a recovery stopped by who is shown it.
func (w *world) stopByKefu(who, victim *member, s script.Step) {
	all, err := w.room.wallet.Recoveries(ctx(), wallet.Actor{}, victim.id)
	if !w.heard(err) || len(all) == 0 {
		return
	}
	standing := all[s.Else%len(all)].ID
	k := w.act(who, s, selfservice.Proposal{Act: wallet.StopRecovery, Target: standing})
	if k != nil && k.State == action.Succeeded {
		w.oracle.stopped[w.oracle.named[standing]] = true
		w.oracle.did(string(wallet.StopRecovery))
		if who != victim {
			w.oracle.broke(StoppedIn, "%s stopped a recovery of %s", who.name, victim.name)
		}
	}
}

// income has money come in on an account.
func (w *world) income(victim *member, s script.Step) {
	books := keep.Store{Books: w.books, Clock: w.room.clock}
	w.heard(books.Commit(ctx(), func(d *keep.Desk) error {
		return w.room.give(d, w.key("income"), victim.account, w.room.sums["20.00"])
	}))
}

// payout has somebody's money paid out: all of it, or a part, to their bank or to another's.
func (w *world) payout(who, victim *member, s script.Step) {
	all, err := w.room.wallet.Balances(ctx(), wallet.Actor{}, who.id)
	if err != nil || len(all) == 0 {
		return
	}
	sum := all[0].Available
	if s.Arg%3 > 0 || sum.Sign() <= 0 {
		sum = w.room.sums[[]string{"20.00", "50.00"}[s.Arg%2]]
	}
	to := who.bank
	if s.Arg/3%4 == 3 {
		to = victim.bank
	}
	from := who.account
	if s.Arg/12%4 == 3 {
		from = victim.account
	}
	w.act(who, s, selfservice.Proposal{Act: wallet.Withdraw, Target: to, Amount: sum, Details: map[string]string{closing.DetailFrom: from}})
}

// claim claims what came late: one's own, or somebody else's, to one's own bank or another.
func (w *world) claim(who, victim *member, s script.Step) {
	end, err := w.room.wallet.Closure(ctx(), wallet.Actor{}, victim.id)
	if !w.heard(err) || len(end.Late) == 0 {
		return
	}
	l := end.Late[s.Else%len(end.Late)]
	if again := s.Arg/144%2 == 0; again {
		defer func() { w.claimed(who, l, who.bank, s) }()
	}
	to := who.bank
	if s.Arg/3%3 == 2 {
		to = w.members[s.Arg%len(w.members)].bank
	}
	w.claimed(who, l, to, s)
}

func (w *world) claimed(who *member, l closing.Late, to string, s script.Step) {
	w.act(who, s, selfservice.Proposal{Act: wallet.Withdraw, Target: to, Amount: l.Amount, Details: map[string]string{closing.DetailFrom: l.ID}})
}

// act has somebody go through with something, as far as it goes.
func (w *world) act(who *member, s script.Step, want selfservice.Proposal) *action.Kept {
	want.Reason = "asked"
	flow, p := w.room.flow, who.Principal
	a, outcome, err := flow.Propose(ctx(), p, who.talk, "run", w.key("step"), want)
	if !w.heard(err) || outcome != "" {
		w.refusals++
		return nil
	}
	k := w.acts.ByID[a.ID]
	if k == nil {
		return nil
	}
	if s.Arg/48%8 == 7 {
		_, err := flow.Cancel(ctx(), p, a.ID)
		w.heard(err)
	}
	if _, _, err = flow.Confirm(ctx(), p, a.ID, k.Hash); !w.heard(err) {
		return k
	}
	if k.Verdict.Level > 1 {
		_, _, err = flow.Prove(ctx(), p, a.ID)
		w.heard(err)
		w.answer(who)
		_, _, err = flow.Proof(ctx(), p, a.ID)
		w.heard(err)
	}
	w.insBefore = w.ins
	_, _, err = flow.Execute(ctx(), p, a.ID)
	w.heard(err)
	if k.State == action.Succeeded && want.Act == wallet.KeepOpen {
		e := w.oracle.ends[who.id]
		e.wanted = false
		w.oracle.ends[who.id] = e
		w.oracle.did(string(wallet.KeepOpen))
	}
	return k
}

// answer is the customer's yes in the wallet's app to what it asks them.
func (w *world) answer(who *member) {
	all, err := w.room.wallet.Waitings(ctx(), who.id)
	if !w.heard(err) {
		return
	}
	for _, a := range all {
		_, err := w.room.wallet.Answer(ctx(), who.id, a.ID, true, "")
		w.heard(err)
	}
}
