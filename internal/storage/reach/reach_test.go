package reach_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

type house struct {
	testing.TB
	*storagetest.Process
	d                       *storagetest.Deployment
	anna, li                identity.Principal
	mei, tom, boss, outside identity.Principal
	convs                   map[string]string
	runs                    map[string]selfservice.Record
	acts                    map[string]action.Kept
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) member(role identity.Role) identity.Principal {
	h.Helper()
	who := id.New()
	h.must(h.AddStaff(context.Background(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: who, Email: who, Name: "Who", Role: role}}))
	return identity.Principal{Kind: identity.Staff, ID: who, Role: role}
}

func (h *house) do(p identity.Principal, conv string, kind conversation.CommandKind, c conversation.Content) {
	h.Helper()
	_, err := h.Execute(context.Background(), p, conv, conversation.Command{Kind: kind, Content: c})
	h.must(err)
}

// build gives anna a conversation of each sort, and in each a run and an act. "reserved"
// is one that has not begun.
func build(t *testing.T, d *storagetest.Deployment) *house {
	h := &house{TB: t, Process: d.Open(t), d: d, convs: map[string]string{}, runs: map[string]selfservice.Record{}, acts: map[string]action.Kept{}}
	ctx := context.Background()
	h.anna, h.li = h.SignIn("cust-anna"), h.SignIn("cust-li")
	h.mei, h.tom, h.boss, h.outside = h.member(identity.Agent), h.member(identity.Agent), h.member(identity.Supervisor), h.member(identity.OutsideAgent)
	assigned := map[string]identity.Principal{"mine": h.mei, "theirs": h.tom, "finished": h.mei, "merged": h.tom, "merged away": h.mei, "outside": h.outside}
	for _, name := range sorts() {
		if h.convs[name] = id.New(); name != "reserved" {
			h.convs[name] = h.Begin(h.anna, "en")
		}
		n := selfservice.Record{Run: selfservice.Run{
			ID: id.New(), Flow: "FL2", Digest: "d", ConversationID: h.convs[name], CustomerID: h.anna.ID, Step: "pick", State: selfservice.Asking, StartedAt: d.Clock.Now(),
		}, DueAt: d.Clock.Now().Add(time.Hour)}
		h.must(h.AddFlowRun(ctx, h.anna, n))
		n.Revision = 1
		h.runs[name] = n
		c := wallet.Command{Act: wallet.Freeze, CustomerID: "cust-anna", Reason: "lost"}
		c.Key = action.Key(h.convs[name], "r", "ask", c, 0)
		a, err := action.Propose(action.Action{
			ID: id.New(), ConversationID: h.convs[name], CustomerID: h.anna.ID, Run: "r", Step: "ask", Command: c, Maker: action.ByOf(h.anna),
			Verdict: action.Verdict{Allow: true, Level: identity.AL1, Code: "rule", Version: 1},
		}, d.Clock.Now())
		h.must(err)
		h.acts[name] = action.Kept{Action: a}
		h.must(h.AddAct(ctx, h.anna, h.acts[name]))
	}
	for name, who := range assigned {
		h.do(h.boss, h.convs[name], conversation.Assign, conversation.Content{Staff: &conversation.StaffRef{ID: who.ID, Name: "Who"}})
	}
	h.must(h.Merge(ctx, h.boss, h.convs["merged"], h.convs["mine"]))
	h.must(h.Merge(ctx, h.boss, h.convs["merged away"], h.convs["theirs"]))
	h.do(h.boss, h.convs["finished"], conversation.SetStatus, conversation.Content{Status: conversation.Resolved})
	return h
}

func sorts() []string {
	return []string{"mine", "theirs", "nobody's", "finished", "merged", "merged away", "outside", "reserved"}
}

// table is who sees (s) and who walks and proposes (w) in which conversation of anna's.
// Mei has "mine" and had "finished"; what was merged into hers is hers, and what was
// merged into a colleague's is the colleague's.
const table = `
             anna li mei tom boss outside
mine          w   -   w   s   w    -
theirs        w   -   s   w   w    -
nobody's      w   -   s   s   w    -
finished      w   -   -   -   w    -
merged        w   -   w   s   w    -
merged_away   w   -   s   w   w    -
outside       w   -   s   s   w    -
reserved      w   -   -   -   w    -
`

func TestRunsAndActsAreInReachOfTheirConversation(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := build(t, d), context.Background()
		who := map[string]identity.Principal{"anna": h.anna, "li": h.li, "mei": h.mei, "tom": h.tom, "boss": h.boss, "outside": h.outside}
		lines := strings.Split(strings.TrimSpace(table), "\n")
		columns := strings.Fields(lines[0])
		for _, line := range lines[1:] {
			fields := strings.Fields(line)
			name := strings.ReplaceAll(fields[0], "_", " ")
			for i, column := range columns {
				p, may := who[column], fields[i+1]
				sees, walks := may != "-", may == "w"
				check := func(what string, err error, want bool) {
					t.Helper()
					if (err == nil) != want || (err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden)) {
						t.Errorf("%s, %s: %s: %v, want %v", name, column, what, err, want)
					}
				}
				_, err := h.FlowRun(ctx, p, h.runs[name].ID)
				check("reads the run", err, sees)
				_, err = h.FlowSubject(ctx, p, h.convs[name], h.anna.ID, "wallet")
				check("asks the wallet", err, walks)
				n := h.runs[name]
				if err = h.SaveFlowRun(ctx, p, n); err == nil {
					n.Revision++
					h.runs[name] = n
				}
				check("walks", err, walks)
				_, err = h.Act(ctx, p, h.acts[name].ID)
				check("reads the act", err, sees)
				_, err = h.ActByKey(ctx, p, h.acts[name].Command.Key)
				check("reads the act by its key", err, sees)
				if p.Kind == identity.Staff {
					_, err = h.ListActs(ctx, p, action.Query{ConversationID: h.convs[name], Limit: 10})
					check("lists the acts", err, sees)
					_, err = h.FlowRunsOf(ctx, p, h.convs[name])
					check("lists the runs", err, sees && name != "reserved")
				}
				_, err = h.StepUpOf(ctx, p, h.acts[name].ID)
				if forbidden := fault.Is(err, fault.Forbidden); forbidden == walks {
					t.Errorf("%s, %s: looks at the proof: %v, want %v", name, column, err, walks)
				}
			}
		}
	})
}

// A conversation with a customer is no door to their others.
func TestOneConversationOpensNoOther(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := build(t, d), context.Background()
		names := func(p identity.Principal, conv string) (runs, acts string) {
			t.Helper()
			list, err := h.FlowRunsOf(ctx, p, h.convs[conv])
			h.must(err)
			all, err := h.ListActs(ctx, p, action.Query{ConversationID: h.convs[conv], Limit: 50})
			h.must(err)
			for _, name := range sorts() {
				for _, n := range list {
					if n.ID == h.runs[name].ID {
						runs += name + ";"
					}
				}
				for _, k := range all {
					if k.ID == h.acts[name].ID {
						acts += name + ";"
					}
				}
			}
			return runs, acts
		}
		if runs, acts := names(h.mei, "mine"); runs != "mine;merged;" || acts != "mine;merged;" {
			t.Errorf("of her own she is given %s and %s", runs, acts)
		}
		if runs, acts := names(h.mei, "theirs"); runs != "theirs;merged away;" || acts != "theirs;merged away;" {
			t.Errorf("of a colleague's she is given %s and %s", runs, acts)
		}
		if runs, _ := names(h.boss, "mine"); runs != strings.Join(sorts(), ";")+";" {
			t.Errorf("a supervisor is given %s", runs)
		}
		if _, err := h.ListActs(ctx, h.mei, action.Query{CustomerID: h.anna.ID, Limit: 50}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent lists a customer's acts: %v", err)
		}
		if _, err := h.ListActs(ctx, h.mei, action.Query{CustomerID: h.anna.ID, ConversationID: h.convs["finished"], Limit: 50}); !fault.Is(err, fault.NotFound) {
			t.Errorf("an agent lists what was done in a finished one: %v", err)
		}
		if _, err := h.ListActs(ctx, h.mei, action.Query{CustomerID: h.li.ID, ConversationID: h.convs["mine"], Limit: 50}); !fault.Is(err, fault.NotFound) {
			t.Errorf("an agent lists another customer's acts by a conversation of her own: %v", err)
		}
		if all, err := h.ListActs(ctx, h.boss, action.Query{CustomerID: h.anna.ID, Limit: 50}); err != nil || len(all) != len(sorts()) {
			t.Errorf("a supervisor lists %d acts, %v", len(all), err)
		}
		if _, err := h.OpenFlowRuns(ctx, h.mei, h.anna.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("an agent lists a customer's runs: %v", err)
		}
		// what was finished is within reach again when it goes on
		h.do(h.boss, h.convs["finished"], conversation.SetStatus, conversation.Content{Status: conversation.Open})
		if _, err := h.FlowRun(ctx, h.mei, h.runs["finished"].ID); err != nil {
			t.Errorf("in one that goes on again: %v", err)
		}
	})
}

// Whoever works here and is refused leaves a record: who, what, and whose.
func TestRefusalsAreRecorded(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := build(t, d), context.Background()
		refused := []string{"run.refuse " + h.runs["finished"].ID, "run.refuse " + h.runs["theirs"].ID, "act.refuse " + h.acts["finished"].ID, "act.refuse customer " + h.anna.ID}
		_, _ = h.FlowRun(ctx, h.mei, h.runs["finished"].ID)
		_ = h.SaveFlowRun(ctx, h.mei, h.runs["theirs"])
		_, _ = h.Act(ctx, h.mei, h.acts["finished"].ID)
		_, _ = h.ListActs(ctx, h.mei, action.Query{CustomerID: h.anna.ID, Limit: 1})
		_, _ = h.CancelAct(ctx, h.mei, h.acts["theirs"].ID)
		refused = append(refused, "act.refuse "+h.acts["theirs"].ID)
		h.must(h.EraseFlowRuns(ctx, identity.SystemPart("test"), h.li.ID, 1<<60)) // a commit, with what was noted before it
		var found []string
		for e, err := range h.AuditEntries(ctx, identity.SystemPart("test")) {
			h.must(err)
			if r := e.Record; strings.HasSuffix(r.Action, ".refuse") && r.Actor.ID == h.mei.ID {
				found = append(found, r.Action+" "+r.Object.ID)
			}
		}
		if strings.Join(found, "\n") != strings.Join(refused, "\n") {
			t.Errorf("recorded\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(refused, "\n"))
		}
	})
}
