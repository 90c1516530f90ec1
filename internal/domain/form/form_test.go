package form_test

import (
	"encoding/json"
	"strings"
	"testing"

	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"

	"pgregory.net/rapid"
)

func builtin(t testing.TB, id string) form.Form {
	t.Helper()
	forms, err := form.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range forms {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("no form %s is built in", id)
	return form.Form{}
}

func TestBuiltinFormsAreWholeInBothLanguages(t *testing.T) {
	forms, err := form.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	whole := func(where string, texts form.Texts) {
		if texts != nil && (texts["en"] == "" || texts["zh"] == "" || texts["en"] == texts["zh"]) {
			t.Errorf("%s is not there in both languages: %v", where, texts)
		}
	}
	for _, f := range forms {
		whole(f.ID, f.Title)
		whole(f.ID, f.Hint)
		for _, field := range f.Fields {
			whole(f.ID+"."+field.ID, field.Label)
			whole(f.ID+"."+field.ID, field.Help)
			for _, o := range field.Choices {
				whole(f.ID+"."+field.ID+"."+o.ID, o.Label)
			}
		}
	}
	if len(forms) < 6 || !builtin(t, "lost-or-hacked").Person {
		t.Errorf("%d forms are built in", len(forms))
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	for field, spoil := range map[string]func(*form.Form){
		"id":                    func(f *form.Form) { f.ID = "Not an id" },
		"title":                 func(f *form.Form) { f.Title = nil },
		"title.en":              func(f *form.Form) { f.Title["en"] = "two\nlines" },
		"hint":                  func(f *form.Form) { f.Hint["no language"] = "x" },
		"icon":                  func(f *form.Form) { f.Icon = "skull" },
		"order":                 func(f *form.Form) { f.Order = -1 },
		"priority":              func(f *form.Form) { f.Priority = "low" },
		"topic":                 func(f *form.Form) { f.Topic = strings.Repeat("x", form.MaxLabel+1) },
		"tags":                  func(f *form.Form) { f.Tags = make([]string, form.MaxTags+1) },
		"tags.0":                func(f *form.Form) { f.Tags = []string{" "} },
		"fields":                func(f *form.Form) { f.Fields = nil },
		"fields.1.id":           func(f *form.Form) { f.Fields[1].ID = f.Fields[0].ID },
		"fields.0.kind":         func(f *form.Form) { f.Fields[0].Kind = "password" },
		"fields.0.label":        func(f *form.Form) { f.Fields[0].Label = form.Texts{} },
		"fields.0.help.en":      func(f *form.Form) { f.Fields[0].Help = form.Texts{"en": strings.Repeat("字", form.MaxHelp+1)} },
		"fields.0.choices":      func(f *form.Form) { f.Fields[0].Choices = f.Fields[0].Choices[:1] },
		"fields.1.choices":      func(f *form.Form) { f.Fields[1].Choices = f.Fields[0].Choices },
		"fields.0.choices.1.id": func(f *form.Form) { f.Fields[0].Choices[1].ID = f.Fields[0].Choices[0].ID },
		"fields.2.when.field":   func(f *form.Form) { f.Fields[2].When = &form.Condition{Field: "expected", Is: []string{"x"}} },
		"fields.2.when.is":      func(f *form.Form) { f.Fields[2].When.Is = nil },
		"fields.2.when.is.0":    func(f *form.Form) { f.Fields[2].When.Is = []string{"none"} },
	} {
		f := builtin(t, "not-arrived")
		spoil(&f)
		if err := f.Validate(); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != field {
			t.Errorf("%s: got %v, of field %q", field, err, fault.FieldOf(err))
		}
	}
}

func TestFillChecksEachAnswer(t *testing.T) {
	f := builtin(t, "not-arrived")
	f.Fields = append(f.Fields,
		form.Field{ID: "amount", Kind: form.Amount, Label: form.Texts{"en": "How much?"}},
		form.Field{ID: "mail", Kind: form.Contact, Label: form.Texts{"en": "Where?"}},
	)
	for _, c := range []struct {
		field  string
		answer form.Answer
		ok     bool
	}{
		{"what", form.Answer{Choice: "incoming"}, true},
		{"what", form.Answer{Choice: "nothing"}, false},
		{"what", form.Answer{Text: "incoming"}, false},
		{"expected", form.Answer{Date: "2026-02-28"}, true},
		{"expected", form.Answer{Date: "2026-02-28", Time: "09:30"}, true},
		{"expected", form.Answer{Date: "2026-02-30"}, false},
		{"expected", form.Answer{Date: "2026-02-28", Time: "25:00"}, false},
		{"amount", form.Answer{Amount: "12.50", Currency: "EUR"}, true},
		{"amount", form.Answer{Amount: "12,50", Currency: "EUR"}, false},
		{"amount", form.Answer{Amount: "-1", Currency: "EUR"}, false},
		{"amount", form.Answer{Amount: "1", Currency: "euro"}, false},
		{"mail", form.Answer{Text: "anna@example.org"}, true},
		{"mail", form.Answer{Text: "+49 30 1234567"}, true},
		{"mail", form.Answer{Text: "call me"}, false},
		{"payment", form.Answer{Transaction: "tx1"}, true},
		{"payment", form.Answer{Transaction: "tx2"}, false},
		{"payment", form.Answer{Amount: "5", Date: "2026-01-01", Text: "Coffee Bar"}, true},
		{"payment", form.Answer{Transaction: "tx1", Choice: "x"}, false},
		{"more", form.Answer{Text: strings.Repeat("字", form.MaxLines)}, true},
		{"more", form.Answer{Text: strings.Repeat("字", form.MaxLines+1)}, false},
		{"receipt", form.Answer{Files: make([]string, form.MaxFiles+1)}, false},
		{"nothing", form.Answer{Text: "x"}, false},
	} {
		amount, err := wallet.Parse("12.50", "EUR", 2)
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]wallet.Reference{"tx1": {ID: "tx1", Amount: amount, Direction: wallet.Out, Party: "Coffee Bar", At: 1}}
		s := form.Submission{Form: f.ID, Revision: 3, Language: "zh", Answers: map[string]form.Answer{c.field: c.answer}}
		filled, err := f.Fill(s, known)
		if (err == nil) != c.ok {
			t.Errorf("%s %+v: %v", c.field, c.answer, err)
			continue
		}
		if err != nil {
			if !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "answers."+c.field {
				t.Errorf("%s: %v names %q", c.field, err, fault.FieldOf(err))
			}
			continue
		}
		if filled.Title != "钱没有到账" || filled.Revision != 3 || len(filled.Answers) != 1 || filled.Answers[0].Value == "" {
			t.Errorf("%s became %+v", c.field, filled)
		}
	}
}

func TestWhatIsNotAskedIsNotTaken(t *testing.T) {
	f := builtin(t, "not-arrived")
	answers := map[string]form.Answer{"what": {Choice: "top-up"}, "other": {Text: "Li Lei"}}
	filled, err := f.Fill(form.Submission{Form: f.ID, Answers: answers}, nil)
	if err != nil || len(filled.Answers) != 1 {
		t.Fatalf("got %+v, %v", filled, err)
	}
	answers["what"] = form.Answer{Choice: "incoming"}
	if filled, err = f.Fill(form.Submission{Form: f.ID, Answers: answers}, nil); err != nil || len(filled.Answers) != 2 {
		t.Fatalf("got %+v, %v", filled, err)
	}
	if text := filled.Text(); !strings.Contains(text, "Money has not arrived") || !strings.Contains(text, "Li Lei") {
		t.Errorf("as text: %q", text)
	}
}

func TestWhatIsNeededIsAskedFor(t *testing.T) {
	f := builtin(t, "account")
	_, err := f.Fill(form.Submission{Answers: map[string]form.Answer{"more": {Text: "help"}}}, nil)
	if fault.FieldOf(err) != "answers.what" {
		t.Errorf("got %v", err)
	}
	if _, err = builtin(t, "refund").Fill(form.Submission{Answers: map[string]form.Answer{"more": {Text: " "}}}, nil); fault.FieldOf(err) != "answers" {
		t.Errorf("an empty form: %v", err)
	}
}

// Whatever is answered, the text holds each value once, in the order of the
// questions, and what was filled in reads back as it was written.
func TestFilledReadsBack(t *testing.T) {
	f := builtin(t, "refund")
	rapid.Check(t, func(t *rapid.T) {
		answers := map[string]form.Answer{"more": {Text: rapid.StringMatching(`[a-z字 ]{0,30}x`).Draw(t, "more")}}
		if rapid.Bool().Draw(t, "agreed") {
			answers["agreed"] = form.Answer{Choice: rapid.SampledFrom([]string{"yes", "no", "not-asked"}).Draw(t, "choice")}
			answers["agreed-on"] = form.Answer{Date: "2026-03-04"}
		}
		filled, err := f.Fill(form.Submission{Form: f.ID, Revision: 1, Language: "en", Answers: answers}, nil)
		if err != nil {
			t.Fatal(err)
		}
		last := -1
		for _, item := range filled.Answers {
			at := strings.Index(filled.Text(), item.Label+"\n"+item.Value)
			if at <= last {
				t.Fatalf("%q stands at %d of %q", item.Label, at, filled.Text())
			}
			last = at
		}
		encoded, err := json.Marshal(filled)
		if err != nil {
			t.Fatal(err)
		}
		var again form.Filled
		if err := strictjson.Decode(encoded, &again); err != nil || again.Text() != filled.Text() {
			t.Fatalf("%s read back as %+v, %v", encoded, again, err)
		}
		if (answers["agreed"].Choice == "yes") != strings.Contains(filled.Text(), "2026-03-04") {
			t.Fatalf("a question that was not asked was answered: %q", filled.Text())
		}
	})
}

func FuzzForm(f *testing.F) {
	forms, err := form.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	for _, one := range forms {
		encoded, _ := json.Marshal(one)
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var one form.Form
		if strictjson.Decode(data, &one) != nil || one.Validate() != nil {
			return
		}
		shown := one.Show(1, "zh")
		if shown.Title == "" || len(shown.Fields) != len(one.Fields) {
			t.Errorf("%s is shown as %+v", data, shown)
		}
	})
}
