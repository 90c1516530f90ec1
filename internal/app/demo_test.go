package app_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"kefu/internal/app"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/fault"
)

func runStore(t *testing.T, a *app.App) {
	t.Helper()
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Store.Run(running) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A first start that ended between any two steps leaves a demo that the next one
// completes: everybody signs in with what demo.json says.
func TestAnInterruptedFirstStartOfTheDemoIsResumed(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:8080"
	prepared := c
	d, fresh, err := app.PrepareDemo(&prepared)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	a := build(t, prepared)
	runStore(t, a)
	// As a process leaves it that ended after adding the second of them, and before
	// it wrote that one's secret.
	for i := range 2 {
		s := &d.Staff[i]
		enrolled, err := a.Desk.Enrol(t.Context(), app.CommandLine(), signin.NewMember{Email: s.Email, Name: s.Name, Alias: s.Name, Password: s.Password, Role: identity.Role(s.Role)})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			s.TOTPSecret = enrolled.TOTP.Secret
		}
	}
	if err := app.WriteDemo(c.Data, d); err != nil {
		t.Fatal(err)
	}
	again, fresh, err := app.PrepareDemo(&c)
	if err != nil || fresh {
		t.Fatal(fresh, err)
	}
	for range 2 { // and a third start changes nobody
		if err := a.SeedDemo(t.Context(), again, false); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(c.Data, "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	var written app.Demo
	if err := json.Unmarshal(text, &written); err != nil || len(written.Staff) != len(d.Staff) {
		t.Fatalf("%d people, err = %v", len(written.Staff), err)
	}
	for i, s := range written.Staff {
		found, err := a.Store.CredentialsOf(t.Context(), s.Email)
		if err != nil || s.TOTPSecret == "" || found.TOTPSecret != s.TOTPSecret || s.Password != d.Staff[i].Password {
			t.Errorf("%s cannot sign in with what demo.json says: %v", s.Email, err)
		}
	}
}

// demo.json is written before anybody is added, and a lost one is told of.
func TestALostDemoFileIsToldOf(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:8080"
	d, _, err := app.PrepareDemo(&c)
	if err != nil {
		t.Fatal(err)
	}
	a := build(t, c)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := app.WriteDemo(c.Data, d); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(c.Data, "demo.json")); err != nil {
		t.Fatal(err)
	}
	if err := a.SeedDemo(stopped, d, false); err == nil {
		t.Fatal("nobody was interrupted")
	}
	if _, err := os.Stat(filepath.Join(c.Data, "demo.json")); err != nil {
		t.Errorf("people are added before demo.json is there: %v", err)
	}
	runStore(t, a)
	if err := a.SeedDemo(t.Context(), d, true); err != nil {
		t.Fatal(err)
	}
	if err := a.SeedDemo(t.Context(), d, true); !fault.Is(err, fault.Conflict) {
		t.Errorf("a demo whose file is lost: %v", err)
	}
}
