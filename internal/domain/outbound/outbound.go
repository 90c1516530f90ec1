// Package outbound reads what is said to customers in Kefu's name, by people or
// by programs, and finds what a wallet's customer service never says: a request
// for a secret, for control of the customer's device, or for moving money "into
// safety". Those are the sentences of an impostor. Who hears them from us once
// believes them the next time from somebody else.
//
// It is a filter and no detector of bad intent: it reads sentences by word lists
// and their order, in English and Chinese with care and in some other languages
// by their plainest forms. It decides nothing about who may write.
package outbound

import (
	"cmp"
	"slices"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/words"
	"kefu/internal/platform/fault"
)

// Class is what a sentence must not ask for.
type Class string

// The closed set of classes.
const (
	Secret Class = "secret"       // a password, code, PIN, recovery phrase, key or card number
	Remote Class = "remote"       // control or sight of the customer's device
	Safe   Class = "safe_account" // moving money to an account that somebody names
)

// Reason is the class as a fault's reason, for which pages have a sentence.
func (c Class) Reason() string { return "asks_" + string(c) }

// IsReason tells whether a fault's reason is that of a class.
func IsReason(reason string) bool {
	return slices.ContainsFunc([]Class{Secret, Remote, Safe}, func(c Class) bool { return c.Reason() == reason })
}

// Version names the rules. It goes up when they change.
const Version = 2

// maxCharacters of one text are read; what is said in one message is shorter.
const maxCharacters = 32 << 10

// Finding is a sentence, or the part of it, that asks for what is never asked
// for. Start and End count code points of the text, half open.
type Finding struct {
	Start, End int
	Class      Class
}

// Filter finds such sentences. It is immutable and safe for concurrent use.
type Filter struct {
	folding *fold.Folding
	words   *words.Lexicon
}

// New builds a filter with its word lists. It takes some milliseconds, so a
// process builds one.
func New() (*Filter, error) {
	f := &Filter{folding: fold.New()}
	lexicon, err := words.Of(f.folding, vocabularies())
	if err != nil {
		return nil, fault.Wrap("outbound.New", err)
	}
	f.words = lexicon
	return f, nil
}

// Check finds what a text must not say. before is what the same side said just
// before it, oldest first: "a code was sent to your phone", and then "send it
// here". Only places in text are told, in order.
// Errors: Invalid for a text that is longer than a message can be.
func (f *Filter) Check(text string, before ...string) ([]Finding, error) {
	if len(text) > 4*maxCharacters {
		return nil, fault.New(fault.Invalid, "outbound.Check", "text is longer than %d bytes", 4*maxCharacters)
	}
	var carried topic
	for _, earlier := range before {
		if len(earlier) <= 4*maxCharacters {
			_, carried = f.read(earlier, carried)
		}
	}
	found, _ := f.read(text, carried)
	slices.SortFunc(found, func(a, b Finding) int { return cmp.Compare(a.Start, b.Start) })
	return found, nil
}

// read judges one text in the light of what was spoken of before it, and tells
// what it leaves to speak of.
func (f *Filter) read(text string, carried topic) ([]Finding, topic) {
	r := reading{filter: f}
	r.view.Fill(f.folding, text)
	r.mark()
	r.split()
	var found []Finding
	for i := range r.clauses {
		class, ok := r.judge(i, carried)
		carried = r.after(i, carried)
		if ok {
			c := r.clauses[i]
			from, to := r.view.Original(c.start, c.end)
			found = append(found, Finding{Start: int(from), End: int(to), Class: class})
		}
	}
	return found, carried
}
