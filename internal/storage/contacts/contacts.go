// Package contacts keeps that members of staff contact customers, with the codes by which
// customers know them, and customers' own phrases. Codes and phrases are sealed, and their
// keys destroyed as soon as they count no more. Whose conversation it is, and that it goes
// on, is looked at whenever something is shown or checked, not only when a code is made.
package contacts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/vouch"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reach"
)

// Contacts is the part of the store that this package is.
type Contacts struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Contacts { return &Contacts{core: c} }

const columns = `c.id, c.customer_id, c.conversation_id, c.staff_id, c.staff_name, c.channel, c.purpose, c.code, c.code_ref, c.attempts,
	c.created_at, c.expires_at, c.ended_at, c.end_reason, c.seen_at, c.checked_at, c.phrase_at`

// held says of a contact that whoever made it has the conversation still, that it goes on
// and is the customer's.
const held = `EXISTS (SELECT 1 FROM conversation v WHERE v.id = c.conversation_id AND v.customer_id = c.customer_id AND v.assignee_id = c.staff_id AND v.status <> 'resolved' AND v.merged_into = '')`

// stored is a contact with its sealed code.
type stored struct {
	vouch.Contact
	sealed []byte
	ref    int64
}

func scan(row interface{ Scan(...any) error }) (s stored, err error) {
	var channel, purpose string
	err = row.Scan(&s.ID, &s.CustomerID, &s.ConversationID, &s.StaffID, &s.StaffName, &channel, &purpose, &s.sealed, &s.ref, &s.Attempts,
		&s.CreatedAt, &s.ExpiresAt, &s.EndedAt, &s.EndReason, &s.SeenAt, &s.CheckedAt, &s.PhraseAt)
	s.Channel, s.Purpose = vouch.Channel(channel), vouch.Purpose(purpose)
	return s, err
}

// reader is the database or a transaction.
type reader interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

func list(ctx context.Context, from reader, text string, args ...any) ([]stored, error) {
	rows, err := from.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, engine.MapError("contacts.list", err)
	}
	var all []stored
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		s, err := scan(r)
		all = append(all, s)
		return err
	})
	return all, engine.MapError("contacts.list", err)
}

func aad(contact string) string        { return "contact/" + contact + "/code" }
func phraseAAD(customer string) string { return "customer/" + customer + "/phrase" }

// digest finds a code of one customer's: under nobody else's name does it lead anywhere.
func (s *Contacts) digest(customer, code string) string {
	mac := hmac.New(sha256.New, s.core.Ring.Subkey("contact codes"))
	mac.Write([]byte(customer + "\x00" + code))
	return hex.EncodeToString(mac.Sum(nil))
}

// reveal fills in the code of a contact whose code counts.
func (s *Contacts) reveal(c stored) (vouch.Contact, error) {
	if c.ref == 0 {
		return c.Contact, nil
	}
	code, err := s.core.Read(c.sealed, c.ref, aad(c.ID))
	c.Code = vouch.Shown(code)
	return c.Contact, err
}

// tell has the customer's windows, and whoever looks at the conversation, ask again.
func tell(t *core.Tx, c vouch.Contact, o policy.Object) {
	t.Commit.Contacts = append(t.Commit.Contacts, event.ContactChange{CustomerID: c.CustomerID, Conversation: c.ConversationID, Reach: o})
}

// refused notes that staff were refused something, where they were.
func (s *Contacts) refused(ctx context.Context, p identity.Principal, a policy.Action, conv string, err error) error {
	if !fault.Is(err, fault.Forbidden) {
		return err
	}
	return reach.Refused(ctx, s.core, p, core.Read{Action: "contact.refuse", ObjectType: "conversation", ObjectID: conv, Purpose: string(a)}, err)
}

// Vouch makes a code for the customer of a conversation that p has. The one before, of the
// same conversation, ends. Errors: Forbidden; NotFound; Conflict when the customer is not
// signed in, so that nobody could see it; TooMany; Invalid.
func (s *Contacts) Vouch(ctx context.Context, p identity.Principal, conv string, channel vouch.Channel, purpose vouch.Purpose) (vouch.Contact, error) {
	const op = "contacts.Vouch"
	if p.Kind != identity.Staff || !policy.Allow(p, policy.VouchContact, policy.Whosever(p.ID)) {
		return vouch.Contact{}, s.refused(ctx, p, policy.VouchContact, conv, fault.New(fault.Forbidden, op, "%s %s may not vouch for themselves", p.Kind, p.Role))
	}
	if !vouch.ValidChannel(channel) || !vouch.ValidPurpose(purpose) {
		return vouch.Contact{}, fault.InvalidField(op, "purpose", "is none, or of no channel")
	}
	if !engine.ValidKey(conv) {
		return vouch.Contact{}, fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	var made vouch.Contact
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var customer string
		var subject sql.NullString
		err := t.SQL.QueryRowContext(ctx, "SELECT v.customer_id, k.subject FROM conversation v JOIN customer k ON k.id = v.customer_id WHERE v.id = $1", conv).Scan(&customer, &subject)
		if err != nil {
			return engine.MapError(op, err)
		}
		o, err := reach.Of(ctx, t.SQL, conv, customer)
		if err != nil {
			return err
		}
		if !policy.Allow(p, policy.VouchContact, o) {
			if !policy.Allow(p, policy.ReadConversation, o) {
				return fault.New(fault.NotFound, op, "no conversation of theirs")
			}
			return fault.New(fault.Forbidden, op, "the conversation is not theirs")
		}
		if subject.String == "" {
			return fault.New(fault.Conflict, op, "the customer is not signed in")
		}
		if err := s.room(ctx, t, p.ID, customer, conv); err != nil {
			return err
		}
		code := vouch.NewCode()
		c := vouch.Contact{
			ID: id.New(), CustomerID: customer, ConversationID: conv, StaffID: p.ID, StaffName: p.Name, Channel: channel, Purpose: purpose,
			CreatedAt: t.Now, ExpiresAt: t.Now + vouch.Life.Microseconds(), Code: vouch.Shown(code),
		}
		sealed, ref, err := t.Seal([]byte(code), aad(c.ID))
		if err != nil {
			return err
		}
		_, err = t.SQL.ExecContext(ctx, `INSERT INTO contact (id, customer_id, conversation_id, staff_id, staff_name, channel, purpose, code_digest, code, code_ref, attempts,
			created_at, expires_at, ended_at, end_reason, seen_at, checked_at, phrase_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, 0, '', 0, 0, 0)`,
			c.ID, customer, conv, p.ID, p.Name, string(channel), string(purpose), s.digest(customer, code), sealed, ref, t.Now, c.ExpiresAt)
		if err != nil {
			return engine.MapError(op, err)
		}
		t.RecordFor(p, "contact.vouch", "contact", c.ID, customer, string(channel)+" "+string(purpose)+"; case "+conv)
		tell(t, c, o)
		made = c
		return nil
	})
	if err != nil {
		return vouch.Contact{}, s.refused(ctx, p, policy.VouchContact, conv, err)
	}
	return made, nil
}

// room ends the code before of the conversation, and refuses one too many.
func (s *Contacts) room(ctx context.Context, t *core.Tx, staff, customer, conv string) error {
	const op = "contacts.room"
	before, err := list(ctx, t.SQL, "SELECT "+columns+" FROM contact c WHERE c.conversation_id = $1 AND c.expires_at > $2 AND c.ended_at = 0", conv, t.Now)
	if err != nil {
		return err
	}
	if err := end(ctx, t, vouch.EndedByOther, before...); err != nil {
		return err
	}
	var made, live int
	err = t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM contact WHERE staff_id = $1 AND created_at > $2", staff, t.Now-3_600_000_000).Scan(&made)
	if err == nil {
		err = t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM contact WHERE customer_id = $1 AND expires_at > $2 AND ended_at = 0", customer, t.Now).Scan(&live)
	}
	switch {
	case err != nil:
		return engine.MapError(op, err)
	case made >= vouch.MaxPerHour:
		return fault.New(fault.TooMany, op, "too many codes were made within an hour")
	case live >= vouch.MaxLive:
		return fault.New(fault.TooMany, op, "too many of us contact the customer at once")
	}
	return nil
}

// end lets contacts end for a reason, and their codes be forgotten.
func end(ctx context.Context, t *core.Tx, why string, all ...stored) error {
	var refs []int64
	for _, c := range all {
		_, err := t.SQL.ExecContext(ctx, "UPDATE contact SET ended_at = $1, end_reason = $2, code = NULL, code_ref = 0 WHERE id = $3 AND ended_at = 0", t.Now, why, c.ID)
		if err != nil {
			return engine.MapError("contacts.end", err)
		}
		if c.ref != 0 {
			refs = append(refs, c.ref)
		}
	}
	return t.DestroyKeys(ctx, refs)
}

// ContactOf is the newest contact in a conversation, for staff who may see it; ok is false
// when there is none. Its code is there for whoever made it, as long as it counts and the
// conversation is theirs. Errors: Forbidden; NotFound.
func (s *Contacts) ContactOf(ctx context.Context, p identity.Principal, conv string) (c vouch.Contact, ok bool, err error) {
	const op = "contacts.ContactOf"
	if p.Kind != identity.Staff || !policy.Allow(p, policy.ReadContact, policy.Whosever(p.ID)) {
		return c, false, fault.New(fault.Forbidden, op, "%s %s may not see contacts", p.Kind, p.Role)
	}
	o, err := s.objectOf(ctx, conv)
	if err != nil {
		return c, false, err
	}
	if !policy.Allow(p, policy.ReadContact, o) {
		return c, false, fault.New(fault.NotFound, op, "no conversation of theirs")
	}
	found, err := list(ctx, s.core.DB.Reader, "SELECT "+columns+" FROM contact c WHERE c.conversation_id = $1 AND c.customer_id = $2 ORDER BY c.created_at DESC, c.id DESC LIMIT 1", conv, o.CustomerID)
	if err != nil || len(found) == 0 {
		return c, false, err
	}
	if c = found[0].Contact; c.Live(s.core.Now().UnixMicro()) && c.StaffID == p.ID && policy.Allow(p, policy.VouchContact, o) {
		c, err = s.reveal(found[0])
	}
	return c, true, err
}

// objectOf is what the policy judges a conversation by. Errors: NotFound.
func (s *Contacts) objectOf(ctx context.Context, conv string) (policy.Object, error) {
	const op = "contacts.objectOf"
	if !engine.ValidKey(conv) {
		return policy.Object{}, fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	o, shown, err := reach.Way(ctx, s.core.DB.Reader, conv, "")
	if err == nil && len(shown) == 0 {
		err = fault.New(fault.NotFound, op, "there is no such conversation")
	}
	return o, err
}

// EndContact ends the contact in a conversation that p has: its code counts no more.
// Nothing when there is none. Errors: Forbidden; NotFound.
func (s *Contacts) EndContact(ctx context.Context, p identity.Principal, conv string) error {
	const op = "contacts.EndContact"
	if p.Kind != identity.Staff || !policy.Allow(p, policy.VouchContact, policy.Whosever(p.ID)) {
		return fault.New(fault.Forbidden, op, "%s %s may not end contacts", p.Kind, p.Role)
	}
	o, err := s.objectOf(ctx, conv)
	if err != nil {
		return err
	}
	if !policy.Allow(p, policy.VouchContact, o) {
		if !policy.Allow(p, policy.ReadContact, o) {
			return fault.New(fault.NotFound, op, "no conversation of theirs")
		}
		return fault.New(fault.Forbidden, op, "the conversation is not theirs")
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		live, err := list(ctx, t.SQL, "SELECT "+columns+" FROM contact c WHERE c.conversation_id = $1 AND c.staff_id = $2 AND c.expires_at > $3 AND c.ended_at = 0", conv, p.ID, t.Now)
		if err != nil || len(live) == 0 {
			return err
		}
		for _, c := range live {
			t.Record(p, "contact.end", "contact", c.ID, c.CustomerID)
			tell(t, c.Contact, o)
		}
		return end(ctx, t, vouch.EndedByStaff, live...)
	})
}
