package contacts

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/vouch"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reach"
)

func mayOwn(op string, p identity.Principal) error {
	if p.Kind != identity.Customer || !policy.Allow(p, policy.OwnContact, policy.Object{CustomerID: p.ID}) {
		return fault.New(fault.Forbidden, op, "%s is no customer who is signed in", p.Kind)
	}
	return nil
}

// OwnContacts are who contacts the customer p now, the newest first, with their codes.
// Errors: Forbidden.
func (s *Contacts) OwnContacts(ctx context.Context, p identity.Principal) ([]vouch.Contact, error) {
	if err := mayOwn("contacts.OwnContacts", p); err != nil {
		return nil, err
	}
	found, err := list(ctx, s.core.DB.Reader, "SELECT "+columns+" FROM contact c WHERE c.customer_id = $1 AND c.expires_at > $2 AND c.ended_at = 0 AND "+held+" ORDER BY c.created_at DESC LIMIT $3",
		p.ID, s.core.Now().UnixMicro(), vouch.MaxLive)
	if err != nil {
		return nil, err
	}
	all := make([]vouch.Contact, 0, len(found))
	for _, one := range found {
		c, err := s.reveal(one)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// SeeContact notes that the customer p has seen who contacts them. Errors: Forbidden;
// NotFound.
func (s *Contacts) SeeContact(ctx context.Context, p identity.Principal, contact string) error {
	const op = "contacts.SeeContact"
	if err := mayOwn(op, p); err != nil {
		return err
	}
	if !engine.ValidKey(contact) {
		return fault.New(fault.NotFound, op, "nothing has an id of that form")
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		found, err := list(ctx, t.SQL, "SELECT "+columns+" FROM contact c WHERE c.id = $1 AND c.customer_id = $2", contact, p.ID)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, op, "nobody contacts them under that id")
		}
		c := found[0].Contact
		if c.SeenAt != 0 || !c.Live(t.Now) {
			return nil
		}
		if _, err := t.SQL.ExecContext(ctx, "UPDATE contact SET seen_at = $1 WHERE id = $2", t.Now, contact); err != nil {
			return engine.MapError(op, err)
		}
		o, err := reach.Of(ctx, t.SQL, c.ConversationID, c.CustomerID)
		if err == nil {
			tell(t, c, o)
		}
		return err
	})
}

// CheckCode says whether a code that somebody read to the customer p is ours, now, for
// them; channel is by which way they ask. It counts once. A false one is noted, and so many
// of them end every code of the customer's. Errors: Forbidden; TooMany when too many were
// tried, whatever this one is.
func (s *Contacts) CheckCode(ctx context.Context, p identity.Principal, code string, channel vouch.Channel) (vouch.Checked, error) {
	const op = "contacts.CheckCode"
	if err := mayOwn(op, p); err != nil {
		return vouch.Checked{}, err
	}
	if !vouch.ValidChannel(channel) {
		return vouch.Checked{}, fault.InvalidField(op, "channel", "is none")
	}
	plain, readable := vouch.Read(code)
	var out vouch.Checked
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		out = vouch.Checked{Verdict: vouch.NotOurs}
		var tried int
		if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM contact_try WHERE customer_id = $1 AND at > $2", p.ID, t.Now-vouch.TriesWithin.Microseconds()).Scan(&tried); err != nil {
			return engine.MapError(op, err)
		}
		if tried >= vouch.MaxTries {
			return fault.New(fault.TooMany, op, "too many false codes were tried")
		}
		out.Left = vouch.MaxTries - tried
		if !readable { // it is nobody's, and a slip of the finger is no guess
			return nil
		}
		found, err := list(ctx, t.SQL, "SELECT "+columns+" FROM contact c WHERE c.code_digest = $1 AND c.customer_id = $2 AND c.expires_at > $3 AND c.ended_at = 0 AND "+held+" ORDER BY c.created_at DESC LIMIT 1",
			s.digest(p.ID, plain), p.ID, t.Now)
		if err != nil {
			return err
		}
		if len(found) > 0 && found[0].CheckedAt == 0 {
			out.Verdict = vouch.Ours
			return s.checked(ctx, t, p, &out, found[0].Contact)
		}
		if len(found) > 0 {
			out.Verdict, out.Contact = vouch.Used, found[0].Contact
		}
		out.Left--
		return s.missed(ctx, t, p, channel)
	})
	if err != nil { // after one who gave up the function may still run
		return vouch.Checked{}, err
	}
	return out, nil
}

// checked notes that a code was found to be ours.
func (s *Contacts) checked(ctx context.Context, t *core.Tx, p identity.Principal, out *vouch.Checked, c vouch.Contact) error {
	const op = "contacts.checked"
	res, err := t.SQL.ExecContext(ctx, "UPDATE contact SET checked_at = $1, seen_at = CASE WHEN seen_at = 0 THEN $1 ELSE seen_at END WHERE id = $2 AND checked_at = 0", t.Now, c.ID)
	if err != nil {
		return engine.MapError(op, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(engine.MapError(op, err), fault.New(fault.Conflict, op, "somebody checked it at the same time"))
	}
	c.CheckedAt, c.Code = t.Now, ""
	out.Contact = c
	t.Record(p, "contact.check", "contact", c.ID, c.CustomerID)
	o, err := reach.Of(ctx, t.SQL, c.ConversationID, c.CustomerID)
	if err == nil {
		tell(t, c, o)
	}
	return err
}

// missed notes a false code: what counts now ends when there were too many.
func (s *Contacts) missed(ctx context.Context, t *core.Tx, p identity.Principal, channel vouch.Channel) error {
	const op = "contacts.missed"
	if _, err := t.SQL.ExecContext(ctx, "INSERT INTO contact_try (id, customer_id, channel, at) VALUES ($1, $2, $3, $4)", id.New(), p.ID, string(channel), t.Now); err != nil {
		return engine.MapError(op, err)
	}
	t.RecordFor(p, "contact.false_code", "customer", p.ID, p.ID, string(channel))
	if _, err := t.SQL.ExecContext(ctx, "UPDATE contact SET attempts = attempts + 1 WHERE customer_id = $1 AND expires_at > $2 AND ended_at = 0", p.ID, t.Now); err != nil {
		return engine.MapError(op, err)
	}
	live, err := list(ctx, t.SQL, "SELECT "+columns+" FROM contact c WHERE c.customer_id = $1 AND c.expires_at > $2 AND c.ended_at = 0", p.ID, t.Now)
	if err != nil {
		return err
	}
	var over []stored
	for _, c := range live {
		if c.Attempts >= vouch.MaxAttempts {
			over = append(over, c)
		}
		o, err := reach.Of(ctx, t.SQL, c.ConversationID, c.CustomerID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		tell(t, c.Contact, o)
	}
	return end(ctx, t, vouch.EndedByTries, over...)
}

// SetPhrase keeps the customer's own phrase, in place of the one before. Errors:
// Forbidden; Invalid.
func (s *Contacts) SetPhrase(ctx context.Context, p identity.Principal, text string) error {
	const op = "contacts.SetPhrase"
	if err := mayOwn(op, p); err != nil {
		return err
	}
	text, err := vouch.CheckPhrase(text)
	if err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := s.dropPhrase(ctx, t, p.ID); err != nil {
			return err
		}
		sealed, ref, err := t.Seal([]byte(text), phraseAAD(p.ID))
		if err != nil {
			return err
		}
		if _, err := t.SQL.ExecContext(ctx, "INSERT INTO contact_phrase (customer_id, phrase, phrase_ref, set_at) VALUES ($1, $2, $3, $4)", p.ID, sealed, ref, t.Now); err != nil {
			return engine.MapError(op, err)
		}
		t.Record(p, "contact.set_phrase", "customer", p.ID, p.ID)
		return nil
	})
}

// ForgetPhrase forgets the customer's own phrase. Errors: Forbidden.
func (s *Contacts) ForgetPhrase(ctx context.Context, p identity.Principal) error {
	if err := mayOwn("contacts.ForgetPhrase", p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		t.Record(p, "contact.forget_phrase", "customer", p.ID, p.ID)
		return s.dropPhrase(ctx, t, p.ID)
	})
}

func (s *Contacts) dropPhrase(ctx context.Context, t *core.Tx, customer string) error {
	const op = "contacts.dropPhrase"
	var ref int64
	err := t.SQL.QueryRowContext(ctx, "DELETE FROM contact_phrase WHERE customer_id = $1 RETURNING phrase_ref", customer).Scan(&ref)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return engine.MapError(op, err)
	}
	return t.DestroyKeys(ctx, []int64{ref})
}

// OwnPhrase is the customer's own phrase, with whom it was shown to last; without a text
// when they have none. Errors: Forbidden.
func (s *Contacts) OwnPhrase(ctx context.Context, p identity.Principal) (vouch.Phrase, error) {
	if err := mayOwn("contacts.OwnPhrase", p); err != nil {
		return vouch.Phrase{}, err
	}
	out, err := s.phrase(ctx, p.ID)
	if err != nil {
		return out, err
	}
	shown, err := list(ctx, s.core.DB.Reader, "SELECT "+columns+" FROM contact c WHERE c.customer_id = $1 AND c.phrase_at > 0 ORDER BY c.phrase_at DESC LIMIT 5", p.ID)
	for _, c := range shown {
		out.Read = append(out.Read, vouch.Reading{StaffName: c.StaffName, At: c.PhraseAt})
	}
	return out, err
}

func (s *Contacts) phrase(ctx context.Context, customer string) (out vouch.Phrase, err error) {
	var sealed []byte
	var ref int64
	err = s.core.DB.Reader.QueryRowContext(ctx, "SELECT phrase, phrase_ref, set_at FROM contact_phrase WHERE customer_id = $1", customer).Scan(&sealed, &ref, &out.SetAt)
	if errors.Is(err, sql.ErrNoRows) {
		return vouch.Phrase{}, nil
	}
	if err != nil {
		return out, engine.MapError("contacts.phrase", err)
	}
	out.Text, err = s.core.Read(sealed, ref, phraseAAD(customer))
	return out, err
}

// RevealPhrase shows a customer's own phrase to the member of staff who contacts them now,
// which is recorded and told to the customer before. Without a text: they have none.
// Errors: Forbidden; NotFound; Conflict when they do not contact the customer.
func (s *Contacts) RevealPhrase(ctx context.Context, p identity.Principal, conv string) (vouch.Phrase, error) {
	const op = "contacts.RevealPhrase"
	refuse := func(err error) (vouch.Phrase, error) {
		return vouch.Phrase{}, s.refused(ctx, p, policy.ReadPhrase, conv, err)
	}
	if p.Kind != identity.Staff || !policy.Allow(p, policy.ReadPhrase, policy.Whosever(p.ID)) {
		return refuse(fault.New(fault.Forbidden, op, "%s %s may not see phrases", p.Kind, p.Role))
	}
	if _, err := s.objectOf(ctx, conv); err != nil {
		return vouch.Phrase{}, err
	}
	var found vouch.Phrase
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		o, err := reach.Of(ctx, t.SQL, conv, "")
		if err != nil {
			return err
		}
		if !policy.Allow(p, policy.ReadPhrase, o) {
			return fault.New(fault.Forbidden, op, "the conversation is not theirs")
		}
		live, err := list(ctx, t.SQL, "SELECT "+columns+" FROM contact c WHERE c.conversation_id = $1 AND c.customer_id = $2 AND c.staff_id = $3 AND c.expires_at > $4 AND c.ended_at = 0 ORDER BY c.created_at DESC LIMIT 1",
			conv, o.CustomerID, p.ID, t.Now)
		if err != nil {
			return err
		}
		if len(live) == 0 {
			return fault.New(fault.Conflict, op, "they do not contact the customer now")
		}
		if found, err = s.phraseIn(ctx, t, o.CustomerID); err != nil || found.SetAt == 0 {
			return err
		}
		if _, err := t.SQL.ExecContext(ctx, "UPDATE contact SET phrase_at = $1 WHERE id = $2", t.Now, live[0].ID); err != nil {
			return engine.MapError(op, err)
		}
		t.RecordFor(p, "contact.read_phrase", "contact", live[0].ID, o.CustomerID, "case "+conv)
		tell(t, live[0].Contact, o)
		return nil
	})
	if err != nil {
		return refuse(err)
	}
	return found, nil
}

// phraseIn is phrase, as a transaction sees it.
func (s *Contacts) phraseIn(ctx context.Context, t *core.Tx, customer string) (out vouch.Phrase, err error) {
	var sealed []byte
	var ref int64
	err = t.SQL.QueryRowContext(ctx, "SELECT phrase, phrase_ref, set_at FROM contact_phrase WHERE customer_id = $1", customer).Scan(&sealed, &ref, &out.SetAt)
	if errors.Is(err, sql.ErrNoRows) {
		return vouch.Phrase{}, nil
	}
	if err != nil {
		return out, engine.MapError("contacts.phraseIn", err)
	}
	out.Text, err = s.core.Read(sealed, ref, phraseAAD(customer))
	return out, err
}
