package search

import (
	"slices"

	"kefu/internal/domain/conversation"
)

// maxMarks is the most tokens that stand for the traits of one message.
const maxMarks = 4

// Traits are what an index knows of a message beside its words, because it never
// changes: who wrote it, and whether it is a note or brought files. What belongs to
// the conversation, such as its status, changes and is never in an index.
type Traits struct {
	Author   Writer // "" when unasked
	AuthorID string
	Note     bool
	File     bool
}

// Writer says on which side somebody wrote.
type Writer string

// Who writes: programs are all that is neither.
const (
	Customer Writer = "customer"
	Agent    Writer = "agent"
	Program  Writer = "program"
)

// WriterOf tells on which side an author stands.
func WriterOf(a conversation.Author) Writer {
	switch a.Kind {
	case conversation.ByCustomer:
		return Customer
	case conversation.ByAgent:
		return Agent
	}
	return Program
}

// TraitsOf are those of a message or a note.
func TraitsOf(e *conversation.Entry) Traits {
	return Traits{Author: WriterOf(e.Author), AuthorID: e.Author.ID, Note: e.Kind == conversation.KindNote, File: len(e.Content.Attachments) > 0}
}

// keys are what the tokens of the traits are made of.
func (f Traits) keys() []string {
	keys := make([]string, 0, maxMarks)
	add := func(kind, value string) {
		if value != "" {
			keys = append(keys, string(rune(traitMark))+kind+value)
		}
	}
	add("k", string(f.Author))
	add("a", f.AuthorID)
	if f.Note {
		add("n", "1")
	}
	if f.File {
		add("f", "1")
	}
	return keys
}

// Message gives the tokens of a message: at most limit of its words, and its traits.
func (b *Blinder) Message(text string, traits Traits, limit int) []Token {
	return b.with(b.First(text, limit), traits)
}

// Asked gives the tokens that every hit has: of the words of a query, and of traits.
// It may be none.
func (b *Blinder) Asked(query Query, traits Traits) []Token {
	tokens := b.with(b.Query(query), traits)
	return tokens[:min(len(tokens), MaxQueryKeys)]
}

func (b *Blinder) with(tokens []Token, traits Traits) []Token {
	for _, key := range traits.keys() {
		tokens = append(tokens, b.token([]byte(key)))
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}
