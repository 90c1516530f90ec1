// Package core is what every part of the store stands on: the open database,
// the key ring, and a transaction of the group committer with what each part may
// do in it. It knows no conversation. A part is a package beside this one with
// the statements of one noun; package storage puts them together.
package core

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"syscall"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/storage/auditlog"
	"kefu/internal/storage/engine"
)

// Core is what the parts of the store share.
type Core struct {
	DB   *engine.DB
	Ring *keyring.Ring
	Now  clock.Clock
	Log  *slog.Logger
	Queue
}

// Queue is the way into the next commit.
type Queue interface {
	// Do runs fn inside the next commit and waits for it. What fn did is undone
	// when it returns an error, which is the answer then. When ctx ends first fn
	// may still run: after an error nobody may look at what it writes to.
	Do(ctx context.Context, fn func(context.Context, *Tx) error) error
	// Touch is Do for what nobody waits for and a busy store leaves out.
	Touch(fn func(context.Context, *Tx) error)
	// RecordRead notes in the audit chain that staff read personal data, before it
	// is handed out. Nobody waits for the commit; only a full queue makes the reader
	// wait. Errors: Unavailable, when too many readings are not noted yet because
	// commits fail, or ctx ends first: then nothing may be handed out.
	RecordRead(ctx context.Context, p identity.Principal, reads ...Read) error
	// RecordFirst is RecordRead that waits for the commit, for what is most and leaves most:
	// who a customer is, and what is taken out of the house. Errors: Unavailable, also when the
	// commit fails or ctx ends first: then nothing may be handed out, although the chain may
	// tell that it was.
	RecordFirst(ctx context.Context, p identity.Principal, reads ...Read) error
}

// Read is a reading of personal data, for the audit chain. Purpose says what for,
// where that does not follow from the rest.
type Read struct{ Action, ObjectType, ObjectID, Subject, Purpose string }

// namedPerRecord is how many conversations one record of the audit chain names: a
// text of it has at most 1,024 bytes.
const namedPerRecord = 36

// ReadingsOf are the readings of many conversations at once.
func ReadingsOf(action string, conversations []string) (reads []Read) {
	for part := range slices.Chunk(conversations, namedPerRecord) {
		reads = append(reads, Read{Action: action, ObjectType: "conversations", ObjectID: strings.Join(part, " ")})
	}
	return reads
}

// Open decrypts what Tx.Seal made. An erased value is empty and not an error.
func (c *Core) Open(sealed []byte, ref int64, aad string) ([]byte, error) {
	if ref == 0 {
		return nil, nil
	}
	plain, err := c.Ring.Open(nil, sealed, keyring.Ref(ref), []byte(aad))
	if keyring.IsDestroyed(err) {
		return nil, nil
	}
	return plain, fault.Wrap("core.Open", err)
}

// Damaged stands where a text is that cannot be opened any more. It is no erased
// one, which is empty.
const Damaged = "\ufffd"

// Read is Open for what is shown beside others: one damaged value must not hide
// them all. It is logged, and Damaged stands in its place. Errors: those that pass,
// such as a disk that does not answer.
func (c *Core) Read(sealed []byte, ref int64, aad string) (text string, err error) {
	plain, err := c.Open(sealed, ref, aad)
	if err != nil && IsDamaged(err) {
		c.Log.Error("a stored text cannot be opened", "where", aad, "error", err)
		return Damaged, nil
	}
	return string(plain), err
}

// IsDamaged tells whether an error of Open says that the value, its key or their
// bond is damaged, so that asking again does not help.
func IsDamaged(err error) bool {
	var system syscall.Errno
	return fault.Is(err, fault.Internal) && !errors.As(err, &system)
}

// Tx is one transaction of the committer, as its parts use it.
type Tx struct {
	SQL    *sql.Tx
	Now    int64 // microseconds, the time of the whole commit
	Pos    int64 // the newest position of the log
	Audit  auditlog.Commit
	Commit event.Commit // what listeners will be told
	Forget bool         // conversations were changed beside their log: nothing is remembered of any

	ring *keyring.Ring
}

// NewTx begins.
func NewTx(tx *sql.Tx, now int64, ring *keyring.Ring) Tx { return Tx{SQL: tx, Now: now, ring: ring} }

// NextPos gives a position in the log.
func (t *Tx) NextPos() int64 {
	t.Pos++
	return t.Pos
}

// Record notes in the audit chain what a principal did.
func (t *Tx) Record(p identity.Principal, action, objectType, objectID, subject string) {
	t.Audit.Record(p, t.Now, action, objectType, objectID, subject)
}

// RecordUnder is Record for what rests on an approval; "" for none.
func (t *Tx) RecordUnder(p identity.Principal, approval, action, objectType, objectID, subject string) {
	t.Audit.RecordUnder(p, t.Now, approval, action, objectType, objectID, subject)
}

// RecordFor is Record with what it was done for.
func (t *Tx) RecordFor(p identity.Principal, action, objectType, objectID, subject, purpose string) {
	t.Audit.RecordFor(p, t.Now, action, objectType, objectID, subject, purpose)
}

// Seal encrypts a value that belongs to one thing, named by aad, and gives the
// reference to its key.
func (t *Tx) Seal(plain []byte, aad string) ([]byte, int64, error) {
	sealed, ref, err := t.ring.Seal(nil, plain, []byte(aad))
	return sealed, int64(ref), fault.Wrap("core.Seal", err)
}

// DestroyKeys makes the values under refs unreadable soon after the commit. The
// job in the same transaction keeps the promise over a crash.
func (t *Tx) DestroyKeys(ctx context.Context, refs []int64) error {
	if len(refs) == 0 {
		return nil
	}
	return t.Enqueue(ctx, job.New{Kind: job.DestroyKeys, Payload: job.EncodeRefs(refs), DueAt: t.Now})
}

// Enqueue adds a job.
func (t *Tx) Enqueue(ctx context.Context, j job.New) error {
	if j.Payload == nil {
		j.Payload = []byte{}
	}
	_, err := t.SQL.ExecContext(ctx, `INSERT INTO job (id, kind, dedup, payload, due_at, lease_until, epoch, attempts, last_error, failed_at)
		VALUES ($1, $2, $1, $3, $4, 0, 0, 0, '', 0)`, id.New(), j.Kind, j.Payload, j.DueAt)
	t.Commit.Jobs = true
	return engine.MapError("core.Enqueue", err)
}

// Revoke tells every process that somebody lost access.
func (t *Tx) Revoke(ctx context.Context, kind, subject string) error {
	r := event.Revocation{Pos: t.NextPos(), Kind: kind, Subject: subject}
	_, err := t.SQL.ExecContext(ctx, "INSERT INTO revocation (pos, kind, subject, at) VALUES ($1, $2, $3, $4)", r.Pos, r.Kind, r.Subject, t.Now)
	t.Commit.Revoked = append(t.Commit.Revoked, r)
	return engine.MapError("core.Revoke", err)
}
