// Package guard finds secrets in text that a person wrote, so that they can be
// removed before the text is stored, indexed, logged or published: card numbers,
// card security codes, one-time codes, recovery phrases, keys and tokens,
// passwords, and identity numbers. It looks at text only. It does not decide
// who may write what, does not read images, and keeps nothing it has seen.
package guard

import (
	"sync"

	"kefu/internal/platform/fault"
)

// Class is the kind of a secret.
type Class string

// The closed set of classes.
const (
	PAN      Class = "pan"      // number of a payment card, ISO/IEC 7812-1
	CVV      Class = "cvv"      // card security code
	OTP      Class = "otp"      // one-time code, also of remote-access tools
	Seed     Class = "seed"     // recovery phrase of a wallet, BIP-39
	Key      Class = "key"      // private key, API key, token, cookie, Authorization header
	Password Class = "password" // password, passphrase or PIN
	ID       Class = "id"       // identity document or bank account number; masked, not removed
)

// Version names the rules of this detector. It is stored with each redaction.
const Version = 1

// Limits on what is scanned at once, in code points. Longer texts are scanned in
// pieces that overlap, so that a secret on a seam is still seen whole.
const (
	pieceLength  = 64 << 10
	pieceOverlap = 8 << 10
)

// Finding is one secret in a text. Start and End count Unicode code points of
// the text as given, half open; an invalid UTF-8 byte counts as one. Last4
// holds up to four last characters of a pan or an id, and nothing otherwise.
type Finding struct {
	Start int
	End   int
	Class Class
	Last4 string
}

// Detector finds secrets. It is immutable and safe for concurrent use.
type Detector struct {
	fold  *folding
	words *lexicon
	seeds *mnemonics
	iins  []iinRange
	ibans map[string]int
	keys  []tokenRule
	pool  *sync.Pool
}

// New builds a detector with its word lists. It takes some milliseconds and
// some megabytes, so a process builds one.
func New() (*Detector, error) {
	fold := newFolding()
	words, err := newLexicon(fold)
	if err != nil {
		return nil, fault.Wrap("guard.New", err)
	}
	seeds, err := newMnemonics(fold)
	if err != nil {
		return nil, fault.Wrap("guard.New", err)
	}
	d := &Detector{
		fold: fold, words: words, seeds: seeds,
		iins: iinRanges(), ibans: ibanLengths(), keys: tokenRules(),
	}
	d.pool = &sync.Pool{New: func() any { return &scan{d: d} }}
	return d, nil
}

// Hints is what the caller knows about the circumstances of a text.
type Hints struct {
	ExpectOTP bool // a one-time code was sent to this person a moment ago
}

// Scan finds the secrets of a text, in order and without overlaps.
func (d *Detector) Scan(text string) []Finding { return d.ScanHinted(text, Hints{}) }

// ScanHinted is Scan with knowledge of the circumstances.
func (d *Detector) ScanHinted(text string, hints Hints) []Finding {
	expected := expectNothing
	if hints.ExpectOTP {
		expected |= expectOTP
	}
	return d.scanExpecting(text, expected)
}

func (d *Detector) scanExpecting(text string, expected expectation) []Finding {
	if len(text) > pieceLength {
		return d.scanPieces(text, expected)
	}
	return d.scanPiece(text, expected)
}

func (d *Detector) scanPiece(text string, expected expectation) []Finding {
	s := d.pool.Get().(*scan)
	defer s.release()
	s.expected = expected
	s.load(text)
	s.detect()
	return s.findings()
}

// scanPieces scans a long text piece by piece. Findings of the overlaps are
// found twice and merged.
func (d *Detector) scanPieces(text string, expected expectation) []Finding {
	points := []rune(text)
	var all []Finding
	for from := 0; ; from += pieceLength - pieceOverlap {
		to := min(from+pieceLength, len(points))
		for _, f := range d.scanPiece(string(points[from:to]), expected) {
			f.Start += from
			f.End += from
			all = append(all, f)
		}
		if to == len(points) {
			return mergeFindings(all)
		}
	}
}
