package cases_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

func book(t testing.TB) *jurisdiction.Book {
	t.Helper()
	sub, err := fs.Sub(content.Jurisdictions, "jurisdictions")
	if err != nil {
		t.Fatal(err)
	}
	b, err := jurisdiction.Load(sub)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// desk is a case that a test goes on with, and a clock.
type desk struct {
	*testing.T
	*cases.Case
	b   *jurisdiction.Book
	now int64
}

const hour, day = int64(3_600_000_000), 24 * int64(3_600_000_000)

var (
	agent    = cases.By{Kind: identity.Staff, ID: "s1"}
	customer = cases.By{Kind: identity.Customer, ID: "c1"}
)

func begin(t *testing.T, about jurisdiction.Type, law, zone, wall string) *desk {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", wall, z)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, b: book(t), now: at.UnixMicro(), Case: cases.New(cases.Head{ID: "k", Reference: "K-1", CustomerID: "c1"})}
	d.add(cases.Opened, customer, cases.Data{Type: about, Channel: "chat", Conversation: "v1", Language: "en"})
	if law != "" {
		d.add(cases.Confirmed, agent, cases.Data{Type: about, Jurisdiction: law, Version: 1})
	}
	return d
}

func (d *desk) try(k cases.Kind, by cases.By, data cases.Data) error {
	d.Helper()
	e := cases.Event{Kind: k, At: d.now, When: d.now, By: by, Data: data}
	if err := d.Check(d.b, e); err != nil {
		return err
	}
	return d.Apply(e)
}

func (d *desk) add(k cases.Kind, by cases.By, data cases.Data) {
	d.Helper()
	if err := d.try(k, by, data); err != nil {
		d.Fatalf("%s: %v", k, err)
	}
}

func (d *desk) pass(us int64) { d.now += us }

func (d *desk) refused(why string, k cases.Kind, by cases.By, data cases.Data) {
	d.Helper()
	before := len(d.Events)
	err := d.try(k, by, data)
	if got := fault.ReasonOf(err); err == nil || (got != why && fault.FieldOf(err) != why) {
		d.Errorf("%s: %v, want %s", k, err, why)
	}
	if len(d.Events) != before {
		d.Errorf("%s was refused and is there", k)
	}
}

func euros(t testing.TB, text string) *wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

func letter(l jurisdiction.Letter) cases.Data {
	return cases.Data{Letter: l, Title: "title", Text: "text", Language: "en"}
}

// A scam in the United Kingdom, from the first word to the letter after an appeal.
func TestACaseFromBeginningToEnd(t *testing.T) {
	d := begin(t, jurisdiction.Scam, "", "Europe/London", "2026-06-01 10:00")
	if o := d.Outlook(d.b, d.now); d.Stage != cases.Reported || o.Next != cases.NextConfirm || o.By != 0 || d.Clocks(d.b, d.now) != nil {
		t.Errorf("before anybody looked: %s %+v", d.Stage, o)
	}
	d.refused("no_jurisdiction", cases.Asked, agent, cases.Data{Items: []string{"police_report"}})
	d.refused("jurisdiction", cases.Confirmed, agent, cases.Data{Type: jurisdiction.Scam, Jurisdiction: "uk", Version: 7})
	d.add(cases.Confirmed, agent, cases.Data{Type: jurisdiction.Scam, Jurisdiction: "uk", Version: 1})
	d.add(cases.Assigned, agent, cases.Data{Staff: "s1"})
	o := d.Outlook(d.b, d.now)
	if o.Next != cases.NextInvestigate || o.Clock == nil || o.Clock.ID != "acknowledge" || o.Late {
		t.Errorf("confirmed: %+v", o)
	}
	d.add(cases.Written, agent, letter(jurisdiction.Acknowledgement))
	if o = d.Outlook(d.b, d.now); o.Clock == nil || o.Clock.ID != "update" && o.Clock.ID != "reimburse" {
		t.Errorf("acknowledged: %+v", o.Clock)
	}

	d.pass(2 * day) // Wednesday
	d.refused("nothing_asked", cases.Paused, agent, cases.Data{Reason: "customer_information"})
	d.add(cases.Asked, agent, cases.Data{Items: []string{"police_report", "messages"}})
	d.add(cases.Paused, agent, cases.Data{Reason: "customer_information"})
	d.refused("paused", cases.Paused, agent, cases.Data{Reason: "customer_information"})
	d.refused("reason", cases.Paused, agent, cases.Data{Reason: "lunch"})
	o = d.Outlook(d.b, d.now)
	if d.Stage != cases.Waiting || o.Next != cases.NextYourTurn || len(o.Needs) != 2 || o.Stands != "customer_information" {
		t.Errorf("asked: %s %+v", d.Stage, o)
	}
	d.refused("not_asked", cases.Received, customer, cases.Data{Items: []string{"account"}})
	d.pass(10 * day)
	d.add(cases.Received, customer, cases.Data{Items: []string{"police_report"}})
	if d.Stage != cases.Waiting {
		t.Errorf("one of two is here: %s", d.Stage)
	}
	d.add(cases.Dropped, agent, cases.Data{Items: []string{"messages"}, Reason: "deleted"})
	if d.Stage != cases.Investigating || d.Pauses[0].To == 0 {
		t.Errorf("all is here: %s %+v", d.Stage, d.Pauses)
	}

	d.refused("lacks", cases.Decided, agent, cases.Data{Outcome: cases.Refused, Reason: "no"})
	pack, _ := d.b.Find("uk", 1)
	if got := d.Lacks(pack); !slices.Equal(got, []string{"account", "receiving_provider", "vulnerable", "grossly_negligent"}) {
		t.Errorf("lacks %v", got)
	}
	d.add(cases.Received, agent, cases.Data{Items: []string{"account", "receiving_provider"}})
	d.add(cases.Found, agent, cases.Data{Fact: jurisdiction.Vulnerable})
	d.add(cases.Found, agent, cases.Data{Fact: jurisdiction.Negligent, Holds: true})
	d.refused("outcome", cases.Decided, agent, cases.Data{Outcome: "perhaps", Reason: "no"})
	d.refused("staff", cases.Decided, customer, cases.Data{Outcome: cases.Upheld, Reason: "yes"})
	d.refused("not_answered", cases.Closed, agent, cases.Data{})
	d.add(cases.Decided, agent, cases.Data{Outcome: cases.Refused, Reason: "no"})
	d.refused("decided", cases.Decided, agent, cases.Data{Outcome: cases.Upheld, Reason: "yes"})
	d.refused("decided", cases.Confirmed, agent, cases.Data{Type: jurisdiction.Mistake, Jurisdiction: "uk", Version: 1, Reason: "x"})
	d.refused("not_decided", cases.Written, agent, letter(jurisdiction.Approval))
	d.refused("not_answered", cases.Appealed, customer, cases.Data{Text: "unfair"})
	if d.Stage != cases.WasDecided || d.Outlook(d.b, d.now).Next != cases.NextTell {
		t.Errorf("decided: %s", d.Stage)
	}
	d.add(cases.Written, agent, letter(jurisdiction.Refusal))
	d.add(cases.Closed, agent, cases.Data{})
	d.refused("over", cases.Found, agent, cases.Data{Fact: jurisdiction.Vulnerable})
	if d.Stage != cases.Ended || d.IndexOf(d.b, d.now, nil).KeepTill == 0 {
		t.Errorf("closed: %s", d.Stage)
	}

	d.pass(day)
	d.add(cases.Appealed, customer, cases.Data{Text: "unfair"})
	if d.Stage != cases.Investigating || d.Appeals != 1 || d.OverAt != 0 {
		t.Errorf("appealed: %s", d.Stage)
	}
	d.add(cases.Decided, agent, cases.Data{Outcome: cases.PartlyUpheld, Reason: "half", Amount: euros(t, "5.00")})
	d.add(cases.Written, agent, letter(jurisdiction.PartApproval))
	d.add(cases.Closed, agent, cases.Data{})
	if d.Decision.Outcome != cases.PartlyUpheld || d.Stage != cases.Ended {
		t.Errorf("%+v", d.Decision)
	}
}

// A case that is taken back has no clocks any more: staff say by which words of the
// customer's, and after the decision nobody does.
func TestTakingBack(t *testing.T) {
	d := begin(t, jurisdiction.Complaint, "eu", "Europe/Berlin", "2026-06-01 10:00")
	words := cases.Data{Conversation: "v1", Entry: 4, Reason: "found the money"}
	d.refused("entry", cases.Withdrawn, agent, words) // the notice itself
	d.pass(hour)
	for why, change := range map[string]func(*cases.Data){
		"entry":  func(data *cases.Data) { data.Entry = 0 },
		"conv":   func(data *cases.Data) { data.Conversation = "v2" },
		"reason": func(data *cases.Data) { data.Reason = "" },
	} {
		data := words
		change(&data)
		d.refused(why, cases.Withdrawn, agent, data)
	}
	d.add(cases.Decided, agent, cases.Data{Outcome: cases.Upheld, Reason: "yes"})
	d.refused("decided", cases.Withdrawn, agent, words)
	d.refused("decided", cases.Withdrawn, customer, cases.Data{})
	d.add(cases.Written, agent, letter(jurisdiction.Approval))
	d.add(cases.Appealed, customer, cases.Data{Text: "more"})
	d.add(cases.Withdrawn, agent, words)
	if d.Stage != cases.TakenBack {
		t.Errorf("taken back: %s", d.Stage)
	}
	e := begin(t, jurisdiction.Complaint, "eu", "Europe/Berlin", "2026-06-01 10:00")
	e.add(cases.Withdrawn, customer, cases.Data{})
}

func TestMoneyForTheTimeBeing(t *testing.T) {
	d := begin(t, jurisdiction.Unauthorised, "us", "America/New_York", "2026-11-02 10:00")
	state := func(key string) sla.ClockState {
		for _, r := range d.Clocks(d.b, d.now) {
			if r.Key() == key {
				return r.State
			}
		}
		return ""
	}
	d.refused("no_credit", cases.Written, agent, letter(jurisdiction.CreditGiven))
	d.refused("amount", cases.Credited, agent, cases.Data{})
	d.pass(day)
	d.add(cases.Credited, agent, cases.Data{Amount: euros(t, "50.00"), Act: "a1"})
	d.refused("act_used", cases.Credited, agent, cases.Data{Amount: euros(t, "50.00"), Act: "a1"})
	if state("decide") != sla.Met || state("decide_credited") != sla.Running || state("tell_credit") != sla.Running {
		t.Errorf("%s %s %s", state("decide"), state("decide_credited"), state("tell_credit"))
	}
	d.add(cases.Written, agent, letter(jurisdiction.CreditGiven))
	if state("tell_credit") != sla.Met {
		t.Errorf("told: %s", state("tell_credit"))
	}
	d.refused("not_refused", cases.CreditTaken, agent, cases.Data{Amount: euros(t, "50.00")})
	d.add(cases.Received, agent, cases.Data{Items: []string{"account", "sign_in"}})
	d.add(cases.Decided, agent, cases.Data{Outcome: cases.Refused, Reason: "it was them"})
	d.refused("amount", cases.CreditTaken, agent, cases.Data{Amount: euros(t, "50.01")})
	d.add(cases.CreditTaken, agent, cases.Data{Amount: euros(t, "50.00")})
	d.refused("no_credit", cases.CreditTaken, agent, cases.Data{Amount: euros(t, "50.00")})
	d.refused("not_upheld", cases.Corrected, agent, cases.Data{})
}

// F078: whoever is promised another time is told why, and no promise is later than the law.
func TestPromises(t *testing.T) {
	d := begin(t, jurisdiction.Unauthorised, "us", "America/New_York", "2026-11-02 10:00") // decided by the 17th
	d.refused("until", cases.Promised, agent, cases.Data{Until: d.now})
	d.refused("until", cases.Promised, agent, cases.Data{Until: d.now + 20*day})
	d.add(cases.Promised, agent, cases.Data{Until: d.now + 3*day})
	if o := d.Outlook(d.b, d.now); o.By != d.now+3*day && o.Clock == nil {
		t.Errorf("%+v", o)
	}
	d.add(cases.Written, agent, letter(jurisdiction.Acknowledgement))
	if o := d.Outlook(d.b, d.now); o.By != d.now+3*day || o.Clock != nil {
		t.Errorf("the nearer promise counts: %+v", o)
	}
	d.refused("reason", cases.Promised, agent, cases.Data{Until: d.now + 5*day})
	d.add(cases.Promised, agent, cases.Data{Until: d.now + 5*day, Reason: "the shop has not answered"})
	if o := d.Outlook(d.b, d.now); o.Reason == "" || o.By != d.now+5*day {
		t.Errorf("%+v", o)
	}
	d.pass(6 * day)
	if o := d.Outlook(d.b, d.now); !o.Late {
		t.Errorf("a promise that is over: %+v", o)
	}
}

// What is unverified is on the desk, and in nothing that a customer sees.
func TestAnUnverifiedNumberIsNoPromise(t *testing.T) {
	d := begin(t, jurisdiction.Complaint, "cn", "Asia/Shanghai", "2026-09-01 10:00")
	d.add(cases.Written, agent, letter(jurisdiction.Acknowledgement))
	var there bool
	for _, r := range d.Clocks(d.b, d.now) {
		there = there || r.ID == "answer"
	}
	if o := d.Outlook(d.b, d.now); !there || o.Clock == nil || o.Clock.ID != "update" {
		t.Errorf("%v %+v", there, o.Clock)
	}
}

func TestAnEarlierNoticeThatTurnsUp(t *testing.T) {
	d := begin(t, jurisdiction.Unauthorised, "eu", "Europe/Brussels", "2026-06-10 10:00")
	due := d.IndexOf(d.b, d.now, nil).DueAt
	if err := d.Apply(cases.Event{Kind: cases.Noticed, At: d.now, When: d.now - 2*day, By: agent, Data: cases.Data{Channel: "email", Conversation: "v2"}}); err != nil {
		t.Fatal(err)
	}
	if got := d.IndexOf(d.b, d.now, nil).DueAt; got != due-2*day || d.NoticedAt != d.now-2*day || d.Channel != "email" || !slices.Equal(d.Conversations, []string{"v1", "v2"}) {
		t.Errorf("%d %d %v", got, due, d.Conversations)
	}
	if err := d.Apply(cases.Event{Kind: cases.Noticed, At: d.now, When: d.now + 1, By: agent, Data: cases.Data{Channel: "email"}}); err == nil {
		t.Error("a notice of tomorrow is taken")
	}
}

// Random events: what was refused changed nothing, what was taken folds to the same, and
// survives being kept.
func TestACaseIsWhatItsEventsMakeIt(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	b := book(t)
	pick := func(n int) int { return random.IntN(n) }
	taken := map[cases.Kind]int{}
	second := cases.By{Kind: identity.Staff, ID: "s2"}
	for round := range 600 {
		at := int64(1_780_000_000_000_000)
		c := cases.New(cases.Head{ID: "k", Reference: "K-1", CustomerID: "c1"})
		for range 90 {
			at += int64(pick(int(day)))
			e := cases.Event{Kind: cases.Kinds()[pick(len(cases.Kinds()))], At: at, When: at - int64(pick(2))*int64(pick(int(day))), By: []cases.By{agent, customer, second}[pick(3)], Data: cases.Data{
				Type: jurisdiction.Types()[pick(6)], Jurisdiction: []string{"us", "eu", "uk", "cn"}[pick(4)], Version: 1, Channel: "chat", Conversation: []string{"", "v1", "v2"}[pick(3)],
				Entry: int64(pick(3)), Fact: jurisdiction.Facts()[pick(len(jurisdiction.Facts()))], Holds: pick(2) == 0, Items: []string{[]string{"account", "police_report", "order"}[pick(3)]},
				Reason: []string{"", "customer_information", "police", "words", ground}[pick(5)], Text: []string{"", "words"}[pick(2)], Until: at + int64(pick(int(3*day))), Amount: euros(t, "5.00"),
				Outcome: []cases.Outcome{cases.Upheld, cases.PartlyUpheld, cases.Refused}[pick(3)], Letter: jurisdiction.Letters()[pick(7)], Title: "t", Language: "en", Payments: []wallet.Reference{{ID: "tx"}},
			}}
			if len(c.Events) == 0 {
				e.Kind = cases.Opened
			}
			if round%3 == 0 && pick(2) == 0 {
				e.Type = jurisdiction.DataRequest
			}
			if e.Type == jurisdiction.DataRequest {
				e.Request = cases.Requests()[pick(len(cases.Requests()))]
			}
			before, _ := json.Marshal(c)
			err := c.Check(b, e)
			if err == nil {
				err = c.Apply(e)
			}
			if err != nil {
				if after, _ := json.Marshal(c); !bytes.Equal(before, after) {
					t.Fatalf("%s was refused and changed something", e.Kind)
				}
				continue
			}
			taken[e.Kind]++
			if c.Stage.Over() != (c.OverAt != 0) || !slices.Contains(cases.Stages(), c.Stage) {
				t.Fatalf("%s: %s, over %d", e.Kind, c.Stage, c.OverAt)
			}
		}
		again, err := cases.Fold(c.Head, c.Events)
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("folded anew it is another: %v", err)
		}
		now := at + int64(pick(int(90*day)))
		x := c.IndexOf(b, now, nil)
		if c.OverAt != 0 && (x.DueAt != 0 || x.Breached != 0) {
			t.Fatalf("what is over is due: %+v", x)
		}
		if o := c.Outlook(b, now); o.By != 0 && o.Next == cases.NextNothing {
			t.Fatalf("%+v", o)
		} else if o.Clock != nil && !o.Clock.Promisable() {
			t.Fatalf("promised: %+v", o.Clock)
		}
	}
	for _, k := range cases.Kinds() {
		if taken[k] == 0 {
			t.Errorf("the test never had %s", k)
		}
	}
	if _, err := cases.Fold(cases.Head{}, []cases.Event{{Kind: cases.Closed, At: 1, When: 1, By: agent}}); !fault.Is(err, fault.Internal) {
		t.Errorf("events that never could be: %v", err)
	}
}

func TestTheFiguresOfAYear(t *testing.T) {
	one := func(about jurisdiction.Type, took int64, o cases.Outcome, broken bool) cases.Counted {
		c := cases.Counted{Type: about, Jurisdiction: "eu", Outcome: o, NoticedAt: 1000, Broken: broken}
		if took > 0 {
			c.AnsweredAt = 1000 + took
		}
		return c
	}
	lines := cases.Year([]cases.Counted{
		one(jurisdiction.Complaint, 2*day, cases.Upheld, false), one(jurisdiction.Complaint, 4*day, cases.Refused, false), one(jurisdiction.Complaint, 30*day, cases.PartlyUpheld, true),
		one(jurisdiction.Complaint, 0, "", false), one(jurisdiction.Scam, 12*hour, cases.Upheld, false),
	})
	want := cases.Line{Jurisdiction: "eu", Type: jurisdiction.Complaint, Count: 4, Share: 80, Answered: 3, Upheld: 1, Partly: 1, Refused: 1, Broken: 1, MedianDays: 4, NinetyDays: 30}
	if len(lines) != 2 || lines[0] != want || lines[1].MedianDays != 0.5 {
		t.Errorf("%+v", lines)
	}
	lines = append(lines, cases.Line{Jurisdiction: "=cmd()", Type: "@x"})
	text, err := cases.CSV(2026, lines)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 4 || strings.Join(rows[1], ",") != "2026,eu,complaint,4,80.0,3,1,1,1,1,4.0,30.0" {
		t.Errorf("%q %v", rows, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@") {
				t.Errorf("%q is a formula", cell)
			}
		}
	}
	if got := cases.Year(nil); got != nil {
		t.Errorf("%v", got)
	}
}
