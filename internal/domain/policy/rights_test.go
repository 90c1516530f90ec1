package policy_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
)

//go:generate go test kefu/internal/domain/policy -run TestTheTableIsTheCode -update

var _ = flag.Bool("update", false, "write what is made from code anew")

// TestTheTableIsTheCode makes delivered.go of rights.txt, and fails while they differ.
func TestTheTableIsTheCode(t *testing.T) {
	table, err := os.ReadFile("rights.txt")
	if err != nil {
		t.Fatal(err)
	}
	want, err := made(string(table), names(t))
	if err != nil {
		t.Fatal(err)
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile("delivered.go", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile("delivered.go"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("delivered.go is not what rights.txt says (%v): run make generate", err)
	}
}

// row is a line of the table.
type row struct {
	action string
	cells  []string
	line   int
}

// rowsOf reads the table: remarks, then a heading, then rows.
func rowsOf(table string) (heading []string, rows []row, err error) {
	n := 0
	for line := range strings.Lines(table) {
		n++
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case heading == nil:
			heading = fields[1:]
		case len(fields) != len(heading)+1:
			return nil, nil, fmt.Errorf("rights.txt:%d has %d cells for %d columns", n, len(fields)-1, len(heading))
		default:
			rows = append(rows, row{fields[0], fields[1:], n})
		}
	}
	return heading, rows, nil
}

// made is the source that a table stands for.
func made(table string, names map[string]string) ([]byte, error) {
	heading, rows, err := rowsOf(table)
	if err != nil {
		return nil, err
	}
	want := []string{}
	for _, c := range policy.Columns() {
		want = append(want, c.String())
	}
	if !slices.Equal(heading, append(want, "program")) {
		return nil, fmt.Errorf("rights.txt: the columns are %v", heading)
	}
	var listed, delivered, needed strings.Builder
	seen := map[string]bool{}
	for _, r := range rows {
		name := names[r.action]
		if name == "" || seen[r.action] {
			return nil, fmt.Errorf("rights.txt:%d: there is no action %s, or it has two rows", r.line, r.action)
		}
		seen[r.action] = true
		fmt.Fprintf(&listed, "%s,\n", name)
		cells := []string{}
		for i, c := range policy.Columns() {
			word, err := scopeNamed(r.cells[i])
			if err != nil {
				return nil, fmt.Errorf("rights.txt:%d: %w", r.line, err)
			}
			if word != "None" {
				cells = append(cells, goName(c.String())+": "+word)
			}
		}
		if len(cells) > 0 {
			fmt.Fprintf(&delivered, "case %s:\nreturn rights{%s}\n", name, strings.Join(cells, ", "))
		}
		switch key := r.cells[len(r.cells)-1]; {
		case key == "-":
		case key == string(policy.AnyKey), slices.Contains(identity.AllScopes(), identity.Scope(key)):
			fmt.Fprintf(&needed, "case %s:\nreturn %q\n", name, key)
		default:
			return nil, fmt.Errorf("rights.txt:%d: there is no scope of keys %q", r.line, key)
		}
	}
	for action := range names {
		if !seen[action] {
			return nil, fmt.Errorf("rights.txt has no row for %s", action)
		}
	}
	return format.Source(fmt.Appendf(nil, `// Code generated from rights.txt by "make generate". DO NOT EDIT.

package policy

import "kefu/internal/domain/identity"

// Actions are all of them, in the order of the table.
func Actions() []Action {
	return []Action{
		%s}
}

func delivered(a Action) rights {
	switch a {
	%sdefault:
		return rights{}
	}
}

// needed is the scope of a key that opens a to a program; "" where none does.
func needed(a Action) identity.Scope {
	switch a {
	%sdefault:
		return ""
	}
}
`, listed.String(), delivered.String(), needed.String()))
}

// scopeNamed is the constant for a word of the table.
func scopeNamed(word string) (string, error) {
	if word == "-" {
		return "None", nil
	}
	for s := policy.Any; s.String() != "-"; s++ {
		if s.String() == word {
			return goName(word), nil
		}
	}
	return "", fmt.Errorf("%q is no scope", word)
}

func goName(word string) string {
	if word == "knowledge_editor" {
		return "Editor"
	}
	name := ""
	for part := range strings.SplitSeq(word, "_") {
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	return name
}

// names are the constants of actions by their values.
func names(t testing.TB) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "policy.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "Action" {
				text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				found[text] = spec.Names[0].Name
			}
		}
		return true
	})
	return found
}

// A slip in the table stops the build, and opens nothing.
func TestASlipInTheTableIsFound(t *testing.T) {
	text, err := os.ReadFile("rights.txt")
	if err != nil {
		t.Fatal(err)
	}
	table := string(text)
	for name, c := range map[string]struct{ old, to, want string }{
		"an unknown scope":      {"given_or_author  -", "given_if_author  -", "is no scope"},
		"an unknown action":     {"wallet.reveal ", "wallet.revael ", "no action wallet.revael"},
		"a row that is missing": {"act.approve", "# ", "has no row for act.approve"},
		"a row twice":           {"act.approve", "act.propose", "two rows"},
		"a cell too few":        {"run.run                     -", "run.run ", "18 cells"},
		"a column that is none": {"supervisor ", "supervisory ", "the columns are"},
		"an unknown key":        {"conversations.change", "conversations.chance", "no scope of keys"},
	} {
		changed := strings.Replace(table, c.old, c.to, 1)
		if changed == table {
			t.Errorf("%s: the table has no %q", name, c.old)
		}
		if _, err := made(changed, names(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// What is shown of the table is what is decided by it.
func TestTheTableThatIsShownIsTheOneThatDecides(t *testing.T) {
	rows := policy.Table()
	if len(rows) != len(actions(t)) {
		t.Fatalf("%d rows for %d actions", len(rows), len(actions(t)))
	}
	for _, row := range rows {
		for i, role := range identity.Roles() {
			column := policy.Owner + policy.Column(i)
			p := identity.Principal{Kind: identity.Staff, ID: "s1", Role: role}
			if column.String() != string(role) {
				t.Fatalf("%s stands under %s", role, column)
			}
			anything := policy.Allow(p, row.Action, policy.Object{AssigneeID: "s2", StaffID: "s3", AuthorKind: identity.System, AuthorID: "x"})
			if scope := row.Cells[column]; (scope == policy.Any) != anything && scope != policy.Second {
				t.Errorf("%s: %s is shown as %s, and is allowed of anything: %v", role, row.Action, scope, anything)
			}
		}
	}
}

// What is asked for every event of every socket costs no memory.
func TestAllowAllocatesNothing(t *testing.T) {
	p, o := identity.Principal{Kind: identity.Staff, ID: "s1", Role: identity.OutsideAgent}, policy.Whosever("s1")
	if n := testing.AllocsPerRun(100, func() { policy.Allow(p, policy.ReadConversation, o) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAllow(b *testing.B) {
	p, o := identity.Principal{Kind: identity.Staff, ID: "s1", Role: identity.Agent}, policy.Whosever("s1")
	for b.Loop() {
		policy.Allow(p, policy.ReadConversation, o)
		policy.Allow(p, policy.ReadOffer, o)
		policy.Allow(p, policy.ReadApprovals, o)
	}
}
