package restriction_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/restriction"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

const at = int64(1_800_000_000_000_000) // a Friday, 08:00 UTC

// house is the settings of a house that has these items.
func house(t testing.TB, items ...settings.Item) *settings.Snapshot {
	t.Helper()
	kinds, err := settings.NewRegistry(restriction.Kind(), restriction.TrainingKind(), restriction.CertificateKind(), sla.CalendarKind())
	if err != nil {
		t.Fatal(err)
	}
	s, problems := settings.NewSnapshot(kinds, 1, items)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func item(kind, name, body string) settings.Item {
	return settings.Item{Kind: kind, ID: id.From(name), Revision: 1, Body: json.RawMessage(body), ChangedAt: at}
}

func restricted(name, body string) settings.Item { return item("restriction", name, body) }

func agent() *restriction.Who {
	return &restriction.Who{ID: "s1", Role: identity.Agent, Proved: at, Network: netip.MustParseAddr("192.0.2.7")}
}

func needOf(t testing.TB, s *settings.Snapshot, w *restriction.Who, a policy.Action, now int64) restriction.Need {
	t.Helper()
	refusal, kept := restriction.Compile(s).Judge(w, a, now)
	if kept != (refusal.Need != "") {
		t.Fatalf("%v, %+v", kept, refusal)
	}
	return refusal.Need
}

func TestWhatARestrictionAsksFor(t *testing.T) {
	training, calendar := item("training", "course", `{"name":"Reveals","valid_hours":24}`), item("calendar", "office", `{"name":"Office","time_zone":"UTC","week":[[],[],[],[],[{"from":"08:00","to":"10:00"}],[],[]]}`)
	held := item("certificate", "c1", `{"training":"`+training.ID+`","staff":"s1"}`)
	hour := time.Hour.Microseconds()
	for name, c := range map[string]struct {
		body string
		with []settings.Item
		who  func(w *restriction.Who)
		a    policy.Action
		now  int64
		want restriction.Need
	}{
		"withheld from everybody":     {body: `{"name":"R","actions":["wallet.reveal"],"withhold":true}`, want: restriction.Withheld},
		"another action":              {body: `{"name":"R","actions":["wallet.reveal"],"withhold":true}`, a: policy.ReadWallet},
		"from another role":           {body: `{"name":"R","actions":["wallet.reveal"],"roles":["supervisor"],"withhold":true}`},
		"from the role":               {body: `{"name":"R","actions":["wallet.reveal"],"roles":["agent"],"withhold":true}`, want: restriction.Withheld},
		"from somebody else":          {body: `{"name":"R","actions":["wallet.reveal"],"people":["` + id.From("s9") + `"],"withhold":true}`},
		"from a role or a person":     {body: `{"name":"R","actions":["wallet.reveal"],"roles":["supervisor"],"people":["` + id.From("s9") + `"],"withhold":true}`, who: func(w *restriction.Who) { w.ID = id.From("s9") }, want: restriction.Withheld},
		"no certificate":              {body: `{"name":"R","actions":["wallet.reveal"],"training":"` + training.ID + `"}`, with: []settings.Item{training}, want: restriction.Certify},
		"a certificate":               {body: `{"name":"R","actions":["wallet.reveal"],"training":"` + training.ID + `"}`, with: []settings.Item{training, held}},
		"the last moment of one":      {body: `{"name":"R","actions":["wallet.reveal"],"training":"` + training.ID + `"}`, with: []settings.Item{training, held}, now: at + 24*hour - 1},
		"one that is over":            {body: `{"name":"R","actions":["wallet.reveal"],"training":"` + training.ID + `"}`, with: []settings.Item{training, held}, now: at + 24*hour, want: restriction.Certify},
		"somebody else's certificate": {body: `{"name":"R","actions":["wallet.reveal"],"training":"` + training.ID + `"}`, with: []settings.Item{training, held}, who: func(w *restriction.Who) { w.ID = "s2" }, want: restriction.Certify},
		"one that was taken back":     {body: `{"name":"R","actions":["wallet.reveal"],"training":"` + training.ID + `"}`, with: []settings.Item{training, archived(held)}, want: restriction.Certify},
		"of a training put away":      {body: `{"name":"R","actions":["wallet.reveal"],"training":"` + training.ID + `"}`, with: []settings.Item{archived(training), held}, want: restriction.Certify},
		"a training that is gone":     {body: `{"name":"R","actions":["wallet.reveal"],"training":"` + training.ID + `"}`, with: []settings.Item{held}, want: restriction.Withheld},
		"a fresh proof":               {body: `{"name":"R","actions":["wallet.reveal"],"proof_minutes":10}`},
		"an old proof":                {body: `{"name":"R","actions":["wallet.reveal"],"proof_minutes":10}`, now: at + 11*hour/60, want: restriction.Prove},
		"never proved":                {body: `{"name":"R","actions":["wallet.reveal"],"proof_minutes":10}`, who: func(w *restriction.Who) { w.Proved = 0 }, want: restriction.Prove},
		"at work":                     {body: `{"name":"R","actions":["wallet.reveal"],"calendar":"` + calendar.ID + `"}`, with: []settings.Item{calendar}},
		"after work":                  {body: `{"name":"R","actions":["wallet.reveal"],"calendar":"` + calendar.ID + `"}`, with: []settings.Item{calendar}, now: at + 3*hour, want: restriction.AtHours},
		"a calendar that is gone":     {body: `{"name":"R","actions":["wallet.reveal"],"calendar":"` + calendar.ID + `"}`, want: restriction.Withheld},
		"inside":                      {body: `{"name":"R","actions":["wallet.reveal"],"networks":["198.51.100.0/24","192.0.2.0/28"]}`},
		"outside":                     {body: `{"name":"R","actions":["wallet.reveal"],"networks":["198.51.100.0/24"]}`, want: restriction.Inside},
		"from nowhere that is known":  {body: `{"name":"R","actions":["wallet.reveal"],"networks":["0.0.0.0/0"]}`, who: func(w *restriction.Who) { w.Network = netip.Addr{} }, want: restriction.Inside},
		"the same address in IPv6":    {body: `{"name":"R","actions":["wallet.reveal"],"networks":["192.0.2.7"]}`, who: func(w *restriction.Who) { w.Network = netip.MustParseAddr("::ffff:192.0.2.7") }},
		"what a newer program wrote":  {body: `{"name":"R","actions":["wallet.reveal"],"withhold":true,"only_on_devices":["x"]}`, a: policy.ReadWallet, want: restriction.Withheld},
		"what cannot be read":         {body: `{"name":7}`, want: restriction.Withheld},
		"what asks for nothing":       {body: `{"name":"R","actions":["wallet.reveal"]}`, want: restriction.Withheld},
		"a network that is none":      {body: `{"name":"R","actions":["wallet.reveal"],"networks":["here"]}`, want: restriction.Withheld},
		"a role that is none":         {body: `{"name":"R","actions":["wallet.reveal"],"roles":["boss"],"withhold":true}`, want: restriction.Withheld},
	} {
		w := agent()
		if c.who != nil {
			c.who(w)
		}
		a, now := c.a, c.now
		if a == "" {
			a = policy.RevealWallet
		}
		if now == 0 {
			now = at
		}
		s := house(t, append(c.with, restricted("r", c.body))...)
		if got := needOf(t, s, w, a, now); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if need := needOf(t, s, w, policy.ReadConversation, now); need != "" {
			t.Errorf("%s: the desk is closed: %s", name, need)
		}
		if need := needOf(t, house(t, append(c.with, archived(restricted("r", c.body)))...), w, a, now); need != "" {
			t.Errorf("%s, out of use: %s", name, need)
		}
	}
}

func archived(it settings.Item) settings.Item {
	it.Archived = true
	return it
}

// What is wrong with a restriction is said when it is saved.
func TestWhatIsNoRestriction(t *testing.T) {
	for body, field := range map[string]string{
		`{"actions":["wallet.reveal"],"withhold":true}`:                                                        "name",
		`{"name":"R","withhold":true}`:                                                                         "actions",
		`{"name":"R","actions":["wallet.revael"],"withhold":true}`:                                             "actions.0",
		`{"name":"R","actions":["inbox.list"],"withhold":true}`:                                                "actions.0",
		`{"name":"R","actions":["settings.change_setup"],"withhold":true}`:                                     "actions.0",
		`{"name":"R","actions":["approval.decide"],"withhold":true}`:                                           "actions.0",
		`{"name":"R","actions":["conversation.start"],"withhold":true}`:                                        "actions.0",
		`{"name":"R","actions":["wallet.reveal","wallet.reveal"],"withhold":true}`:                             "actions.1",
		`{"name":"R","actions":["wallet.reveal"],"roles":["system"],"withhold":true}`:                          "roles.0",
		`{"name":"R","actions":["wallet.reveal"],"people":["Bo"],"withhold":true}`:                             "people.0",
		`{"name":"R","actions":["wallet.reveal"]}`:                                                             "withhold",
		`{"name":"R","actions":["wallet.reveal"],"withhold":true,"proof_minutes":5}`:                           "withhold",
		`{"name":"R","actions":["wallet.reveal"],"proof_minutes":721}`:                                         "proof_minutes",
		`{"name":"R","actions":["wallet.reveal"],"proof_minutes":-1}`:                                          "proof_minutes",
		`{"name":"R","actions":["wallet.reveal"],"networks":["192.0.2.0/33"]}`:                                 "networks.0",
		`{"name":"R","actions":["wallet.reveal"],"training":"x"}`:                                              "training",
		`{"name":"R","actions":["wallet.reveal"],"calendar":"x"}`:                                              "calendar",
		`{"name":"R","actions":["wallet.reveal"],"withhold":true,"advice":"` + strings.Repeat("a", 201) + `"}`: "advice",
	} {
		_, _, err := restriction.Kind().Decode([]byte(body))
		if !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != field {
			t.Errorf("%s: %v of %q, want one of %q", body, err, fault.FieldOf(err), field)
		}
	}
	for _, body := range []string{`null`, `[]`, `{"name":"R","actions":["wallet.reveal"],"withhold":true,"more":1}`, `{"name":"R","name":"S","actions":["wallet.reveal"],"withhold":true}`, `{"name":"R","actions":["wallet.reveal"],"withhold":"yes"}`} {
		if _, _, err := restriction.Kind().Decode([]byte(body)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestAReferenceLeadsToSomething(t *testing.T) {
	training, away := item("training", "course", `{"name":"Reveals"}`), archived(item("training", "away", `{"name":"Away"}`))
	s := house(t, training, away, restricted("r", `{"name":"R","actions":["wallet.reveal"],"training":"`+training.ID+`"}`))
	for field, r := range map[string]restriction.Restriction{
		"name":     {Name: "r"},
		"training": {Name: "S", Training: away.ID},
		"calendar": {Name: "S", Calendar: id.From("none")},
		"":         {Name: "S", Training: training.ID},
	} {
		if err := restriction.Kind().Check(s, id.From("s"), r); (err == nil) != (field == "") || fault.FieldOf(err) != field {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if err := restriction.TrainingKind().Unused(s, training.ID); !fault.Is(err, fault.Invalid) {
		t.Errorf("a training that is needed can be put away: %v", err)
	}
	if err := restriction.CertificateKind().Check(s, id.From("c"), restriction.Certificate{Training: away.ID, Staff: "s1"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a certificate of what is put away: %v", err)
	}
	if restriction.CertificateKind().May(identity.Principal{Kind: identity.Staff, ID: "s1"}, restriction.Certificate{Staff: "s1"}) {
		t.Error("somebody gives themselves a certificate")
	}
}

// bounded is bounds of the rules alone, as a session's is.
type bounded struct {
	rules *restriction.Rules
	who   restriction.Who
	now   int64
}

func (b bounded) Judge(action string, allowed bool) bool {
	_, kept := b.rules.Judge(&b.who, policy.Action(action), b.now)
	return allowed && !kept
}

// generous is bounds that say yes to everything.
type generous struct{}

func (generous) Judge(string, bool) bool { return true }

// Whatever restrictions a house has, written well or not, and whoever asks for
// whatever: nobody may what they may not without any.
func TestRestrictionsNeverWiden(t *testing.T) {
	actions, roles := policy.Actions(), append(identity.Roles(), "", "boss")
	needs := []string{`"withhold":true`, `"proof_minutes":5`, `"networks":["192.0.2.0/24"]`, `"training":"` + id.From("course") + `"`, `"calendar":"` + id.From("office") + `"`, `"withhold":"no"`, `"nothing":0`}
	rapid.Check(t, func(t *rapid.T) {
		var items []settings.Item
		for i := range rapid.IntRange(0, 4).Draw(t, "restrictions") {
			a, role := rapid.SampledFrom(actions).Draw(t, "action"), rapid.SampledFrom(roles).Draw(t, "role")
			body := `{"name":"R` + string(rune('a'+i)) + `","actions":["` + string(a) + `"],"roles":["` + string(role) + `"],` + rapid.SampledFrom(needs).Draw(t, "need") + `}`
			items = append(items, restricted("r"+string(rune('a'+i)), body))
		}
		if rapid.Bool().Draw(t, "course") {
			items = append(items, item("training", "course", `{"name":"Course","valid_hours":1}`), item("certificate", "c", `{"training":"`+id.From("course")+`","staff":"s1"}`))
		}
		kinds, err := settings.NewRegistry(restriction.Kind(), restriction.TrainingKind(), restriction.CertificateKind(), sla.CalendarKind())
		if err != nil {
			t.Fatal(err)
		}
		s, _ := settings.NewSnapshot(kinds, 1, items)
		ids := []string{"", "s1", "s2"}
		pick := func(what string) string { return rapid.SampledFrom(ids).Draw(t, what) }
		p := identity.Principal{Kind: identity.Kind(rapid.IntRange(0, 6).Draw(t, "kind")), ID: pick("id"), Role: rapid.SampledFrom(roles).Draw(t, "as"), Level: identity.Level(rapid.IntRange(0, 3).Draw(t, "level"))}
		o := policy.Object{CustomerID: pick("customer"), AssigneeID: pick("assignee"), OfferedTo: pick("offered"), StaffID: pick("staff"), AuthorID: pick("author"), AuthorKind: identity.Kind(rapid.IntRange(0, 5).Draw(t, "author kind")), Open: rapid.Bool().Draw(t, "open"), Internal: rapid.Bool().Draw(t, "internal")}
		a := rapid.SampledFrom(append(slices.Clone(actions), "", "unknown")).Draw(t, "wanted")
		before := policy.Allow(p, a, o)
		p.Bounds = bounded{restriction.Compile(s), restriction.Who{ID: p.ID, Role: p.Role, Proved: at, Network: netip.MustParseAddr("192.0.2.1")}, at + rapid.Int64Range(0, 4_000_000_000).Draw(t, "later")}
		if after := policy.Allow(p, a, o); after && !before {
			t.Fatalf("%+v may %s %+v by a restriction", p, a, o)
		} else if restriction.Open(a) && after != before {
			t.Fatalf("a restriction takes %s", a)
		}
		p.Bounds = generous{}
		if policy.Allow(p, a, o) != before {
			t.Fatalf("%+v may %s %+v by bounds that say yes", p, a, o)
		}
	})
}

// The version names exactly what is decided by: the table and the restrictions.
func TestTheVersionFollowsTheRestrictions(t *testing.T) {
	none, one := restriction.Compile(house(t)), restriction.Compile(house(t, restricted("r", `{"name":"R","actions":["wallet.reveal"],"withhold":true}`)))
	other := restriction.Compile(house(t, restricted("r", `{"name":"R","actions":["wallet.read"],"withhold":true}`)))
	if none.Version() == one.Version() || one.Version() == other.Version() || one.Version() != restriction.Compile(house(t, restricted("r", `{"name":"R","actions":["wallet.reveal"],"withhold":true}`))).Version() {
		t.Errorf("%s, %s, %s", none.Version(), one.Version(), other.Version())
	}
	for _, v := range []string{none.Version(), one.Version()} {
		if !strings.HasPrefix(v, policy.Version()+"-") {
			t.Errorf("%s does not name the table", v)
		}
	}
}

func TestJudgingAllocatesNothing(t *testing.T) {
	rules, w := restriction.Compile(house(t, restricted("r", `{"name":"R","actions":["wallet.reveal"],"roles":["admin"],"withhold":true}`))), agent()
	if n := testing.AllocsPerRun(100, func() {
		rules.Judge(w, policy.RevealWallet, at)
		rules.Judge(w, policy.ReadConversation, at)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWhatARestrictionWouldHaveDone(t *testing.T) {
	training := item("training", "course", `{"name":"Reveals"}`)
	s := house(t, training, item("certificate", "c", `{"training":"`+training.ID+`","staff":"s1"}`))
	decided := []restriction.Decision{
		{At: at, Staff: "s1", Role: identity.Agent, Action: policy.RevealWallet, Times: 3},
		{At: at, Staff: "s2", Role: identity.Agent, Action: policy.RevealWallet, Times: 4},
		{At: at + 1, Staff: "s2", Role: identity.Agent, Action: policy.RevealWallet, Times: 1},
		{At: at, Staff: "s2", Role: identity.Agent, Action: policy.RevealWallet, Need: restriction.ByRole, Times: 9},
		{At: at, Staff: "s2", Role: identity.Agent, Action: policy.ReadWallet, Times: 9},
		{At: at, Staff: "s3", Role: identity.Supervisor, Action: policy.RevealWallet, Times: 5},
	}
	r := restriction.Restriction{Name: "R", Actions: []policy.Action{policy.RevealWallet}, Roles: []identity.Role{identity.Agent}, Training: training.ID}
	got := restriction.Try(s, r, decided)
	if got.Looked != 13 || got.Refused != 5 || got.Unsure != 0 || len(got.People) != 1 || got.People[0].Staff != "s2" || got.People[0].Times != 5 || got.People[0].Need != restriction.Certify {
		t.Errorf("%+v", got)
	}
	r.Training, r.Proof = "", 5
	if got = restriction.Try(s, r, decided); got.Refused != 0 || got.Unsure != 8 || len(got.People) != 2 {
		t.Errorf("by a proof: %+v", got)
	}
	r.Proof, r.Networks = 0, []string{"192.0.2.0/24"}
	if got = restriction.Try(s, r, decided); got.Refused != 0 || got.Unsure != 8 {
		t.Errorf("by a network: %+v", got)
	}
}
