package selfservice_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// whole is a flow with a step of every kind.
const whole = `
id: FL7
version: 3
title: {en: Get a refund, zh: 申请退款}
about: {en: Ask for your money back, zh: 要求退回付款}
needs: {level: 1}
begin: pick
person: person
slots:
  tx: {type: payment}
  terms: {type: terms}
  part: {type: choice, options: [{id: all, label: {en: All of it, zh: 全部}}, {id: some, label: {en: Part of it, zh: 一部分}, if: terms.left_sum > 10.0}]}
  amount: {type: amount}
  note: {type: text, most: 200}
  act: {type: act}
  refund: {type: refund}
steps:
  pick:
    choose: {from: payments, with: {which: refundable}, into: tx}
    say: {en: "Which payment is it?", zh: "是哪一笔付款？"}
    next: look
    on: {none: nothing, other: person}
  look:
    call: {do: terms, with: {payment: tx}, into: terms}
    next: may
  may:
    branch:
      - {if: terms.eligible && terms.left_sum > 0.0, to: part}
      - {to: refused}
  refused:
    show: {card: terms, of: terms, wait: true}
    say: {en: This cannot be refunded., zh: 这笔不能退款。}
    next: person
  nothing:
    end: {outcome: informed}
    say: {en: There is nothing to refund., zh: 没有可以退款的付款。}
  part:
    ask: {into: part}
    say:
      en: |
        How much of {terms.left}?
        You can ask until {terms.until}.
      zh: |
        退多少？最多 {terms.left}。
        {terms.until} 前可以申请。
    next: which
  which:
    branch:
      - {if: part == "some", to: amount}
      - {to: propose_all}
  amount:
    ask: {into: amount}
    say: {en: "How much?", zh: "多少？"}
    next: note
  note:
    ask: {into: note, optional: true}
    say: {en: "Anything to add?", zh: "还有什么要说明的吗？"}
    next: propose_some_noted
    on: {skipped: propose_some}
  propose_some_noted:
    propose: {act: refund, target: tx, amount: amount, reason: asked, details: {note: note}, into: act}
    next: agree
    on: {refused: person}
  propose_some:
    propose: {act: refund, target: tx, amount: amount, reason: asked, into: act}
    next: agree
    on: {refused: person}
  propose_all:
    propose: {act: refund, target: tx, amount: terms.left, reason: asked, into: act}
    next: agree
    on: {refused: person}
  agree:
    confirm: {of: act}
    say: {en: "{act.amount} goes back to {act.destination}.\nAgreed?", zh: "{act.amount} 将退回 {act.destination}。\n同意吗？"}
    next: prove
    on: {no: part}
  prove:
    step_up: {of: act}
    say: {en: Confirm in the app., zh: 请在 App 内确认。}
    next: do
    on: {declined: nothing}
  do:
    execute: {of: act}
    next: wait
    on: {failed: person}
  wait:
    wait: {for: act, days: 5}
    say: {en: We tell you here., zh: 会在这里告诉您。}
    next: done
  done:
    end: {outcome: solved}
    say: {en: Done., zh: 完成了。}
  person:
    hand_over: {reason: refund, topic: Refund}
    say: {en: A person takes over., zh: 客服人员会接手。}
`

func parse(t testing.TB, text string) *selfservice.Definition {
	t.Helper()
	d, err := selfservice.Parse([]byte(text), selfservice.Reads{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Each line makes one mistake in a flow that has none; every one is found, and the
// complaint names the step.
func TestMistakesInFlows(t *testing.T) {
	parse(t, whole)
	for name, c := range map[string]struct{ old, new, at string }{
		"an unknown field":                    {"version: 3", "version: 3\nmood: good", ""},
		"no such flow":                        {"id: FL7", "id: FL77", "id"},
		"a language is missing":               {`en: "Which payment is it?", zh: "是哪一笔付款？"`, `en: "Which payment is it?"`, "pick"},
		"a step without words":                {"    say: {en: Done., zh: 完成了。}\n", "", "done"},
		"a figure that there is not":          {"{act.amount} goes back", "{act.fee} goes back", "agree"},
		"a figure in one language":            {"zh: \"{act.amount} 将退回", "zh: \"将退回", "agree"},
		"leads nowhere":                       {"next: may", "next: maybe", "look"},
		"no way on":                           {"    next: may\n", "", "look"},
		"an outcome that there is not":        {"on: {failed: person}", "on: {failed: person, exploded: person}", "do"},
		"no word on a refusal":                {"into: act}\n    next: agree\n    on: {refused: person}\n  agree", "into: act}\n    next: agree\n  agree", "propose_all"},
		"a branch without a rest":             {"- {to: refused}", "- {if: terms.eligible, to: refused}", "may"},
		"a condition about nothing":           {"terms.left_sum > 0.0", "terms.balance > 0.0", "may"},
		"a condition that is no yes or no":    {"terms.eligible && terms.left_sum > 0.0", "terms.left_sum", "may"},
		"a question of the wrong type":        {"with: {payment: tx}, into: terms", "with: {payment: terms}, into: terms", "look"},
		"an answer of the wrong type":         {"call: {do: terms, with: {payment: tx}, into: terms}", "call: {do: terms, with: {payment: tx}, into: refund}", "look"},
		"a question that there is not":        {"call: {do: terms,", "call: {do: guess,", "look"},
		"an act that there is not":            {"propose: {act: refund, target: tx, amount: terms.left", "propose: {act: send, target: tx, amount: terms.left", "propose_all"},
		"two things at once":                  {"    step_up: {of: act}", "    step_up: {of: act}\n    execute: {of: act}", "prove"},
		"nothing leads there":                 {"- {to: refused}", "- {to: part}", "refused"},
		"used before it is filled":            {"target: tx, amount: terms.left", "target: tx, amount: amount", "propose_all"},
		"skipped, and used all the same":      {"on: {skipped: propose_some}", "on: {skipped: propose_some_noted}", ""},
		"done without a proof":                {"next: prove\n", "next: do\n", ""},
		"proven without a yes":                {"next: agree\n    on: {refused: person}\n  agree", "next: prove\n    on: {refused: person}\n  agree", "prove"},
		"done again after it was done":        {"    next: wait\n    on: {failed: person}", "    next: do2\n    on: {failed: person}\n  do2:\n    execute: {of: act}\n    next: wait\n    on: {failed: person}", "do2"},
		"money without a condition":           {"next: may\n", "next: part\n", ""},
		"money for anybody":                   {"needs: {level: 1}", "needs: {level: 0}", "propose"},
		"round and round":                     {"- {to: refused}", "- {to: look}", ""},
		"a way to a person that needs a slot": {"say: {en: A person takes over., zh: 客服人员会接手。}", "say: {en: \"{tx.party}\", zh: \"{tx.party}\"}", "person"},
		"a text that a comma cut":             {"label: {en: All of it, zh: 全部}", "label: {en: All of it, please, zh: 全部}", "slots.part"},
		"says nothing without a figure":       {"\\nAgreed?\", zh: \"{act.amount} 将退回 {act.destination}。\\n同意吗？", "\", zh: \"{act.amount} 将退回 {act.destination}。", "agree"},
		"an option twice":                     {"{id: some, label", "{id: all, label", "slots.part"},
		"waits for a month":                   {"days: 5", "days: 30", "wait"},
		"ends as nothing":                     {"end: {outcome: solved}", "end: {outcome: great}", "done"},
		"asks for what nobody can enter":      {"ask: {into: note, optional: true}", "ask: {into: terms, optional: true}", "note"},
	} {
		text := strings.Replace(whole, c.old, c.new, 1)
		if text == whole {
			t.Fatalf("%s: the mistake was not made", name)
		}
		_, err := selfservice.Parse([]byte(text), selfservice.Reads{})
		if !fault.Is(err, fault.Invalid) || !strings.HasPrefix(fault.FieldOf(err), c.at) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var now = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

func yuan(t testing.TB, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "CNY", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func payment(t testing.TB, id string) selfservice.Value {
	return selfservice.Value{Type: selfservice.Payment, Payment: &selfservice.PaymentFact{ID: id, State: "posted", Party: "Lotus Market", Amount: yuan(t, "268.00"), There: true}}
}

func terms(t testing.TB, eligible bool) *selfservice.Value {
	return &selfservice.Value{Type: selfservice.Terms, Terms: &selfservice.TermsFact{Eligible: eligible, Left: yuan(t, "268.00"), LeftSum: 268}}
}

func act(t testing.TB, state string) *selfservice.Value {
	return &selfservice.Value{Type: selfservice.Act, Act: &selfservice.ActFact{
		ID: "a-1", Act: "refund", State: state, Hash: "h-1", Amount: yuan(t, "268.00"), Destination: "your card •••• 1111",
	}}
}

func read(slot selfservice.Slot, text string) (selfservice.Value, string) {
	switch {
	case slot.Type == selfservice.Text:
		return selfservice.Value{Type: selfservice.Text, Text: text}, ""
	case slot.Type == selfservice.Amount && text != "lots":
		m, err := wallet.Parse(text, "CNY", 2)
		if err == nil {
			return selfservice.Value{Type: selfservice.Amount, Money: &m}, ""
		}
	}
	return selfservice.Value{}, "no_amount"
}

// walk is a run in a test.
type walk struct {
	t    *testing.T
	d    *selfservice.Definition
	turn selfservice.Turn
}

func begin(t *testing.T, given map[string]selfservice.Value) *walk {
	t.Helper()
	w := &walk{t: t, d: parse(t, whole)}
	turn, err := selfservice.Start(w.d, selfservice.Run{ID: "r-1", ConversationID: "c-1", CustomerID: "k-1"}, given, now)
	return w.took(turn, err)
}

func (w *walk) took(turn selfservice.Turn, err error) *walk {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	w.turn = turn
	return w
}

func (w *walk) answer(do selfservice.Doing, text string) *walk {
	w.t.Helper()
	in := selfservice.Input{Do: do, Text: text}
	if do == selfservice.Confirm {
		in = selfservice.Input{Do: do, Hash: text}
	}
	return w.took(selfservice.Answer(w.d, w.turn.Run, in, read, now))
}

func (w *walk) result(r selfservice.Result) *walk {
	w.t.Helper()
	r.Step = w.turn.Run.Step
	return w.took(selfservice.Resume(w.d, w.turn.Run, r, now))
}

// at checks where the run is and what is to be done.
func (w *walk) at(step string, state selfservice.State, effect selfservice.Kind) *walk {
	w.t.Helper()
	var got selfservice.Kind
	if w.turn.Effect != nil {
		got = w.turn.Effect.Kind
	}
	if w.turn.Run.Step != step || w.turn.Run.State != state || got != effect {
		w.t.Fatalf("at %s, %s, to do %q; want %s, %s, %q", w.turn.Run.Step, w.turn.Run.State, got, step, state, effect)
	}
	return w
}

func TestAFlowFromEndToEnd(t *testing.T) {
	w := begin(t, nil).at("pick", selfservice.Working, selfservice.KindChoose)
	w.result(selfservice.Result{Items: []selfservice.Value{payment(t, "tx-1"), payment(t, "tx-2")}}).at("pick", selfservice.Asking, "")
	w.answer(selfservice.Set, "tx-9").at("pick", selfservice.Asking, "")
	if w.turn.Views[0].Problem != "no_option" {
		t.Errorf("what was not offered was taken: %+v", w.turn.Views)
	}
	w.answer(selfservice.Set, "tx-2").at("look", selfservice.Working, selfservice.KindCall)
	if w.turn.Effect.Args["payment"].Ref() != "tx-2" {
		t.Errorf("asked about %s", w.turn.Effect.Args["payment"].Ref())
	}
	w.result(selfservice.Result{Value: terms(t, true)}).at("part", selfservice.Asking, "")
	if v := w.turn.Views[0]; v.Say["en"] != "How much of {terms.left}?" || v.Figures["terms.left"].Money.Amount() != "268.00" || len(v.Options) != 2 {
		t.Errorf("a line without its figure is said, or one with it is not: %+v", v)
	}
	w.answer(selfservice.Set, "some").at("amount", selfservice.Asking, "")
	w.answer(selfservice.Set, "lots").at("amount", selfservice.Asking, "")
	w.answer(selfservice.Back, "").at("part", selfservice.Asking, "")
	w.answer(selfservice.Set, "some").answer(selfservice.Set, "68.00").at("note", selfservice.Asking, "")
	w.answer(selfservice.Skip, "").at("propose_some", selfservice.Working, selfservice.KindPropose)
	if p := w.turn.Effect.Propose; p.Target != "tx-2" || p.Expect != "posted" || p.Amount.Amount() != "68.00" || p.Reason != "asked" {
		t.Errorf("%+v", p)
	}
	w.result(selfservice.Result{Value: act(t, "proposed")}).at("agree", selfservice.Asking, "")
	w.answer(selfservice.Confirm, "another").at("agree", selfservice.Asking, "")
	if w.turn.Views[0].Problem != "changed" {
		t.Error("a yes to something else was taken")
	}
	w.answer(selfservice.Confirm, "h-1").at("agree", selfservice.Working, selfservice.KindConfirm)
	w.result(selfservice.Result{Value: act(t, "confirmed")}).at("prove", selfservice.Working, selfservice.KindStepUp)
	w.result(selfservice.Result{Pending: true}).at("prove", selfservice.Waiting, "")
	w.result(selfservice.Result{}).at("do", selfservice.Working, selfservice.KindExecute)
	w.result(selfservice.Result{Value: act(t, "sent")}).at("wait", selfservice.Working, selfservice.KindWait)
	w.result(selfservice.Result{Pending: true}).at("wait", selfservice.Waiting, "")
	w.result(selfservice.Result{Value: act(t, "succeeded")}).at("done", selfservice.Ended, selfservice.KindEnd)
	if w.turn.Run.Outcome != "solved" {
		t.Errorf("%+v", w.turn.Run)
	}
	if _, err := selfservice.Answer(w.d, w.turn.Run, selfservice.Input{Do: selfservice.Back}, read, now); !fault.Is(err, fault.Conflict) {
		t.Errorf("it goes on after its end: %v", err)
	}
}

func TestWhatIsKnownIsNotAsked(t *testing.T) {
	w := begin(t, map[string]selfservice.Value{"tx": payment(t, "tx-1")}).at("look", selfservice.Working, selfservice.KindCall)
	w.result(selfservice.Result{Value: terms(t, true)}).at("part", selfservice.Asking, "")
	if w.turn.Views[0].Back {
		t.Error("there is nothing to go back to")
	}
	for name, given := range map[string]map[string]selfservice.Value{
		"a slot that there is not": {"wish": payment(t, "x")}, "another type": {"tx": *terms(t, true)}, "what only the wallet says": {"terms": *terms(t, true)},
	} {
		if _, err := selfservice.Start(w.d, selfservice.Run{ID: "r"}, given, now); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPersonIsOneStepAway(t *testing.T) {
	for name, at := range map[string]func(*walk){
		"while choosing":      func(w *walk) { w.result(selfservice.Result{Items: []selfservice.Value{payment(t, "tx-1")}}) },
		"while the wallet is": func(*walk) {},
		"while proving": func(w *walk) {
			w.result(selfservice.Result{Items: []selfservice.Value{payment(t, "tx-1")}}).answer(selfservice.Set, "tx-1").result(selfservice.Result{Value: terms(t, true)})
			w.answer(selfservice.Set, "all").result(selfservice.Result{Value: act(t, "proposed")}).answer(selfservice.Confirm, "h-1")
			w.result(selfservice.Result{}).result(selfservice.Result{Pending: true}).at("prove", selfservice.Waiting, "")
		},
	} {
		w := begin(t, nil)
		at(w)
		w.answer(selfservice.Human, "").at("person", selfservice.Handed, selfservice.KindHandOver)
		if w.turn.Run.Outcome != "asked_for_person" || w.turn.Effect.Hand.Topic.In("zh") != "Refund" {
			t.Errorf("%s: %+v", name, w.turn)
		}
	}
	w := begin(t, nil).result(selfservice.Result{Outcome: "unavailable"}).at("person", selfservice.Handed, selfservice.KindHandOver)
	if w.turn.Run.Outcome != "unavailable" {
		t.Errorf("%+v", w.turn.Run)
	}
}

func TestWhatAPersonIsTold(t *testing.T) {
	w := begin(t, nil).result(selfservice.Result{Items: []selfservice.Value{payment(t, "tx-1")}}).answer(selfservice.Set, "tx-1")
	w.result(selfservice.Result{Value: terms(t, true)}).answer(selfservice.Set, "some").answer(selfservice.Set, "68.00").answer(selfservice.Human, "")
	var told []string
	for _, c := range selfservice.Carried(w.d, w.turn.Run) {
		told = append(told, c.Slot)
	}
	if fmt.Sprint(told) != "[tx part amount terms]" {
		t.Errorf("%v", told)
	}
}

func TestARunLastsAWeek(t *testing.T) {
	w := begin(t, nil).result(selfservice.Result{Items: []selfservice.Value{payment(t, "tx-1")}})
	if _, err := selfservice.Answer(w.d, w.turn.Run, selfservice.Input{Do: selfservice.Set, Text: "tx-1"}, read, now.Add(selfservice.Life-1)); err != nil {
		t.Error(err)
	}
	if _, err := selfservice.Answer(w.d, w.turn.Run, selfservice.Input{Do: selfservice.Set, Text: "tx-1"}, read, now.Add(selfservice.Life)); !fault.Is(err, fault.Conflict) {
		t.Errorf("a week later: %v", err)
	}
	newer := parse(t, strings.Replace(whole, "version: 3", "version: 4", 1))
	if _, err := selfservice.Answer(newer, w.turn.Run, selfservice.Input{Do: selfservice.Set, Text: "tx-1"}, read, now); !fault.Is(err, fault.Conflict) {
		t.Errorf("by another version: %v", err)
	}
	if views := selfservice.Present(w.d, w.turn.Run); len(views) != 1 || len(views[0].Items) != 1 {
		t.Errorf("another device is shown %+v", views)
	}
}

// Whatever comes in whichever order, late or twice: nothing is done that the customer
// did not say yes to by the hash of what was shown, proven after it; what is over stays
// over; and from everywhere there is a way to a person.
func TestAnyOrderOfWhatComes(t *testing.T) {
	d := parse(t, whole)
	rapid.Check(t, func(r *rapid.T) {
		turn, err := selfservice.Start(d, selfservice.Run{ID: "r-1"}, nil, now)
		if err != nil {
			r.Fatal(err)
		}
		agreed, proven := false, false
		for range rapid.IntRange(1, 60).Draw(r, "events") {
			before := turn.Run
			var next selfservice.Turn
			if rapid.Bool().Draw(r, "an answer") {
				in := selfservice.Input{
					Do:   rapid.SampledFrom([]selfservice.Doing{selfservice.Set, selfservice.Confirm, selfservice.Deny, selfservice.Skip, selfservice.Other, selfservice.Back, selfservice.GoOn}).Draw(r, "do"),
					Text: rapid.SampledFrom([]string{"tx-1", "all", "some", "68.00", "lots", ""}).Draw(r, "text"), Hash: rapid.SampledFrom([]string{"h-1", "h-2", ""}).Draw(r, "hash"),
				}
				next, err = selfservice.Answer(d, turn.Run, in, read, now)
			} else {
				w := selfservice.Result{
					Step:    rapid.SampledFrom([]string{turn.Run.Step, turn.Run.Step, "prove", "do"}).Draw(r, "step"),
					Outcome: rapid.SampledFrom([]string{"", "", "", "none", "refused", "failed", "declined", "unavailable", "timeout"}).Draw(r, "outcome"),
					Pending: rapid.Bool().Draw(r, "pending"), Items: []selfservice.Value{payment(t, "tx-1")},
					Value: rapid.SampledFrom([]*selfservice.Value{nil, terms(t, true), terms(t, false), act(t, "proposed")}).Draw(r, "value"),
				}
				next, err = selfservice.Resume(d, turn.Run, w, now)
				if err == nil && before.Step == "prove" && next.Run.Step == "do" {
					proven = agreed
				}
			}
			if err != nil {
				continue // refused: nothing has changed
			}
			turn = next
			if x := turn.Effect; x != nil {
				switch x.Kind {
				case selfservice.KindPropose:
					agreed, proven = false, false
				case selfservice.KindConfirm:
					if agreed = x.Hash == "h-1" && x.Act.Hash == x.Hash; !agreed {
						r.Fatal("a yes to something else")
					}
				case selfservice.KindExecute:
					if !agreed || !proven {
						r.Fatalf("done without a yes (%v) or a proof (%v)", agreed, proven)
					}
					agreed, proven = false, false
				}
			}
			if before.State.Over() {
				r.Fatal("it went on after its end")
			}
			if !turn.Run.State.Over() {
				handed, err := selfservice.Answer(d, turn.Run, selfservice.Input{Do: selfservice.Human}, read, now)
				if err != nil || handed.Run.State != selfservice.Handed {
					r.Fatalf("no way to a person from %s: %v", turn.Run.Step, err)
				}
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := selfservice.Parse([]byte(text), selfservice.Reads{})
		if err != nil {
			return
		}
		if _, err := selfservice.Start(d, selfservice.Run{ID: "r"}, nil, now); err != nil && !fault.Is(err, fault.Internal) {
			t.Error(err)
		}
	})
}
