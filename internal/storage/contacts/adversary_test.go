package contacts_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/vouch"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// check is a check that can be switched off, by what is put into the database beside the
// code under test, or by who is said to ask.
type off string

const (
	nothing    off = "nothing"
	ownership  off = "whose code it is"
	expiry     off = "that it is over"
	singleUse  off = "that it counts once"
	attempts   off = "that false ones end it"
	rate       off = "that only so many are taken"
	assignment off = "that they have the conversation"
	goingOn    off = "that the conversation goes on"
	withdrawal off = "that it was withdrawn"
)

// given is a code as the oracle remembers it.
type given struct {
	code, customer, conv, staff string
	until                       time.Time
	over, used                  bool
	missed                      int
}

// adversary plays random steps against the real store, and judges every answer by rules
// of its own.
type adversary struct {
	*house
	off      off
	r        *rand.Rand
	people   map[string]identity.Principal // by the customer's id
	convs    []string                      // one of each customer
	owner    map[string]string             // conversation → customer
	assignee map[string]string
	resolved map[string]bool
	given    []*given
	tries    map[string][]time.Time // false codes by customer
	ours     int
	broken   []string
}

func newAdversary(h *house, what off, seed uint64) *adversary {
	a := &adversary{
		house: h, off: what, r: rand.New(rand.NewPCG(seed, 1)), people: map[string]identity.Principal{h.anna.ID: h.anna, h.li.ID: h.li},
		owner: map[string]string{h.conv: h.anna.ID}, assignee: map[string]string{h.conv: h.mei.ID}, resolved: map[string]bool{}, tries: map[string][]time.Time{},
	}
	other := h.Begin(h.li, "en")
	a.owner[other], a.convs = h.li.ID, []string{h.conv, other}
	a.assign(other, h.tom)
	return a
}

func (a *adversary) assign(conv string, to identity.Principal) {
	a.Helper()
	_, err := a.Execute(ctx(), a.boss, conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: to.ID, Name: to.Name}}})
	a.must(err)
	a.assignee[conv] = to.ID
}

func (a *adversary) now() time.Time { return a.d.Clock.Now() }

func (a *adversary) step() {
	a.Helper()
	conv := a.convs[a.r.IntN(len(a.convs))]
	who := []identity.Principal{a.mei, a.tom, a.outside}[a.r.IntN(3)]
	for _, p := range []identity.Principal{a.mei, a.tom, a.outside} {
		if p.ID == a.assignee[conv] && a.r.IntN(3) > 0 {
			who = p
		}
	}
	switch n := a.r.IntN(20); {
	case n < 5:
		a.vouches(conv, who)
	case n < 12:
		a.asks()
	case n < 13:
		a.assign(conv, who)
	case n < 14:
		a.resolved[conv] = !a.resolved[conv]
		status := conversation.Open
		if a.resolved[conv] {
			status = conversation.Resolved
		}
		_, err := a.Execute(ctx(), a.boss, conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: status}})
		a.must(err)
	case n < 15:
		if a.EndContact(ctx(), who, conv) == nil {
			for _, g := range a.given {
				g.over = g.over || (g.conv == conv && g.staff == who.ID)
			}
		}
	default:
		a.d.Clock.Move(time.Duration(a.r.IntN(400)) * time.Second)
	}
}

func (a *adversary) vouches(conv string, who identity.Principal) {
	a.Helper()
	c, err := a.Vouch(ctx(), who, conv, vouch.Phone, vouch.Payment)
	may := a.assignee[conv] == who.ID && !a.resolved[conv]
	if err == nil != may && !fault.Is(err, fault.TooMany) {
		a.broken = append(a.broken, fmt.Sprintf("a code is given: %v, may %v", err, may))
	}
	if err != nil {
		return
	}
	for _, g := range a.given {
		g.over = g.over || g.conv == conv
	}
	a.given = append(a.given, &given{code: c.Code, customer: a.owner[conv], conv: conv, staff: who.ID, until: a.now().Add(vouch.Life)})
}

// asks has a customer check a code: one that was given to whomever, or an invented one.
func (a *adversary) asks() {
	a.Helper()
	who := a.people[a.owner[a.convs[a.r.IntN(2)]]]
	code := vouch.Shown(vouch.NewCode())
	var of *given
	if len(a.given) > 0 && a.r.IntN(8) > 0 {
		of = a.given[max(0, len(a.given)-1-a.r.IntN(3))]
		if code = of.code; a.r.IntN(4) > 0 {
			who = a.people[of.customer]
		}
	}
	a.lookAway()
	as := who
	if a.off == ownership && of != nil {
		as = a.people[of.customer]
	}
	out, err := a.CheckCode(ctx(), as, code, []vouch.Channel{vouch.Chat, vouch.Phone, vouch.Mail}[a.r.IntN(3)])
	a.judge(who, of, out, err)
}

// lookAway takes out of the database what a check goes by.
func (a *adversary) lookAway() {
	a.Helper()
	switch a.off {
	case expiry:
		a.d.Exec(a, "UPDATE contact SET expires_at = created_at + 100000000000")
	case singleUse:
		a.d.Exec(a, "UPDATE contact SET checked_at = 0")
	case attempts:
		a.d.Exec(a, "UPDATE contact SET attempts = 0, ended_at = CASE WHEN end_reason = 'tries' THEN 0 ELSE ended_at END")
	case rate:
		a.d.Exec(a, "DELETE FROM contact_try")
	case assignment:
		a.d.Exec(a, "UPDATE contact SET staff_id = (SELECT v.assignee_id FROM conversation v WHERE v.id = contact.conversation_id)")
	case goingOn:
		a.d.Exec(a, "UPDATE conversation SET status = 'open' WHERE status = 'resolved'")
	case withdrawal:
		a.d.Exec(a, "UPDATE contact SET ended_at = 0 WHERE end_reason IN ('withdrawn', 'replaced')")
	}
}

// judge is the oracle: it knows the rules by heart and asks the code under test nothing.
func (a *adversary) judge(who identity.Principal, of *given, out vouch.Checked, err error) {
	var recent int
	for _, at := range a.tries[who.ID] {
		if at.After(a.now().Add(-vouch.TriesWithin)) {
			recent++
		}
	}
	say := func(what string) {
		a.broken = append(a.broken, fmt.Sprintf("%s: %+v %v, %d tries, %+v", what, out, err, recent, of))
	}
	if recent >= vouch.MaxTries {
		if !fault.Is(err, fault.TooMany) {
			say("one more than is taken")
		}
		return
	}
	if err != nil {
		say("a customer may ask")
		return
	}
	counts := of != nil && of.customer == who.ID && !of.over && of.missed < vouch.MaxAttempts && a.now().Before(of.until) && a.assignee[of.conv] == of.staff && !a.resolved[of.conv]
	want := vouch.NotOurs
	switch {
	case counts && !of.used:
		want = vouch.Ours
	case counts:
		want = vouch.Used
	}
	if out.Verdict != want {
		say("it is " + string(want))
	}
	if want == vouch.Ours {
		of.used = true
		a.ours++
		return
	}
	a.tries[who.ID] = append(a.tries[who.ID], a.now())
	for _, g := range a.given {
		if g.customer == who.ID && !g.over && a.now().Before(g.until) {
			g.missed++
		}
	}
}

func (a *adversary) run(steps int) {
	a.Helper()
	for range steps {
		if a.step(); len(a.broken) > 0 {
			return
		}
	}
}

// Whatever staff, customers and impostors do: no code is ours that must not be, and those
// that are are found.
func TestAnyOrderOfEverything(t *testing.T) {
	each(t, func(h *house) {
		a := newAdversary(h, nothing, 7)
		a.run(400)
		if len(a.broken) > 0 {
			h.Errorf("%v", a.broken)
		}
		if a.ours < 10 {
			h.Errorf("%d codes were ours: nothing was tried", a.ours)
		}
	})
}

// A check that is switched off is missed: otherwise nobody would have looked for it.
func TestEachCheckIsMissed(t *testing.T) {
	for _, what := range []off{ownership, expiry, singleUse, attempts, rate, assignment, goingOn, withdrawal} {
		t.Run(string(what), func(t *testing.T) {
			for seed := range uint64(8) {
				a := newAdversary(build(t, storagetest.New(t, engine.SQLite)), what, seed)
				if a.run(400); len(a.broken) > 0 {
					t.Logf("seed %d: %s", seed, a.broken[0])
					return
				}
			}
			t.Error("nothing was found")
		})
	}
}
