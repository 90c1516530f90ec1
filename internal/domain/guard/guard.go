// Package guard finds secrets in text that a person wrote, so that they can be
// removed before the text is stored, indexed, logged or published: card numbers,
// card security codes, one-time codes, recovery phrases, keys and tokens,
// passwords, and identity numbers. It looks at text only. It does not decide
// who may write what, does not read images, and keeps nothing it has seen.
//
// A text passes its rooms in this order: fold brings it to a plain form with the
// places kept, reading finds its words, phrases of the word lists (words) and
// numbers, the detectors (numbers, credentials, recovery) look for secrets in
// that, and secret holds what a finding is and how it is replaced.
package guard

import (
	"sync"

	"kefu/internal/domain/guard/credentials"
	"kefu/internal/domain/guard/numbers"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/recovery"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
	"kefu/internal/platform/fault"
)

// Class is the kind of a secret.
type Class = secret.Class

// The closed set of classes.
const (
	PAN      = secret.PAN
	CVV      = secret.CVV
	OTP      = secret.OTP
	Seed     = secret.Seed
	Key      = secret.Key
	Password = secret.Password
	ID       = secret.ID
)

// Finding is one secret in a text; see secret.Finding for its units.
type Finding = secret.Finding

// Version names the rules of this detector. It is stored with every text from
// which the guard removed something, and goes up when the rules change.
const Version = 2

// Limits on what is scanned at once, in code points. Longer texts are scanned in
// pieces that overlap, so that a secret on a seam is still seen whole.
const (
	shortestPair = 6 // characters without white space in which a login can be
	pieceLength  = 64 << 10
	pieceOverlap = 8 << 10
)

// Detector finds secrets. It is immutable and safe for concurrent use.
type Detector struct {
	reader      *reading.Reader
	numbers     *numbers.Finder
	credentials *credentials.Finder
	recovery    *recovery.Finder
	scans       *sync.Pool // of *reading.Scan
}

// New builds a detector with its word lists. It takes some milliseconds and
// some megabytes, so a process builds one.
func New() (*Detector, error) {
	const op = "guard.New"
	reader, err := reading.New()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	phrases, err := recovery.New(reader.Folding())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return &Detector{
		reader: reader, numbers: numbers.New(), credentials: credentials.New(), recovery: phrases,
		scans: &sync.Pool{New: func() any { return reading.NewScan(reader) }},
	}, nil
}

// Scan finds the secrets of a text, in order and without overlaps.
func (d *Detector) Scan(text string) []Finding {
	return d.scanExpecting(text, reading.ExpectNothing)
}

func (d *Detector) scanExpecting(text string, expected reading.Expectation) []Finding {
	if len(text) > pieceLength {
		return d.scanPieces(text, expected)
	}
	return d.scanPiece(text, expected)
}

func (d *Detector) scanPiece(text string, expected reading.Expectation) []Finding {
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Expected = expected
	s.Load(text)
	d.detect(s)
	return s.Findings()
}

// scanPieces scans a long text piece by piece. Findings of the overlaps are
// found twice and merged.
func (d *Detector) scanPieces(text string, expected reading.Expectation) []Finding {
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
			return secret.Merge(all)
		}
	}
}

// detect runs the detectors that have something to look at.
func (d *Detector) detect(s *reading.Scan) {
	if s.Digits >= 3 {
		s.BuildGroups()
		s.BuildClusters()
	}
	if s.Longest >= 16 || s.Kinds&(words.Token|words.Wallet) != 0 {
		d.credentials.Keys(s)
	}
	if s.Expected&reading.Joined == 0 {
		d.recovery.Phrases(s)
	}
	if s.Digits >= 3 {
		d.numbers.Accounts(s) // some are card numbers by chance
		d.numbers.Cards(s)
		d.numbers.Identities(s)
		d.numbers.SecurityCodes(s)
		d.numbers.Codes(s)
	}
	if s.Kinds&(words.Pass|words.PIN|words.PassWeak) != 0 || s.Expected&reading.ExpectPassword != 0 {
		d.credentials.Passwords(s)
	}
	if s.Digits > 0 && s.Longest >= shortestPair {
		d.credentials.Pairs(s)
	}
	if s.Longest >= 30 {
		d.numbers.TravelDocuments(s)
	}
	if s.Expected&reading.Joined != 0 && len(s.Removed) > 0 {
		d.numbers.Rests(s)
	}
}

func (d *Detector) release(s *reading.Scan) {
	if s.Reset() {
		d.scans.Put(s)
	}
}
