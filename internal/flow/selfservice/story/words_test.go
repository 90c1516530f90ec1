package story_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// constants are the names of the constants of a type, as they are declared.
func constants(t *testing.T, folder, kind string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if v, is := n.(*ast.ValueSpec); is && len(v.Names) == 1 {
				if of, is := v.Type.(*ast.Ident); is && of.Name == kind {
					names = append(names, v.Names[0].Name)
				}
			}
			return true
		})
	}
	if len(names) < 3 {
		t.Fatalf("%s has %d constants", kind, len(names))
	}
	return names
}

// A person who takes a run over reads words and no codes: each code that is declared has
// one, in both languages.
func TestEveryCodeOfAStoryHasAWord(t *testing.T) {
	text, err := os.ReadFile("words.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []struct{ pkg, kind string }{
		{"wallet", "Act"}, {"wallet", "RefundState"}, {"wallet", "DisputeState"}, {"wallet", "Claim"}, {"wallet", "Refusal"}, {"action", "State"},
	} {
		for _, name := range constants(t, filepath.Join("../../../domain", of.pkg), of.kind) {
			if said := of.pkg + "." + name; !strings.Contains(string(text), said+":") && !strings.Contains(string(text), said+"):") {
				t.Errorf("%s has no word", said)
			}
		}
	}
	sentences, err := os.ReadFile("../../../domain/failure/load.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(sentences), "func sentences()")
	list, _, _ = strings.Cut(list, "\n}")
	for i, key := range strings.Split(list, `"`) {
		if i%2 == 1 && strings.HasPrefix(strings.Split(list, `"`)[i+1], ":") && !strings.Contains(string(text), `"`+key+`": {`) {
			t.Errorf("where the money is has no word for %s", key)
		}
	}
}
