// Package architecture_test guards the shape of the whole tree: which package
// may import which (this file), and how a file of it looks (tidy_test.go). It
// judges sources, never behaviour. Each check is first shown a planted
// violation, so that a check that has stopped working fails too.
package architecture_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// pkg is what `go list` says about a package.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// layer is a set of packages with the same rights.
type layer struct {
	name string
	// rooms are folders of the module. A room that ends in "/*" is one room for
	// each folder below it, and such rooms share the folder above.
	rooms []string
	// below are the layers it may import, beside what stands in its own room.
	below []string
	// sideways tells whether its rooms may import each other.
	sideways bool
}

// layers is docs/architecture.md's table, lowest first.
func layers() []layer {
	return []layer{
		{name: "platform", rooms: []string{"internal/platform/*"}, sideways: true},
		{name: "domain", rooms: []string{"internal/domain/*"}, below: []string{"platform"}, sideways: true},
		{name: "flow", rooms: []string{"internal/flow"}, below: []string{"platform", "domain"}},
		{
			name:  "adapter",
			rooms: []string{"internal/channel/*", "internal/connector/*", "internal/bus/*", "internal/storage", "internal/web"},
			below: []string{"platform", "domain", "flow"},
		},
		{name: "interface", rooms: []string{"ui", "content", "examples"}},
		// The example of a wallet is a program of its own, which stands where an operator's
		// wallet would.
		{name: "example", rooms: []string{"examples/wallet"}, below: []string{"platform", "domain", "flow", "adapter"}},
		{name: "client", rooms: []string{"client"}, below: []string{"platform"}},
		{name: "target", rooms: []string{"internal/target"}, below: []string{"platform", "client"}},
		{
			name:  "beside",
			rooms: []string{"internal/bench", "internal/replay", "internal/safety", "internal/simulation", "internal/walletcheck", "internal/flowcheck"},
			below: []string{"platform", "domain", "flow", "adapter", "client", "target", "example"}, // an example is what is tried on
		},
		{name: "app", rooms: []string{"internal/app"}, below: []string{"platform", "domain", "flow", "adapter", "interface"}},
		{
			name: "command", rooms: []string{"cmd/*"},
			below: []string{"platform", "domain", "flow", "adapter", "interface", "client", "target", "beside", "app"},
		},
		{name: "outside", rooms: []string{"internal", "e2e", "tools"}, below: []string{"platform", "client"}},
	}
}

// domainOrder lists the domain packages; one may import those before it.
func domainOrder() []string {
	return []string{
		"field", "guard", "outbound", "audit", "job", "identity", "policy", "emergency", "insider", "settings", "condition", "wrapup", "apikey", "organisation", "trust", "attachment", "staff", "customer",
		"wallet", "ledger", "assurance", "action", "goodwill", "input", "form", "failure", "rewarding", "selfservice", "danger", "look", "conversation", "search", "desk", "event",
		"routing", "official", "product", "vouch", "sla", "restriction", "jurisdiction", "report", "cases", "evidence", "privacy", "webhook", "rule", "knowledge", "assistant", "approval", "call", "feedback", "outreach",
	}
}

// library confines what is imported from outside the module.
type library struct {
	path   string   // an import path; with "/..." all below it as well
	rooms  []string // prefixes of the packages that may import it; "tests" for none but tests
	reason string
}

func libraries() []library {
	// The floor is what Kefu's speed is compared with, the same path without Kefu,
	// and target gives each run a database of its own.
	storage := []string{"internal/storage", "internal/bench/floor", "internal/target"}
	edges := []string{
		"internal/web", "internal/channel", "internal/connector", "internal/bench", "internal/replay", "internal/target", "internal/app",
		"client", "examples/wallet", "internal/walletcheck", "internal/flowcheck", "internal/platform/metrics", "internal/platform/tracing", "internal/platform/lifecycle", "internal/platform/egress",
	}
	outer := append([]string{"cmd", "internal/storage", "internal/bus", "internal/simulation", "e2e", "examples", "tools", "internal/platform"}, edges...)
	return []library{
		{"database/sql/...", storage, "SQL stays in the store"},
		{"github.com/jackc/pgx/...", storage, "drivers stay in the store"},
		{"modernc.org/sqlite/...", storage, "drivers stay in the store"},
		{"github.com/pressly/goose/...", storage, "migrations belong to the store"},
		{"net/http/...", edges, "HTTP stays at the edges"},
		{"net", outer, "domain and flow reach no network"},
		{"os/exec", append(outer, "client"), "domain and flow start no processes"},
		{"github.com/lxzan/gws/...", []string{"internal/web", "client", "internal/bench"}, "sockets stay at the edges"},
		{"github.com/danielgtaylor/huma/...", []string{"internal/web"}, "the HTTP contract is web's"},
		{"github.com/prometheus/...", []string{"internal/platform/metrics"}, "figures go through platform/metrics"},
		{"go.opentelemetry.io/...", []string{"internal/platform/tracing"}, "spans go through platform/tracing"},
		{"github.com/go-webauthn/...", []string{"internal/platform/passkey"}, "passkeys go through platform/passkey"},
		{"github.com/descope/virtualwebauthn", []string{"internal/platform/passkey/passkeytest"}, "it is for tests"},
		{"github.com/coreos/go-oidc/...", []string{"internal/connector/directory"}, "the directory is asked by its connector"},
		{"golang.org/x/oauth2/...", []string{"internal/connector/directory"}, "the directory is asked by its connector"},
		{"pgregory.net/rapid", []string{"tests"}, "it is for tests"},
		{"go.uber.org/goleak", []string{"tests"}, "it is for tests"},
		{"testing/...", []string{"tests"}, "it is for tests"},
	}
}

// place is where a package stands.
type place struct {
	layer layer
	room  string // the room's folder, such as internal/channel/chat
}

const module = "kefu"

// locate finds the room of a folder of the module.
func locate(folder string) (place, bool) {
	best, found := place{}, false
	for _, l := range layers() {
		for _, room := range l.rooms {
			parent, each := strings.CutSuffix(room, "/*")
			if folder != parent && !strings.HasPrefix(folder, parent+"/") {
				continue
			}
			if room == "internal" && folder != "internal" {
				continue // the guards of this file, not all that stands below
			}
			name := parent
			if rest := strings.TrimPrefix(folder, parent+"/"); each && rest != folder {
				first, _, _ := strings.Cut(rest, "/")
				name += "/" + first
			}
			best, found = place{l, name}, true
		}
	}
	return best, found
}

// judge lists every import that the layers or the libraries forbid.
func judge(packages []pkg) []string {
	var findings []string
	for _, p := range packages {
		folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		at, known := locate(folder)
		if !known {
			findings = append(findings, folder+" is in no layer: put it into a room of docs/architecture.md or write an ADR")
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			why := ""
			if ours {
				why = forbidden(folder, at, to)
			} else {
				why = confined(folder, imported)
			}
			if why != "" {
				findings = append(findings, fmt.Sprintf("%s imports %s: %s", folder, imported, why))
			}
		}
	}
	return findings
}

// forbidden says why the package in folder may not import another of ours.
func forbidden(folder string, from place, to string) string {
	target, known := locate(to)
	switch {
	case !known:
		return "which is in no layer"
	case isTestKit(to) && !isTestKit(folder):
		return "a test kit is for tests"
	case from.room == target.room || target.room == parentOf(from.room):
		return ""
	case from.layer.name != target.layer.name:
		if slices.Contains(from.layer.below, target.layer.name) {
			return ""
		}
		return fmt.Sprintf("%s may not know %s", from.layer.name, target.layer.name)
	case !from.layer.sideways:
		return "rooms of this layer never import each other"
	case from.layer.name == "domain":
		return outOfOrder(from.room, target.room)
	default:
		return ""
	}
}

func outOfOrder(from, to string) string {
	order := domainOrder()
	f, t := slices.Index(order, lastOf(from)), slices.Index(order, lastOf(to))
	switch {
	case f < 0 || t < 0:
		return "one of them is missing in domainOrder"
	case t > f:
		return "the order of the domain packages runs the other way"
	default:
		return ""
	}
}

// confined says why folder may not import a library.
func confined(folder, imported string) string {
	for _, l := range libraries() {
		base, tree := strings.CutSuffix(l.path, "/...")
		if imported != base && (!tree || !strings.HasPrefix(imported, base+"/")) {
			continue
		}
		allowed := isTestKit(folder)
		for _, room := range l.rooms {
			allowed = allowed || folder == room || strings.HasPrefix(folder, room+"/")
		}
		if !allowed {
			return l.reason
		}
	}
	return ""
}

// isTestKit tells packages such as internal/storage/storagetest.
func isTestKit(folder string) bool {
	name := lastOf(folder)
	return strings.HasSuffix(name, "test") && name != "test"
}

func lastOf(folder string) string { return folder[strings.LastIndex(folder, "/")+1:] }

func parentOf(folder string) string { return folder[:max(strings.LastIndex(folder, "/"), 0)] }

// list asks the go command about every package of the module. Packages that do
// not compile are listed too: the compiler tells about those.
func list(t *testing.T) []pkg {
	t.Helper()
	command := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	command.Dir = ".."
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestImportsPointDownwards(t *testing.T) {
	packages := list(t)
	if len(packages) < 10 {
		t.Fatalf("go list found %d packages", len(packages))
	}
	for _, finding := range judge(packages) {
		t.Error(finding)
	}
}

func TestEveryDomainPackageIsInTheOrder(t *testing.T) {
	for _, p := range list(t) {
		rest, ok := strings.CutPrefix(p.ImportPath, module+"/internal/domain/")
		if name, _, _ := strings.Cut(rest, "/"); ok && !slices.Contains(domainOrder(), name) {
			t.Errorf("internal/domain/%s is missing in domainOrder", name)
		}
	}
}

func TestPlantedArrowsAreFound(t *testing.T) {
	cases := []struct{ from, to, want string }{
		{"internal/platform/clock", "kefu/internal/domain/conversation", "platform may not know domain"},
		{"internal/domain/conversation", "kefu/internal/flow/intake", "domain may not know flow"},
		{"internal/domain/conversation", "kefu/internal/storage", "domain may not know adapter"},
		{"internal/domain/guard", "kefu/internal/domain/conversation", "order of the domain packages"},
		{"internal/domain/nonsense", "kefu/internal/domain/guard", "missing in domainOrder"},
		{"internal/flow/intake", "kefu/internal/web/api", "flow may not know adapter"},
		{"internal/web/api", "kefu/internal/storage", "never import each other"},
		{"internal/channel/email", "kefu/internal/channel/chat", "never import each other"},
		{"internal/connector/llm", "kefu/internal/bus/inproc", "never import each other"},
		{"internal/storage", "kefu/internal/app", "adapter may not know app"},
		{"internal/app", "kefu/internal/bench", "app may not know beside"},
		{"internal/bench/chat", "kefu/internal/app", "beside may not know app"},
		{"internal/replay", "kefu/internal/bench", "never import each other"},
		{"client", "kefu/internal/domain/conversation", "client may not know domain"},
		{"ui", "kefu/internal/platform/clock", "interface may not know platform"},
		{"internal/app", "kefu/internal/storage/storagetest", "a test kit is for tests"},
		{"internal/storage", "kefu/internal/elsewhere", "in no layer"},
		{"internal/elsewhere", "fmt", "in no layer"},
		{"internal/app", "database/sql", "SQL stays in the store"},
		{"internal/connector/walletapi", "database/sql", "SQL stays in the store"},
		{"internal/connector/demowallet", "github.com/jackc/pgx/v5", "drivers stay in the store"},
		{"internal/web/api", "github.com/jackc/pgx/v5/stdlib", "drivers stay in the store"},
		{"internal/domain/identity", "net/http", "HTTP stays at the edges"},
		{"internal/platform/clock", "net/http/httptest", "HTTP stays at the edges"},
		{"internal/flow/intake", "net", "reach no network"},
		{"internal/domain/guard", "os/exec", "start no processes"},
		{"internal/storage", "github.com/prometheus/client_golang/prometheus", "platform/metrics"},
		{"internal/domain/guard", "pgregory.net/rapid", "for tests"},
		{"internal/domain/guard", "testing", "for tests"},
	}
	for _, c := range cases {
		findings := judge([]pkg{{ImportPath: module + "/" + c.from, Imports: []string{c.to}}})
		if len(findings) != 1 || !strings.Contains(findings[0], c.want) {
			t.Errorf("%s → %s: found %q, want %q", c.from, c.to, findings, c.want)
		}
	}
}

func TestAllowedArrowsAreNotFound(t *testing.T) {
	for from, to := range map[string][]string{
		"internal/platform/config":       {"kefu/internal/platform/logging", "time"},
		"internal/domain/conversation":   {"kefu/internal/platform/id", "kefu/internal/domain/guard", "net/netip"},
		"internal/flow/intake":           {"kefu/internal/domain/conversation", "kefu/internal/flow/handoff"},
		"internal/web/api":               {"kefu/internal/flow/intake", "kefu/internal/web/session", "net/http", "github.com/lxzan/gws"},
		"internal/channel/chat":          {"kefu/internal/channel", "net/http"},
		"internal/storage/storagetest":   {"kefu/internal/storage", "testing", "database/sql"},
		"internal/channel/channeltest":   {"kefu/internal/channel", "kefu/internal/platform/id", "testing"},
		"internal/app":                   {"kefu/internal/storage", "kefu/internal/web/api", "kefu/ui", "net/http"},
		"internal/bench/chat":            {"kefu/client", "kefu/internal/storage", "github.com/lxzan/gws"},
		"cmd/kefu":                       {"kefu/internal/app", "kefu/internal/bench", "kefu/internal/replay", "net"},
		"client/clienttest":              {"kefu/client", "net/http/httptest"},
		"internal/platform/metrics":      {"github.com/prometheus/client_golang/prometheus", "net/http"},
		"internal/storage/migrations/v1": {"kefu/internal/storage", "github.com/jackc/pgx/v5"},
	} {
		if findings := judge([]pkg{{ImportPath: module + "/" + from, Imports: to}}); len(findings) > 0 {
			t.Error(findings)
		}
	}
}
