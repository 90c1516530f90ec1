package asking_test

import (
	"context"
	"slices"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/outbound"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/asking"
	"kefu/internal/flow/configuring"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

func service(t *testing.T, d *storagetest.Deployment, w asking.Transactions) (*asking.Service, *configuring.Service) {
	t.Helper()
	kinds, err := configuring.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	filter, err := outbound.New()
	if err != nil {
		t.Fatal(err)
	}
	words := intake.New(nil, nil, intake.Limits{}, d.Clock.Now, nil)
	words.UseWording(filter) // what is built in is refused like anything else
	set := configuring.New(configuring.Deps{
		Store: d.Open(t).Store, Kinds: kinds, Clean: func(_ context.Context, text string) (string, error) { return text, nil }, Worded: words.Worded,
	})
	if err := set.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := asking.New(set, w)
	if err := s.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, set
}

// ann's wallet knows one transaction of hers.
type anns struct{}

func (anns) Reference(_ context.Context, p identity.Principal, of string) (wallet.Reference, error) {
	switch {
	case of == "down":
		return wallet.Reference{}, fault.New(fault.Unavailable, "test", "down")
	case p.ID != "ann" || of != "tx-1":
		return wallet.Reference{}, fault.New(fault.NotFound, "test", "none")
	}
	amount, err := wallet.Parse("12.50", "EUR", 2)
	return wallet.Reference{ID: of, Amount: amount, Direction: wallet.Out, Party: "Coffee Bar", At: 1_000_000}, err
}

func ann() identity.Principal { return identity.Principal{Kind: identity.Customer, ID: "ann"} }
func bob() identity.Principal { return identity.Principal{Kind: identity.Customer, ID: "bob"} }

// delivered is how many topics Kefu comes with.
func delivered(t *testing.T) int {
	t.Helper()
	all, err := form.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestABeginningHasTheBuiltInFormsAndOnlyOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, set := service(t, d, nil)
		first := s.Shown(t.Context(), "zh")
		if len(first) != delivered(t) || first[0].ID != "lost-or-hacked" || first[1].Title != "无法登录" || first[0].Revision == 0 {
			t.Fatalf("shown are %+v", first)
		}
		all, err := set.List(t.Context(), identity.SystemPart("test"), "form", settings.Query{Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			if _, err := set.Archive(t.Context(), identity.SystemPart("test"), "form", one.ID, one.Revision, true); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Seed(t.Context()); err != nil || len(s.Shown(t.Context(), "en")) != 0 {
			t.Errorf("what was put away came back: %v, %d", err, len(s.Shown(t.Context(), "en")))
		}
	})
}

func TestFormsAreFilledByTheRevisionInUse(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := t.Context()
		s, set := service(t, d, nil)
		given := form.Submission{Form: "account", Revision: s.Shown(t.Context(), "en")[4].Revision, Language: "en", Answers: map[string]form.Answer{"what": {Choice: "close"}}}
		filled, route, err := s.Fill(ctx, bob(), given)
		if err != nil || route.Topic != "My account or sign-in" || !slices.Equal(route.Tags, []string{"account"}) || route.Person || filled.Answers[0].Value != "Closing my account" {
			t.Fatalf("%+v, %+v, %v", filled, route, err)
		}
		kind := []byte(`{"id":"account","title":{"en":"Account"},"priority":"high","topic":"Account matters","fields":[{"id":"why","kind":"text","required":true,"label":{"en":"Why?"}},{"id":"what","kind":"text","label":{"en":"What?"}}]}`)
		saved, err := set.Save(ctx, identity.SystemPart("test"), settings.Change{Kind: "form", ID: id.From("form account"), Revision: given.Revision, Body: kind})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err = s.Fill(ctx, bob(), given); !fault.Is(err, fault.Conflict) {
			t.Errorf("what does not fit the new form: %v", err)
		}
		given.Answers = map[string]form.Answer{"why": {Text: "moving"}}
		filled, route, err = s.Fill(ctx, bob(), given)
		if err != nil || filled.Revision != saved.Revision || route.Topic != "Account matters" || route.Priority != conversation.High {
			t.Errorf("what fits it: %+v, %+v, %v", filled, route, err)
		}
		given.Revision = saved.Revision
		given.Answers = map[string]form.Answer{"what": {Text: "x"}}
		if _, _, err = s.Fill(ctx, bob(), given); fault.FieldOf(err) != "answers.why" {
			t.Errorf("what is wrong in the present form: %v", err)
		}
		given.Form = "nothing"
		if _, _, err = s.Fill(ctx, bob(), given); !fault.Is(err, fault.Conflict) {
			t.Errorf("a form that is gone: %v", err)
		}
	})
}

func TestTransactionsAreTheCustomersOwn(t *testing.T) {
	d := storagetest.New(t, "sqlite")
	s, _ := service(t, d, anns{})
	fill := func(p identity.Principal, of string) (form.Filled, error) {
		filled, _, err := s.Fill(t.Context(), p, form.Submission{Form: "refund", Revision: 1, Language: "en", Answers: map[string]form.Answer{"payment": {Transaction: of}}})
		return filled, err
	}
	if filled, err := fill(ann(), "tx-1"); err != nil || filled.Answers[0].Transaction == nil || filled.Answers[0].Transaction.Party != "Coffee Bar" {
		t.Errorf("her own: %+v, %v", filled, err)
	}
	if _, err := fill(bob(), "tx-1"); err == nil {
		t.Error("another customer's was taken")
	}
	if _, err := fill(ann(), "down"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a wallet that is down: %v", err)
	}
}

// A wallet without points is asked nothing about them; where nobody knows what it tells, and in
// what whoever began before sends in, nothing is hidden.
func TestATopicNeedsWhatTheWalletTells(t *testing.T) {
	d := storagetest.New(t, "sqlite")
	s, _ := service(t, d, nil)
	whole := s.Version(t.Context())
	if got := ids(s.Shown(t.Context(), "en")); !slices.Contains(got, "points") {
		t.Errorf("nobody knows what the wallet tells: %v", got)
	}
	tells := []wallet.Reading{wallet.ReadCustomer}
	s.UseReadings(func(_ context.Context, r wallet.Reading) bool { return slices.Contains(tells, r) })
	if got := ids(s.Shown(t.Context(), "zh")); slices.Contains(got, "points") || slices.Contains(got, "consents") || len(got) != delivered(t)-2 {
		t.Errorf("a wallet without points and consents: %v", got)
	}
	if s.Version(t.Context()) == whole {
		t.Error("what windows have kept is not read again")
	}
	given := form.Submission{Form: "points", Revision: 1, Language: "en", Answers: map[string]form.Answer{"what": {Choice: "missing"}}}
	if _, _, err := s.Fill(t.Context(), bob(), given); err != nil {
		t.Error(err)
	}
	tells = append(tells, wallet.ReadPoints)
	if got := ids(s.Shown(t.Context(), "en")); !slices.Contains(got, "points") || len(got) != delivered(t)-1 {
		t.Errorf("a wallet that has points now: %v", got)
	}
	tells = append(tells, wallet.ReadConsents)
	if got := ids(s.Shown(t.Context(), "en")); len(got) != delivered(t) || s.Version(t.Context()) != whole {
		t.Errorf("a wallet that has both now: %v", got)
	}
}
