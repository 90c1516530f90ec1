package headlog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/headlog"
)

func read(t *testing.T, path string) []string {
	t.Helper()
	var out []string
	for line, err := range headlog.Lines(path) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(line))
	}
	return out
}

func open(t *testing.T, path string, max int64) *headlog.Log {
	t.Helper()
	l, err := headlog.Open(path, headlog.Options{MaxBytes: max})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func appendLines(t *testing.T, l *headlog.Log, lines ...string) {
	t.Helper()
	var raw [][]byte
	for _, s := range lines {
		raw = append(raw, []byte(s))
	}
	if err := l.Append(raw...); err != nil {
		t.Fatal(err)
	}
}

func TestLinesStayInOrderAcrossRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outside", "heads.log")
	if got := read(t, path); got != nil {
		t.Fatalf("a missing log has lines %q", got)
	}
	l := open(t, path, 0)
	appendLines(t, l, "1", "2")
	l.Close()
	appendLines(t, open(t, path, 0), "3")
	if got := read(t, path); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("%q", got)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if err := l.Append([]byte("4")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("after Close: %v", err)
	}
}

func TestTornLastLineDoesNotSpoilTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heads.log")
	if err := os.WriteFile(path, []byte("one\ntw"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); !slices.Equal(got, []string{"one", "tw"}) {
		t.Errorf("before: %q", got)
	}
	appendLines(t, open(t, path, 0), "three", "four")
	if got := read(t, path); !slices.Equal(got, []string{"one", "tw", "three", "four"}) {
		t.Errorf("after: %q", got)
	}
}

func TestGrowthIsBoundedAndTheNewestLinesStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heads.log")
	const max = headlog.MaxLine + 1
	l := open(t, path, max)
	pad := strings.Repeat("x", 500)
	for i := range 100 {
		appendLines(t, l, fmt.Sprintf("%03d %s", i, pad))
		got := read(t, path)
		if last := got[len(got)-1]; last[:3] != fmt.Sprintf("%03d", i) {
			t.Fatalf("after line %d the newest is %s", i, last[:3])
		}
		if !slices.IsSorted(got) || i > 20 && len(got) < 8 {
			t.Fatalf("after line %d: %d lines, sorted %v", i, len(got), slices.IsSorted(got))
		}
	}
	var total int64
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		info, _ := e.Info()
		total += info.Size()
	}
	if total > 2*max {
		t.Errorf("%d bytes kept, more than %d", total, 2*max)
	}
}

func TestAppendRefusesWhatIsNoLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heads.log")
	l := open(t, path, 0)
	for name, line := range map[string]string{"empty": "", "two lines": "a\nb", "return": "a\rb", "long": strings.Repeat("x", headlog.MaxLine+1)} {
		if err := l.Append([]byte("good"), []byte(line)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := read(t, path); got != nil {
		t.Errorf("refused lines were written: %q", got)
	}
	if _, err := headlog.Open(path, headlog.Options{MaxBytes: 10}); !fault.Is(err, fault.Invalid) {
		t.Errorf("MaxBytes 10: %v", err)
	}
}

func TestAppendRecoversAfterAFailure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outside")
	path := filepath.Join(dir, "heads.log")
	l := open(t, path, headlog.MaxLine+1)
	appendLines(t, l, strings.Repeat("a", 4000))
	if err := os.Mkdir(path+".1", 0o700); err != nil { // the turn cannot rename over a directory
		t.Fatal(err)
	}
	if err := l.Append([]byte(strings.Repeat("b", 4000))); err == nil {
		t.Fatal("no error though the file could not be turned")
	}
	if err := os.Remove(path + ".1"); err != nil {
		t.Fatal(err)
	}
	appendLines(t, l, "c")
	appendLines(t, l, strings.Repeat("d", 4000))
	if got := read(t, path); len(got) != 3 || got[1] != "c" {
		t.Errorf("%d lines", len(got))
	}
}

func TestOverlongLinesAreCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heads.log")
	if err := os.WriteFile(path, []byte("one\n"+strings.Repeat("x", 20_000)+"\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := read(t, path)
	if len(got) != 3 || got[0] != "one" || len(got[1]) > headlog.MaxLine+1 || strings.Trim(got[1], "x") != "" || got[2] != "two" {
		t.Errorf("%d lines", len(got))
	}
}
