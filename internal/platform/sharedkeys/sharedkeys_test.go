package sharedkeys_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/sharedkeys"
)

// one and two are secrets, as base64 writes 33 bytes.
const (
	one = "b25lb25lb25lb25lb25lb25lb25lb25lb25lb25lb25l"
	two = "dHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdv"
)

// names are what keys are called, each with its secret.
func names(keys []httpsig.Key) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(k.ID + "=" + string(k.Secret) + ";")
	}
	return b.String()
}

func TestWhatIsRead(t *testing.T) {
	binary := "\x00\x01 \n" + strings.Repeat("\xfe", 40)
	for text, want := range map[string]string{
		one:                "kefu=" + one + ";",
		one + "\n":         "kefu=" + one + ";",
		"b " + two:         "b=" + two + ";",
		one + "\nb " + two: "kefu=" + one + ";b=" + two + ";",
		"\r\n b\t" + two + "\r\n\r\na " + one + "\r\n":          "b=" + two + ";a=" + one + ";",
		"a " + one + "\nb " + one + "\nc " + one + "\nd " + one: "a=" + one + ";b=" + one + ";c=" + one + ";d=" + one + ";",
		"nobody guesses this sentence, which is long":           "kefu=nobody guesses this sentence, which is long;",
		binary: "kefu=" + strings.TrimSpace(binary) + ";",
	} {
		if keys, err := sharedkeys.Parse([]byte(text), "kefu"); err != nil || names(keys) != want {
			t.Errorf("%q is %s: %v", text, names(keys), err)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "no key in it",
		" \r\n\n":                          "no key in it",
		"short":                            "line 1 has 5 bytes, and 32 are the least",
		"a short":                          "line 1 has 5 bytes",
		"a " + one + "\n\nb tiny":          "line 3 has 4 bytes",
		"a short\nb " + two:                "line 1 has 5 bytes",
		"a " + one + "\na " + two:          "lines 1 and 2 are of one name",
		one + "\n" + two:                   "lines 1 and 2 are of one name",
		"kefu " + one + "\n" + two:         "lines 1 and 2 are of one name",
		"a " + one + " # old":              "line 1 has more than two words",
		"a " + one + "\nb " + two + " new": "line 2 has more than two words",
		one + " b":                         "line 1 begins with no name",
		one + " " + two:                    "line 1 begins with no name", // one of both is a secret, and a name is logged
		`a"b ` + one:                       "line 1 begins with no name",
		"ключ " + one:                      "line 1 begins with no name",
		"\ufeffa " + one:                   "line 1 begins with no name",
		"a " + one + "\nb " + one + "\nc " + one + "\nd " + one + "\ne " + two: "more than 4 keys",
		"three short words":        "line 1 has 17 bytes",
		strings.Repeat("\x01", 31): "line 1 has 31 bytes",
	} {
		keys, err := sharedkeys.Parse([]byte(text), "kefu")
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %s: %v, want %q", text, names(keys), err, want)
		}
		if err != nil && (strings.Contains(err.Error(), one) || strings.Contains(err.Error(), two)) {
			t.Errorf("a secret is in %q", err)
		}
	}
}

// A name of the configuration's may be as long as it is, as before.
func TestALongNameOfTheConfiguration(t *testing.T) {
	id := "0f8fad5b-d9cb-469f-a165-70867728950e"
	if keys, err := sharedkeys.Parse([]byte("b "+two+"\n"+id+" "+one), id); err != nil || names(keys) != "b="+two+";"+id+"="+one+";" {
		t.Errorf("%s %v", names(keys), err)
	}
}

func TestAFileThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, "long")
	write(t, long, strings.Repeat("x", 65<<10))
	for path, want := range map[string]string{dir: "is a directory", filepath.Join(dir, "none"): "no such file", long: "longer than"} {
		if _, err := sharedkeys.Read(path, "kefu"); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := sharedkeys.Open(path, "kefu", slog.Default()); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s was opened: %v", path, err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAKeyByItsName(t *testing.T) {
	keys, err := sharedkeys.Parse([]byte("a "+one+"\nb "+two), "kefu")
	if err != nil {
		t.Fatal(err)
	}
	if k, err := sharedkeys.Named(keys, "b"); err != nil || string(k.Secret) != two {
		t.Errorf("%s %v", k.ID, err)
	}
	if _, err := sharedkeys.Named(keys, "c"); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "a signs; a, b verify") {
		t.Error(err)
	}
}

// following is a file that is followed within a bubble of time, and its log.
func following(t *testing.T, path string) (*sharedkeys.File, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	f, err := sharedkeys.Open(path, "kefu", slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return f, log
}

// pass lets looks be taken, in pretended time.
func pass(looks int) {
	time.Sleep(time.Duration(looks) * sharedkeys.Every)
	synctest.Wait()
}

func TestAFileIsFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	write(t, path, one)
	synctest.Test(t, func(t *testing.T) {
		f, log := following(t, path)
		pass(5)
		if log.Len() > 0 || f.Signer().ID != "kefu" {
			t.Errorf("nothing has changed: %s", log)
		}
		for _, step := range []struct{ text, want string }{
			{one + "\nb " + two, "kefu=" + one + ";b=" + two + ";"},
			{"b " + two + "\nkefu " + one, "b=" + two + ";kefu=" + one + ";"},
			{"b " + two, "b=" + two + ";"},
		} {
			write(t, path, step.text)
			pass(3)
			if got := names(f.Keys()); got != step.want || f.Signer().ID != f.Keys()[0].ID {
				t.Errorf("the keys are %s, want %s", got, step.want)
			}
		}
		if said := log.String(); strings.Count(said, "were read again") != 3 || !strings.Contains(said, "b signs; b, kefu verify") || strings.Contains(said, one) || strings.Contains(said, two) {
			t.Errorf("the log says %s", said)
		}
	})
}

// What is wrong keeps the keys, is said once, and when it is right again that is said too.
func TestABadFileKeepsTheKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	good := "a " + one + "\nb " + two
	for name, spoil := range map[string]struct {
		do   func() error
		said string
	}{
		"empty":     {func() error { return os.WriteFile(path, nil, 0o600) }, "no key in it"},
		"gone":      {func() error { return os.Remove(path) }, "no such file"},
		"twice":     {func() error { return os.WriteFile(path, []byte("a "+one+"\na "+two), 0o600) }, "of one name"},
		"too short": {func() error { return os.WriteFile(path, []byte("a "+one+"\nb "+two[:31]), 0o600) }, "line 2 has 31 bytes"},
	} {
		write(t, path, good)
		synctest.Test(t, func(t *testing.T) {
			f, log := following(t, path)
			if err := spoil.do(); err != nil {
				t.Fatal(err)
			}
			pass(5)
			if got := names(f.Keys()); got != "a="+one+";b="+two+";" {
				t.Errorf("%s: the keys are %s", name, got)
			}
			said := log.String()
			if strings.Count(said, "level=ERROR") != 1 || !strings.Contains(said, spoil.said) || !strings.Contains(said, "a signs; a, b verify") || strings.Contains(said, one[:31]) || strings.Contains(said, two[:31]) {
				t.Errorf("%s: the log says %s", name, said)
			}
			write(t, path, good)
			pass(3)
			if !strings.Contains(log.String(), "were read again") {
				t.Errorf("%s: it is not said that all is well", name)
			}
		})
	}
}

// A file that is being written is not judged before it rests.
func TestAFileThatIsBeingWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	write(t, path, one)
	var log bytes.Buffer
	f, err := sharedkeys.Open(path, "kefu", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "b ", "b " + two[:40], "b " + two} {
		write(t, path, text)
		f.Look()
	}
	if f.Signer().ID != "kefu" || log.Len() > 0 {
		t.Errorf("%s signs already: %s", f.Signer().ID, log.String())
	}
	f.Look()
	if names(f.Keys()) != "b="+two+";" {
		t.Errorf("the keys are %s", names(f.Keys()))
	}
}

// Whatever is read can sign, and no error tells what was in it.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", one, "a " + one + "\nb " + two, one + "\r\n" + two, "a b c d", "\x00\xff" + two} {
		f.Add([]byte(text), "kefu")
	}
	f.Fuzz(func(t *testing.T, text []byte, id string) {
		keys, err := sharedkeys.Parse(text, id)
		if (err == nil) != (len(keys) > 0) || len(keys) > sharedkeys.Most {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
		if err != nil {
			for _, word := range bytes.Fields(text) {
				if len(word) >= httpsig.MinSecret && strings.Contains(err.Error(), string(word)) {
					t.Fatalf("%q is in %v", word, err)
				}
			}
		}
		seen := map[string]bool{}
		for _, k := range keys {
			if seen[k.ID] || len(k.Secret) < httpsig.MinSecret || (k.ID != id && len(k.ID) >= httpsig.MinSecret) {
				t.Fatalf("%q was read as %s", text, names(keys))
			}
			seen[k.ID] = true
		}
	})
}
