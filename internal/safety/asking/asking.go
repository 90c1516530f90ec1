// Package asking is the scene of the adversary in which customers ask to be forgotten: by
// cases that are decided, taken back and held, requests that wait for a second person, and
// members of staff from whom rights are taken meanwhile, by the house or by a finding. The
// cases, approvals, rights and restrictions are the real rules, and flow/privacy erases,
// over a store in memory by the contract of storage/erasure; an oracle with rules of its
// own judges what began, and what is left.
package asking

import (
	"strconv"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/restriction"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/flow/privacy"
	"kefu/internal/platform/id"
	"kefu/internal/safety/script"
)

// The checks of this scene.
const (
	Decided    script.Check = "erasure-decided"
	Withdrawal script.Check = "erasure-taken-back"
	Second     script.Check = "erasure-second-person"
	NotAsker   script.Check = "erasure-not-asker"
	Lead       script.Check = "erasure-right"
	Hold       script.Check = "legal-hold"
	AsOf       script.Check = "erasure-as-of"
	All        script.Check = "erasure-whole"
	Since      script.Check = "erasure-since"
	Restraint  script.Check = "restraint"
	House      script.Check = "restriction"
)

// The rules of this scene.
const (
	Undecided  script.Rule = "erasure: it began, and was not decided for whoever it is about"
	TakenBack  script.Rule = "erasure: it began although it was taken back"
	Alone      script.Rule = "erasure: the second person is missing, or asked for it"
	NoRight    script.Rule = "erasure: who asked for it or agreed may not"
	UnderHold  script.Rule = "erasure: what is held was erased"
	Leftover   script.Rule = "erasure: it is told as whole, and something is left"
	TooMuch    script.Rule = "erasure: what is newer, or another's, was erased"
	Restrained script.Rule = "restriction: somebody did what was taken from them by a finding"
	Withheld   script.Rule = "restriction: somebody did what the house keeps from them"
)

// Checks lists the checks, and what is broken when each is off.
func Checks() map[script.Check]script.Rule {
	return map[script.Check]script.Rule{
		Decided: Undecided, Withdrawal: TakenBack, Second: Alone, NotAsker: Alone, Lead: NoRight, Hold: UnderHold, AsOf: UnderHold, All: Leftover, Since: TooMuch, Restraint: Restrained, House: Withheld,
	}
}

// epoch is when every run begins.
func epoch() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// Room is what one worker keeps from run to run.
type Room struct {
	off   script.Check
	rules *restriction.Rules // by which supervisors may not lead privacy
	book  *jurisdiction.Book // no law counts here
	made  uint64
}

// New makes a Room without a check.
func New(off script.Check) (*Room, error) {
	kinds, err := settings.NewRegistry(restriction.Kind(), restriction.TrainingKind(), restriction.CertificateKind(), sla.CalendarKind())
	if err != nil {
		return nil, err
	}
	all, _ := settings.NewSnapshot(kinds, 2, []settings.Item{{
		Kind: "restriction", ID: id.From("withheld"), Revision: 1, Body: []byte(`{"name":"R","actions":["privacy.lead"],"roles":["supervisor"],"withhold":true}`),
	}})
	return &Room{off: off, rules: restriction.Compile(all), book: &jurisdiction.Book{}}, nil
}

// bounds are the house's restrictions as a session comes with them.
type bounds struct {
	room *Room
	who  restriction.Who
	now  func() time.Time
}

// Judge implements identity.Bounds.
func (b bounds) Judge(action string, allowed bool) bool {
	_, kept := b.room.rules.Judge(&b.who, policy.Action(action), b.now().UnixMicro())
	return allowed && !kept
}

// clerk is a member of staff.
type clerk struct {
	identity.Principal
	restrained bool
}

// fresh is a house at its beginning.
func (r *Room) fresh() *world {
	r.made++
	n := strconv.FormatUint(r.made, 36)
	w := &world{room: r, now: epoch()}
	w.oracle = newOracle(w)
	w.store = newStore(w)
	for _, name := range []string{"a", "b"} {
		who := identity.Principal{Kind: identity.Customer, ID: "c-" + name + n, Level: identity.AL1}
		w.customers = append(w.customers, who)
		w.store.join(who, n)
	}
	for _, of := range []struct {
		name string
		role identity.Role
	}{{"super1", identity.Supervisor}, {"super2", identity.Supervisor}, {"owner", identity.Owner}, {"agent", identity.Agent}, {"admin", identity.Admin}, {"owner2", identity.Owner}} {
		w.clerks = append(w.clerks, &clerk{Principal: identity.Principal{Kind: identity.Staff, ID: of.name + n, Role: of.role}})
	}
	var store privacy.Store = w.store
	if r.off == Hold {
		store = unheld{w.store}
	}
	w.flow = privacy.New(privacy.Deps{Store: store, Book: r.book, Clock: w.clock})
	return w
}

// opened begins a case of a customer's, which somebody has confirmed.
func opened(id string, who identity.Principal, talk string, t jurisdiction.Type, ask cases.Request, at int64) (*cases.Case, error) {
	c := cases.New(cases.Head{ID: id, Reference: id, CustomerID: who.ID})
	by := cases.ByOf(identity.SystemPart("cases"))
	for _, e := range []cases.Event{
		{Kind: cases.Opened, Data: cases.Data{Type: t, Request: ask, Channel: "chat", Conversation: talk}},
		{Kind: cases.Confirmed, Data: cases.Data{Type: t, Request: ask, Jurisdiction: "none", Version: 1}},
	} {
		e.At, e.When, e.By = at, at, by
		if err := c.Apply(e); err != nil {
			return nil, err
		}
	}
	return c, nil
}
