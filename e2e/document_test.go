package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every promise of docs/security.md names tests; they must be there.
func TestTheSecurityPageNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for line := range strings.Lines(string(page)) {
		for _, claim := range regexp.MustCompile("((?:`(?:Test|Fuzz)\\w+`(?:, )?)+) in ([a-z0-9/]+)").FindAllStringSubmatch(line, -1) {
			source := sourceOf(t, filepath.Join("..", claim[2]))
			for _, name := range regexp.MustCompile(`(Test|Fuzz)\w+`).FindAllString(claim[1], -1) {
				named++
				if !strings.Contains(source, "func "+name+"(") {
					t.Errorf("there is no %s in %s", name, claim[2])
				}
			}
		}
	}
	if all := len(regexp.MustCompile("`(Test|Fuzz)\\w+`").FindAll(page, -1)); named < all-1 { // one stands in a sentence about it
		t.Errorf("%d tests are named and %d of them with a folder", all, named)
	}
}

func sourceOf(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
