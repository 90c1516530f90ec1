package outbound

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestKefuItselfAsksForNothing reads what Kefu says to customers in its own name:
// the texts of flows and failures, and those of the window.
func TestKefuItselfAsksForNothing(t *testing.T) {
	f := newFilter(t)
	story := regexp.MustCompile(`(?m)^ +story:\n(?: {8}.*\n)+`)
	// How customers ask for an article is their word, and shown to nobody.
	asked := regexp.MustCompile(`(?m)^questions:\n(?:[ ].*\n)+`)
	// What a swindler says stands in a question that teaches what to answer (FL20).
	taught := regexp.MustCompile(`把验证码告诉对方，好让对方拦下来|先问清对方姓名，再告诉验证码|把刚收到的验证码念给我，我马上拦截`)
	read := 0
	for root, want := range map[string]string{"../../../content": ".yaml", "../../../ui/widget": ".ts"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != want || want == ".ts" && !strings.Contains(path, "/messages/") {
				return err
			}
			body, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			// What a person of the house reads of it is what the customer answered.
			for _, text := range said(asked.ReplaceAllString(story.ReplaceAllString(string(body), ""), "")) {
				read++
				if found := check(t, f, taught.ReplaceAllString(text, "")); len(found) > 0 {
					t.Errorf("%s: %s in %q", path, found[0].Class, text)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 1000 {
		t.Errorf("only %d texts were read: they have moved", read)
	}
}

// said are the texts of a file: what is quoted, and what follows the name of a
// language.
func said(body string) []string {
	var all []string
	for _, found := range regexp.MustCompile(`(?m)'([^'\n]{4,})'|"([^"\n]{4,})"|`+"`([^`\n]{4,})`"+`|(?:en|zh): ([^'"\n{]{4,})$`).FindAllStringSubmatch(body, -1) {
		all = append(all, strings.Join(found[1:], ""))
	}
	return all
}
