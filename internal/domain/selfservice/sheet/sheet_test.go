package sheet_test

import (
	"slices"
	"testing"

	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/mask"
)

func fees(t *testing.T) sheet.Sheet {
	t.Helper()
	fee, err := wallet.Parse("1.20", "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	at := wallet.Time(1_796_292_161_000_000)
	heading, part := sheet.Say("What it costs", "费用"), sheet.Say("Fees", "手续费")
	s := sheet.Sheet{Heading: &heading}
	s.Add(&part,
		sheet.Line(sheet.Say("To", "收款人"), sheet.Person("Anna Schmidt").Cell()),
		sheet.Line(sheet.Say("Transfer", "转账"), sheet.Money(fee).Cell()).Noted(sheet.Say("from {day}", "自 {day} 起").With("day", sheet.Day(at))),
		sheet.Line(sheet.Say("Share", "比例"), sheet.Say("{share}, {n} times", "{share}，{n} 次").With("share", sheet.Percent("1.5")).With("n", sheet.Number(2)).Cell()),
		sheet.Line(sheet.Say("Takes", "需要"), sheet.Seconds(3*3600).Cell()),
		sheet.Line(sheet.Say("State", "状态"), sheet.Say("Open", "处理中").Status()).In(sheet.Good),
		sheet.Line(sheet.Say("At", "时间"), sheet.At(at).Cell()),
		sheet.Line(sheet.Say("By", "方式"), sheet.Word("card", "银行卡").Cell()),
	)
	s.Add(nil)
	return s
}

// Who reads no cards reads the same, and staff no names of people.
func TestASheetAsText(t *testing.T) {
	s := fees(t)
	for lang, want := range map[string][]string{
		"en": {"What it costs", "Fees", "To: Anna Schmidt", "Transfer: 1.20 EUR (from 2026-12-03)", "Share: 1.5%, 2 times", "Takes: 3 h", "State: Open", "At: 2026-12-03 10:02", "By: card"},
		"zh": {"费用", "手续费", "收款人：Anna Schmidt", "转账：1.20 EUR (自 2026-12-03 起)", "比例：1.5%，2 次", "需要：3 小时", "状态：处理中", "时间：2026-12-03 10:02", "方式：银行卡"},
	} {
		if got := s.Lines(lang, false); !slices.Equal(got, want) {
			t.Errorf("%s: %q", lang, got)
		}
	}
	masked := "To: " + mask.Name("Anna Schmidt")
	if got := s.Lines("en", true)[2]; got != masked {
		t.Errorf("as staff: %s", got)
	}
	if got := s.Masked().Lines("en", false)[2]; got != masked || s.Lines("en", false)[2] == masked {
		t.Errorf("masked: %s", got)
	}
	if err := (sheet.Declared{}).Fits(s); err != nil {
		t.Error(err)
	}
}

// A sum of many decimals is told in those that say something.
func TestAnEntryAsText(t *testing.T) {
	sum, err := wallet.Parse("0.600000000000000000", "ETH", 18)
	if err != nil {
		t.Fatal(err)
	}
	e := sheet.Entry{ID: "c-1", Label: sheet.Say("Sent for {sum}", "{sum} 的转账").With("sum", sheet.Money(sum)), Amount: &sum}
	for lang, want := range map[string]string{"en": "Sent for 0.60 ETH · 0.60 ETH", "zh": "0.60 ETH 的转账 · 0.60 ETH"} {
		if got := e.Line(lang, true); got != want {
			t.Errorf("%s: %s, want %s", lang, got, want)
		}
	}
}

// How long something takes is said as roughly as one says it, and never as no time.
func TestSpans(t *testing.T) {
	for seconds, want := range map[int64]string{1: "1 min", 61: "2 min", 7199: "120 min", 7200: "2 h", 47 * 3600: "47 h", 48 * 3600: "2 days", 60 * 3600: "3 days"} {
		if got := sheet.Seconds(seconds).Line("en", false); got != want {
			t.Errorf("%d: %s, want %s", seconds, got, want)
		}
	}
}
