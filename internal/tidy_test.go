package architecture_test

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Bounds on what a reader has to hold in the head at once, in lines.
const (
	maxFunction    = 100 // beyond its tables
	maxFunctionP95 = 55
	maxFile        = 700
	maxPackage     = 3000
)

// source is one text file of the tree.
type source struct{ path, text string }

func (s source) isGo() bool      { return strings.HasSuffix(s.path, ".go") }
func (s source) isTest() bool    { return strings.HasSuffix(s.path, "_test.go") }
func (s source) lines() int      { return strings.Count(s.text, "\n") }
func (s source) generated() bool { return generatedMark().MatchString(s.text) }
func generatedMark() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^(//|/\*\*?|--|#|\s\*) ?(Code generated|This file (was|is) auto-generated)`)
}

// tree reads the module's text files.
func tree(t *testing.T) []source {
	t.Helper()
	var files []source
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone meanwhile, such as a temporary file of a test
		}
		if entry.IsDir() && slices.Contains([]string{".git", "node_modules", "dist", "bin", "build", ".data", "testdata"}, entry.Name()) {
			return filepath.SkipDir
		}
		if !entry.Type().IsRegular() || entry.Name() == ".git" || strings.HasSuffix(name, "package-lock.json") || strings.HasSuffix(name, "go.sum") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err == nil && utf8.Valid(text) {
			rel, _ := filepath.Rel("..", name)
			files = append(files, source{filepath.ToSlash(rel), string(text)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// checks are all rules about single files and packages, by name.
func checks() map[string]func([]source) []string {
	return map[string]func([]source) []string{
		"package docs":     packageDocs,
		"go.mod":           noReplace,
		"package state":    noPackageState,
		"function length":  functionLength,
		"file length":      fileLength,
		"package length":   packageLength,
		"package names":    packageNames,
		"loose ends":       looseEnds,
		"machine paths":    machinePaths,
		"released history": releasedMigrations,
		"links":            links,
		"decision numbers": decisionNumbers,
	}
}

func TestTheTreeIsTidy(t *testing.T) {
	files := tree(t)
	if len(files) < 30 {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, name := range slices.Sorted(maps.Keys(checks())) {
		t.Run(name, func(t *testing.T) {
			for _, finding := range checks()[name](files) {
				t.Error(finding)
			}
		})
	}
}

// syntax parses the Go files; the compiler tells about those that do not parse.
func syntax(files []source, visit func(source, *token.FileSet, *ast.File)) {
	for _, f := range files {
		if !f.isGo() {
			continue
		}
		set := token.NewFileSet()
		if parsed, err := parser.ParseFile(set, f.path, f.text, parser.ParseComments); err == nil {
			visit(f, set, parsed)
		}
	}
}

// packageDocs wants exactly one package comment in each package.
func packageDocs(files []source) []string {
	docs := map[string][]string{}
	syntax(files, func(f source, _ *token.FileSet, file *ast.File) {
		folder := path.Dir(f.path)
		if !f.isTest() {
			docs[folder] = append(docs[folder], "")
		}
		if file.Doc != nil && !f.isTest() {
			docs[folder] = append(docs[folder], f.path)
		}
	})
	var findings []string
	for folder, found := range docs {
		found = slices.DeleteFunc(found, func(s string) bool { return s == "" })
		if len(found) != 1 {
			findings = append(findings, fmt.Sprintf("%s has %d package comments %v, want one", folder, len(found), found))
		}
	}
	return findings
}

func noReplace(files []source) []string {
	for _, f := range files {
		if path.Base(f.path) == "go.mod" && regexp.MustCompile(`(?m)^\s*replace\b`).MatchString(f.text) {
			return []string{f.path + " has a replace directive: others could not build it"}
		}
	}
	return nil
}

// noPackageState refuses init functions and package variables, but for embedded
// files and `var _ Interface = …`. What lives in a package variable cannot be
// two in one process, as tests and the simulation need.
func noPackageState(files []source) []string {
	var findings []string
	syntax(files, func(f source, set *token.FileSet, file *ast.File) {
		if f.isTest() {
			return
		}
		for _, declaration := range file.Decls {
			where := set.Position(declaration.Pos())
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					findings = append(findings, fmt.Sprintf("%s: init runs unseen; call it from the composition root", where))
				}
			case *ast.GenDecl:
				for _, name := range variables(d) {
					findings = append(findings, fmt.Sprintf("%s: %s is a package variable; build it in a constructor", where, name))
				}
			}
		}
	})
	return findings
}

// variables are the names that a declaration makes package state of.
func variables(d *ast.GenDecl) []string {
	var names []string
	for _, spec := range d.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok || d.Tok != token.VAR || embeds(d.Doc) || embeds(value.Doc) {
			continue
		}
		for _, name := range value.Names {
			if name.Name != "_" {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func embeds(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	return slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

func functionLength(files []source) []string {
	var findings []string
	var lengths []int
	syntax(files, func(f source, set *token.FileSet, file *ast.File) {
		if ast.IsGenerated(file) {
			return
		}
		for _, declaration := range file.Decls {
			d, ok := declaration.(*ast.FuncDecl)
			if !ok || d.Body == nil {
				continue
			}
			n := span(set, d.Body) - tableLines(set, d.Body)
			if n > maxFunction {
				findings = append(findings, fmt.Sprintf("%s: %s has %d lines beyond its tables, more than %d",
					set.Position(d.Pos()), d.Name.Name, n, maxFunction))
			}
			if !f.isTest() {
				lengths = append(lengths, n)
			}
		}
	})
	slices.Sort(lengths)
	if n := len(lengths); n > 20 && lengths[n*95/100] > maxFunctionP95 {
		findings = append(findings, fmt.Sprintf("one function in twenty has more than %d lines (95th percentile %d)",
			maxFunctionP95, lengths[n*95/100]))
	}
	return findings
}

func span(set *token.FileSet, n ast.Node) int {
	return set.Position(n.End()).Line - set.Position(n.Pos()).Line + 1
}

// tableLines counts the lines of a body's outermost composite literals: a table
// of cases is read line by line, however long it is.
func tableLines(set *token.FileSet, body *ast.BlockStmt) int {
	total := 0
	ast.Inspect(body, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if ok && !holdsCode(literal) {
			total += span(set, literal) - 1
		}
		return !ok || holdsCode(literal)
	})
	return total
}

func holdsCode(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			found = true
		}
		return !found
	})
	return found
}

func fileLength(files []source) []string {
	var findings []string
	for _, f := range files {
		if slices.Contains([]string{".go", ".ts", ".svelte", ".sh", ".sql", ".css"}, path.Ext(f.path)) && f.lines() > maxFile && !f.generated() {
			findings = append(findings, fmt.Sprintf("%s has %d lines, more than %d", f.path, f.lines(), maxFile))
		}
	}
	return findings
}

func packageLength(files []source) []string {
	total := map[string]int{}
	for _, f := range files {
		if f.isGo() && !f.isTest() && !f.generated() {
			total[path.Dir(f.path)] += f.lines()
		}
	}
	var findings []string
	for folder, n := range total {
		if n > maxPackage {
			findings = append(findings, fmt.Sprintf("%s has %d lines, more than %d: it is more than one room", folder, n, maxPackage))
		}
	}
	return findings
}

func packageNames(files []source) []string {
	var findings []string
	syntax(files, func(f source, _ *token.FileSet, file *ast.File) {
		name := strings.TrimSuffix(file.Name.Name, "_test")
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "model", "models", "types", "misc", "shared"}, name) {
			findings = append(findings, f.path+": a package called "+name+" says nothing of what it holds")
		}
	})
	return findings
}

// looseEnds wants the number of an issue beside every note of work left over.
func looseEnds(files []source) []string {
	note := regexp.MustCompile(`(?://|#|<!--|--|\*)\s*(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)
	issue := regexp.MustCompile(`#\d+`)
	var findings []string
	for _, f := range files {
		for i, line := range strings.Split(f.text, "\n") {
			if note.MatchString(line) && !issue.MatchString(line) {
				findings = append(findings, fmt.Sprintf("%s:%d: work left over without an issue number", f.path, i+1))
			}
		}
	}
	return findings
}

// machinePaths refuses paths that exist on one developer's machine only.
func machinePaths(files []source) []string {
	pattern := regexp.MustCompile(`(^|[^[:alnum:]._-])/(w[o]rk|f[a]rm|r[o]ot|Us[e]rs)/`)
	var findings []string
	for _, f := range files {
		for i, line := range strings.Split(f.text, "\n") {
			if pattern.MatchString(line) {
				findings = append(findings, fmt.Sprintf("%s:%d: a path of one machine", f.path, i+1))
			}
		}
	}
	return findings
}

// Where migrations live, and the list of those that a release has shipped: one
// line each, SHA-256 and file name, as sha256sum prints them.
const (
	migrationFolder = "internal/storage/migrations"
	releasedList    = migrationFolder + "/released.sha256"
)

// releasedMigrations fails when a migration that somebody has run is edited,
// renamed or removed. A correction is a new migration.
func releasedMigrations(files []source) []string {
	sums := map[string]string{}
	list := ""
	for _, f := range files {
		if f.path == releasedList {
			list = f.text
		} else if rest, ok := strings.CutPrefix(f.path, migrationFolder+"/"); ok {
			sums[rest] = fmt.Sprintf("%x", sha256.Sum256([]byte(f.text)))
		}
	}
	var findings []string
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if len(fields) != 2 || sums[fields[1]] != fields[0] {
			findings = append(findings, fmt.Sprintf("%s: %q is not what was released: write a new migration instead", releasedList, strings.TrimSpace(line)))
		}
	}
	return findings
}

// links wants every relative link of a document to lead to a file.
func links(files []source) []string {
	pattern := regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)]*)?\)`)
	known := map[string]bool{".": true}
	for _, f := range files {
		for name := f.path; name != "."; name = path.Dir(name) {
			known[name] = true
		}
	}
	var findings []string
	for _, f := range files {
		if path.Ext(f.path) != ".md" {
			continue
		}
		for _, match := range pattern.FindAllStringSubmatch(f.text, -1) {
			if target := path.Join(path.Dir(f.path), match[1]); !known[target] {
				findings = append(findings, fmt.Sprintf("%s links to %s, which does not exist", f.path, match[1]))
			}
		}
	}
	return findings
}

// decisionNumbers wants a number of its own for every decision, and a line of the list.
func decisionNumbers(files []source) []string {
	named := regexp.MustCompile(`^docs/adr/(\d{4})-.*\.md$`)
	list := ""
	for _, f := range files {
		if f.path == "docs/adr/README.md" {
			list = f.text
		}
	}
	first := map[string]string{}
	var findings []string
	for _, f := range files {
		m := named.FindStringSubmatch(f.path)
		if m == nil {
			continue
		}
		if other, taken := first[m[1]]; taken {
			findings = append(findings, fmt.Sprintf("%s and %s have one number", other, f.path))
		}
		first[m[1]] = f.path
		if !strings.Contains(list, "("+path.Base(f.path)+")") {
			findings = append(findings, f.path+" is not in the list of decisions")
		}
	}
	return findings
}
