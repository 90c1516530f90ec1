// Package actions keeps what is done in the wallet for customers: each act sealed, under
// a key that no other has, changed only as domain/action says and only by who may, in
// the transaction that finds it as it is. What is planned is planned together with the
// proof that it uses up; a second person's word comes from the store's approvals.
package actions

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/approvals"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reach"
	"kefu/internal/storage/verification"
)

// Acts is the part of the store that this package is.
type Acts struct {
	core   *core.Core
	gate   approvals.Gate
	proofs *verification.Proofs
}

// New makes it. Acts wait at the gate for a second person.
func New(c *core.Core, gate approvals.Gate, proofs *verification.Proofs) *Acts {
	a := &Acts{core: c, gate: gate, proofs: proofs}
	gate.Decides(approvals.WalletAct, decider{a})
	return a
}

// most bounds how many of one customer's or one member of staff's acts of a day are
// looked at: beyond, the policy has long said no.
const most = 500

// refused notes that staff were refused something, where they were.
func (a *Acts) refused(ctx context.Context, p identity.Principal, object, customer, purpose string, err error) error {
	if !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) {
		return err
	}
	return reach.Refused(ctx, a.core, p, core.Read{Action: "act.refuse", ObjectType: "act", ObjectID: object, Subject: customer, Purpose: purpose}, err)
}

// AddAct keeps a new act, that was proposed. The conversation need not be there yet for
// its customer; for staff it must be one that they work on. Errors: Forbidden; NotFound;
// Conflict when its key is there already.
func (a *Acts) AddAct(ctx context.Context, p identity.Principal, k action.Kept) error {
	const op = "actions.AddAct"
	if !engine.ValidKey(k.ID) || !engine.ValidKey(k.ConversationID) || !engine.ValidKey(k.CustomerID) {
		return fault.New(fault.NotFound, op, "nothing has an id of that form")
	}
	if !policy.Allow(p, policy.ProposeAct, policy.Object{CustomerID: k.CustomerID, AssigneeID: p.ID, Open: true}) {
		refusal := fault.New(fault.Forbidden, op, "%s %s may not propose anything", p.Kind, p.Role)
		return a.refused(ctx, p, "conversation "+k.ConversationID, k.CustomerID, string(policy.ProposeAct), refusal)
	}
	if k.State != action.Proposed || k.Maker != action.ByOf(p) || action.Hash(k.Command, k.Summary) != k.Hash || !k.Verdict.Allow {
		return fault.New(fault.Internal, op, "what is kept was not proposed by who asks")
	}
	if !k.OwnWord() {
		refusal := fault.New(fault.Forbidden, op, "nobody agrees to something for a customer")
		return a.refused(ctx, p, "conversation "+k.ConversationID, k.CustomerID, string(policy.ProposeAct), refusal)
	}
	err := a.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		o, err := reach.Of(ctx, t.SQL, k.ConversationID, k.CustomerID)
		if err != nil {
			return err
		}
		if !policy.Allow(p, policy.ProposeAct, o) {
			return fault.New(fault.Forbidden, op, "the conversation is not theirs")
		}
		if err := gives(op, p, k, o); err != nil {
			return err
		}
		sealed, ref, err := seal(t, k)
		if err != nil {
			return err
		}
		_, err = t.SQL.ExecContext(ctx, `INSERT INTO act (id, idem_key, conversation_id, customer_id, kind, state, revision, maker_kind, maker_id, approval_id, sending, alarmed_at, created_at, changed_at, due_at, ask_since, lost_at, body, body_ref)
			VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, '', 0, 0, $9, $9, $10, 0, 0, $11, $12)`,
			k.ID, k.Command.Key, k.ConversationID, k.CustomerID, string(k.Command.Act), string(k.State), int64(k.Maker.Kind), k.Maker.ID, t.Now, due(k), sealed, ref)
		if err != nil {
			return engine.MapError(op, err)
		}
		record(t, p, k, "act.propose")
		k.Revision = 1
		if err := tell(ctx, t, k); err != nil {
			return err
		}
		return tellTalk(ctx, t, k)
	})
	return a.refused(ctx, p, "conversation "+k.ConversationID, k.CustomerID, string(policy.ProposeAct), err)
}

// tell has whoever shows an act hear that it is another revision now.
func tell(ctx context.Context, t *core.Tx, k action.Kept) error {
	o, here, err := reach.Way(ctx, t.SQL, k.ConversationID, k.CustomerID)
	if err != nil && !fault.Is(err, fault.NotFound) { // of another customer's conversation nobody hears of it
		return err
	}
	change := event.ActChange{ID: k.ID, Revision: k.Revision, May: policy.ReadActs}
	if k.Command.Act == wallet.ReleaseHold {
		change.May = policy.ReadUntold
	}
	for _, id := range here {
		change.Places = append(change.Places, event.Place{Conversation: id, Reach: o})
	}
	t.Commit.Acts = append(t.Commit.Acts, change)
	return nil
}

// record notes a step in the audit chain: which act, and for which conversation. Sums
// and targets are sealed with the act.
func record(t *core.Tx, p identity.Principal, k action.Kept, what string) {
	t.RecordFor(p, what, "act", k.ID, k.CustomerID, string(k.Command.Act)+"; case "+k.ConversationID)
}

// due is when somebody has to look at an act again, in microseconds; 0: never.
func due(k action.Kept) int64 {
	switch {
	case k.State.Over() && !k.Untold:
		return 0
	case !k.NextAt.IsZero():
		return clock.Micros(k.NextAt)
	case k.Doubtful(), k.Untold:
		return max(clock.Micros(k.ChangedAt), 1) // at once
	default:
		return clock.Micros(k.ExpiresAt)
	}
}

const columns = "a.id, a.idem_key, a.conversation_id, a.customer_id, a.kind, a.state, a.revision, a.maker_kind, a.maker_id, a.approval_id, a.sending, a.alarmed_at, a.created_at, a.changed_at, a.due_at, a.ask_since, a.body, a.body_ref FROM act a"

// known refuses an act to who may not know of it: staff for the conversation that it
// belongs to, where that goes on; who sees everything any.
func (a *Acts) known(ctx context.Context, op string, p identity.Principal, k action.Kept) error {
	o := policy.Object{CustomerID: k.CustomerID}
	if p.Kind == identity.Staff {
		var err error
		if o, err = reach.Of(ctx, a.core.DB.Reader, k.ConversationID, k.CustomerID); err != nil {
			return err
		}
	}
	if policy.Allow(p, policy.ReadActs, o) && !withheld(p, o, k.Command.Act) {
		return nil
	}
	return a.refused(ctx, p, k.ID, k.CustomerID, string(policy.ReadActs), fault.New(fault.NotFound, op, "%s may not know of it", p.Kind))
}

// withheld tells whether staff may not know that such an act is there: it says that a
// payment is held, which they must not hear (ADR 29).
func withheld(p identity.Principal, o policy.Object, act wallet.Act) bool {
	return p.Kind == identity.Staff && act == wallet.ReleaseHold && !policy.Allow(p, policy.ReadUntold, o)
}

// Act finds an act. Errors: NotFound, also for who may not know of it.
func (a *Acts) Act(ctx context.Context, p identity.Principal, id string) (action.Kept, error) {
	const op = "actions.Act"
	if !engine.ValidKey(id) {
		return action.Kept{}, fault.New(fault.NotFound, op, "no act has an id of that form")
	}
	k, err := a.scan(a.core.DB.Reader.QueryRowContext(ctx, "SELECT "+columns+" WHERE a.id = $1", id).Scan)
	if err != nil {
		return action.Kept{}, err
	}
	if err := a.known(ctx, op, p, k); err != nil {
		return action.Kept{}, err
	}
	return k, a.noted(ctx, p, "act.read", k.ID, k.CustomerID)
}

// noted records that staff read it.
func (a *Acts) noted(ctx context.Context, p identity.Principal, what, object, customer string) error {
	if !p.Kind.Recorded() {
		return nil
	}
	return a.core.RecordRead(ctx, p, core.Read{Action: what, ObjectType: "act", ObjectID: object, Subject: customer})
}

// ActByKey finds an act by its key. Errors: as Act.
func (a *Acts) ActByKey(ctx context.Context, p identity.Principal, key string) (action.Kept, error) {
	const op = "actions.ActByKey"
	if !engine.ValidKey(key) {
		return action.Kept{}, fault.New(fault.NotFound, op, "no act has a key of that form")
	}
	k, err := a.scan(a.core.DB.Reader.QueryRowContext(ctx, "SELECT "+columns+" WHERE a.idem_key = $1", key).Scan)
	if err != nil {
		return action.Kept{}, err
	}
	return k, a.known(ctx, op, p, k)
}

// ListActs gives acts, the newest first: a customer's own, those of a conversation that
// goes on and of what was merged into it, or, to who oversees them, any customer's, and
// everybody's in some states. Errors: Forbidden; NotFound for a conversation that is not
// in reach; Invalid for a question without bounds.
func (a *Acts) ListActs(ctx context.Context, p identity.Principal, q action.Query) ([]action.Kept, error) {
	const op = "actions.ListActs"
	o, err := a.allowList(ctx, op, p, q)
	if err != nil {
		return nil, a.refused(ctx, p, about(q), q.CustomerID, "act.list", err)
	}
	var text strings.Builder
	text.WriteString("SELECT " + columns + ` WHERE ($1 = '' OR a.customer_id = $1) AND ($2 = '' OR a.conversation_id = $2
		OR a.conversation_id IN (SELECT id FROM conversation WHERE merged_into = $2 AND customer_id = (SELECT customer_id FROM conversation WHERE id = $2)))`)
	args := []any{q.CustomerID, q.ConversationID, min(max(q.Limit, 1), action.MaxPage), q.Before}
	if p.Kind == identity.Customer {
		args[0] = p.ID
	}
	if len(q.States) > 0 {
		marks := make([]string, len(q.States))
		for i, s := range q.States {
			args = append(args, string(s))
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		text.WriteString(" AND a.state IN (" + strings.Join(marks, ", ") + ")")
	}
	if withheld(p, o, wallet.ReleaseHold) {
		args = append(args, string(wallet.ReleaseHold))
		text.WriteString(" AND a.kind <> $" + strconv.Itoa(len(args)))
	}
	text.WriteString(" AND ($4 = '' OR (a.created_at, a.id) < (SELECT created_at, id FROM act WHERE id = $4)) ORDER BY a.created_at DESC, a.id DESC LIMIT $3")
	found, err := a.many(ctx, op, text.String(), args...)
	if err != nil {
		return nil, err
	}
	return found, a.noted(ctx, p, "act.list", about(q), q.CustomerID)
}

// about is what a list is of, for the audit chain.
func about(q action.Query) string {
	if q.CustomerID != "" {
		return "customer " + q.CustomerID
	}
	return "conversation " + q.ConversationID
}

// allowList tells what is judged by, of a list that p may have.
func (a *Acts) allowList(ctx context.Context, op string, p identity.Principal, q action.Query) (policy.Object, error) {
	o := policy.Object{CustomerID: q.CustomerID}
	if p.Kind == identity.Customer && o.CustomerID == "" {
		o.CustomerID = p.ID
	}
	if p.Kind == identity.Staff && q.ConversationID != "" {
		if !policy.Allow(p, policy.ReadActs, policy.Whosever(p.ID)) {
			return o, fault.New(fault.Forbidden, op, "%s %s sees no acts", p.Kind, p.Role)
		}
		var err error
		if o, err = reach.Of(ctx, a.core.DB.Reader, q.ConversationID, q.CustomerID); err != nil {
			return o, err
		}
		if !policy.Allow(p, policy.ReadActs, o) {
			return o, fault.New(fault.NotFound, op, "the conversation is not in their reach")
		}
	}
	if !policy.Allow(p, policy.ReadActs, o) {
		return o, fault.New(fault.Forbidden, op, "%s may not see what is done for this customer", p.Kind)
	}
	if q.CustomerID == "" && q.ConversationID == "" && p.Kind != identity.Customer {
		if len(q.States) == 0 {
			return o, fault.InvalidField(op, "state", "is needed where neither customer nor conversation is named")
		}
		if !policy.Allow(p, policy.OverseeActs, policy.Object{}) && !policy.Allow(p, policy.RunActs, policy.Object{}) {
			return o, fault.New(fault.Forbidden, op, "%s %s may not see everybody's", p.Kind, p.Role)
		}
	}
	for _, text := range []string{q.CustomerID, q.ConversationID, q.Before} {
		if text != "" && !engine.ValidKey(text) {
			return o, fault.New(fault.NotFound, op, "nothing has an id of that form")
		}
	}
	if slices.ContainsFunc(q.States, func(s action.State) bool { return !slices.Contains(action.States(), s) }) {
		return o, fault.InvalidField(op, "state", "is none")
	}
	return o, nil
}

func (a *Acts) many(ctx context.Context, op, text string, args ...any) ([]action.Kept, error) {
	rows, err := a.core.DB.Reader.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	found := []action.Kept{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		k, err := a.scan(r.Scan)
		found = append(found, k)
		return err
	})
	return found, engine.MapError(op, err)
}

// ActSubject is the wallet's id of a customer for whom acts are kept. It is asked for
// where the act itself cannot be read. Errors: Forbidden for all but the part of Kefu that
// carries acts out; NotFound when the wallet is not theirs.
func (a *Acts) ActSubject(ctx context.Context, p identity.Principal, customerID, issuer string) (string, error) {
	const op = "actions.ActSubject"
	if !policy.Allow(p, policy.RunActs, policy.Object{}) {
		return "", fault.New(fault.Forbidden, op, "%s carries nothing out", p.Kind)
	}
	var subject sql.NullString
	err := a.core.DB.Reader.QueryRowContext(ctx, "SELECT subject FROM customer WHERE id = $1 AND issuer = $2", customerID, issuer).Scan(&subject)
	if err == nil && !wallet.ValidID(subject.String) {
		return "", fault.New(fault.NotFound, op, "the customer is none of the wallet's")
	}
	return subject.String, engine.MapError(op, err)
}

// day is over which sums are made.
const day = 24 * time.Hour

// ActTotals sums up what counts against the bounds of a day. Errors: Forbidden.
func (a *Acts) ActTotals(ctx context.Context, p identity.Principal, of action.Of) (action.Totals, error) {
	const op = "actions.ActTotals"
	o := policy.Object{CustomerID: of.CustomerID, AssigneeID: p.ID, Open: true}
	if !policy.Allow(p, policy.ProposeAct, o) && !policy.Allow(p, policy.RunActs, o) {
		return action.Totals{}, fault.New(fault.Forbidden, op, "%s may not know", p.Kind)
	}
	if !engine.ValidKey(of.CustomerID) || (of.StaffID != "" && !engine.ValidKey(of.StaffID)) {
		return action.Totals{}, fault.New(fault.NotFound, op, "nobody has an id of that form")
	}
	since := clock.Micros(a.core.Now().Add(-day))
	var sums action.Totals
	theirs, err := a.many(ctx, op, "SELECT "+columns+" WHERE a.customer_id = $1 AND a.kind = $2 AND a.created_at > $3 ORDER BY a.created_at DESC, a.id DESC LIMIT $4", of.CustomerID, string(of.Act), since, most)
	if err != nil {
		return sums, err
	}
	now := a.core.Now()
	for _, k := range theirs {
		if k.ID == of.Except || !k.At(now).Told().Counts() {
			continue
		}
		sums.DayCount++
		sums.Unread = sums.Unread || k.Lost
		sums.DayTotal += whole(k.Command.Amount, of.Currency)
	}
	if of.StaffID == "" {
		return sums, nil
	}
	moved, err := a.many(ctx, op, "SELECT "+columns+" WHERE a.maker_id = $1 AND a.maker_kind = $2 AND a.created_at > $3 ORDER BY a.created_at DESC, a.id DESC LIMIT $4", of.StaffID, int64(identity.Staff), since, most)
	for _, k := range moved {
		if k.ID != of.Except && k.At(now).Told().Counts() {
			sums.StaffTotal += whole(k.Command.Amount, of.Currency)
			if k.Command.Act.Cautious() {
				sums.StaffDay++
				if now.Sub(k.CreatedAt) < time.Hour {
					sums.StaffHour++
				}
			}
			sums.Unread = sums.Unread || k.Lost
		}
	}
	return sums, err
}

// whole is a sum in whole units, if it is in the currency.
func whole(m wallet.Money, currency string) float64 {
	if m.None() || m.Currency() != currency {
		return 0
	}
	units, _ := m.Smallest().Float64()
	for range m.Scale() {
		units /= 10
	}
	return units
}

// DueActs gives the acts that somebody has to look at now, those that wait longest
// first. One that cannot be opened at present, as on a disk that does not answer, keeps
// none of the others back. Errors: Forbidden for all but the part of Kefu that does.
func (a *Acts) DueActs(ctx context.Context, p identity.Principal, limit int) ([]action.Kept, error) {
	const op = "actions.DueActs"
	if !policy.Allow(p, policy.RunActs, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s does not look at what is due", p.Kind)
	}
	rows, err := a.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+" WHERE a.due_at > 0 AND a.due_at <= $1 ORDER BY a.due_at, a.id LIMIT $2", clock.Micros(a.core.Now()), min(max(limit, 1), action.MaxPage))
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	found := []action.Kept{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		k, err := a.scan(r.Scan)
		switch {
		case err == nil:
			found = append(found, k)
		case k.ID == "": // the row itself did not come
			return err
		default:
			a.core.Log.Warn("an act that is due cannot be opened now", "act", k.ID, "error", err)
		}
		return nil
	})
	return found, engine.MapError(op, err)
}

// scan reads a row and opens what is sealed in it. Of a row that cannot be read, because
// its key is gone or it is damaged, it gives what the columns say, and that it is lost:
// one such row hides no other. Errors: NotFound; those that pass, such as a disk that does
// not answer.
func (a *Acts) scan(scan func(...any) error) (action.Kept, error) {
	const op = "actions.scan"
	var k action.Kept
	var state, key, kind string
	var makerKind, sending, alarmed, created, changed, dueAt, ask, ref int64
	var sealed []byte
	err := scan(&k.ID, &key, &k.ConversationID, &k.CustomerID, &kind, &state, &k.Revision, &makerKind, &k.Maker.ID, &k.ApprovalID, &sending, &alarmed, &created, &changed, &dueAt, &ask, &sealed, &ref)
	if err != nil {
		return k, engine.MapError(op, err)
	}
	k.Maker.Kind = identity.Kind(makerKind)
	k.State, k.Sending, k.Alarmed, k.CreatedAt, k.ChangedAt, k.AskSince = action.State(state), sending != 0, alarmed != 0, clock.FromMicros(created), clock.FromMicros(changed), clock.FromMicros(ask)
	text, err := a.core.Open(sealed, ref, aad(k.ID))
	if err == nil {
		err = read(&k, text)
	}
	switch {
	case err != nil && !core.IsDamaged(err):
		return k, err
	case err != nil:
		k = action.Kept{Action: action.Action{
			ID: k.ID, ConversationID: k.ConversationID, CustomerID: k.CustomerID, State: k.State, Maker: action.By{Kind: identity.Kind(makerKind), ID: k.Maker.ID}, ApprovalID: k.ApprovalID,
			CreatedAt: k.CreatedAt, ChangedAt: k.ChangedAt, NextAt: clock.FromMicros(dueAt), AskSince: k.AskSince, Lost: true,
		}, Revision: k.Revision, Sending: k.Sending, Alarmed: k.Alarmed}
		k.Command.Act = wallet.Act(kind)
	}
	k.Command.Key = key
	return k, nil
}
