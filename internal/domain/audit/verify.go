package audit

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"fmt"
	"iter"
	"slices"

	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Entry is a record as the store has it.
type Entry struct {
	Record
	Hash   Sum    // as stored; Verify computes its own and compares
	Detail []byte // as stored; empty when it was removed, which no list of messages ever is
}

// Input is what Verify checks: one stream, whole.
type Input struct {
	Stream string
	// After is where the check begins: the zero Link for a stream that is stored
	// from its first record.
	After Link
	// Entries are all stored records after that place, by sequence number.
	Entries iter.Seq2[Entry, error]
	// Heads are the signed heads, of all streams and in any order.
	Heads iter.Seq2[Head, error]
	// Keys are the public keys whose heads count.
	Keys []ed25519.PublicKey
	// Messages, if given, compares digests with the stored messages and gives
	// the positions of those that are missing or differ.
	Messages func(context.Context, []MessageDigest) ([]int, error)
	// Lengths, if given, are the conversations as stored. They are read before
	// the records, so that each of their messages has had its digest recorded.
	Lengths iter.Seq2[Length, error]
}

// Length is how far the log of a conversation goes.
type Length struct {
	Conversation string
	LastSeq      int64
}

// Report is the outcome of Verify.
type Report struct {
	OK bool `json:"ok"`
	// FirstBad is the sequence number of the first record that is wrong or
	// missing; 0 when all are right.
	FirstBad int64 `json:"first_bad"`
	// UnprovenAfter is the last record that a signed head proves. Whether there
	// were others after the stored ones, or these were written differently, only
	// the next head will tell.
	UnprovenAfter int64  `json:"unproven_after"`
	Stream        string `json:"stream"`
	Records       int64  `json:"records"` // read before the end or the first bad one
	Heads         int64  `json:"heads"`   // that count for this stream
	// UnreadableHeads are lines of the head log that are torn or garbled.
	UnreadableHeads int64  `json:"unreadable_heads"`
	ProvenAt        string `json:"proven_at"` // when the newest matching head was signed
	// Messages is how many message digests were compared, if any were.
	Messages int64 `json:"messages"`
	// DetailsMissing is how many records, none of them a list of messages, have a
	// detail that is no longer stored. A missing list of messages is an error.
	DetailsMissing int64  `json:"details_missing"`
	Reason         string `json:"reason"` // what is wrong, in a sentence
}

// maxOpenMismatches bounds the messages that differ from their digest while no
// later digest has explained it.
const maxOpenMismatches = 1_000_000

// Verify checks a stream against its own links, against the signed heads and,
// if asked, the stored messages against their digests. It finds an edited,
// removed, inserted or reordered record, a cut tail, a database restored from an
// older copy and a forged head; among the messages one that was edited, removed
// or slipped in. It stops at the first thing wrong.
//
// What it finds is in the report; the error only says that it could not look.
func Verify(ctx context.Context, in Input) (Report, error) {
	v := verifier{in: in, last: in.After, report: Report{Stream: in.Stream}}
	steps := []func(context.Context) error{v.readHeads, v.readLengths, v.readEntries, v.checkEnd, v.checkMessages, v.checkLengths}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return v.report, fault.Wrap("audit.Verify", err)
		}
		if v.report.Reason != "" {
			return v.report, nil
		}
	}
	v.report.OK = true
	return v.report, nil
}

type mark struct {
	Link
	at int64
}

type messageKey struct {
	conversation string
	seq          int64
}

type verifier struct {
	in     Input
	report Report
	heads  []mark // by sequence number; those passed are cut off
	last   Link   // the newest record that was read
	open   map[messageKey]int64
	long   map[string]int64 // conversations whose last stored entry no digest has covered so far
}

func (v *verifier) bad(seq int64, format string, args ...any) {
	if v.report.Reason == "" {
		v.report.FirstBad, v.report.Reason = seq, fmt.Sprintf(format, args...)
	}
}

func (v *verifier) readHeads(ctx context.Context) error {
	for h, err := range v.in.Heads {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if fault.Is(err, fault.Invalid) {
			v.report.UnreadableHeads++
			continue
		}
		if err != nil {
			return err
		}
		if h.Stream != v.in.Stream {
			continue
		}
		if !h.SignedBy(v.in.Keys) {
			v.bad(h.Seq, "the head of record %d was not signed by a key of this deployment: it is forged or damaged", h.Seq)
			return nil
		}
		v.report.Heads++
		if h.Seq >= max(v.in.After.Seq, 1) {
			v.heads = append(v.heads, mark{h.Link, h.At})
		}
	}
	slices.SortStableFunc(v.heads, func(a, b mark) int { return cmp.Compare(a.Seq, b.Seq) })
	v.passHeads()
	return nil
}

func (v *verifier) readLengths(ctx context.Context) error {
	if v.in.Lengths == nil {
		return nil
	}
	v.long = map[string]int64{}
	for l, err := range v.in.Lengths {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		v.long[l.Conversation] = l.LastSeq
	}
	return nil
}

// checkLengths looks for entries that were slipped in behind the recorded ones.
// It can only tell when every record since the first was read.
func (v *verifier) checkLengths(context.Context) error {
	if v.in.After.Seq > 0 {
		return nil
	}
	first := ""
	for conversation := range v.long {
		if first == "" || conversation < first {
			first = conversation
		}
	}
	if first != "" {
		v.bad(v.last.Seq+1, "message %d of conversation %s has no record: it was slipped in (%d conversations in all)", v.long[first], first, len(v.long))
	}
	return nil
}

// passHeads compares the newest record with the heads made of it.
func (v *verifier) passHeads() {
	for len(v.heads) > 0 && v.heads[0].Seq == v.last.Seq {
		h := v.heads[0]
		if h.Hash != v.last.Hash {
			v.bad(max(v.report.UnprovenAfter, v.in.After.Seq)+1,
				"the records up to %d are not those that the head signed at %s proves: they were written anew", h.Seq, stamp(h.at))
			return
		}
		v.report.UnprovenAfter, v.report.ProvenAt = h.Seq, stamp(h.at)
		v.heads = v.heads[1:]
	}
}

func (v *verifier) readEntries(ctx context.Context) error {
	for e, err := range v.in.Entries {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if v.link(&e); v.report.Reason != "" {
			return nil
		}
		v.report.Records++
		if v.passHeads(); v.report.Reason != "" {
			return nil
		}
		if err := v.digests(ctx, &e); err != nil {
			return err
		}
	}
	return nil
}

// link checks one record against itself and the one before.
func (v *verifier) link(e *Entry) {
	want := v.last.Seq + 1
	switch hash := e.Record.Hash(); {
	case e.Stream == "":
		v.bad(want, "record %d was changed: it cannot be read", want)
	case e.Stream != v.in.Stream:
		v.bad(want, "where record %d should be, there is one of stream %q", want, e.Stream)
	case e.Seq > want:
		v.bad(want, "records %d to %d are missing", want, e.Seq-1)
	case e.Seq < want:
		v.bad(e.Seq, "record %d comes again or out of order", e.Seq)
	case e.Hash != hash:
		v.bad(e.Seq, "record %d was changed", e.Seq)
	case e.Prev != v.last.Hash && v.last.Seq == v.report.UnprovenAfter:
		v.bad(e.Seq, "record %d does not follow the one before it", e.Seq)
	case e.Prev != v.last.Hash:
		v.bad(max(v.last.Seq, v.in.After.Seq+1), "record %d or %d was changed: they do not follow each other", v.last.Seq, e.Seq)
	case len(e.Detail) > 0 && HashDetail(e.Detail) != e.DetailHash:
		v.bad(e.Seq, "the detail of record %d was changed", e.Seq)
	case len(e.Detail) == 0 && !e.DetailHash.Zero() && e.Action == ActionMessages:
		v.bad(e.Seq, "the list of messages of record %d was removed", e.Seq)
	default:
		v.last = Link{Seq: e.Seq, Hash: hash}
		if len(e.Detail) == 0 && !e.DetailHash.Zero() {
			v.report.DetailsMissing++
		}
	}
}

// checkEnd looks for heads of records that are not there.
func (v *verifier) checkEnd(context.Context) error {
	if len(v.heads) > 0 {
		h := v.heads[len(v.heads)-1]
		v.bad(v.last.Seq+1, "records %d to %d are missing: the database ends at %d and a head signed at %s proves more. It was cut, or restored from an older copy",
			v.last.Seq+1, h.Seq, v.last.Seq, stamp(h.at))
	}
	return nil
}

// digests compares the stored messages with those a record covers. A message
// that differs may have been redacted or removed since; a later digest says so.
func (v *verifier) digests(ctx context.Context, e *Entry) error {
	if v.in.Messages == nil || e.Action != ActionMessages || len(e.Detail) == 0 {
		return nil
	}
	list, err := DecodeDigests(e.Detail)
	if err != nil {
		v.bad(e.Seq, "the detail of record %d is not a list of messages", e.Seq)
		return nil
	}
	for i := range list {
		delete(v.open, messageKey{list[i].Conversation, list[i].Seq})
		if last, ok := v.long[list[i].Conversation]; ok && list[i].Seq >= last {
			delete(v.long, list[i].Conversation)
		}
	}
	list = slices.DeleteFunc(list, func(m MessageDigest) bool { return m.Sum == [DigestLen]byte{} })
	v.report.Messages += int64(len(list))
	if len(list) == 0 {
		return nil
	}
	differ, err := v.in.Messages(ctx, list)
	if err != nil {
		return err
	}
	for _, i := range differ {
		if v.open == nil {
			v.open = map[messageKey]int64{}
		}
		v.open[messageKey{list[i].Conversation, list[i].Seq}] = e.Seq
	}
	if len(v.open) > maxOpenMismatches {
		v.reportMessages()
	}
	return nil
}

func (v *verifier) checkMessages(context.Context) error {
	if len(v.open) > 0 {
		v.reportMessages()
	}
	return nil
}

func (v *verifier) reportMessages() {
	var first messageKey
	at := int64(-1)
	for key, seq := range v.open {
		if at < 0 || seq < at || seq == at && cmp.Or(cmp.Compare(key.conversation, first.conversation), cmp.Compare(key.seq, first.seq)) < 0 {
			first, at = key, seq
		}
	}
	v.bad(at, "message %d of conversation %s is missing or not the one that record %d covers (%d messages in all)", first.seq, first.conversation, at, len(v.open))
}

func stamp(at int64) string {
	return clock.FromMicros(at).Format("2006-01-02T15:04:05.000000Z07:00")
}
