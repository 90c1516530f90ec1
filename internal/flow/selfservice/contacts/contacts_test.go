package contacts_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/official"
	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice/contacts"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// ask asks what the register says of a text.
func ask(t *testing.T, book func() *official.Book, text string) (*selfservice.Value, error) {
	t.Helper()
	r, err := reads.New(contacts.Reads(contacts.Deps{Book: book})...)
	if err != nil {
		t.Fatal(err)
	}
	return r.Call(t.Context(), "official_contact", reads.Asked{Args: map[string]selfservice.Value{"text": {Type: selfservice.Text, Text: text}}})
}

func TestWhatTheRegisterSays(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	book := func() *official.Book {
		return official.NewBook(now,
			official.Channel{Kind: official.Phone, Value: "+44 20 7946 0000"},
			official.Channel{Kind: official.Phone, Value: "+44 20 7946 0111", Until: "2026-01-01"},
			official.Channel{Kind: official.Site, Value: "lotus-wallet.example", Below: true},
			official.Channel{Kind: official.Social, Network: "telegram", Value: "lotuswallet"},
		)
	}
	for text, want := range map[string]struct{ state, ours string }{
		"+44 20 7946 0000":                               {"ours", "+44 20 7946 0000"},
		"+44 20 7946 0991":                               {"not_ours", ""},
		"+44 20 7946 0111":                               {"formerly", "+44 20 7946 0111"},
		"https://help.lotus-wallet.example":              {"ours", "lotus-wallet.example"},
		"https://lotus-wa11et.example":                   {"lookalike", "lotus-wallet.example"},
		"@lotuswallet":                                   {"ours_as", "lotuswallet"},
		"help@lotus-wallet.example":                      {"", ""}, // whatever it is, it is not ours: below
		"a friendly man":                                 {"unreadable", ""},
		"+44 20 7946 0991, \"security team\"":            {"not_ours", ""},
		"+44 20 7946 0000, https://lotus-wa11et.example": {"lookalike", "lotus-wallet.example"},
		"“Anna”；+44 20 7946 0000":                        {"ours", "+44 20 7946 0000"},
	} {
		v, err := ask(t, book, text)
		if err != nil {
			t.Fatal(err)
		}
		state := v.Sheet.Facts["state"].Word
		if want.state != "" && (state != want.state || v.Sheet.Named["ours"].Text != want.ours) {
			t.Errorf("%s is %s (%q), want %s", text, state, v.Sheet.Named["ours"].Text, want.state)
		}
		if want.state == "" && (state == "ours" || state == "ours_as") {
			t.Errorf("%s is called ours: no address of the house's is listed", text)
		}
		for _, lang := range []string{"en", "zh"} {
			for _, line := range v.Sheet.Lines(lang, true) {
				for _, promise := range []string{"safe", "trust", "genuine", "安全", "放心", "可信"} {
					if strings.Contains(strings.ToLower(line), promise) {
						t.Errorf("of %s it is promised: %s", text, line)
					}
				}
			}
		}
	}
}

// A kind of which nothing is listed is not called foreign, and without a register nothing is.
func TestWhatItCannotTell(t *testing.T) {
	v, err := ask(t, func() *official.Book { return official.NewBook(time.Now()) }, "+44 20 7946 0991")
	if err != nil || v.Sheet.Facts["state"].Word != "unlisted" {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := ask(t, nil, "+44 20 7946 0991"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without a register: %v", err)
	}
}
