// Package vouch says how a customer knows that whoever contacts them is one of us, and
// the other way round. Whoever contacts a customer gets a code, which the customer sees in
// their wallet: it stands for one customer, one member of staff and one conversation, for
// ten minutes, and counts once. The customer's own phrase is shown to staff only while
// they contact them. It tells nothing of the other direction: a code proves to nobody that
// somebody is the customer.
package vouch

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kefu/internal/platform/fault"
)

// Bounds of a code.
const (
	Life        = 10 * time.Minute
	Length      = 8 // letters and digits
	MaxAttempts = 3 // false codes of a customer, by whatever channel, after which theirs end
	// MaxTries is how many false codes one customer may try within TriesWithin.
	MaxTries    = 6
	TriesWithin = 15 * time.Minute
	MaxLive     = 5  // of one customer at once
	MaxPerHour  = 30 // that one member of staff has made
	MaxPhrase   = 40 // characters
	minPhrase   = 4
	KeptFor     = 400 * 24 * time.Hour // that there was a contact, without its code
)

// alphabet is what codes are made of: no vowels, so that no word comes up, and nothing
// that is taken for something else when it is read or heard (0 O, 1 I L, 2 Z, 5 S, 8 B,
// U V, M N).
const alphabet = "34679CDFGHJKMPQRTWXY"

// Channel is by which way somebody is contacted.
type Channel string

// The channels.
const (
	Chat  Channel = "chat"
	Phone Channel = "phone"
	Mail  Channel = "mail"
)

// ValidChannel tells the channels from anything else.
func ValidChannel(c Channel) bool { return slices.Contains([]Channel{Chat, Phone, Mail}, c) }

// Purpose is what for, as the customer is told.
type Purpose string

// The purposes.
const (
	Question Purpose = "question" // what they asked us
	Case     Purpose = "case"     // a dispute or complaint
	Payment  Purpose = "payment"  // one of their payments
	Safety   Purpose = "safety"   // the safety of their account
	Callback Purpose = "callback" // they asked to be called
)

// Purposes are all of them.
func Purposes() []Purpose { return []Purpose{Question, Case, Payment, Safety, Callback} }

// ValidPurpose tells them from anything else.
func ValidPurpose(p Purpose) bool { return slices.Contains(Purposes(), p) }

// The ways in which a contact ends before its time.
const (
	EndedByStaff = "withdrawn" // whoever contacted them is done
	EndedByOther = "replaced"  // there is another code for the conversation
	EndedByTries = "tries"     // too many false ones
	EndedByErase = "erased"
)

// Contact is that one of us contacts a customer. Times are microseconds; 0: not yet.
type Contact struct {
	ID             string
	CustomerID     string
	ConversationID string
	StaffID        string
	StaffName      string // the alias, as customers know them
	Channel        Channel
	Purpose        Purpose
	Code           string // as it is shown; only for those who may see it, as long as it counts
	CreatedAt      int64
	ExpiresAt      int64
	EndedAt        int64
	EndReason      string
	SeenAt         int64 // the customer has seen it
	CheckedAt      int64 // the customer has typed it
	PhraseAt       int64 // their phrase was shown
	Attempts       int
}

// Live tells whether the code counts, as far as time goes. Who has the conversation is for
// the store to see.
func (c Contact) Live(now int64) bool { return c.EndedAt == 0 && now < c.ExpiresAt }

// NewCode draws a code from the system's source of randomness (crypto/rand).
func NewCode() string {
	var b strings.Builder
	for b.Len() < Length {
		var one [16]byte
		_, _ = rand.Read(one[:]) // never fails (crypto/rand)
		for _, x := range one {
			// What is beyond the last whole multiple would make the first letters likelier.
			if int(x) < 256/len(alphabet)*len(alphabet) && b.Len() < Length {
				b.WriteByte(alphabet[int(x)%len(alphabet)])
			}
		}
	}
	return b.String()
}

// Shown is a code as it is shown and read out: in two groups.
func Shown(code string) string {
	if len(code) != Length {
		return code
	}
	return code[:Length/2] + "-" + code[Length/2:]
}

// Read takes a code as somebody typed it: letters of either size and of full width, with
// whatever blanks and strokes between. False when it cannot be one of ours.
func Read(text string) (code string, ok bool) {
	if len(text) > 200 {
		return "", false
	}
	var b strings.Builder
	for _, r := range strings.ToUpper(norm.NFKC.String(text)) {
		switch {
		case r < utf8.RuneSelf && strings.ContainsRune(alphabet, r):
			b.WriteRune(r)
		case unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) || r == '.' || r == '_':
		default:
			return "", false
		}
	}
	return b.String(), b.Len() == Length
}

// Verdict is what a customer learns of a code that somebody read to them.
type Verdict string

// The verdicts.
const (
	Ours    Verdict = "ours"     // it is, now, for them
	Used    Verdict = "used"     // it was, and they have checked it already
	NotOurs Verdict = "not_ours" // it is not: another's, over, withdrawn, or made up; which, is not told
)

// Checked is a verdict with what it is about.
type Checked struct {
	Verdict Verdict
	Contact Contact // of Ours and Used
	Left    int     // false codes that may still be tried now
}

// CheckPhrase brings a customer's own phrase to the form in which it is kept, or says what
// is wrong with it. Errors: Invalid, with the field phrase.
func CheckPhrase(text string) (string, error) {
	const op = "vouch.CheckPhrase"
	text = strings.Join(strings.Fields(norm.NFC.String(text)), " ")
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0:
		return "", fault.InvalidFor(op, "phrase", "missing", "is missing")
	case n < minPhrase && !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || n < 2:
		return "", fault.InvalidFor(op, "phrase", "too_short", "is shorter than %d", minPhrase)
	case n > MaxPhrase:
		return "", fault.InvalidFor(op, "phrase", "too_long", "is longer than %d", MaxPhrase)
	}
	for _, r := range text {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return "", fault.InvalidFor(op, "phrase", "control", "has a character that cannot be seen")
		}
	}
	return text, nil
}

// Phrase is a customer's own phrase. Text is empty where nobody may see it.
type Phrase struct {
	Text  string
	SetAt int64
	Read  []Reading // the last times that it was shown to one of us
}

// Reading is that a phrase was shown to one of us.
type Reading struct {
	StaffName string
	At        int64
}

// Figures are how contacts went, of a span of time.
type Figures struct {
	Contacts int // codes that were given
	Seen     int // of them those that the customer has seen
	Checked  int // and typed
	Tries    int // that ended because of false codes
	False    int // false codes that customers typed
	Phrases  int // phrases that were shown
	Reports  int // impostors that were reported
	Open     int // reports that wait, of whatever time
}
