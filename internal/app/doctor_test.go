package app_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/internal/app"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/config"
	"kefu/internal/storage"
)

// examined is one finding of the doctor.
func examined(t *testing.T, c config.Config, what string) app.Finding {
	t.Helper()
	for _, f := range app.Examine(t.Context(), c) {
		if f.What == what {
			return f
		}
	}
	t.Fatalf("nobody looked at %s", what)
	return app.Finding{}
}

func hints(t *testing.T, c config.Config, what, want string) {
	t.Helper()
	f := examined(t, c, what)
	if f.Wrong != "" || (want == "") != (f.Hint == "") || !strings.Contains(f.Hint, want) || (f.Fact == "") == (f.Hint == "") {
		t.Errorf("%s: %+v, want a hint at %q", what, f, want)
	}
}

func TestTheDoctorHintsAtWhatIsHardlyMeant(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:0"
	closed(t, ring(t, c))
	hints(t, c, "address", "works on this machine alone")
	hints(t, c, "wallet pages", "origins.embed")
	hints(t, c, "key folder", "keys.folder")
	hints(t, c, "staff", "") // before the first start there is nobody to miss
	c.Origins.Embed = []string{"https://wallet.example"}
	hints(t, c, "wallet pages", "")
	c.PublicURL = "https://help.invalid" // RFC 6761: never found
	hints(t, c, "address", "help.invalid is not found")
}

func TestTheDoctorMissesThePeopleWhoSignIn(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:0"
	r := ring(t, c)
	defer closed(t, r)
	store, err := storage.Open(t.Context(), storage.Options{Dir: c.Data, Ring: r, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- store.Run(running) }()
	defer func() {
		stop()
		<-ended
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	hints(t, c, "staff", "kefu user add")
	member := staff.Member{ID: "olga", Email: "olga@wallet.example", Name: "Olga", Alias: "Olga", Role: identity.Owner}
	if err := store.AddStaff(t.Context(), app.CommandLine(), staff.New{Member: member, PasswordHash: "h", TOTPSecret: "t"}); err != nil {
		t.Fatal(err)
	}
	hints(t, c, "staff", "")
}

func TestTheDoctorFindsFilesThatOthersMayRead(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:0"
	if err := os.Chmod(c.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	if f := examined(t, c, "data folder"); f.Wrong != "" {
		t.Fatalf("%+v", f)
	}
	file := filepath.Join(c.Data, "copy.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if f := examined(t, c, "data folder"); !strings.Contains(f.Wrong, "copy.db") {
		t.Errorf("%+v", f)
	}
}
