package selfservice_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/platform/fault"
)

// proving is a run that waits for a proof, of the flow whole as changed.
func proving(t *testing.T, change ...string) *walk {
	t.Helper()
	w := &walk{t: t, d: parse(t, strings.NewReplacer(change...).Replace(whole))}
	turn, err := selfservice.Start(w.d, selfservice.Run{ID: "r-1", ConversationID: "c-1", CustomerID: "k-1"}, nil, now)
	w.took(turn, err).result(selfservice.Result{Items: []selfservice.Value{payment(t, "tx-1")}}).answer(selfservice.Set, "tx-1").result(selfservice.Result{Value: terms(t, true)})
	w.answer(selfservice.Set, "all").result(selfservice.Result{Value: act(t, "proposed")}).answer(selfservice.Confirm, "h-1")
	return w.result(selfservice.Result{}).result(selfservice.Result{Pending: true}).at("prove", selfservice.Waiting, "")
}

// Whoever holds the phone holds the proof: its owner goes on without it, where the flow
// has a way, and nowhere else.
func TestAProofThatCannotBeMade(t *testing.T) {
	w := proving(t, "on: {declined: nothing}", "on: {declined: nothing, cannot: person}")
	if !w.turn.Views[0].Cannot {
		t.Error("nobody says that there is a way on")
	}
	w.answer(selfservice.Cannot, "").at("person", selfservice.Handed, selfservice.KindHandOver)

	w = proving(t)
	if w.turn.Views[0].Cannot {
		t.Error("a way on is offered that there is not")
	}
	if _, err := selfservice.Answer(w.d, w.turn.Run, selfservice.Input{Do: selfservice.Cannot}, read, now); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
}

// Who talks to a person gets the one for what happened so far.
func TestWhichPerson(t *testing.T) {
	split := []string{"  person:\n    hand_over: {reason: refund, topic: Refund}\n    say: {en: A person takes over., zh: 客服人员会接手。}\n", `
  person:
    branch:
      - {if: "part == 'all'", to: person_all}
      - {to: person_calm}
  person_all:
    hand_over: {reason: refund, topic: All}
    say: {en: A person takes over., zh: 客服人员会接手。}
  person_calm:
    hand_over: {reason: refund, topic: Refund}
    say: {en: A person takes over., zh: 客服人员会接手。}
`}
	proving(t, split...).answer(selfservice.Human, "").at("person_all", selfservice.Handed, selfservice.KindHandOver)
	w := &walk{t: t, d: parse(t, strings.NewReplacer(split...).Replace(whole))}
	turn, err := selfservice.Start(w.d, selfservice.Run{ID: "r-1"}, nil, now)
	w.took(turn, err).result(selfservice.Result{Outcome: "unavailable"}).at("person_calm", selfservice.Handed, selfservice.KindHandOver)

	for name, change := range map[string][2]string{
		"one of them is no hand-over": {"to: person_all}", "to: part}"},
		"one of them needs something": {"topic: All}\n    say: {en: A person takes over.", "topic: All}\n    say: {en: \"{amount} A person takes over.\""},
	} {
		text := strings.Replace(strings.NewReplacer(split...).Replace(whole), change[0], change[1], 1)
		if _, err := selfservice.Parse([]byte(text), selfservice.Reads{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Topics are there in every language; a version from before that, which runs go on with,
// is read all the same, and so is a run that was kept then.
func TestTopics(t *testing.T) {
	d := parse(t, whole)
	if topic := d.Steps["person"].HandOver.Topic; topic.In("zh") != "Refund" {
		t.Errorf("%v", topic)
	}
	load := func(topic string) error {
		_, err := selfservice.Load(fstest.MapFS{"FL7.yaml": {Data: []byte(strings.Replace(whole, "topic: Refund", "topic: "+topic, 1))}}, selfservice.Reads{})
		return err
	}
	if err := load("{en: Refund, zh: 退款}"); err != nil {
		t.Error(err)
	}
	for _, topic := range []string{"Refund", "{en: Refund}", "{en: Refund, zh: 退款, fr: Remboursement}", "{en: Refund, zh: " + strings.Repeat("退", 81) + "}"} {
		if err := load(topic); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", topic, err)
		}
	}
	for text, want := range map[string]string{`{"Reason":"r","Topic":"Refund"}`: "Refund", `{"Reason":"r","Topic":""}`: "", `{"Reason":"r","Topic":{"en":"Refund","zh":"退款"}}`: "退款"} {
		var h selfservice.HandOver
		if err := json.Unmarshal([]byte(text), &h); err != nil || h.Topic.In("zh") != want || h.Reason != "r" {
			t.Errorf("%s: %v %v", text, h, err)
		}
	}
}

// Whatever becomes of the proof for stopping payments, signing out is offered next; and
// no payment is asked for before that.
func TestNobodyIsLeftSignedIn(t *testing.T) {
	reads, err := subjects.Declared()
	if err != nil {
		t.Fatal(err)
	}
	flows, err := selfservice.Load(os.DirFS("../../../content/flows"), reads)
	if err != nil {
		t.Fatal(err)
	}
	d, err := flows.Get("FL19")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"propose_freeze", "agree_freeze", "prove_freeze", "do_freeze"} {
		for outcome, to := range d.Steps[name].On {
			if to != "out_to" {
				t.Errorf("%s ends as %s and leads to %s", name, outcome, to)
			}
		}
	}
	for _, name := range []string{"prove_freeze", "prove_out", "prove_recall", "prove"} {
		for _, outcome := range []string{"failed", "declined", "cannot", "unavailable"} {
			if d.Steps[name].On[outcome] == "" {
				t.Errorf("%s does not say what comes when the proof is %s", name, outcome)
			}
		}
	}
	for name, s := range d.Steps {
		if name != "after_out" && name != "story" && name != "pick" && s.Next == "pick" {
			t.Errorf("%s asks for a payment before it is safe", name)
		}
		for i, arm := range s.Branch {
			if arm.To == "pick" && name != "after_out" {
				t.Errorf("%s, way %d, asks for a payment before it is safe", name, i)
			}
		}
	}
}

const forgetting = `
id: FL2
version: 1
title: {en: A question, zh: 一个问题}
about: {en: It forgets, zh: 不保留}
needs: {level: 0}
begin: pasted
person: person
slots:
  pasted: {type: text}
  more: {type: text}
steps:
  pasted:
    ask: {into: pasted}
    say: {en: "What is it?", zh: 是什么？}
    next: more
  more:
    ask: {into: more}
    forget: pasted
    say: {en: "What else?", zh: 还有什么？}
    next: person
  person:
    hand_over: {reason: question, topic: {en: A question, zh: 一个问题}}
    say: {en: A person takes over., zh: 客服人员会接手。}
`

// What a step forgets is in the run no more, nor in what a person gets of it.
func TestWhatIsForgottenIsGone(t *testing.T) {
	w := &walk{t: t, d: parse(t, forgetting)}
	turn, err := selfservice.Start(w.d, selfservice.Run{ID: "r-1"}, nil, now)
	w.took(turn, err).answer(selfservice.Set, "hush").answer(selfservice.Set, "nothing else").at("person", selfservice.Handed, selfservice.KindHandOver)
	if _, later := w.turn.Run.Slots["more"]; !later {
		t.Error("what was not to be forgotten is")
	}
	kept, err := json.Marshal(w.turn)
	if err != nil || strings.Contains(string(kept), "hush") || !strings.Contains(string(kept), "nothing else") {
		t.Errorf("%v %s", err, kept)
	}
	for _, c := range selfservice.Carried(w.d, w.turn.Run) {
		if c.Slot == "pasted" {
			t.Errorf("a person gets %+v", c)
		}
	}
	if _, err := selfservice.Parse([]byte(strings.Replace(forgetting, "forget: pasted", "forget: nowhere", 1)), selfservice.Reads{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}
