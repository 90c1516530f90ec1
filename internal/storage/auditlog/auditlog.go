// Package auditlog turns what a commit did into records of the audit chain:
// who did what, and one digest of every entry the commit wrote or rewrote. It
// also reads the stored rows back. The chain itself is domain/audit's; the rows are
// written by package storage.
package auditlog

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// Stream is the name of the deployment's one audit chain.
const Stream = "main"

// Commit gathers the records of one transaction. The zero value holds none; a
// copy is a place to go back to.
type Commit struct{ events []event }

// event is a record that waits for its place in the chain.
type event struct {
	record audit.Record
	detail []byte
}

// Row is a record as it is stored.
type Row struct {
	Seq    int64
	Record []byte
	Detail []byte
	Hash   audit.Sum
}

// Record notes what a principal did.
func (c *Commit) Record(p identity.Principal, at int64, action, objectType, objectID, subject string) {
	c.events = append(c.events, event{record: newRecord(p, at, action, objectType, objectID, subject)})
}

// RecordUnder is Record for what rests on an approval; "" for none.
func (c *Commit) RecordUnder(p identity.Principal, at int64, approval, action, objectType, objectID, subject string) {
	e := event{record: newRecord(p, at, action, objectType, objectID, subject)}
	if approval != "" && approval != p.Emergency {
		e.record.Approvals = append([]string{approval}, e.record.Approvals...)
	}
	c.events = append(c.events, e)
}

// RecordFor is Record with what it was done for.
func (c *Commit) RecordFor(p identity.Principal, at int64, action, objectType, objectID, subject, purpose string) {
	record := newRecord(p, at, action, objectType, objectID, subject)
	record.Purpose = purpose
	c.events = append(c.events, event{record: record})
}

// RecordProof is RecordUnder with what was done, as counts and digests.
func (c *Commit) RecordProof(p identity.Principal, at int64, approval, action, objectType, objectID, subject, proof string) {
	c.RecordUnder(p, at, approval, action, objectType, objectID, subject)
	c.events[len(c.events)-1].record.Purpose = proof
}

func newRecord(p identity.Principal, at int64, action, objectType, objectID, subject string) audit.Record {
	record := audit.Record{
		At: at, Actor: audit.Actor{Type: actorType(p), ID: p.ID, Session: p.Session}, Subject: subject,
		Action: action, Object: audit.Object{Type: objectType, ID: objectID}, Assurance: uint8(p.Level), Result: "ok",
	}
	if p.Emergency != "" {
		record.Approvals = []string{p.Emergency}
	}
	return record
}

func actorType(p identity.Principal) string {
	switch p.Kind {
	case identity.Staff:
		return "agent"
	case identity.Visitor, identity.Customer:
		return "customer"
	case identity.Program:
		return "program"
	default:
		return "system"
	}
}

// digestsPerRecord keeps a record well below what audit.EncodeDigests takes.
const digestsPerRecord = 16384

// Digests notes what the transaction left in the entries of a list. Repeated
// says that an entry may be in the list several times; then its last digest
// counts.
func (c *Commit) Digests(at int64, list []audit.MessageDigest, repeated bool) error {
	if repeated {
		list = lastDigests(list)
	}
	for part := range slices.Chunk(list, digestsPerRecord) {
		detail, err := audit.EncodeDigests(nil, part)
		if err != nil {
			return fault.Wrap("auditlog.Digests", err)
		}
		record := newRecord(identity.SystemPart("committer"), at, audit.ActionMessages, "log", "", "")
		c.events = append(c.events, event{record: record, detail: detail})
	}
	return nil
}

// lastDigests keeps of each entry the last digest: what the commit leaves behind.
func lastDigests(list []audit.MessageDigest) []audit.MessageDigest {
	type entry struct {
		conversation string
		seq          int64
	}
	last := make(map[entry]int, len(list))
	for i, d := range list {
		last[entry{d.Conversation, d.Seq}] = i
	}
	kept := list[:0]
	for i, d := range list {
		if last[entry{d.Conversation, d.Seq}] == i {
			kept = append(kept, d)
		}
	}
	return kept
}

// Rows gives every record its place after last, and the new end of the chain.
func (c *Commit) Rows(last audit.Link) ([]Row, audit.Link) {
	chain := audit.NewChain(Stream, last)
	rows := make([]Row, len(c.events))
	for i := range c.events {
		e := &c.events[i]
		e.record.DetailHash = audit.HashDetail(e.detail)
		hash := chain.Append(&e.record)
		rows[i] = Row{Seq: chain.Last().Seq, Record: e.record.Encode(nil), Detail: e.detail, Hash: hash}
	}
	return rows, chain.Last()
}

// Entry is a stored row as the verification reads it. What cannot be decoded,
// or stands under another number than its own, becomes a record whose hash
// cannot match, so that the verification finds it.
func (r Row) Entry() audit.Entry {
	record, err := audit.Decode(r.Record)
	if err != nil || record.Seq != r.Seq {
		record = audit.Record{Stream: Stream, Seq: r.Seq}
	}
	return audit.Entry{Record: record, Hash: r.Hash, Detail: r.Detail}
}

// EntryDigest covers everything an entry states: who, when, what kind, and the
// sealed content.
func EntryDigest(e conversation.Entry, sealed []byte) [audit.DigestLen]byte {
	h := sha256.New()
	var scratch [16]byte
	binary.BigEndian.PutUint64(scratch[:8], uint64(e.At))
	binary.BigEndian.PutUint64(scratch[8:], uint64(e.Pos))
	h.Write(scratch[:])
	for _, part := range []string{string(e.Kind), string(e.Author.Kind), e.Author.ID, e.Author.Name, e.ClientID} {
		binary.BigEndian.PutUint64(scratch[:8], uint64(len(part)))
		h.Write(scratch[:8])
		h.Write([]byte(part))
	}
	h.Write(sealed)
	var sum [audit.DigestLen]byte
	copy(sum[:], h.Sum(nil))
	return sum
}
