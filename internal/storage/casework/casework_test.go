package casework_test

import (
	"context"
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kefu/content"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/casework"
	"kefu/internal/storage/storagetest"
)

type house struct {
	*testing.T
	*storagetest.Process
	*storagetest.Deployment
	b          *jurisdiction.Book
	anna, boss identity.Principal
	conv       string
}

func ctx() context.Context { return context.Background() }

func part() identity.Principal { return identity.SystemPart("cases") }

func each(t *testing.T, run func(h *house)) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := &house{T: t, Process: d.Open(t), Deployment: d, b: book(t, "")}
		h.anna = h.SignIn("cust-anna")
		h.anna.Level = identity.AL1
		h.conv = h.Begin(h.anna, "en")
		h.boss = h.member(identity.Supervisor)
		run(h)
	})
}

// book is the packs; with a holiday more, when a day is given.
func book(t *testing.T, holiday string) *jurisdiction.Book {
	t.Helper()
	sub, err := fs.Sub(content.Jurisdictions, "jurisdictions")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	err = fs.WalkDir(sub, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(sub, name)
		if holiday != "" && strings.HasPrefix(name, "calendars/eu") {
			data = append(data, "  \""+holiday+"\": Unexpected\n"...)
		}
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := jurisdiction.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) member(role identity.Role) identity.Principal {
	h.Helper()
	who := id.New()
	h.must(h.AddStaff(ctx(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: who, Email: who, Name: "Who", Role: role}}))
	return identity.Principal{Kind: identity.Staff, ID: who, Role: role}
}

func (h *house) open(about jurisdiction.Type, origin string) *cases.Case {
	h.Helper()
	c, err := h.AddCase(ctx(), part(), cases.Head{ID: id.New(), Reference: "K-" + id.New()[:8], CustomerID: h.anna.ID}, origin, h.b, cases.Event{
		Kind: cases.Opened, Data: cases.Data{Type: about, Channel: "chat", Conversation: h.conv, Language: "en", Jurisdiction: "eu", Version: 1},
	})
	h.must(err)
	return c
}

func (h *house) add(p identity.Principal, c *cases.Case, k cases.Kind, data cases.Data) *cases.Case {
	h.Helper()
	c, err := h.try(p, c, k, data)
	h.must(err)
	return c
}

func (h *house) try(p identity.Principal, c *cases.Case, k cases.Kind, data cases.Data) (*cases.Case, error) {
	return h.ChangeCase(ctx(), p, c.ID, int64(len(c.Events)), h.b, func(*cases.Case, int64) ([]cases.Event, error) {
		return []cases.Event{{Kind: k, Data: data}}, nil
	})
}

func TestACaseIsFoundAsItWasKept(t *testing.T) {
	each(t, func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "run:1")
		again := h.open(jurisdiction.Scam, "run:1")
		if again.ID != c.ID || again.Type != jurisdiction.Unauthorised {
			h.Errorf("the same origin twice: %s %s", again.ID, again.Type)
		}
		c = h.add(h.boss, c, cases.Confirmed, cases.Data{Type: jurisdiction.Unauthorised, Jurisdiction: "eu", Version: 1})
		c = h.add(h.boss, c, cases.Noted, cases.Data{Text: "words"})
		got, err := h.Case(ctx(), h.boss, c.ID)
		h.must(err)
		if !reflect.DeepEqual(got, c) || got.Events[1].By != cases.ByOf(h.boss) || got.Events[2].Text != "words" {
			h.Errorf("%+v\n%+v", got, c)
		}
		if _, err := h.try(h.boss, again, cases.Noted, cases.Data{Text: "late"}); fault.FieldOf(err) != "revision" {
			h.Errorf("who saw an old case: %v", err)
		}
		var sealed string
		h.Scan(h.T, "SELECT COUNT(*) FROM case_event WHERE seq = 3", &sealed)
		if sealed != "1" {
			h.Errorf("%s third events", sealed)
		}
	})
}

// Whoever is first is first; an event that is refused leaves nothing behind.
func TestManyAtOnce(t *testing.T) {
	each(t, func(h *house) {
		c := h.open(jurisdiction.Complaint, "")
		var wait sync.WaitGroup
		var mu sync.Mutex
		done := 0
		for range 10 {
			wait.Go(func() {
				_, err := h.try(h.boss, c, cases.Noted, cases.Data{Text: "once"})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					done++
				} else if fault.FieldOf(err) != "revision" {
					h.Error(err)
				}
			})
		}
		wait.Wait()
		got, err := h.Case(ctx(), part(), c.ID)
		h.must(err)
		if done != 1 || len(got.Events) != 2 {
			h.Errorf("%d were first, %d events", done, len(got.Events))
		}
		failed := errors.New("in the middle")
		_, err = h.ChangeCase(ctx(), h.boss, c.ID, casework.AnyRevision, h.b, func(*cases.Case, int64) ([]cases.Event, error) { return nil, failed })
		if !errors.Is(err, failed) {
			h.Error(err)
		}
		_, err = h.ChangeCase(ctx(), h.boss, c.ID, casework.AnyRevision, h.b, func(*cases.Case, int64) ([]cases.Event, error) {
			return []cases.Event{{Kind: cases.Noted, Data: cases.Data{Text: "first"}}, {Kind: cases.Decided}}, nil
		})
		if err == nil {
			h.Error("half of two events was taken")
		}
		if got, err = h.Case(ctx(), part(), c.ID); err != nil || len(got.Events) != 2 {
			h.Errorf("%d events, %v", len(got.Events), err)
		}
	})
}

func TestWhoseCaseItIs(t *testing.T) {
	each(t, func(h *house) {
		c := h.open(jurisdiction.Complaint, "")
		other := h.SignIn("cust-ben")
		other.Level = identity.AL1
		theirs := h.Begin(other, "en")
		if _, err := h.Case(ctx(), other, c.ID); !fault.Is(err, fault.NotFound) {
			h.Errorf("another customer reads it: %v", err)
		}
		if rows, err := h.ListCases(ctx(), other, cases.Query{List: cases.Due, CustomerID: h.anna.ID}); err != nil || len(rows) != 0 {
			h.Errorf("another customer is listed it: %v %v", rows, err)
		}
		if _, err := h.try(h.boss, c, cases.Linked, cases.Data{Conversation: theirs}); !fault.Is(err, fault.NotFound) {
			h.Errorf("another's conversation is linked: %v", err)
		}
		for kind, data := range map[cases.Kind]cases.Data{cases.Noted: {Text: "x"}, cases.Added: {}, cases.Informed: {Text: "x"}} {
			data.Conversation, data.Entry = theirs, 1
			if _, err := h.try(h.boss, c, kind, data); !fault.Is(err, fault.NotFound) {
				h.Fatalf("%s points to another's conversation: %v", kind, err)
			}
		}
		if _, err := h.AddCase(ctx(), h.anna, cases.Head{ID: id.New(), Reference: "K-1", CustomerID: h.anna.ID}, "", h.b, cases.Event{Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.Complaint, Channel: "chat", Conversation: theirs}}); !fault.Is(err, fault.NotFound) {
			h.Errorf("a case of another's conversation: %v", err)
		}
		mine, yours := h.member(identity.Agent), h.member(identity.Agent)
		c = h.add(mine, c, cases.Assigned, cases.Data{Staff: mine.ID})
		if _, err := h.try(yours, c, cases.Noted, cases.Data{Text: "x"}); !fault.Is(err, fault.Forbidden) {
			h.Errorf("a colleague's case: %v", err)
		}
		c = h.add(mine, c, cases.Noted, cases.Data{Text: "x"})
		if rows, err := h.ListCases(ctx(), mine, cases.Query{List: cases.Mine, Limit: 9}); err != nil || len(rows) != 1 || rows[0].ID != c.ID {
			h.Errorf("%v %v", rows, err)
		}
		if _, err := h.try(h.anna, c, cases.Noted, cases.Data{Text: "x"}); fault.ReasonOf(err) != "staff" {
			h.Errorf("the customer writes for staff: %v", err)
		}
		h.add(h.anna, c, cases.Withdrawn, cases.Data{})
	})
}

// What no act in the wallet shows, a supervisor answers for, and it counts from when they
// did; an act is in one case.
func TestMoneyIsBelievedFromAnActOrASupervisor(t *testing.T) {
	each(t, func(h *house) {
		one, two := h.open(jurisdiction.Unauthorised, ""), h.open(jurisdiction.Unauthorised, "")
		mei := h.member(identity.Agent)
		sum, err := wallet.Parse("5.00", "EUR", 2)
		h.must(err)
		credit := func(p identity.Principal, c *cases.Case, act string) (*cases.Case, error) {
			return h.ChangeCase(ctx(), p, c.ID, casework.AnyRevision, h.b, func(*cases.Case, int64) ([]cases.Event, error) {
				return []cases.Event{{Kind: cases.Credited, When: one.OpenedAt, Data: cases.Data{Amount: &sum, Act: act, Reason: "by the bank"}}}, nil
			})
		}
		h.Clock.Move(72 * time.Hour)
		if _, err := credit(mei, one, ""); !fault.Is(err, fault.Forbidden) {
			h.Errorf("an agent's word: %v", err)
		}
		c, err := credit(h.boss, one, "")
		h.must(err)
		if c.Credit.At != h.Clock.Micros() {
			h.Errorf("credited at %d as was asked for, now is %d", c.Credit.At, h.Clock.Micros())
		}
		act := id.New()
		if c, err = credit(mei, one, act); err != nil || c.Credit.At != one.OpenedAt {
			h.Errorf("by an act: %v", err)
		}
		for _, again := range []*cases.Case{one, two} {
			if _, err := credit(mei, again, act); fault.ReasonOf(err) != "act_used" {
				h.Errorf("the same act again: %v", err)
			}
		}
		c = h.add(h.boss, c, cases.Confirmed, cases.Data{Type: jurisdiction.Unauthorised, Jurisdiction: "eu", Version: 1})
		c = h.add(h.boss, c, cases.Decided, cases.Data{Outcome: cases.Upheld, Reason: "x"})
		if _, err := h.try(mei, c, cases.Corrected, cases.Data{Reason: "x"}); !fault.Is(err, fault.Forbidden) {
			h.Errorf("an agent's word that it is corrected: %v", err)
		}
		h.add(mei, c, cases.Corrected, cases.Data{Act: act})
	})
}

// A case is given to who can lead it, or to nobody.
func TestWhomACaseIsGiven(t *testing.T) {
	each(t, func(h *house) {
		gone, outside := h.member(identity.Agent), h.member(identity.OutsideAgent)
		h.Exec(h.T, "UPDATE staff SET disabled_at = 1 WHERE id = $1", gone.ID)
		open := func(staff string) *cases.Case {
			c, err := h.AddCase(ctx(), part(), cases.Head{ID: id.New(), Reference: "K-" + id.New()[:8], CustomerID: h.anna.ID}, "", h.b, cases.Event{
				Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.Complaint, Channel: "chat", Conversation: h.conv, Staff: staff},
			})
			h.must(err)
			return c
		}
		mei := h.member(identity.Agent)
		c := open(mei.ID)
		if c.Assignee != mei.ID {
			h.Errorf("opened for %q", c.Assignee)
		}
		for name, who := range map[string]string{"who left": gone.ID, "an outside agent": outside.ID, "an auditor": h.member(identity.Auditor).ID, "nobody there is": "made-up"} {
			if _, err := h.try(h.boss, c, cases.Assigned, cases.Data{Staff: who}); fault.ReasonOf(err) != "cannot_lead" {
				h.Errorf("given to %s: %v", name, err)
			}
			if c := open(who); c.Assignee != "" || c.Events[0].Staff != "" {
				h.Errorf("opened for %s: %q", name, c.Assignee)
			}
		}
		c = h.add(h.boss, c, cases.Assigned, cases.Data{Staff: h.boss.ID})
		if c = h.add(h.boss, c, cases.Assigned, cases.Data{}); c.Assignee != "" {
			h.Errorf("given back, and it is %q", c.Assignee)
		}
	})
}

// A request about data is decided by who leads such requests, as everything else is by whoever
// leads the case; the privacy officer knows of nothing else, in a list, by its id or counted.
func TestWhoDecidesRequestsAboutData(t *testing.T) {
	each(t, func(h *house) {
		granted := cases.Data{Outcome: cases.Refused, Reason: "it rests on the law"}
		for role, want := range map[identity.Role]bool{identity.Privacy: true, identity.Supervisor: true, identity.Owner: true, identity.Agent: false, identity.SecondLine: false, identity.Disputes: false, identity.Fraud: false} {
			who := h.member(role)
			for about, may := range map[jurisdiction.Type]bool{jurisdiction.DataRequest: want, jurisdiction.Complaint: role != identity.Privacy} {
				c := h.open(about, "")
				data := cases.Data{Type: about, Jurisdiction: "eu", Version: 1}
				if about == jurisdiction.DataRequest {
					data.Request = cases.Objection
				}
				c = h.add(h.boss, c, cases.Confirmed, data)
				if _, err := h.try(who, c, cases.Decided, granted); (err == nil) != may || (err != nil && !fault.Is(err, fault.Forbidden) && (role != identity.Privacy || !fault.Is(err, fault.NotFound))) {
					h.Errorf("%s decides a %s: %v", role, about, err)
				}
				knows := role != identity.Privacy || about == jurisdiction.DataRequest
				_, err := h.Case(ctx(), who, c.ID)
				rows, all := h.ListCases(ctx(), who, cases.Query{List: cases.All, CustomerID: h.anna.ID, Limit: cases.MaxPage})
				listed := slices.ContainsFunc(rows, func(r cases.Row) bool { return r.ID == c.ID })
				due, counts := h.CountCases(ctx(), who)
				if all != nil || counts != nil || (err == nil) != knows || listed != knows || (due[cases.Due] == 1) != knows {
					h.Errorf("%s knows of a %s: %v, %v, %v %v %v", role, about, err, rows, due, all, counts)
				}
				h.Exec(h.T, "UPDATE case_file SET over_at = 1") // so that there may be another
			}
		}
	})
}

func TestTooManyAtOnce(t *testing.T) {
	each(t, func(h *house) {
		for range cases.MaxOpen {
			h.open(jurisdiction.Complaint, "")
		}
		_, err := h.AddCase(ctx(), part(), cases.Head{ID: id.New(), Reference: "K-x", CustomerID: h.anna.ID}, "", h.b, cases.Event{Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.Complaint, Channel: "chat"}})
		if !fault.Is(err, fault.TooMany) {
			h.Error(err)
		}
	})
}

func TestLists(t *testing.T) {
	each(t, func(h *house) {
		far := h.open(jurisdiction.Scam, "")        // the house's day
		near := h.open(jurisdiction.Complaint, "")  // likewise
		closed := h.open(jurisdiction.Merchant, "") // over
		h.add(h.boss, closed, cases.Closed, cases.Data{Reason: "no case"})
		none := h.open(jurisdiction.DataRequest, "")
		for _, c := range []*cases.Case{far, near} {
			h.add(h.boss, c, cases.Confirmed, cases.Data{Type: c.Type, Jurisdiction: "eu", Version: 1})
		}
		h.Clock.Move(time.Hour)
		list := func(q cases.Query) (out []string) {
			h.Helper()
			for {
				q.Limit = 1 // one a page
				rows, err := h.ListCases(ctx(), h.boss, q)
				h.must(err)
				if len(rows) == 0 {
					return out
				}
				out = append(out, rows[0].ID)
				q.Before = rows[0].ID
			}
		}
		same := func(name string, got []string, want ...*cases.Case) {
			h.Helper()
			var ids []string
			for _, c := range want {
				ids = append(ids, c.ID)
			}
			slices.Sort(ids)
			slices.Sort(got)
			if !slices.Equal(got, ids) {
				h.Errorf("%s: %v, want %v", name, got, ids)
			}
		}
		same("due", list(cases.Query{List: cases.Due}), far, near, none)
		same("over", list(cases.Query{List: cases.Over}), closed)
		same("unconfirmed", list(cases.Query{List: cases.Unconfirmed}), none)
		same("late", list(cases.Query{List: cases.Late}))
		same("of the customer", list(cases.Query{List: cases.All, CustomerID: h.anna.ID}), far, near, none, closed)
		same("of the conversation", list(cases.Query{List: cases.All, Conversation: h.conv}), far, near, none, closed)
		if _, err := h.ListCases(ctx(), h.boss, cases.Query{List: cases.All}); !fault.Is(err, fault.Invalid) {
			h.Errorf("everybody's at once: %v", err)
		}
		n, err := h.CountCases(ctx(), h.boss)
		if err != nil || n[cases.Due] != 3 || n[cases.Unconfirmed] != 1 || n[cases.Mine] != 0 {
			h.Errorf("%v %v", n, err)
		}
		h.Clock.Move(10 * 24 * time.Hour)
		for {
			rang, err := h.RingCases(ctx(), part(), h.b, 2)
			h.must(err)
			if len(rang) == 0 {
				break
			}
		}
		same("late", list(cases.Query{List: cases.Late}), far, near, none)
		if open, late, err := h.CountLateCases(ctx()); open != 3 || late != 3 || err != nil {
			h.Errorf("%d %d %v", open, late, err)
		}
	})
}

// After an outage what was missed rings once, the earliest first; nothing rings twice.
func TestClocksRingOnceAndInTheirOrder(t *testing.T) {
	each(t, func(h *house) {
		first := h.open(jurisdiction.Unauthorised, "")
		h.Clock.Move(3 * time.Hour)
		second := h.open(jurisdiction.Unauthorised, "")
		at, err := h.NextCaseRing(ctx())
		h.must(err)
		if at == 0 {
			h.Fatal("nothing will ring")
		}
		if rang, err := h.RingCases(ctx(), part(), h.b, 10); err != nil || len(rang) != 0 {
			h.Errorf("before its time: %v %v", rang, err)
		}
		h.Clock.Move(30 * 24 * time.Hour)
		rang, err := h.RingCases(ctx(), part(), h.b, 1)
		h.must(err)
		if len(rang) == 0 || rang[0].Case.ID != first.ID {
			h.Fatalf("the first to ring is not the one that was due first: %v", rang)
		}
		for _, r := range rang {
			if r.Step != jurisdiction.Broken || r.Clock.State != sla.Breached {
				h.Errorf("%s rang at %s, %s", r.Clock.Key(), r.Step, r.Clock.State)
			}
		}
		rang, err = h.RingCases(ctx(), part(), h.b, 10)
		h.must(err)
		if len(rang) == 0 || rang[0].Case.ID != second.ID {
			h.Errorf("%v", rang)
		}
		if rang, err = h.RingCases(ctx(), part(), h.b, 10); err != nil || len(rang) != 0 {
			h.Errorf("again: %v %v", rang, err)
		}
		h.add(h.boss, first, cases.Noted, cases.Data{Text: "an event writes the clocks anew"})
		if rang, err = h.RingCases(ctx(), part(), h.b, 10); err != nil || len(rang) != 0 {
			h.Errorf("after an event: %v %v", rang, err)
		}
	})
}

// A holiday that is added later moves what is due, and says so in the audit chain.
func TestOtherCalendarsAreReckonedAnew(t *testing.T) {
	each(t, func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "")
		before := c.IndexOf(h.b, h.Clock.Now().UnixMicro(), nil).DueAt
		if n, err := h.ReckonCases(ctx(), part(), h.b, 10); n != 0 || err != nil {
			h.Errorf("%d were reckoned for nothing, %v", n, err)
		}
		day := time.UnixMicro(before).In(time.FixedZone("x", 3600)).Format(time.DateOnly)
		other := book(h.T, day)
		n, err := h.ReckonCases(ctx(), part(), other, 10)
		if n != 1 || err != nil {
			h.Fatalf("%d %v", n, err)
		}
		rows, err := h.ListCases(ctx(), h.boss, cases.Query{List: cases.Due, Limit: 1})
		h.must(err)
		if rows[0].DueAt <= before {
			h.Errorf("due %d, before %d", rows[0].DueAt, before)
		}
		if n, err := h.ReckonCases(ctx(), part(), other, 10); n != 0 || err != nil {
			h.Errorf("%d again, %v", n, err)
		}
	})
}

func TestHowManyCasesAreKept(t *testing.T) {
	each(t, func(h *house) {
		if held, err := h.KeptCases(ctx(), part(), h.anna.ID); err != nil || len(held) != 0 {
			h.Errorf("of somebody without any: %+v, %v", held, err)
		}
		h.open(jurisdiction.Complaint, "")
		c := h.open(jurisdiction.Complaint, "")
		h.add(h.boss, c, cases.Closed, cases.Data{Reason: "no case"})
		held, err := h.KeptCases(ctx(), part(), h.anna.ID)
		h.must(err)
		if len(held) != 1 || held[0].Jurisdiction != "eu" || held[0].Cases != 2 || held[0].Open != 1 || held[0].Until <= h.Clock.Micros() {
			h.Errorf("kept: %+v", held)
		}
	})
}

func TestFiguresAndTheEnd(t *testing.T) {
	each(t, func(h *house) {
		c := h.open(jurisdiction.Complaint, "")
		c = h.add(h.boss, c, cases.Confirmed, cases.Data{Type: jurisdiction.Complaint, Jurisdiction: "eu", Version: 1})
		h.Clock.Move(48 * time.Hour)
		c = h.add(h.boss, c, cases.Decided, cases.Data{Outcome: cases.Refused, Reason: "x"})
		c = h.add(h.boss, c, cases.Written, cases.Data{Letter: jurisdiction.Refusal, Title: "t", Text: "x", Language: "en"})
		h.add(h.boss, c, cases.Closed, cases.Data{})
		now := h.Clock.Now().UnixMicro()
		all, err := h.CaseFigures(ctx(), h.boss, now-90*24*3_600_000_000, now+1)
		h.must(err)
		if len(all) != 1 || all[0].Outcome != cases.Refused || all[0].AnsweredAt-all[0].NoticedAt != 48*3_600_000_000 {
			h.Errorf("%+v", all)
		}
		if _, err := h.CaseFigures(ctx(), h.member(identity.Agent), 0, now); !fault.Is(err, fault.Forbidden) {
			h.Errorf("an agent: %v", err)
		}
		h.must(h.PurgeCases(ctx(), 10))
		if _, err := h.Case(ctx(), part(), c.ID); err != nil {
			h.Errorf("what is to be kept is gone: %v", err)
		}
		h.Clock.Move(85 * 31 * 24 * time.Hour)
		h.must(h.PurgeCases(ctx(), 10))
		if _, err := h.Case(ctx(), part(), c.ID); !fault.Is(err, fault.NotFound) {
			h.Errorf("after seven years: %v", err)
		}
		for _, table := range []string{"case_file", "case_event", "case_clock", "case_conversation", "case_act"} {
			var n int
			if h.Scan(h.T, "SELECT COUNT(*) FROM "+table, &n); n != 0 {
				h.Errorf("%d rows are left in %s", n, table)
			}
		}
		forgotten := 0
		for e, err := range h.AuditEntries(ctx(), identity.SystemPart("cli")) {
			h.must(err)
			if e.Action == "case.forget" && e.Object.ID == c.ID && e.Subject != "" {
				forgotten++
			}
		}
		if forgotten != 1 {
			h.Errorf("%d records say that it was forgotten", forgotten)
		}
	})
}
