package storage_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/report"
	"kefu/internal/domain/search"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

// caller is one who asks, by the name that the table uses.
type caller struct {
	name string
	p    identity.Principal
}

// scene is what the calls of the table are about: a signed-in customer with a
// conversation, in which an agent has answered.
type scene struct {
	*site
	callers  []caller
	own      identity.Principal
	agent    identity.Principal
	conv     string
	asked    int64 // the customer's message
	answered int64 // the agent's
	note     int64 // the agent's note
	file     string
	member   string // of staff
	endpoint string // a webhook, with a secret
	delivery string // to it
}

func newScene(s *site) *scene {
	s.Helper()
	signed, err := s.SignInCustomer(context.Background(), signIn("own", "", 0))
	s.must(err)
	sc := &scene{site: s, own: identity.Principal{Kind: identity.Customer, ID: signed.CustomerID, Level: identity.AL1}, agent: agent(), member: id.New()}
	sc.callers = []caller{
		{"nobody", identity.Principal{}},
		{"nameless", identity.Principal{Kind: identity.Staff, Role: identity.Owner}},
		{"unknown", identity.Principal{Kind: 99, ID: signed.CustomerID}},
		{"roleless", identity.Principal{Kind: identity.Staff, ID: id.New()}},
		{"visitor", visitor()},
		{"other", identity.Principal{Kind: identity.Customer, ID: id.New(), Level: identity.AL3}},
		{"own", sc.own},
		{"agent", sc.agent},
		{"colleague", agent()},
		{"supervisor", staffWith(identity.Supervisor)},
		{"outsider", staffWith(identity.OutsideAgent)},
		{"editor", staffWith(identity.Editor)},
		{"admin", staffWith(identity.Admin)},
		{"auditor", staffWith(identity.Auditor)},
		{"second", staffWith(identity.SecondLine)},
		{"fraud", staffWith(identity.Fraud)},
		{"disputes", staffWith(identity.Disputes)},
		{"quality", staffWith(identity.Quality)},
		{"planner", staffWith(identity.Planner)},
		{"privacy", staffWith(identity.Privacy)},
		{"compliance", staffWith(identity.Compliance)},
		{"owner", staffWith(identity.Owner)},
		{"system", identity.SystemPart("test")},
		{"program", programWith(identity.AllScopes()...)},
		{"bare", programWith()}, // a key without scopes
	}
	sc.conv = sc.start(sc.own).ID
	sc.asked = sc.say(sc.own, sc.conv, "question").Seq
	sc.answered = sc.say(sc.agent, sc.conv, "answer").Seq
	sc.note = sc.do(sc.agent, sc.conv, noting("between us")).Seq
	sc.file = sc.upload(sc.own)
	_, err = sc.ClaimAttachments(context.Background(), sc.own, sc.conv, false, []string{sc.file})
	s.must(err)
	s.must(s.AddStaff(context.Background(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: sc.member, Email: "bo@example.org", Name: "Bo", Role: identity.Agent}}))
	part := identity.SystemPart("test")
	sc.endpoint = id.New()
	s.must(s.ReplaceWebhookSecret(context.Background(), part, sc.endpoint, make(webhook.Secret, 32)))
	s.must(s.AddDelivery(context.Background(), part, webhook.Delivery{EndpointID: sc.endpoint, Event: webhook.Event{Type: webhook.Ping, Pos: 1}}))
	sent, err := s.Deliveries(context.Background(), part, webhook.DeliveryQuery{Endpoint: sc.endpoint, Limit: 1})
	s.must(err)
	sc.delivery = sent[0].ID
	return sc
}

// handle is the id of a customer's handle.
func (s *site) handle(customerID, kind, value string) string {
	s.Helper()
	c, _, err := s.CustomerOf(context.Background(), agent(), customerID)
	s.must(err)
	for _, h := range c.Handles {
		if h.Kind == kind && h.Value == value {
			return h.ID
		}
	}
	s.Fatalf("the customer has no %s %q: %+v", kind, value, c.Handles)
	return ""
}

func (s *site) upload(p identity.Principal) string {
	s.Helper()
	file := conversation.StoredAttachment{Attachment: conversation.Attachment{ID: id.New(), Name: "收据.png", Type: "image/png", Size: 7}}
	_, ref, err := s.Ring.Seal(nil, []byte("bytes"), nil)
	s.must(err)
	file.BlobRef = int64(ref)
	s.must(s.AddAttachment(context.Background(), p, file))
	return file.ID
}

// team is a team that there is.
func (s *scene) team() string {
	s.Helper()
	made := settings.Change{Kind: "team", ID: id.New(), Body: []byte(`{"name":"` + id.New() + `"}`)}
	_, err := s.SaveSetting(context.Background(), identity.SystemPart("test"), made)
	s.must(err)
	return made.ID
}

// rule says who may call a method. Whoever is not in may is refused with the
// code of refused, or with another where unlike names it.
type rule struct {
	method  string
	may     string
	refused fault.Code
	unlike  map[fault.Code]string
	call    func(sc *scene, p identity.Principal) error
}

const (
	apart    = " quality planner privacy compliance" // see no conversation
	workers  = "agent colleague supervisor owner second fraud disputes"
	blind    = "nobody nameless unknown roleless visitor other outsider editor admin auditor bare" + apart // may not know that a conversation exists
	everyone = blind + " own system " + workers
)

func execute(conv func(*scene) string, command func(*scene) conversation.Command) func(*scene, identity.Principal) error {
	return func(sc *scene, p identity.Principal) error {
		_, err := sc.Execute(context.Background(), p, conv(sc), command(sc))
		return err
	}
}

func inScene(sc *scene) string { return sc.conv }

func rewriting(kind conversation.CommandKind, of func(*scene) int64) func(*scene) conversation.Command {
	return func(sc *scene) conversation.Command {
		c := conversation.Command{Kind: kind, Content: conversation.Content{Of: of(sc)}}
		if kind == conversation.Edit {
			c.Content.Text = "new"
		}
		return c
	}
}

func commandRules() []rule {
	notFound := func(more string) map[fault.Code]string { return map[fault.Code]string{fault.NotFound: blind + more} }
	command := func(name, may string, c func(*scene) conversation.Command) rule {
		return rule{"Execute", may, fault.Forbidden, notFound(""), execute(inScene, c)}
	}
	plain := func(kind conversation.CommandKind, c conversation.Content) func(*scene) conversation.Command {
		return func(*scene) conversation.Command { return conversation.Command{Kind: kind, Content: c, Seq: 1 << 40} }
	}
	work := workers + " system"
	return []rule{
		command("send", "own program "+workers, func(*scene) conversation.Command { return sending("more") }),
		command("note", work+" program", func(*scene) conversation.Command { return noting("more") }),
		command("human", "own", plain(conversation.AskPerson, conversation.Content{})),
		command("status", work+" program", func(*scene) conversation.Command { return setting(conversation.Resolved) }), // whatever was seen
		command("assign", work+" program", plain(conversation.Assign, conversation.Content{})),
		command("priority", work+" program", plain(conversation.SetPriority, conversation.Content{Priority: conversation.High})),
		command("tags", work+" program", plain(conversation.SetTags, conversation.Content{Tags: []string{"a"}})),
		command("topic", work+" program", plain(conversation.SetTopic, conversation.Content{Topic: "a"})),
		command("language", work+" program", plain(conversation.SetLanguage, conversation.Content{Language: "zh"})),
		command("delivered", "own "+workers, plain(conversation.Delivered, conversation.Content{})),
		command("read", "own "+workers, plain(conversation.Read, conversation.Content{})),
		command("edit the customer's", "own", rewriting(conversation.Edit, func(sc *scene) int64 { return sc.asked })),
		command("edit the agent's", "agent", rewriting(conversation.Edit, func(sc *scene) int64 { return sc.answered })),
		command("edit the note", "agent", rewriting(conversation.Edit, func(sc *scene) int64 { return sc.note })),
		command("redact the customer's", "own "+work, rewriting(conversation.Redact, func(sc *scene) int64 { return sc.say(sc.own, sc.conv, "oops").Seq })),
		command("redact the agent's", "agent supervisor owner system", rewriting(conversation.Redact, func(sc *scene) int64 { return sc.say(sc.agent, sc.conv, "oops").Seq })),
		{"Execute", "own", fault.Forbidden, notFound(""), func(sc *scene, p identity.Principal) error {
			conv := sc.start(sc.own).ID
			sc.do(sc.agent, conv, setting(conversation.Resolved))
			_, err := sc.Execute(context.Background(), p, conv, conversation.Command{Kind: conversation.Rate, Content: conversation.Content{Score: 4, Text: "quick"}})
			return err
		}},
		{"Execute", "", fault.Invalid, nil, execute(inScene, plain(conversation.MergeInto, conversation.Content{Into: "x"}))},
		{"Execute", "", fault.Forbidden, notFound(""), execute(inScene, plain("invented", conversation.Content{}))},
		{"Submit", "own " + workers + " program", fault.Forbidden, notFound(""), func(sc *scene, p identity.Principal) error {
			return (<-sc.submit(p, sc.conv, sending("submitted"))).Err
		}},
	}
}

func findRules() []rule {
	ctx := context.Background()
	return []rule{
		{"FewConversations", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.FewConversations(ctx, p, &search.Filter{Customer: sc.own.ID})
			return err
		}},
		{"WrittenIn", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.WrittenIn(ctx, p, search.Few{Customer: sc.own.ID}, 1<<62, 10)
			return err
		}},
		{"WrittenBefore", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.WrittenBefore(ctx, p, 1<<62, 10)
			return err
		}},
		{"PositionAt", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.PositionAt(ctx, p, 1)
			return err
		}},
		{"WrittenAt", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.WrittenAt(ctx, p, 1)
			return err
		}},
		{"JudgeMatches", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.JudgeMatches(ctx, p, &search.Filter{}, []int64{1}, func(string) int { return 1 })
			return err
		}},
		{"ReadFound", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ReadFound(ctx, p, []int64{1})
			return err
		}},
	}
}

func readRules() []rule {
	ctx := context.Background()
	hidden := map[fault.Code]string{fault.NotFound: blind}
	return []rule{
		{"Conversation", "own system " + workers + " program", fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Conversation(ctx, p, sc.conv)
			return err
		}},
		{"Watch", "own system " + workers + " program", fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Watch(ctx, p, sc.conv)
			return err
		}},
		{"Entries", "own system " + workers + " program", fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.Entries(ctx, p, sc.conv, conversation.EntryRange{})
			return err
		}},
		{"Versions", workers, fault.Forbidden, hidden, func(sc *scene, p identity.Principal) error {
			_, err := sc.Versions(ctx, p, sc.conv, sc.asked)
			return err
		}},
		{"Inbox", workers + " program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Inbox(ctx, p, conversation.InboxQuery{Statuses: []conversation.Status{conversation.Open}, Limit: 1})
			return err
		}},
		{"Inbox", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Inbox(ctx, p, conversation.InboxQuery{Statuses: []conversation.Status{conversation.Open}, Assignee: conversation.Assignee{ID: p.ID}, Limit: 1})
			return err
		}},
		{"Counts", workers + " program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Counts(ctx, p, []conversation.InboxQuery{{Statuses: []conversation.Status{conversation.Open}}})
			return err
		}},
		{"UnseenMentions", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.UnseenMentions(ctx, p)
			return err
		}},
		{"SeeMention", workers + " program", fault.Forbidden, map[fault.Code]string{fault.NotFound: "outsider"}, func(sc *scene, p identity.Principal) error {
			return sc.SeeMention(ctx, p, sc.conv)
		}},
		{"InboxLineOf", workers + " program", fault.Forbidden, map[fault.Code]string{fault.NotFound: "outsider"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.InboxLineOf(ctx, p, sc.conv)
			return err
		}},
		{"ConversationsOf", "own other visitor", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			all, err := sc.ConversationsOf(ctx, p, 10)
			if err == nil && p.ID != sc.own.ID && len(all) > 0 {
				sc.Errorf("%s is given another's conversations", p.Kind)
			}
			return err
		}},
		{"EntriesAt", workers + " system program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.EntriesAt(ctx, p, []int64{1})
			return err
		}},
		{"EntriesSince", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, _, _, err := sc.EntriesSince(ctx, p, 0, 10, func(*conversation.Entry) bool { return true })
			return err
		}},
		{"CustomerOf", workers + " program system privacy", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.CustomerOf(ctx, p, sc.own.ID)
			return err
		}},
		{"FindCustomers", workers + " program privacy", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.FindCustomers(ctx, p, "wallet", "own")
			return err
		}},
		{"Attachment", "own " + workers + " program", fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Attachment(ctx, p, sc.file)
			return err
		}},
		{"Draft", workers, fault.Forbidden, hidden, func(sc *scene, p identity.Principal) error {
			_, err := sc.Draft(ctx, p, sc.conv)
			return err
		}},
		{"AuditEntries", "owner auditor system program compliance", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			for _, err := range sc.AuditEntries(ctx, p) {
				return err
			}
			return nil
		}},
		{"ListStaff", workers + " editor admin auditor system program" + apart, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ListStaff(ctx, p, "", 10)
			return err
		}},
		{"AllStaff", workers + " editor admin auditor system program" + apart, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			for _, err := range sc.AllStaff(ctx, p) {
				return err
			}
			return nil
		}},
		{"StaffByEmail", workers + " editor admin auditor system program" + apart, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.StaffByEmail(ctx, p, "bo@example.org")
			return err
		}},
		{"StaffByID", workers + " editor admin auditor system program" + apart, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.StaffByID(ctx, p, sc.member)
			return err
		}},
	}
}

func reportRules() []rule {
	ctx := context.Background()
	return []rule{
		{"Report", "supervisor owner program quality planner compliance", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Report(ctx, p, report.Query{To: 1, Zone: time.UTC})
			return err
		}},
		{"Report", "agent supervisor owner program quality planner compliance", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Report(ctx, p, report.Query{To: 1, Zone: time.UTC, Agent: sc.agent.ID})
			return err
		}},
		{"Exported", "supervisor owner program quality planner compliance", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.Exported(ctx, p, report.Query{}) }},
		{"DueClocks", workers + " program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.DueClocks(ctx, p, conversation.Assignee{Any: true}, false, 10)
			return err
		}},
		{"ClocksOf", workers + " outsider program", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ClocksOf(ctx, p, []string{sc.conv})
			return err
		}},
	}
}

func writeRules() []rule {
	ctx := context.Background()
	hidden := map[fault.Code]string{fault.NotFound: blind}
	disabled := false
	change := func(c staff.Change) func(*scene, identity.Principal) error {
		return func(sc *scene, p identity.Principal) error {
			err := sc.ChangeStaff(ctx, p, sc.member, c)
			var pending *approval.PendingError
			if errors.As(err, &pending) { // they may; a second person has to agree
				return sc.Withdraw(ctx, p, pending.ID)
			}
			return err
		}
	}
	owner := identity.Owner
	add := func(role identity.Role) func(*scene, identity.Principal) error {
		return func(sc *scene, p identity.Principal) error {
			return sc.AddStaff(ctx, p, staff.New{Member: staff.Member{ID: id.New(), Email: id.New(), Name: "New", Role: role}})
		}
	}
	reset := func(role identity.Role) func(*scene, identity.Principal) error {
		return func(sc *scene, p identity.Principal) error {
			who := id.New()
			sc.must(sc.AddStaff(ctx, identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: who, Email: who, Name: "Who", Role: role}}))
			return sc.ResetStaff(ctx, p, who, staff.Reset{PasswordHash: "h", TOTPSecret: "t"})
		}
	}
	return []rule{
		{"StartConversation", "own other visitor", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.StartConversation(ctx, p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
			return err
		}},
		{"Merge", workers, fault.Forbidden, hidden, func(sc *scene, p identity.Principal) error {
			return sc.Merge(ctx, p, sc.start(sc.own).ID, sc.conv)
		}},
		{"Unmerge", workers, fault.Forbidden, hidden, func(sc *scene, p identity.Principal) error {
			conv := sc.start(sc.own).ID
			sc.must(sc.Merge(ctx, sc.agent, conv, sc.conv))
			return sc.Unmerge(ctx, p, conv)
		}},
		{"SaveDraft", workers, fault.Forbidden, hidden, func(sc *scene, p identity.Principal) error {
			return sc.SaveDraft(ctx, p, sc.conv, conversation.Draft{Text: "dear"})
		}},
		{"AddAttachment", "own other visitor outsider " + workers + " privacy", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.AddAttachment(ctx, p, conversation.StoredAttachment{Attachment: conversation.Attachment{ID: id.New()}})
		}},
		{"ClaimAttachments", "own", fault.NotFound, map[fault.Code]string{fault.Forbidden: "system"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.ClaimAttachments(ctx, p, sc.conv, false, []string{sc.upload(sc.own)})
			return err
		}},
		{"AddHandle", "system " + workers, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.AddHandle(ctx, p, sc.own.ID, customer.Handle{Kind: "phone", Value: "+86 10", Evidence: customer.Claimed})
		}},
		{"AddHandle", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.AddHandle(ctx, p, sc.own.ID, customer.Handle{Kind: "phone", Value: "+86 10", Evidence: customer.Verified})
		}},
		{"ForgetHandle", workers + " system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			sc.must(sc.AddHandle(ctx, sc.agent, sc.own.ID, customer.Handle{Kind: "phone", Value: "+86 11", Evidence: customer.Claimed}))
			return sc.ForgetHandle(ctx, p, sc.own.ID, sc.handle(sc.own.ID, "phone", "+86 11"))
		}},
		{"RevokeCustomer", "admin owner system fraud", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.RevokeCustomer(ctx, p, id.New()) }},
		{"RearmJobs", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.RearmJobs(ctx, p)
			return err
		}},
		{"AddStaff", "admin owner system", fault.Forbidden, nil, add(identity.Agent)},
		{"AddStaff", "owner system", fault.Forbidden, nil, add(identity.Owner)},
		{"ChangeStaff", "admin owner system", fault.Forbidden, nil, change(staff.Change{Disabled: &disabled})},
		{"ChangeStaff", "owner system", fault.Forbidden, nil, change(staff.Change{Role: &owner})},
		{"ResetStaff", "admin owner system", fault.Forbidden, nil, reset(identity.Agent)},
		{"ResetStaff", "owner system", fault.Forbidden, nil, reset(identity.Owner)},
		{"CloseSession", workers + " outsider editor admin auditor roleless" + apart, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.CloseSession(ctx, p, "no session of theirs") }},
	}
}

func settingRules() []rule {
	ctx := context.Background()
	return []rule{
		{"Deliveries", "owner admin system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Deliveries(ctx, p, webhook.DeliveryQuery{Endpoint: sc.endpoint, Limit: 1})
			return err
		}},
		{"AddDelivery", "owner admin system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.AddDelivery(ctx, p, webhook.Delivery{EndpointID: sc.endpoint, Event: webhook.Event{Type: webhook.Ping, Pos: int64(len(p.ID))}})
		}},
		{"RetryDelivery", "owner admin system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.RetryDelivery(ctx, p, sc.endpoint, sc.delivery)
		}},
		{"ReplaceWebhookSecret", "owner admin system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.ReplaceWebhookSecret(ctx, p, sc.endpoint, make(webhook.Secret, 32))
		}},
		{"WebhookSecrets", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.WebhookSecrets(ctx, p, sc.endpoint)
			return err
		}},
		{"CustomerReach", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.CustomerReach(ctx, p, sc.conv)
			return err
		}},
		{"ConversationsBegun", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ConversationsBegun(ctx, p, 10)
			return err
		}},
		{"RuleTried", "supervisor owner admin system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.RuleTried(ctx, p, []string{sc.conv})
		}},
		{"ListSettings", workers + " admin system outsider" + apart, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ListSettings(ctx, p, "team", settings.Query{Limit: 1})
			return err
		}},
		{"Setting", workers + " admin system outsider" + apart, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Setting(ctx, p, "organisation", settings.SingletonID("organisation"))
			return err
		}},
		{"SettingHistory", "owner admin system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.SettingHistory(ctx, p, "organisation", settings.SingletonID("organisation"), 0, 1)
			return err
		}},
		{"SettingHistory", "supervisor owner admin system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.SettingHistory(ctx, p, "team", sc.team(), 0, 1)
			return err
		}},
		{"HouseSettings", workers + " admin system outsider" + apart, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.HouseSettings(ctx, p)
			return err
		}},
		{"SaveSetting", "supervisor owner admin system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.SaveSetting(ctx, p, settings.Change{Kind: "team", ID: id.New(), Body: []byte(`{"name":"` + id.New() + `"}`)})
			return err
		}},
		{"SaveSetting", "owner admin system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			one := settings.SingletonID("organisation")
			was, err := sc.Setting(ctx, identity.SystemPart("test"), "organisation", one)
			sc.must(err)
			_, err = sc.SaveSetting(ctx, p, settings.Change{Kind: "organisation", ID: one, Revision: was.Revision, Body: []byte(`{"name":"A","languages":["en"],"language":"en","time_zone":"UTC"}`)})
			return err
		}},
	}
}

// request is one of an owner to make somebody an admin.
func (s *scene) request(by identity.Principal) (made, hash string) {
	s.Helper()
	agentID, admin := id.New(), identity.Admin
	s.must(s.AddStaff(context.Background(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: agentID, Email: agentID, Name: "Who", Role: identity.Agent}}))
	if _, err := s.StaffByID(context.Background(), identity.SystemPart("cli"), by.ID); err != nil { // who asks must work here
		s.must(s.AddStaff(context.Background(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: by.ID, Email: by.ID, Name: "Maker", Role: identity.Owner}}))
	}
	s.must(s.AddStaff(context.Background(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: id.New(), Email: id.New(), Name: "Second", Role: identity.Owner}}))
	err := s.ChangeStaff(context.Background(), by, agentID, staff.Change{Role: &admin})
	var pending *approval.PendingError
	if !errors.As(err, &pending) {
		s.Fatalf("asking: %v", err)
	}
	r, err := s.Approval(context.Background(), staffWith(identity.Owner), pending.ID)
	s.must(err)
	return r.ID, r.Hash
}

// works gives an account to a member of staff who has none.
func (sc *scene) works(p identity.Principal) {
	if p.Kind != identity.Staff || p.ID == "" || !identity.ValidRole(p.Role) {
		return
	}
	m := staff.Member{ID: p.ID, Email: p.ID + "@example.org", Name: "Works", Role: p.Role}
	if err := sc.AddStaff(context.Background(), identity.SystemPart("test"), staff.New{Member: m}); !fault.Is(err, fault.Conflict) {
		sc.must(err)
	}
}

func approvalRules() []rule {
	ctx := context.Background()
	return []rule{
		{"ListApprovals", "owner admin supervisor second fraud privacy", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ListApprovals(ctx, p, true, "", 1)
			return err
		}},
		{"Approval", "owner admin", fault.Forbidden, map[fault.Code]string{fault.NotFound: "supervisor second fraud privacy"}, func(sc *scene, p identity.Principal) error {
			request, _ := sc.request(staffWith(identity.Owner))
			_, err := sc.Approval(ctx, p, request)
			return err
		}},
		{"MayDecide", "owner admin", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			request, _ := sc.request(staffWith(identity.Owner))
			r, err := sc.Approval(ctx, staffWith(identity.Owner), request)
			sc.must(err)
			if !sc.MayDecide(p, r) {
				return fault.New(fault.Forbidden, "test", "no")
			}
			return nil
		}},
		{"Approve", "owner admin", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			sc.works(p)
			request, hash := sc.request(staffWith(identity.Owner))
			_, err := sc.Approve(ctx, p, request, hash)
			return err
		}},
		{"Reject", "owner admin", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			sc.works(p)
			request, _ := sc.request(staffWith(identity.Owner))
			return sc.Reject(ctx, p, request, "not yet")
		}},
		{"Withdraw", "owner", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			maker := staffWith(identity.Owner)
			if p.Role == identity.Owner && p.ID != "" && p.Kind == identity.Staff {
				maker = p
			}
			request, _ := sc.request(maker)
			return sc.Withdraw(ctx, p, request)
		}},
	}
}

// withoutPrincipal are the methods that ask nobody's rights, and why.
func withoutPrincipal() map[string]string {
	return map[string]string{
		"Run Listen Close Ready Waiting Checkpoint Purge Deployment WatchAlone":                                 "the process itself",
		"ClaimJobs FinishJob RetryJob NextJobDue CountJobs SnoozedUntil":                                        "the workers that run jobs; nobody else can reach them",
		"FindWindowSecret SignInCustomer CredentialsOf SignInFailed RenewHash OpenSession StaffBySession KeyBy": "they find out who asks",
		"SettingsVersion RevocationsSince LastPosition WrittenSince RewrittenSince":                             "no words in them",
		"FollowDeliveries ClaimDeliveries NextDelivery SettleDelivery PurgeWebhooks":                            "the worker that tells other systems, of events without words",
		"FollowedOf LiveFollowed SaveFollowed ForgetClocks Ringing NextRing":                                    "the keeper of clocks; nobody else can reach them",
		"BoundBy PackFacts NextFlowRun PurgeFlowRuns FlowText PurgeActs PurgeProofs CountUnsettledActs":         "workers, and the text of flows: nobody's words, and nothing is handed out",
		"CountLateCases NextCaseRing PurgeCases":                                                                "the worker of cases: counts and times alone",
		"FollowerAt MoveFollower Follow EntriesBetween":                                                         "followers of the log move their own cursors",
		"PasskeyOwner PasskeyRefused InvitationBy Join EnterByDirectory DirectoryRefused":                       "they find out who comes in",
		"AllEntries Import ImportCustomers":                                                                     "commands of whoever runs the machine",
		"AuditHead CheckMessages ConversationLengths":                                                           "the proof that runs without anybody asking: hashes and lengths, and no words",
		"OrphanAttachments UnsentAttachments ForgetAttachment UnknownAttachments":                               "the worker that removes files nobody sent",
	}
}

// A method that is added without a rule above fails here.
func TestEveryMethodHasARule(t *testing.T) {
	var known, free []string
	for _, r := range rules() {
		known = append(known, r.method)
	}
	for names := range withoutPrincipal() {
		free = append(free, strings.Fields(names)...)
	}
	principal, change := reflect.TypeFor[identity.Principal](), reflect.TypeFor[*conversation.Change]()
	for m := range reflect.TypeFor[*storage.Store]().Methods() {
		asks := false
		for in := range m.Type.Ins() {
			asks = asks || in == principal || in == change
		}
		switch {
		case asks && !slices.Contains(known, m.Name):
			t.Errorf("%s takes a principal and has no rule in this file", m.Name)
		case !asks && !slices.Contains(free, m.Name):
			t.Errorf("%s takes no principal and is not among those that need none", m.Name)
		}
	}
}

// What is read is recorded, with who read whose data.
func TestReadsByStaffAreRecorded(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		sc := newScene(s)
		ctx := context.Background()
		before := audits(sc)
		for _, p := range []identity.Principal{sc.own, sc.agent} {
			sc.entries(p, sc.conv)
			_, err := sc.Watch(ctx, p, sc.conv)
			s.must(err)
		}
		_, _, err := sc.CustomerOf(ctx, sc.agent, sc.own.ID)
		s.must(err)
		_, err = sc.Attachment(ctx, sc.agent, sc.file)
		s.must(err)
		other := sc.start(visitor()).ID
		positions := []int64{}
		for _, conv := range []string{sc.conv, other} {
			s.must(sc.do(sc.agent, conv, sending("found")).Err)
		}
		for _, e := range append(sc.entries(sc.own, sc.conv), sc.entries(identity.SystemPart("test"), other)...) {
			positions = append(positions, e.Pos)
		}
		_, err = sc.ReadFound(ctx, sc.agent, positions)
		s.must(err)
		_, err = sc.JudgeMatches(ctx, sc.agent, &search.Filter{}, positions, func(string) int { return 1 }) // nothing is shown of it
		s.must(err)
		sc.say(sc.own, sc.conv, "the reads come with the next commit")
		var got, named []string
		for _, e := range audits(sc)[len(before):] {
			if e.Actor.ID == sc.agent.ID && e.Subject == sc.own.ID {
				got = append(got, e.Action)
			}
			if e.Action == "search.messages" {
				named = append(named, strings.Fields(e.Object.ID)...)
			}
			if e.Actor.ID == sc.own.ID {
				t.Errorf("a customer's own reading is recorded: %+v", e)
			}
		}
		if want := []string{"conversation.read", "conversation.watch", "customer.read", "attachment.read"}; !slices.Equal(got, want) {
			t.Errorf("recorded %v, want %v", got, want)
		}
		if want := []string{other, sc.conv}; !slices.Equal(named, want) {
			t.Errorf("a search that brought up %v is recorded with %v", want, named)
		}
	})
}
