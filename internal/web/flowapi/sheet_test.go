package flowapi_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/mask"
)

// told are views that show a sheet and offer an entry.
func told() []selfservice.View {
	fee, _ := wallet.Parse("1.20", "EUR", 2)
	s := sheet.Sheet{Facts: map[string]sheet.Fact{"secretive": sheet.Is(true)}, Named: map[string]sheet.Figure{"fee": sheet.Money(fee), "who": sheet.Person("Anna Schmidt")}}
	heading := sheet.Say("What it costs", "费用")
	s.Add(&heading,
		sheet.Line(sheet.Say("To", "收款人"), sheet.Person("Anna Schmidt").Cell()),
		sheet.Line(sheet.Say("Fee", "手续费"), sheet.Say("{share} of it", "其中 {share}").With("share", sheet.Percent("1.5")).Cell()).Noted(sheet.Say("Soon dearer", "即将上调")).In(sheet.Warning),
		sheet.Row{Name: sheet.Say("{label}", "{label}").With("label", sheet.Text("Visa •••• 4242"))},
		sheet.Line(sheet.Say("Way", "方式"), sheet.Word("by card", "银行卡").Cell()),
		sheet.Row{Name: sheet.Say("{text}", "{text}").With("text", sheet.Word("As it was written", "原文"))},
	)
	v := selfservice.Value{Type: selfservice.Sheet, Sheet: &s}
	hint := sheet.Say("to {who}", "给 {who}").With("who", sheet.Person("Anna Schmidt"))
	entry := selfservice.Value{Type: selfservice.Entry, Entry: &sheet.Entry{ID: "e-1", Label: sheet.Say("Transfer", "转账"), Hint: &hint, Amount: &fee, Facts: map[string]sheet.Fact{"secretive": sheet.Is(true)}}}
	return []selfservice.View{
		{Step: "tell", Kind: selfservice.KindShow, Card: "sheet", Value: &v, Figures: map[string]selfservice.Figure{"quote.who": sheet.Person("Anna Schmidt")}},
		{Step: "pick", Kind: selfservice.KindChoose, Type: selfservice.Entry, Items: []selfservice.Value{entry}},
	}
}

// A window is told the rows of a sheet in its language, and no facts.
func TestTheFormOfASheet(t *testing.T) {
	text, err := serve(&runs{shows: told()}, customer())("GET", "/rt/runs/r-1?lang=zh", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"heading":{"text":"费用"}`, `"name":{"text":"收款人"}`, `"private":true,"text":"Anna Schmidt"`, `"sentence":{"figures":{"share":{"percent":"1.5"}},"text":"其中 {share}"}`,
		`"name":{"figures":{"text":{"text":"原文"}},"text":"{text}"}`, `"note":{"text":"即将上调"}`, `"figures":{"label":{"text":"Visa •••• 4242"}}`, `"tone":"warning"`, `"value":{"text":"银行卡"}`, `"entry":{"amount":{"amount":"1.20","currency":"EUR","scale":2},"id":"e-1","name":{"text":"转账"}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s: %s", want, text)
		}
	}
	for _, never := range []string{"secretive", "facts", "named", "texts", "What it costs"} {
		if strings.Contains(text, never) {
			t.Errorf("tells %s: %s", never, text)
		}
	}
}

// Staff see of a person's name the first letters, wherever it stands.
func TestStaffSeeNamesInASheetMasked(t *testing.T) {
	who := identity.Principal{Kind: identity.Staff, ID: "c1"}
	text, err := serve(&runs{shows: told()}, who)("GET", "/rt/runs/r-1?lang=en", "")
	if err != nil || strings.Contains(text, "Schmidt") || !strings.Contains(text, mask.Name("Anna Schmidt")) {
		t.Errorf("%v: %s", err, text)
	}
}
