package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"kefu/internal/platform/durable"
)

func TestFilesAreWholeAndPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, step := range []struct {
		write func(string, []byte) error
		give  string
		want  string
		fails error
	}{
		{durable.WriteNew, "one", "one", nil},
		{durable.WriteNew, "two", "one", fs.ErrExist},
		{durable.Replace, "three", "three", nil},
	} {
		if err := step.write(path, []byte(step.give)); !errors.Is(err, step.fails) {
			t.Errorf("%s: %v, want %v", step.give, err, step.fails)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != step.want {
			t.Errorf("the file holds %q, want %q, %v", got, step.want, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
	if info, err := left[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if durable.SyncDir(filepath.Join(dir, "nowhere")) == nil || durable.Replace(filepath.Join(dir, "nowhere", "file"), nil) == nil {
		t.Error("a folder that is not there was written to")
	}
}
