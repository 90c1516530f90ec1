package selfservice_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"kefu/internal/domain/selfservice"
	"kefu/internal/platform/fault"
)

// leading is a flow that asks for a payment and what it is, and goes on as the text says.
func leading(id, goesOn string) string {
	return `
id: ` + id + `
version: 1
title: {en: One, zh: 一}
about: {en: One, zh: 一}
needs: {level: 1, reads: transactions}
begin: pick
person: person
slots:
  payment: {type: payment}
  sort:
    type: choice
    options: [{id: a, label: {en: A, zh: 甲}}, {id: b, label: {en: B, zh: 乙}}]
steps:
  pick:
    choose: {from: payments, with: {which: recent}, into: payment}
    say: {en: "Which?", zh: "哪一笔？"}
    next: sort
    on: {none: person}
  sort:
    ask: {into: sort}
    say: {en: "What?", zh: "什么？"}
    next: on
  on:
    ` + goesOn + `
  person:
    hand_over: {reason: one, topic: {en: One, zh: 一}}
    say: {en: A person., zh: 人工。}
`
}

const ending = `end: {outcome: solved}
    say: {en: Good., zh: 好。}`

func loaded(t *testing.T, texts map[string]string) (*selfservice.Flows, error) {
	t.Helper()
	files := fstest.MapFS{}
	for id, text := range texts {
		files[id+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return selfservice.Load(files, selfservice.Reads{})
}

// What goes on in another flow that does not take it is refused when flows are loaded.
func TestFlowsThatGoOnInAnother(t *testing.T) {
	for name, c := range map[string]struct {
		on, other string // how FL2 goes on, and the text of FL6
		want      string // "" for nothing wrong
	}{
		"with a payment":           {"continue: {flow: FL6, with: {payment: payment}}", leading("FL6", ending), ""},
		"with a choice":            {"continue: {flow: FL6, with: {sort: sort}}", leading("FL6", ending), ""},
		"with nothing":             {"continue: {flow: FL6}", leading("FL6", ending), ""},
		"in none":                  {"continue: {flow: FL7}", leading("FL6", ending), "which is no flow"},
		"in no id":                 {"continue: {flow: refunds}", leading("FL6", ending), "no id of a flow"},
		"in itself":                {"continue: {flow: FL2}", leading("FL6", ending), "leads back to itself"},
		"in a circle":              {"continue: {flow: FL6}", leading("FL6", "continue: {flow: FL2}"), "leads back to itself"},
		"with what is no slot":     {"continue: {flow: FL6, with: {payment: twin}}", leading("FL6", ending), "no slot"},
		"with what is not taken":   {"continue: {flow: FL6, with: {twin: payment}}", leading("FL6", ending), "takes no payment"},
		"with another type":        {"continue: {flow: FL6, with: {payment: sort}}", leading("FL6", ending), "takes no choice"},
		"with an option too many":  {"continue: {flow: FL6, with: {sort: sort}}", strings.Replace(leading("FL6", ending), "{id: b,", "{id: c,", 1), "no such option"},
		"where more must be known": {"continue: {flow: FL6}", strings.Replace(leading("FL6", ending), "level: 1", "level: 2", 1), "needs level 2"},
		"and somewhere else too":   {"continue: {flow: FL6}\n    next: pick", leading("FL6", ending), "leads nowhere, or has a next"},
	} {
		_, err := loaded(t, map[string]string{"FL2": leading("FL2", c.on), "FL6": c.other})
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A run goes on in the other flow as one that began there, keeps what it knew, and has no
// way back behind it.
func TestARunGoesOnInAnotherFlow(t *testing.T) {
	flows, err := loaded(t, map[string]string{"FL2": leading("FL2", "continue: {flow: FL6, with: {payment: payment}}"), "FL6": leading("FL6", ending)})
	if err != nil {
		t.Fatal(err)
	}
	from, _ := flows.Get("FL2")
	to, _ := flows.Get("FL6")
	now := time.Unix(1_800_000_000, 0)
	payment := selfservice.Value{Type: selfservice.Payment, Payment: &selfservice.PaymentFact{ID: "tx-1", There: true}}
	turn, err := selfservice.Start(from, selfservice.Run{ID: "r"}, map[string]selfservice.Value{"payment": payment}, now)
	if err != nil || turn.Run.Step != "sort" {
		t.Fatalf("%+v %v", turn, err)
	}
	if turn, err = selfservice.Answer(from, turn.Run, selfservice.Input{Do: selfservice.Set, Text: "a"}, nil, now); err != nil {
		t.Fatal(err)
	}
	x := turn.Effect
	if x == nil || x.Kind != selfservice.KindContinue || x.Flow != "FL6" || x.Args["payment"].Ref() != "tx-1" || turn.Run.State != selfservice.Working {
		t.Fatalf("%+v", x)
	}
	if _, err := selfservice.Enter(from, from, turn.Run, nil, now); !fault.Is(err, fault.Conflict) {
		t.Errorf("into a flow that it does not go on in: %v", err)
	}
	if _, err := selfservice.Enter(from, to, turn.Run, map[string]selfservice.Value{"sort": payment}, now); !fault.Is(err, fault.Invalid) {
		t.Errorf("with what does not fit: %v", err)
	}
	next, err := selfservice.Enter(from, to, turn.Run, x.Args, now)
	if err != nil {
		t.Fatal(err)
	}
	r := next.Run
	if r.Flow != "FL6" || r.Digest != to.Digest() || r.Step != "sort" || r.State != selfservice.Asking || r.Slots["payment"].Ref() != "tx-1" || r.Slots["sort"].Text != "" {
		t.Errorf("%+v", r)
	}
	if len(r.Legs) != 1 || r.Legs[0].Flow != "FL2" || r.Legs[0].Slots["sort"].Text != "a" {
		t.Errorf("it left %+v", r.Legs)
	}
	if len(next.Views) != 1 || next.Views[0].Back {
		t.Errorf("there is a way back: %+v", next.Views)
	}
	if carried := selfservice.CarriedBefore(from, r.Legs[0]); len(carried) != 2 {
		t.Errorf("carried %+v", carried)
	}
	if _, err := selfservice.Enter(from, to, r, nil, now); !fault.Is(err, fault.Conflict) {
		t.Errorf("twice: %v", err)
	}
	over := turn.Run
	over.Legs = make([]selfservice.Leg, 8)
	if _, err := selfservice.Enter(from, to, over, nil, now); !fault.Is(err, fault.Invalid) {
		t.Errorf("through too many: %v", err)
	}
	// Where the wallet does not tell what the other one needs, a person comes.
	lost, err := selfservice.Resume(from, turn.Run, selfservice.Result{Step: "on", Outcome: "unavailable"}, now)
	if err != nil || lost.Run.State != selfservice.Handed || lost.Run.Outcome != "unavailable" {
		t.Errorf("%+v %v", lost.Run, err)
	}
}

// found is a flow that finds a payment by a read, and goes on as the text says.
func found(from, goesOn string) string {
	text := strings.Replace(leading("FL2", goesOn), "payment: {type: payment}", "payment: {type: entry}", 1)
	return strings.Replace(text, "choose: {from: payments, with: {which: recent}, into: payment}", "choose: {from: "+from+", with: {}, into: payment}", 1)
}

// An entry goes on as a payment only where its read says that it names one.
func TestAnEntryGoesOnAsWhatItNames(t *testing.T) {
	reads, err := selfservice.NewReads(selfservice.Read{Name: "found", List: true, Names: selfservice.Payment}, selfservice.Read{Name: "papers", List: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"names one":  {found("found", "continue: {flow: FL6, with: {payment: payment}}"), ""},
		"names none": {found("papers", "continue: {flow: FL6, with: {payment: payment}}"), "takes no entry"},
		"as a word":  {found("found", "continue: {flow: FL6, with: {sort: payment}}"), "takes no entry"},
	} {
		files := fstest.MapFS{"FL2.yaml": {Data: []byte(c.text)}, "FL6.yaml": {Data: []byte(leading("FL6", ending))}}
		_, err := selfservice.Load(files, reads)
		if (c.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for _, bad := range []selfservice.Read{{Name: "one", Names: selfservice.Payment}, {Name: "many", List: true, Names: selfservice.Device}} {
		if _, err := selfservice.NewReads(bad); !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v", bad.Name, err)
		}
	}
}
