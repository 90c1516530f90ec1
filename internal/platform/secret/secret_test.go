package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/secret"
)

func keyOf(b byte) []byte { return bytes.Repeat([]byte{b}, secret.KeyLen) }

func TestMasterNeverShowsItself(t *testing.T) {
	m, err := secret.NewMaster(keyOf(0x41))
	if err != nil {
		t.Fatal(err)
	}
	type hidden struct{ m secret.Master }
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "k", m, "h", hidden{m})
	asJSON, err := json.Marshal(struct{ M secret.Master }{m})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", m), "%+v": fmt.Sprintf("%+v", m), "%#v": fmt.Sprintf("%#v", m),
		"%s": fmt.Sprintf("%s", m), "%x": fmt.Sprintf("%x", m), "%q": fmt.Sprintf("%q", m),
		"unexported field": fmt.Sprintf("%+v %#v", hidden{m}, hidden{m}), "pointer": fmt.Sprintf("%+v", &m),
		"slog": log.String(), "json": string(asJSON),
	} {
		low := strings.ToLower(text)
		for _, leak := range []string{"aaaa", "65 65", "414141", "0x41, 0x41", base64.StdEncoding.EncodeToString(keyOf(0x41))[:8]} {
			if strings.Contains(low, strings.ToLower(leak)) {
				t.Errorf("%s shows the key: %s", name, text)
			}
		}
	}
}

func TestMasterDerivesStableDistinctKeys(t *testing.T) {
	a, _ := secret.NewMaster(keyOf(1))
	again, _ := secret.NewMaster(keyOf(1))
	b, _ := secret.NewMaster(keyOf(2))
	if !bytes.Equal(a.Derive("x"), again.Derive("x")) || a.ID() != again.ID() {
		t.Error("the same key derives different keys")
	}
	if bytes.Equal(a.Derive("x"), a.Derive("y")) || bytes.Equal(a.Derive("x"), b.Derive("x")) || a.ID() == b.ID() {
		t.Error("different labels or keys derive the same key")
	}
	if len(a.ID()) != 16 {
		t.Errorf("ID() = %q, want 16 digits", a.ID())
	}
}

func TestNewMasterRefuses(t *testing.T) {
	for name, key := range map[string][]byte{"empty": nil, "short": keyOf(1)[:31], "long": append(keyOf(1), 1), "zeros": keyOf(0)} {
		if _, err := secret.NewMaster(key); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: err = %v, want invalid", name, err)
		}
	}
}

func TestLoadMasterCreatesOnceForAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys", "master.key")
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			m, err := secret.LoadMaster(secret.Source{File: file, Create: true})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = m.ID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("processes that start together got different keys: %v", ids)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode = %v, %v, want 0600", info.Mode(), err)
	}
	left, _ := os.ReadDir(filepath.Dir(file))
	if len(left) != 1 {
		t.Errorf("temporary files stay behind: %v", left)
	}
}

func TestLoadMasterSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	good := base64.StdEncoding.EncodeToString(keyOf(7))
	for _, c := range []struct {
		name string
		src  secret.Source
		want string
	}{
		{"nothing", secret.Source{}, "openssl rand -base64 32"},
		{"missing", secret.Source{File: filepath.Join(dir, "none")}, "is missing"},
		{"readable by others", secret.Source{File: write("open", good, 0o644)}, "chmod 600"},
		{"not base64", secret.Source{File: write("text", "my secret!", 0o600)}, "not base64"},
		{"empty file", secret.Source{File: write("empty", "", 0o600)}, "32 bytes"},
		{"short value", secret.Source{Value: "AAAA"}, secret.EnvMaster},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := secret.LoadMaster(c.src)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want invalid with %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "my secret") {
				t.Error("the error repeats the secret")
			}
		})
	}
	fromFile, err := secret.LoadMaster(secret.Source{File: write("good", good+"\n", 0o600)})
	fromEnv, err2 := secret.LoadMaster(secret.Source{Value: good, File: "ignored"})
	if err != nil || err2 != nil || fromFile.ID() != fromEnv.ID() {
		t.Errorf("file and value differ: %v %v", err, err2)
	}
}

func TestTokens(t *testing.T) {
	token, other := secret.Token(), secret.Token()
	if len(token) != secret.TokenLen || token == other {
		t.Fatalf("tokens %q, %q", token, other)
	}
	stored := secret.HashToken(token)
	for _, c := range []struct {
		name   string
		token  string
		stored []byte
		want   bool
	}{
		{"right", token, stored, true},
		{"wrong", other, stored, false},
		{"empty token", "", stored, false},
		{"nothing stored", token, nil, false},
		{"both empty", "", nil, false},
		{"empty against its plain hash", "", func() []byte { return secret.HashToken("") }(), false},
		{"cut hash", token, stored[:16], false},
	} {
		if got := secret.Equal(secret.HashToken(c.token), c.stored); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestEqualRefusesEmpty(t *testing.T) {
	if secret.Equal(nil, nil) || secret.Equal([]byte{}, []byte{}) || !secret.Equal([]byte("a"), []byte("a")) {
		t.Error("Equal treats empty as a secret")
	}
}
