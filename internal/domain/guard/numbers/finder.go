// Package numbers finds secrets made of digits: card numbers and their security
// codes, one-time codes, PINs, and numbers of identity documents and accounts.
package numbers

import "kefu/internal/domain/guard/reading"

// Finder finds secret numbers. It is immutable.
type Finder struct {
	iins  []iinRange
	ibans map[string]int
}

// New is a finder with the published ranges and lengths.
func New() *Finder { return &Finder{iins: iinRanges(), ibans: ibanLengths()} }

// search is the look at one text.
type search struct {
	*reading.Scan
	lists *Finder
	far   bool // card numbers may have words between their parts
}

// Cards finds card numbers.
func (f *Finder) Cards(s *reading.Scan) { (&search{Scan: s, lists: f}).detectCards() }

// Accounts finds bank account numbers that prove to be such.
func (f *Finder) Accounts(s *reading.Scan) { (&search{Scan: s, lists: f}).ibanNumbers(true) }

// Rests finds what is left of a number whose beginning was removed from the
// message before, as it ended where a shorter one could.
func (f *Finder) Rests(s *reading.Scan) { (&search{Scan: s, lists: f}).detectRest() }

// SecurityCodes finds the security codes of cards; card numbers come first.
func (f *Finder) SecurityCodes(s *reading.Scan) { (&search{Scan: s, lists: f}).detectCVV() }

// Codes finds one-time codes, and passwords and PINs in digits.
func (f *Finder) Codes(s *reading.Scan) { (&search{Scan: s, lists: f}).detectCodes() }

// Identities finds numbers of identity documents and bank accounts.
func (f *Finder) Identities(s *reading.Scan) { (&search{Scan: s, lists: f}).detectIdentity() }

// TravelDocuments finds machine-readable zones of travel documents.
func (f *Finder) TravelDocuments(s *reading.Scan) { (&search{Scan: s, lists: f}).detectMRZ() }
