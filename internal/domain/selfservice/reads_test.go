package selfservice_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// asking is a flow that asks reads.
const asking = `
id: FL11
version: 1
title: {en: Fees, zh: 费用}
about: {en: What it costs, zh: 要多少钱}
needs: {level: 1}
begin: pick
person: person
slots:
  fee: {type: entry}
  amount: {type: amount}
  quote: {type: sheet}
  what:
    type: choice
    options:
      - {id: fine, label: {en: Fine, zh: 好的}}
      - {id: why, label: {en: "Why?", zh: "为什么？"}, if: "!quote.free && quote.lines > 1"}
steps:
  pick:
    choose: {from: fees, with: {which: all}, into: fee}
    say: {en: "Which fee?", zh: "哪种费用？"}
    next: ask
    on: {none: person}
  ask:
    ask: {into: amount}
    say: {en: "How much?", zh: "多少？"}
    next: work_out
  work_out:
    call: {do: quote, with: {amount: amount, fee: fee}, into: quote}
    next: to
    on: {not_found: person}
  to:
    branch:
      - {if: "quote.there && quote.free && fee.kind in ['transfer'] && fee.id != ''", to: free}
      - {to: tell}
  free:
    show: {card: text}
    say: {en: "It costs nothing.", zh: 免费。}
    next: tell
  tell:
    show: {card: sheet, of: quote}
    say: {en: "It costs {quote.fee}.\nFrom {quote.from}.", zh: "费用为 {quote.fee}。\n自 {quote.from} 起。"}
    next: what
  what:
    ask: {into: what}
    say: {en: "{quote.fee}: what now?", zh: "{quote.fee}：接下来呢？"}
    next: end
  end:
    end: {outcome: informed}
    say: {en: Good., zh: 好的。}
  person:
    hand_over: {reason: fees, topic: {en: Fees, zh: 费用}}
    say: {en: A person answers., zh: 客服会答复。}
`

func askable(t *testing.T) selfservice.Reads {
	t.Helper()
	r, err := selfservice.NewReads(
		selfservice.Read{Name: "fees", List: true, With: map[string]selfservice.Given{"which": {Words: []string{"all", "mine"}}}, Has: sheet.Declared{Facts: map[string]sheet.Kind{"kind": sheet.IsWord}}},
		selfservice.Read{
			Name: "quote", With: map[string]selfservice.Given{"amount": {Type: selfservice.Amount}, "fee": {Type: selfservice.Entry, Optional: true}},
			Has: sheet.Declared{
				Facts:   map[string]sheet.Kind{"free": sheet.IsYes, "lines": sheet.IsCount, "share": sheet.IsSum, "kinds": sheet.IsWords},
				Figures: map[string]sheet.Named{"fee": {Shape: sheet.OfMoney, Always: true}, "from": {Shape: sheet.OfTime}},
			},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A flow asks for what is declared, and for nothing else.
func TestAFlowAsksForWhatReadsDeclare(t *testing.T) {
	reads := askable(t)
	if _, err := selfservice.Parse([]byte(asking), reads); err != nil {
		t.Fatal(err)
	}
	if _, err := selfservice.Parse([]byte(asking), selfservice.Reads{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("without any read: %v", err)
	}
	for name, c := range map[string]struct{ from, to, says string }{
		"a fact that there is not":       {"quote.there && quote.free", "quote.there && quote.cheap", "cheap"},
		"a fact of another kind":         {"quote.lines > 1", "quote.lines == 'many'", "no matching overload"},
		"a figure that there is not":     {"\\nFrom {quote.from}.\", zh: \"费用为 {quote.fee}。\\n自 {quote.from} 起。", "\\n{quote.rate}\", zh: \"费用为 {quote.fee}。\\n{quote.rate}", "says {quote.rate}"},
		"a call that there is not":       {"do: quote", "do: quotes", "asks what cannot be asked"},
		"a list that is called":          {"do: quote, with: {amount: amount, fee: fee}", "do: fees, with: {which: all}", "asks what cannot be asked"},
		"a call that is chosen from":     {"from: fees, with: {which: all}", "from: quote, with: {amount: amount}", "asks what cannot be asked"},
		"a word that there is not":       {"which: all", "which: none", "knows no which none"},
		"something left out":             {"{amount: amount, fee: fee}", "{fee: fee}", "does not give amount"},
		"something that is not asked":    {"{amount: amount, fee: fee}", "{amount: amount, fees: fee}", "does not ask"},
		"a slot of another type":         {"{amount: amount, fee: fee}", "{amount: fee}", "amount is no amount"},
		"what need not be filled":        {"    say: {en: \"{quote.fee}: what now?\", zh: \"{quote.fee}：接下来呢？\"}", "    say: {en: \"{quote.from}: what now?\", zh: \"{quote.from}：接下来呢？\"}", "says nothing"},
		"a slot that nothing fills":      {"  quote: {type: sheet}\n", "  quote: {type: sheet}\n  other: {type: sheet}\n", "filled by nothing"},
		"a sheet where nothing fills it": {"    next: to\n    on: {not_found: person}", "    next: to\n    on: {not_found: tell}", "not filled on every path"},
	} {
		text := strings.Replace(asking, c.from, c.to, 1)
		if text == asking {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := selfservice.Parse([]byte(text), reads); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What may be left out may be empty, and so may a step be gone through without it.
func TestWhatMayBeLeftOut(t *testing.T) {
	for _, change := range [][2]string{{", fee: fee}", "}"}, {"begin: pick", "begin: ask"}} {
		text := strings.Replace(asking, change[0], change[1], 1)
		if change[0] == "begin: pick" { // whoever does not know which fee is asked nothing else
			text = strings.Replace(text, "    next: work_out\n", "    next: work_out\n    on: {}\n", 1)
			text = strings.Replace(text, "on: {not_found: person}", "on: {not_found: pick}", 1)
		}
		if _, err := selfservice.Parse([]byte(text), askable(t)); err != nil {
			t.Errorf("%v: %v", change, err)
		}
	}
}

// A run asks for what the flow says, branches on the facts, and says the figures.
func TestARunWithSheets(t *testing.T) {
	d, err := selfservice.Parse([]byte(asking), askable(t))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	took := func(turn selfservice.Turn, err error) selfservice.Turn {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return turn
	}
	fee, _ := wallet.Parse("1.20", "EUR", 2)
	turn := took(selfservice.Start(d, selfservice.Run{ID: "r"}, nil, now))
	if x := turn.Effect; x.Source != "fees" || x.With["which"] != "all" || len(x.Args) != 0 {
		t.Fatalf("%+v", x)
	}
	entry := selfservice.Value{Type: selfservice.Entry, Entry: &sheet.Entry{ID: "e-1", Label: sheet.Say("Transfer", "转账"), Facts: map[string]sheet.Fact{"kind": sheet.Code("transfer")}}}
	turn = took(selfservice.Resume(d, turn.Run, selfservice.Result{Step: "pick", Items: []selfservice.Value{entry}}, now))
	if turn.Views[0].Back {
		t.Error("there is nothing to go back to from the first step")
	}
	turn = took(selfservice.Answer(d, turn.Run, selfservice.Input{Do: selfservice.Set, Text: "e-1"}, nil, now))
	if !turn.Views[0].Back {
		t.Error("a step that is shown for the first time does not offer the way back")
	}
	turn = took(selfservice.Answer(d, turn.Run, selfservice.Input{Do: selfservice.Set, Text: "100"}, func(selfservice.Slot, string) (selfservice.Value, string) {
		return selfservice.Value{Type: selfservice.Amount, Money: &fee}, ""
	}, now))
	if x := turn.Effect; x.Do != "quote" || x.Args["fee"].Ref() != "e-1" || x.Args["amount"].Money == nil {
		t.Fatalf("%+v", x)
	}
	asked := turn.Run
	for name, c := range map[string]struct {
		facts map[string]sheet.Fact
		views int
		offer int
	}{
		"free":      {map[string]sheet.Fact{"free": sheet.Is(true), "lines": sheet.Many(2)}, 3, 1},
		"with more": {map[string]sheet.Fact{"lines": sheet.Many(2)}, 2, 2},
		"with none": {nil, 2, 1},
	} {
		v := selfservice.Value{Type: selfservice.Sheet, Sheet: &sheet.Sheet{Facts: c.facts, Named: map[string]sheet.Figure{"fee": sheet.Money(fee)}}}
		turn := took(selfservice.Resume(d, asked, selfservice.Result{Step: "work_out", Value: &v}, now))
		last := turn.Views[len(turn.Views)-1]
		if len(turn.Views) != c.views || len(last.Options) != c.offer {
			t.Errorf("%s: %d views, %d options", name, len(turn.Views), len(last.Options))
		}
		tell := turn.Views[len(turn.Views)-2]
		if tell.Card != "sheet" || tell.Value.Sheet == nil || tell.Say["en"] != "It costs {quote.fee}." || tell.Figures["quote.fee"].Money.Amount() != "1.20" {
			t.Errorf("%s: %+v", name, tell)
		}
	}
}

// An old version is known by its title, whatever it asked for.
func TestTheTitleOfAnOldVersion(t *testing.T) {
	if title := selfservice.TitleOf([]byte(asking)); title.In("zh") != "费用" {
		t.Errorf("%v", title)
	}
	for _, text := range []string{"", "id: FL1", "{", "- a"} {
		if title := selfservice.TitleOf([]byte(text)); title.In("en") != "" {
			t.Errorf("%q: %v", text, title)
		}
	}
}
