// Package privacy is what somebody may ask about what is kept of them, and what becomes
// of it: which kinds of things are kept at all, what of them is erased when a customer
// asks for it, and what a law or a case that goes on keeps from that, and until when.
package privacy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// Category is one kind of thing that is kept of a customer.
type Category string

// The categories, in the order in which they are told.
const (
	Profile    Category = "profile"    // the name, addresses and which customer of the wallet it is
	Sessions   Category = "sessions"   // windows that are signed in
	Messages   Category = "messages"   // everything written in conversations, earlier versions and topics too
	Files      Category = "files"      // what was attached
	Drafts     Category = "drafts"     // answers that staff began
	Runs       Category = "runs"       // of flows
	Proofs     Category = "proofs"     // what was proven in the wallet
	Contacts   Category = "contacts"   // who contacted them, codes, false codes and the phrase
	Acts       Category = "acts"       // what was done in the wallet
	Cases      Category = "cases"      // disputes, complaints and requests
	Deliveries Category = "deliveries" // what other systems were told of their conversations
	Notices    Category = "notices"    // what the wallet told of them by itself
)

// Categories are all of them.
func Categories() []Category {
	return []Category{Profile, Sessions, Messages, Files, Drafts, Runs, Proofs, Contacts, Acts, Cases, Deliveries, Notices}
}

// Reason is why something is kept although its customer asked for the erasure.
type Reason string

// The reasons.
const (
	OpenCase Reason = "open_case" // a case of theirs goes on, and needs it
	CaseLaw  Reason = "case_law"  // the law of a case that is over has it kept
	Hold     Reason = "hold"      // a person said that a case is to be kept
	Money    Reason = "money"     // evidence of what was done with money
	Leftover Reason = "leftover"  // it was to go and is there still: it is tried again
)

// Holding is how much of one category there is.
type Holding struct {
	Category Category `json:"category"`
	Erase    int64    `json:"erase"` // of it, what is erased now
	Keep     int64    `json:"keep"`  // what stays
	Until    int64    `json:"until"` // the last day on which any of that is kept, in microseconds; 0: nobody can say yet
	Why      []Reason `json:"why,omitempty"`
	// Digest stands for what is erased: the ids of the rows, which say nothing by themselves.
	Digest string `json:"digest,omitempty"`
}

// Plan is what an erasure would do, or did.
type Plan []Holding

// Of is the holding of a category; an empty one where there is nothing.
func (p Plan) Of(c Category) Holding {
	for _, h := range p {
		if h.Category == c {
			return h
		}
	}
	return Holding{Category: c}
}

// Left counts what stays.
func (p Plan) Left() (n int64) {
	for _, h := range p {
		n += h.Keep
	}
	return n
}

// Due counts what is to be erased.
func (p Plan) Due() (n int64) {
	for _, h := range p {
		n += h.Erase
	}
	return n
}

// Until is the last day on which anything is kept; 0 where nothing is, or nobody can say.
func (p Plan) Until() (last int64) {
	for _, h := range p {
		if h.Keep > 0 && h.Until == 0 {
			return 0
		}
		last = max(last, h.Until)
	}
	return last
}

// Took is p with rows of a category that were deleted, named by their ids. Digests go on
// from each other, so that a later one stands for everything before it.
func (p Plan) Took(c Category, ids []string) Plan {
	if len(ids) == 0 {
		return p
	}
	ids = slices.Sorted(slices.Values(ids))
	sum := sha256.Sum256([]byte(strings.Join(ids, "\n")))
	return p.And(Plan{{Category: c, Erase: int64(len(ids)), Digest: hex.EncodeToString(sum[:])}})
}

// And is what was erased by p and then by more; what stays is p's.
func (p Plan) And(more Plan) Plan {
	out := Plan{}
	for _, c := range Categories() {
		h, then := p.Of(c), more.Of(c)
		switch {
		case then.Erase == 0:
		case h.Erase == 0:
			h.Erase, h.Digest = then.Erase, then.Digest
		default:
			sum := sha256.Sum256([]byte(h.Digest + "\n" + then.Digest))
			h.Erase, h.Digest = h.Erase+then.Erase, hex.EncodeToString(sum[:])
		}
		if h.Erase > 0 || h.Keep > 0 {
			out = append(out, h)
		}
	}
	return out
}

// Staying is what p erased, with what there is now as what stays. What of that was to go is
// left over.
func (p Plan) Staying(now Plan) Plan {
	out := Plan{}
	for _, c := range Categories() {
		h, there := p.Of(c), now.Of(c)
		h.Keep, h.Until, h.Why = there.Keep, there.Until, there.Why
		if there.Erase > 0 {
			h.Keep, h.Until, h.Why = h.Keep+there.Erase, 0, append(slices.Clone(h.Why), Leftover)
		}
		if h.Erase > 0 || h.Keep > 0 {
			out = append(out, h)
		}
	}
	return out
}

// digestShown is how many characters of each category's digest stand in a proof: 64 bits.
const digestShown = 16

// Proof is what the audit chain keeps of an erasure: of each category how many were erased,
// how many stay, and which, by a digest. It names nobody and nothing.
func (p Plan) Proof() string {
	all := slices.Clone(p)
	slices.SortFunc(all, func(x, y Holding) int { return cmp.Compare(x.Category, y.Category) })
	var b strings.Builder
	for _, h := range all {
		if h.Erase == 0 && h.Keep == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(h.Category) + "=" + strconv.FormatInt(h.Erase, 10))
		if h.Digest != "" {
			b.WriteString(":" + h.Digest[:min(len(h.Digest), digestShown)])
		}
		if h.Keep > 0 {
			b.WriteString("+" + strconv.FormatInt(h.Keep, 10))
		}
	}
	return b.String()
}

// State is how far an erasure is.
type State string

// The states.
const (
	Running State = "running" // it was begun and goes on, over restarts
	Partly  State = "partly"  // all is erased but what a reason keeps
	Whole   State = "whole"   // nothing is kept any more
)

// Erasure is an erasure that was begun: it cannot be taken back.
type Erasure struct {
	CustomerID string
	CaseID     string   // the request; "" where whoever runs the machine asked
	Also       []string // further requests, made while it went on: it answers them too
	Approval   string   // under which it was begun
	State      State
	BegunAt    int64 // what is newer is none of it
	ChangedAt  int64
	NextAt     int64 // when what was kept is looked at again; 0: never
	Did        Plan  // what the passes erased that are over, and what stays
	Pass       Plan  // what the pass erased so far that goes on
	Failures   int64 // passes one after the other that did not get to their end
}

// Talk is a conversation whose words are to go.
type Talk struct {
	ID    string
	Again bool // it was erased before, and has something left of then
}

// MaxAlso is how many further requests one erasure answers that goes on.
const MaxAlso = 20

// Moved is the reason for which a pass stops that went by what is so no longer: a case of the
// customer changed, or a further request came. It is gone on with at once.
const Moved = "moved"

// CaseMark tells a customer's cases from what they were: nothing of them is ever changed but
// by one more case or one more event.
type CaseMark struct{ Cases, Events int64 }
