package privacy_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/audit"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/jurisdiction"
	asked "kefu/internal/domain/privacy"
	"kefu/internal/flow/privacy"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/erasure"
	"kefu/internal/storage/storagetest"
)

type house struct {
	*testing.T
	*storagetest.Process
	d    *storagetest.Deployment
	flow *privacy.Service
	book *jurisdiction.Book
}

func ctx() context.Context { return context.Background() }

func part() identity.Principal { return identity.SystemPart("test") }

func mei() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.From("mei"), Name: "Mei", Role: identity.Supervisor}
}

func each(t *testing.T, run func(h *house)) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		sub, err := fs.Sub(content.Jurisdictions, "jurisdictions")
		if err != nil {
			t.Fatal(err)
		}
		h := &house{T: t, Process: d.Open(t), d: d}
		h.book, err = jurisdiction.Load(sub)
		h.must(err)
		h.flow = privacy.New(privacy.Deps{Store: h.Store, Book: h.book, Clock: d.Clock.Now})
		run(h)
	})
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) do(p identity.Principal, conv string, c conversation.Command) conversation.Result {
	h.Helper()
	r, err := h.Execute(ctx(), p, conv, c)
	h.must(err)
	return r
}

func (h *house) say(p identity.Principal, conv, text string) int64 {
	h.Helper()
	return h.do(p, conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: text}}).Seq
}

// seal is something under a key of its own, as a statement writes it.
func (h *house) seal(text string) (string, int64) {
	h.Helper()
	sealed, ref, err := h.Ring.Seal(nil, []byte(text), []byte("test"))
	h.must(err)
	if h.d.Kind == engine.Postgres {
		return `'\x` + hex.EncodeToString(sealed) + "'::bytea", int64(ref)
	}
	return "x'" + hex.EncodeToString(sealed) + "'", int64(ref)
}

// plant keeps something of a customer in every table that holds anything of customers,
// with their mark in everything that is readable, and gives the customer and a conversation.
func (h *house) plant(mark string) (identity.Principal, string) {
	h.Helper()
	visitor := identity.Principal{Kind: identity.Visitor, ID: id.New()}
	h.begin(visitor, mark)
	walked, walkedRef := h.seal(mark + " typed before signing in")
	h.d.Exec(h.T, fmt.Sprintf(runText, id.New(), visitor.ID, "", "ended", h.d.Clock.Micros(), walked, walkedRef))
	h.d.Exec(h.T, fmt.Sprintf("INSERT INTO contact_try (id, customer_id, channel, at) VALUES ('%s', '%s', 'chat', %d)", id.New(), visitor.ID, h.d.Clock.Micros()))
	signed, err := h.SignInCustomer(ctx(), customer.SignIn{
		Issuer: "wallet", Subject: mark + "-subject", Name: mark + " Name", Language: "en", TokenID: id.New(), TokenExpires: 1 << 60, NewID: id.New(),
		Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60}, Visitor: visitor.ID, VisitorSince: 1,
	})
	h.must(err)
	p := identity.Principal{Kind: identity.Customer, ID: signed.CustomerID, Level: identity.AL1}
	conv := h.begin(p, mark)
	seq := h.say(p, conv, mark+" words")
	h.do(p, conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: seq, Text: mark + " other words"}})
	file := conversation.StoredAttachment{Attachment: conversation.Attachment{ID: id.New(), Name: mark + ".txt", Type: "text/plain", Size: 3}}
	_, file.BlobRef = h.seal(mark)
	h.must(h.AddAttachment(ctx(), p, file))
	got, err := h.ClaimAttachments(ctx(), p, conv, false, []string{file.ID})
	h.must(err)
	h.do(p, conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: mark, Attachments: got}})
	h.do(mei(), conv, conversation.Command{Kind: conversation.Note, ClientID: id.New(), Content: conversation.Content{Text: mark + " noted", Mentions: []string{mei().ID}}})
	h.do(mei(), conv, conversation.Command{Kind: conversation.SetTopic, Content: conversation.Content{Topic: mark + " topic"}})
	h.do(mei(), conv, conversation.Command{Kind: conversation.SetTags, Content: conversation.Content{Tags: []string{mark + "-tag"}}})
	h.must(h.SaveDraft(ctx(), mei(), conv, conversation.Draft{Text: mark + " draft"}))
	h.must(h.AddHandle(ctx(), mei(), p.ID, customer.Handle{Kind: "email", Value: mark + "@example.com", Evidence: "claimed"}))
	h.must(h.SetPhrase(ctx(), p, mark+" blue kettle"))
	exec := func(table, columns string, values ...any) {
		h.Helper()
		texts := make([]string, len(values))
		for i, v := range values {
			switch v := v.(type) {
			case string:
				texts[i] = "'" + v + "'"
			case raw:
				texts[i] = string(v)
			default:
				texts[i] = fmt.Sprint(v)
			}
		}
		h.d.Exec(h.T, "INSERT INTO "+table+" ("+columns+") VALUES ("+strings.Join(texts, ", ")+")")
	}
	now := h.d.Clock.Micros()
	body, ref := h.seal(mark)
	run := id.New()
	exec("flow_run", "id, customer_id, conversation_id, flow, digest, state, revision, started_at, changed_at, over_at, due_at, news, body, body_ref", run, p.ID, conv, "FL7", "d", "ended", 1, now, now, now, 0, raw("false"), raw(body), ref)
	exec("run_file", "attachment_id, run_id, added_at", file.ID, run, now)
	for _, state := range []string{"proposed", "succeeded"} {
		body, ref = h.seal(mark)
		act := id.New()
		exec("act", "id, idem_key, conversation_id, customer_id, kind, state, revision, maker_kind, maker_id, approval_id, sending, alarmed_at, created_at, changed_at, due_at, body, body_ref",
			act, act, conv, p.ID, "refund", state, 1, 1, p.ID, "", 0, 0, now, now, 0, raw(body), ref)
		body, ref = h.seal(mark)
		exec("step_up", "id, act_id, customer_id, state, revision, asked_at, expires_at, body, body_ref", id.New(), act, p.ID, "used", 1, now, now, raw(body), ref)
	}
	body, ref = h.seal(mark)
	exec("contact", "id, customer_id, conversation_id, staff_id, staff_name, channel, purpose, code_digest, code, code_ref, attempts, created_at, expires_at, ended_at, end_reason, seen_at, checked_at, phrase_at",
		id.New(), p.ID, conv, mei().ID, "Mei", "chat", "question", mark, raw(body), ref, 0, now, now+1, 0, "", 0, 0, 0)
	exec("contact_try", "id, customer_id, channel, at", id.New(), p.ID, "chat", now)
	exec("webhook_delivery", "id, endpoint_id, event_id, type, conversation_id, seq, data, at, state, attempts, created_at, next_at, done_at, last_status, last_error, last_took",
		id.New(), "e", id.New(), "message.created", conv, 1, `{"customer":{"subject":"`+mark+`"}}`, now, "pending", 0, now, now, 0, 0, "", 0)
	exec("wallet_notice", "event_id, type, customer_id, object, sequence, position, at, taken_at, attempts, next_at, told_at", id.New(), "transaction.updated", mark+"-subject", "tx-1", 1, 1, now, now, 0, now, 0)
	exec("fact", "conversation_id, began, channel, language, tags, assignee_id, answered_by, first_wall, first_work, first_state, solved_at, solved_wall, solved_work, solved_state, reopened, customer_messages, agent_messages, hand_overs, score, rated_at, live, body, team, topic, code",
		conv, now, "chat", "en", `["`+mark+`-tag"]`, "", "", 0, 0, "", 0, 0, 0, "", 0, 0, 0, 0, 0, 0, 0, "{}", "", "", "")
	return p, conv
}

// runText plants a run: its id, whose, the conversation, the state, the time, the body and its key.
const runText = `INSERT INTO flow_run (id, customer_id, conversation_id, flow, digest, state, revision, started_at, changed_at, over_at, due_at, news, body, body_ref)
	VALUES ('%[1]s', '%[2]s', '%[3]s', 'FL1', 'd', '%[4]s', 1, %[5]d, %[5]d, %[5]d, 0, false, %[6]s, %[7]d)`

// raw is written into a statement as it is.
type raw string

func (h *house) begin(p identity.Principal, mark string) string {
	h.Helper()
	state, err := h.StartConversation(ctx(), p, conversation.Start{Ref: mark + id.New(), NewID: id.New(), Channel: "chat", Language: "en", Topic: mark})
	h.must(err)
	return state.ID
}

// destroyKeys does what commits left to be done.
func (h *house) destroyKeys() (forgotten int) {
	h.Helper()
	for {
		jobs, err := h.ClaimJobs(ctx(), 100, time.Hour.Microseconds())
		h.must(err)
		if len(jobs) == 0 {
			return forgotten
		}
		for _, j := range jobs {
			refs := job.DecodeRefs(j.Payload)
			switch j.Kind {
			case job.ForgetTexts:
				forgotten += len(refs)
			case job.DestroyKeys:
				for _, r := range refs {
					h.must(h.Ring.Destroy(keyring.Ref(r)))
				}
			}
			h.must(h.FinishJob(ctx(), j))
		}
	}
}

// dump is a table as text, row by row.
func (h *house) dump(table string, columns []string) (rows []string) {
	h.Helper()
	found, err := h.d.SQL(h.T).QueryContext(ctx(), "SELECT "+strings.Join(columns, ", ")+" FROM "+table)
	h.must(err)
	h.must(engine.EachRow(found, func(r *sql.Rows) error {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := r.Scan(values...); err != nil {
			return err
		}
		line := ""
		for _, v := range values {
			switch v := (*v.(*any)).(type) {
			case []byte:
				line += "|" + string(v)
			default:
				line += "|" + fmt.Sprint(v)
			}
		}
		rows = append(rows, line)
		return nil
	}))
	return rows
}

// refs are the references of keys in a table's columns.
func (h *house) refs(table string, columns []string) (all []int64) {
	h.Helper()
	for _, c := range columns {
		if !strings.HasSuffix(c, "_ref") || c == "start_ref" {
			continue
		}
		for _, row := range h.dump(table, []string{c}) {
			var ref int64
			if _, err := fmt.Sscan(strings.TrimPrefix(row, "|"), &ref); err == nil && ref != 0 {
				all = append(all, ref)
			}
		}
	}
	return all
}

// tables are those with something of customers, with their columns by fate.
func tables() map[string]map[erasure.Fate][]string {
	out := map[string]map[erasure.Fate][]string{}
	for table, columns := range erasure.Columns() {
		of := map[erasure.Fate][]string{}
		for name, c := range columns {
			of[c.Fate] = append(of[c.Fate], name)
		}
		if len(of) > 1 || len(of[erasure.Nobodys]) == 0 {
			out[table] = of
		}
	}
	return out
}

func all(of map[erasure.Fate][]string) (columns []string) {
	for _, c := range of {
		columns = append(columns, c...)
	}
	return slices.Sorted(slices.Values(columns))
}

// alive tells whether a key is there.
func (h *house) alive(ref int64) bool {
	_, err := h.Ring.Open(nil, make([]byte, 40), keyring.Ref(ref), nil)
	return !keyring.IsDestroyed(err)
}

func TestNothingOfAnErasedCustomerIsLeft(t *testing.T) {
	each(t, func(h *house) {
		other, othersConv := h.plant("other")
		before, rowsBefore := map[int64]bool{}, map[string]int{}
		for table, of := range tables() {
			rowsBefore[table] = len(h.dump(table, all(of)))
			for _, ref := range h.refs(table, all(of)) {
				before[ref] = true
			}
		}
		anna, conv := h.plant("planted")
		h.must(h.SaveDraft(ctx(), mei(), conv, conversation.Draft{Text: "planted once more"}))
		var gone []int64
		for table, of := range tables() {
			if len(of[erasure.Gone])+len(of[erasure.Sealed])+len(of[erasure.Emptied]) == 0 { // nothing of it goes
				continue
			}
			if len(h.dump(table, all(of))) == rowsBefore[table] {
				t.Errorf("nothing is planted in %s: what becomes of it is not tried", table)
			}
			for _, ref := range h.refs(table, all(of)) {
				if !before[ref] && table != "act" {
					gone = append(gone, ref)
				}
			}
		}

		plan, err := h.flow.Plan(ctx(), anna.ID)
		h.must(err)
		if plan.Of(asked.Messages).Erase < 7 || plan.Of(asked.Acts).Erase != 1 || plan.Of(asked.Acts).Keep != 1 || plan.Of(asked.Drafts).Erase != 1 || plan.Of(asked.Proofs).Erase != 2 || plan.Of(asked.Runs).Erase != 2 || plan.Of(asked.Contacts).Erase != 4 || plan.Of(asked.Deliveries).Erase != 1 {
			t.Errorf("the plan: %+v", plan)
		}
		x, err := h.flow.Erase(ctx(), asked.Erasure{CustomerID: anna.ID})
		h.must(err)
		const closings = 2 // of the conversations, which are erased with them
		if x.State != asked.Partly || x.NextAt == 0 || x.Did.Left() != 1 || x.Did.Of(asked.Messages).Erase != plan.Of(asked.Messages).Erase+closings || x.Did.Of(asked.Messages).Digest == "" {
			t.Errorf("what was done: %+v", x)
		}
		if n := h.destroyKeys(); n < 7 {
			t.Errorf("the index was told of %d entries", n)
		}
		for _, ref := range gone {
			if h.alive(ref) {
				t.Errorf("the key %d is there still", ref)
			}
		}
		for ref := range before {
			if !h.alive(ref) {
				t.Errorf("the key %d of somebody else is gone", ref)
			}
		}
		for table, of := range tables() {
			rows := h.dump(table, all(of))
			for _, row := range rows {
				if strings.Contains(row, "planted") {
					t.Errorf("%s holds %s", table, row)
				}
			}
			if len(of[erasure.Gone]) > 0 && len(rows) != rowsBefore[table] {
				t.Errorf("%s has %d rows, want %d", table, len(rows), rowsBefore[table])
			}
		}
		h.unharmed(other, othersConv)
		h.proven(x)
	})
}

// unharmed looks whether another customer has everything.
func (h *house) unharmed(p identity.Principal, conv string) {
	h.Helper()
	entries, _, err := h.Entries(ctx(), p, conv, conversation.EntryRange{Limit: 10})
	h.must(err)
	words := ""
	for _, e := range entries {
		words += e.Content.Text
	}
	c, states, err := h.CustomerOf(ctx(), mei(), p.ID)
	h.must(err)
	if !strings.Contains(words, "other other words") || c.Name != "other Name" || len(c.Handles) != 2 || len(states) != 2 || states[0].Topic == "" {
		h.Errorf("somebody else: %q %+v %+v", words, c, states)
	}
}

// proven looks whether the audit chain is whole and says what was done, and of whom by a
// pseudonym alone.
func (h *house) proven(x asked.Erasure) {
	h.Helper()
	proofs := 0
	for e, err := range h.AuditEntries(ctx(), part()) {
		h.must(err)
		if e.Action == "customer.erase" {
			proofs++
			if e.Subject != x.CustomerID || e.Purpose != x.Did.Proof() || !strings.Contains(e.Purpose, "messages=") {
				h.Errorf("the proof: %+v", e)
			}
		}
		if strings.Contains(fmt.Sprintf("%+v", e), "planted") {
			h.Errorf("the chain holds %+v", e)
		}
	}
	if proofs != 1 {
		h.Errorf("%d proofs", proofs)
	}
	_ = audit.Record{}
}

// A case keeps its own conversation, the name and the wallet's id, until its law lets it go.
func TestWhatACaseKeepsIsErasedWhenItsTimeIsOver(t *testing.T) {
	each(t, func(h *house) {
		anna, conv := h.plant("planted")
		other := h.begin(anna, "planted")
		h.say(anna, other, "planted beside it")
		c, err := h.AddCase(ctx(), part(), cases.Head{ID: id.New(), Reference: "K-1", CustomerID: anna.ID}, "", h.book,
			cases.Event{Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.Complaint, Channel: "chat", Conversation: conv, Jurisdiction: "eu", Version: 1}})
		h.must(err)
		plan, err := h.flow.Plan(ctx(), anna.ID)
		h.must(err)
		if m := plan.Of(asked.Messages); m.Keep == 0 || m.Until != 0 || !slices.Equal(m.Why, []asked.Reason{asked.OpenCase}) || plan.Of(asked.Profile).Erase != 0 || plan.Of(asked.Drafts).Keep != 1 || plan.Of(asked.Files).Keep != 1 {
			t.Errorf("while it goes on: %+v", plan)
		}
		x, err := h.flow.Erase(ctx(), asked.Erasure{CustomerID: anna.ID})
		h.must(err)
		h.destroyKeys()
		words := func(conv string) (out string) {
			entries, _, err := h.Entries(ctx(), mei(), conv, conversation.EntryRange{Limit: 20})
			h.must(err)
			for _, e := range entries {
				out += e.Content.Text + ";"
			}
			return out
		}
		if !strings.Contains(words(conv), "planted other words") || strings.Contains(words(other), "planted") {
			t.Errorf("of the case %q, beside it %q", words(conv), words(other))
		}
		who, _, err := h.CustomerOf(ctx(), mei(), anna.ID)
		h.must(err)
		again := h.SignIn("planted-subject")
		if who.Name != "planted Name" || again.ID != anna.ID || x.State != asked.Partly {
			t.Errorf("whose case it is: %+v, %s; %+v", who, again.ID, x)
		}

		_, err = h.ChangeCase(ctx(), again, c.ID, -1, h.book, func(*cases.Case, int64) ([]cases.Event, error) {
			return []cases.Event{{Kind: cases.Withdrawn}}, nil
		})
		h.must(err)
		h.d.Clock.Move(31 * 24 * time.Hour)
		later := h.begin(again, "later")
		h.say(again, later, "a new question")
		h.must(h.flow.Due(ctx()))
		if somebody := h.SignIn("planted-subject"); somebody.ID == anna.ID {
			t.Error("after the case is over the wallet's customer is still theirs")
		}
		h.d.Clock.Move(8 * 366 * 24 * time.Hour)
		h.must(h.PurgeCases(ctx(), 10))
		h.d.Exec(t, "DELETE FROM act") // kept for 800 days
		h.must(h.flow.Due(ctx()))
		h.destroyKeys()
		x, err = h.Erasure(ctx(), mei(), anna.ID)
		h.must(err)
		if x.State != asked.Whole || x.NextAt != 0 || strings.Contains(words(conv), "planted") || !strings.Contains(words(later), "a new question") {
			t.Errorf("at the end: %+v; %q; %q", x, words(conv), words(later))
		}
	})
}
