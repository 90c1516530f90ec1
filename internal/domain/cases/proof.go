package cases

import (
	"unicode/utf8"

	"kefu/internal/domain/identity"
)

// Proof is how it is known who asks about what is kept of them.
type Proof struct {
	At      int64  // 0: it is not known
	Vouched bool   // two of ours are sure, by a ground that stands in the case; else the wallet said so
	Ground  string // by which the first of those two is
	First   By     // who that was; the zero value: nobody yet
}

// minGround is how many characters a ground has at least: a word is none.
const minGround = 20

// NeedsProof tells whether a request is granted to nobody of whom it is not known who they
// are: what hands out, changes or destroys something. To keep data and not use it, to have a
// person look at a decision and to explain one harms nobody whose data it is.
func (r Request) NeedsProof() bool {
	return r == CopyOfData || r == Correction || r == Erasing || r == ForAnother
}

// Unproven tells whether a request must not be granted yet, as it is not known who asks.
// That somebody is themselves in the wallet shows nothing about another person: there two
// of ours look at what shows that they may act for them.
func (c *Case) Unproven() bool {
	if !c.Request.NeedsProof() {
		return false
	}
	return c.Proven.At == 0 || (c.Request == ForAnother && !c.Proven.Vouched)
}

// ProvenAt is since when it is known who asks; 0: it is not, or need not be.
func (c *Case) ProvenAt() int64 {
	if !c.Request.NeedsProof() || c.Unproven() {
		return 0
	}
	return c.Proven.At
}

func (c *Case) mayIdentify(e Event) error {
	switch {
	case !c.Request.NeedsProof():
		return conflict("no_request", "it is no request for which that matters")
	case e.Kind == Identified && e.By.Kind != identity.Customer:
		return conflict("own", "nobody proves who they are for another")
	case !c.Unproven():
		return conflict("identified", "it is known who asks")
	case e.Kind == Identified && c.Request == ForAnother:
		return conflict("another", "it is about somebody else")
	case e.Kind == Identified:
		return nil
	case e.By.Kind != identity.Staff:
		return conflict("staff", "is for staff")
	case c.Proven.First == (By{}) && utf8.RuneCountInString(e.Reason) < minGround:
		return refuse("reason", "has fewer than %d characters: by what it is sure who asks", minGround)
	case c.Proven.First == e.By:
		return conflict("same_person", "a second person has to be sure too")
	}
	return nil
}

func (c *Case) identified(e Event) {
	switch {
	case e.Kind == Identified:
		c.Proven.At, c.Proven.Vouched = e.At, false
	case c.Proven.First == (By{}):
		c.Proven.First, c.Proven.Ground = e.By, e.Reason
	default:
		c.Proven.At, c.Proven.Vouched = e.At, true
	}
}

// liftNotice is how long before the end of a standstill its customer is told at least, in
// microseconds: a day and a night, in which they can object.
const liftNotice = 24 * 3600 * 1_000_000

// mayLift tells whether a standstill can end. The house ends it only after the customer was
// told, and not before the day that they were told (GDPR Art. 18(3)), which never comes
// sooner than they were told before; the customer at any time.
func (c *Case) mayLift(e Event) error {
	switch {
	case c.StillSince == 0:
		return conflict("not_still", "nothing stands still")
	case e.Kind == LiftTold && e.Until < e.At+liftNotice:
		return refuse("until", "is not a day from now: the customer has that long to object")
	case e.Kind == LiftTold && e.Until < c.LiftAt:
		return refuse("until", "is sooner than the customer was told before")
	case e.Kind == LiftTold && e.Text == "":
		return refuse("text", "is missing: what the customer is told")
	case e.Kind == LiftTold || e.By.Kind.CustomerSide():
		return nil
	case c.LiftAt == 0:
		return conflict("not_told", "the customer was not told before")
	case e.At < c.LiftAt:
		return conflict("too_early", "the day that the customer was told has not come")
	}
	return nil
}
