package app_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"kefu/internal/app"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
)

func TestTheSetUpTellsWhatIsLeftUntilSomebodyCanSignIn(t *testing.T) {
	c := withKeys(t)
	a, err := app.Build(t.Context(), c, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Store.Run(running) }()
	defer func() {
		stop()
		<-ended
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	left := func() string {
		steps, err := a.SetUp(t.Context(), "kefu user add EMAIL")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(steps, "\n")
	}
	for _, told := range []string{"kefu user add EMAIL", c.PublicURL + "/desk/", "origins.embed", "identity.issuers", "as a visitor", "works on this machine alone", "kefu doctor"} {
		if steps := left(); !strings.Contains(steps, told) {
			t.Errorf("the steps do not tell %q:\n%s", told, steps)
		}
	}
	a.Config.Origins.Embed, a.Config.PublicURL, a.Config.Identity.Anonymous = []string{"https://wallet.example"}, "https://help.wallet.example/", false
	if steps := left(); strings.Contains(steps, "origins.embed") || strings.Contains(steps, "alone") || !strings.Contains(steps, "nobody can write") || !strings.Contains(steps, "https://help.wallet.example/desk/") {
		t.Errorf("the steps of another configuration:\n%s", steps)
	}
	member := staff.Member{ID: "olga", Email: "olga@wallet.example", Name: "Olga", Alias: "Olga", Role: identity.Owner}
	if err := a.Store.AddStaff(t.Context(), app.CommandLine(), staff.New{Member: member, PasswordHash: "h", TOTPSecret: "t"}); err != nil {
		t.Fatal(err)
	}
	if steps := left(); steps != "" {
		t.Errorf("the steps when somebody can sign in:\n%s", steps)
	}
}
