package consent_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/wallet/consent"
	"kefu/internal/platform/fault"
)

func standing() consent.Standing {
	text := consent.Words{"en": "We read what you buy.", "zh": "我们会读取您的消费记录。"}
	return consent.Standing{
		CustomerID: "c-1",
		Items: []consent.Item{
			{Key: consent.Personalisation, Basis: consent.Agreed, State: consent.Given, Text: text, Version: "2", Agreed: "1", Again: consent.TextChanged, At: 40, Way: "app", Give: true, Withdraw: true},
			{Key: consent.MarketingSMS, Basis: consent.Agreed, State: consent.Withdrawn, Text: text, Version: "1", At: 30, Way: "web", Give: true, Withdraw: true},
			{Key: consent.Location, Basis: consent.Agreed, State: consent.Never, Text: text, Version: "1", Give: true, Withdraw: true},
			{Key: "face", Name: consent.Words{"en": "Your face"}, Basis: consent.Agreed, State: consent.Given, Text: text, Version: "1", Agreed: "1", At: 20, Way: "paper", Withdraw: true},
			{Key: consent.Partners, Basis: consent.Law, State: consent.Required, Text: text, Version: "3"},
		},
		Changes: []consent.Change{
			{ID: "k-4", Key: consent.Personalisation, State: consent.Given, Version: "1", At: 40, By: "customer", Way: "app"},
			{ID: "k-3", Key: consent.MarketingSMS, State: consent.Withdrawn, Version: "1", At: 30, By: "customer", Way: "web"},
			{ID: "k-2", Key: "face", State: consent.Given, Version: "1", At: 20, By: "customer", Way: "paper"},
			{ID: "k-1", Key: consent.MarketingSMS, State: consent.Given, Version: "1", At: 10, By: "customer", Way: "app"},
		},
	}
}

func TestAConsentAgreesWithItsHistory(t *testing.T) {
	if err := standing().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*consent.Standing){
		"given, and nobody gave it":       func(s *consent.Standing) { s.Changes = s.Changes[1:] },
		"withdrawn, and told as given":    func(s *consent.Standing) { s.Items[1].State, s.Items[1].Agreed = consent.Given, "1" },
		"never, with a past":              func(s *consent.Standing) { s.Changes[0].Key = consent.Location },
		"since another time":              func(s *consent.Standing) { s.Items[0].At++ },
		"by another way":                  func(s *consent.Standing) { s.Items[0].Way = "phone" },
		"another version agreed":          func(s *consent.Standing) { s.Items[3].Agreed = "2" },
		"no version":                      func(s *consent.Standing) { s.Items[2].Version = "" },
		"given, and nobody knows to what": func(s *consent.Standing) { s.Items[0].Agreed = "" },
		"harder to withdraw than to give": func(s *consent.Standing) { s.Items[2].Withdraw = false },
		"what the law asks, withdrawn":    func(s *consent.Standing) { s.Items[4].Withdraw = true },
		"what the law asks, as given":     func(s *consent.Standing) { s.Items[4].State = consent.Given },
		"a consent that is required":      func(s *consent.Standing) { s.Items[2].State = consent.Required },
		"a law, with a past":              func(s *consent.Standing) { s.Changes[3].Key = consent.Partners },
		"a text that changed into itself": func(s *consent.Standing) { s.Items[0].Agreed, s.Changes[0].Version = "2", "2" },
		"asked again, and withdrawn":      func(s *consent.Standing) { s.Items[1].Again = consent.Expired },
		"an own key without a name":       func(s *consent.Standing) { s.Items[3].Name = nil },
		"a key that is none":              func(s *consent.Standing) { s.Items[3].Key = "a b" },
		"no text":                         func(s *consent.Standing) { s.Items[2].Text = nil },
		"no text in English":              func(s *consent.Standing) { s.Items[2].Text = consent.Words{"zh": "文字"} },
		"a text without an end": func(s *consent.Standing) {
			s.Items[2].Text = consent.Words{"en": strings.Repeat("a", consent.MaxText+1)}
		},
		"a text with what cannot be shown": func(s *consent.Standing) { s.Items[2].Text = consent.Words{"en": "a\u202eb"} },
		"one twice":                        func(s *consent.Standing) { s.Items = append(s.Items, s.Items[4]) },
		"a change twice":                   func(s *consent.Standing) { s.Changes[2].ID = "k-3" },
		"changes in no order":              func(s *consent.Standing) { s.Changes[3].At = 90 },
		"a change by nobody":               func(s *consent.Standing) { s.Changes[0].By = "" },
		"a change by staff":                func(s *consent.Standing) { s.Changes[0].By = "staff" },
		"never, by a way":                  func(s *consent.Standing) { s.Items[2].Way = "app" },
	} {
		s := standing()
		spoil(&s)
		if err := s.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsAskedAgainDoesNotCount(t *testing.T) {
	s := standing()
	for n, want := range []bool{false, false, false, true, false} {
		if s.Items[n].Counts() != want {
			t.Errorf("%s counts: %t", s.Items[n].Key, !want)
		}
	}
	if got := s.Of(consent.MarketingSMS); len(got) != 2 || got[0].ID != "k-3" {
		t.Errorf("%+v", got)
	}
	if _, there := s.Item("none"); there {
		t.Error("it has what is not there")
	}
}
