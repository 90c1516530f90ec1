// Package consent is what a wallet tells of what a customer agreed to: each consent with the
// text that it is about, since when it stands as it stands and by which way, what does not
// work without it, and every change of it. What a contract or a law asks for is told beside
// them and is no consent: nobody can withdraw it, and so nobody is asked for it.
package consent

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// The keys of the contract. A wallet may have others, which it names in its own words.
const (
	Location        = "location"         // where the device is
	Shopping        = "shopping_history" // what was bought, shared between services
	Personalisation = "personalisation"  // help and offers made from what somebody does
	MarketingEmail  = "marketing_email"
	MarketingSMS    = "marketing_sms"
	MarketingPush   = "marketing_push"
	MarketingCall   = "marketing_call"
	Recording       = "call_recording"
	Assistant       = "assistant" // a program that answers reads what was written
	Partners        = "partners"  // data goes to others
)

// Keys lists the keys of the contract.
func Keys() []string {
	return []string{Location, Shopping, Personalisation, MarketingEmail, MarketingSMS, MarketingPush, MarketingCall, Recording, Assistant, Partners}
}

// Basis is why something is done with somebody's data.
type Basis string

// The bases.
const (
	Agreed   Basis = "consent"  // because they said so: given and withdrawn
	Contract Basis = "contract" // because the wallet could not be kept without it
	Law      Basis = "law"      // because a law asks for it
)

// Stance is how a consent stands.
type Stance string

// The states.
const (
	Given     Stance = "given"
	Withdrawn Stance = "withdrawn"
	Never     Stance = "never"    // nobody was asked
	Required  Stance = "required" // of what is no consent
)

// Again is why a consent that was given has to be asked for again. Until it is given again the
// wallet does not go by it.
type Again string

// The reasons.
const (
	TextChanged Again = "text_changed"
	Expired     Again = "expired" // a law or a rule has it last for a time
)

// Ways lists how a consent was given or withdrawn.
func Ways() []string { return []string{"app", "web", "support", "phone", "paper", "wallet"} }

// Words are a text by language (BCP 47). English is always there.
type Words map[string]string

// Bounds of what is told.
const (
	MaxItems   = 40
	MaxChanges = 200
	MaxText    = 500 // characters of the text of a consent
	languages  = 20
)

// Item is one thing that is done with a customer's data, and whether they agree to it.
type Item struct {
	Key      string      `json:"key"`
	Name     Words       `json:"name,omitempty"` // of a key that is not of the contract
	Basis    Basis       `json:"basis"`
	State    Stance      `json:"state"`
	Text     Words       `json:"text"`             // what it is about: of a consent, what somebody agrees to
	Version  string      `json:"version"`          // of that text
	Agreed   string      `json:"agreed,omitempty"` // the version that was agreed to, of what was given
	At       wallet.Time `json:"at"`               // since when it is so
	Way      string      `json:"way,omitempty"`    // by which it came to be so
	Until    wallet.Time `json:"until"`            // until when what was given counts
	Again    Again       `json:"again,omitempty"`
	Give     bool        `json:"give,omitempty"`     // it can be given here
	Withdraw bool        `json:"withdraw,omitempty"` // it can be withdrawn here
	Without  Words       `json:"without,omitempty"`  // what does not work without it
}

// Counts tells whether a wallet, and Kefu, may go by it: it was given, and need not be asked for
// again.
func (i Item) Counts() bool { return i.State == Given && i.Again == "" }

// Change is one time that a consent was given or withdrawn.
type Change struct {
	ID      string      `json:"id"`
	Key     string      `json:"key"`
	State   Stance      `json:"state"` // given, withdrawn
	Version string      `json:"version"`
	At      wallet.Time `json:"at"`
	By      string      `json:"by"` // customer; wallet: it ended by itself, or the wallet ended it
	Way     string      `json:"way"`
}

// Standing is all that is told of one customer's consents.
type Standing struct {
	CustomerID string   `json:"customer_id"`
	Items      []Item   `json:"items"`
	Changes    []Change `json:"changes"` // the latest first
}

// Item finds a consent by its key.
func (s Standing) Item(key string) (Item, bool) {
	i := slices.IndexFunc(s.Items, func(i Item) bool { return i.Key == key })
	if i < 0 {
		return Item{}, false
	}
	return s.Items[i], true
}

// Of are the changes of one consent, the latest first.
func (s Standing) Of(key string) []Change {
	return slices.DeleteFunc(slices.Clone(s.Changes), func(c Change) bool { return c.Key != key })
}

// Validate refuses what is not of the contract, and what does not agree with its own history.
// Errors: Invalid.
func (s Standing) Validate() error {
	const op = "consent.Standing"
	if len(s.Items) > MaxItems || len(s.Changes) > MaxChanges {
		return fault.InvalidField(op, "items", "or changes are too many")
	}
	seen := map[string]bool{}
	for n, c := range s.Changes {
		if err := c.Validate(); err != nil {
			return err
		}
		if seen["change "+c.ID] || (n > 0 && c.At > s.Changes[n-1].At) {
			return fault.InvalidField(op, "changes", "holds one twice, or not the latest first")
		}
		seen["change "+c.ID] = true
	}
	for _, i := range s.Items {
		if err := i.Validate(); err != nil {
			return err
		}
		if seen["item "+i.Key] {
			return fault.InvalidField(op, "items", "holds one twice")
		}
		seen["item "+i.Key] = true
		if err := s.agrees(i); err != nil {
			return err
		}
	}
	return check.ID(op, "customer_id", s.CustomerID, true)
}

// agrees holds a consent to its own history: what was given or withdrawn last is how it stands.
func (s Standing) agrees(i Item) error {
	const op = "consent.Standing"
	of := s.Of(i.Key)
	switch {
	case i.Basis != Agreed || i.State == Never:
		if len(of) > 0 {
			return fault.InvalidField(op, "changes", "holds one of %s, which nobody gave", i.Key)
		}
	case len(of) == 0 || of[0].State != i.State || of[0].At != i.At || of[0].Way != i.Way || (i.State == Given && of[0].Version != i.Agreed):
		return fault.InvalidField(op, "changes", "does not end as %s stands", i.Key)
	}
	return nil
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (i Item) Validate() error {
	const op = "consent.Item"
	switch {
	case (i.Basis == Agreed) == (i.State == Required):
		return fault.InvalidField(op, "state", "does not fit the basis: what a contract or a law asks for is no consent")
	case i.Basis != Agreed && (i.Give || i.Withdraw || i.Agreed != "" || i.Again != "" || i.Until != 0):
		return fault.InvalidField(op, "basis", "is none that could be given or withdrawn")
	case i.Give && !i.Withdraw:
		return fault.InvalidField(op, "withdraw", "is harder than to give")
	case (i.State == Given) != (i.Agreed != ""), i.State != Given && (i.Again != "" || i.Until != 0):
		return fault.InvalidField(op, "agreed", "does not fit the state")
	case said(i.State) != (i.At != 0), said(i.State) != (i.Way != ""):
		return fault.InvalidField(op, "at", "or the way does not fit the state")
	case i.Again == TextChanged && i.Agreed == i.Version:
		return fault.InvalidField(op, "again", "says that the text changed, which is the one that was agreed to")
	case i.Version == "":
		return fault.InvalidField(op, "version", "is missing")
	case !slices.Contains(Keys(), i.Key) && i.Name["en"] == "":
		return fault.InvalidField(op, "name", "is missing of a key that is not of the contract")
	}
	return check.First(
		check.ID(op, "key", i.Key, true), check.Word(op, "basis", i.Basis, Agreed, Contract, Law), check.Word(op, "state", i.State, Given, Withdrawn, Never, Required),
		check.ID(op, "version", i.Version, true), check.ID(op, "agreed", i.Agreed, false), check.Word(op, "way", i.Way, append(Ways(), "")...),
		check.Word(op, "again", i.Again, "", TextChanged, Expired), i.Name.validate(op, "name", false, check.MaxText), i.Text.validate(op, "text", true, MaxText), i.Without.validate(op, "without", false, MaxText),
	)
}

// said tells whether somebody gave it or withdrew it.
func said(s Stance) bool { return s == Given || s == Withdrawn }

// validate refuses words that cannot be shown.
func (w Words) validate(op, field string, needed bool, most int) error {
	if len(w) > languages || (needed && w["en"] == "") || (len(w) > 0 && w["en"] == "") {
		return fault.InvalidField(op, field, "is not there in English, or in too many languages")
	}
	for lang, text := range w {
		if err := check.Code(op, field, lang); err != nil {
			return err
		}
		if n := utf8.RuneCountInString(text); n == 0 || n > most {
			return fault.InvalidField(op, field, "is empty, or has more than %d characters", most)
		}
		for _, r := range text {
			if unicode.IsControl(r) || r == utf8.RuneError || (unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d') {
				return fault.InvalidField(op, field, "has a character that cannot be shown")
			}
		}
	}
	return nil
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (c Change) Validate() error {
	const op = "consent.Change"
	if c.At == 0 {
		return fault.InvalidField(op, "at", "is missing")
	}
	return check.First(
		check.ID(op, "id", c.ID, true), check.ID(op, "key", c.Key, true), check.Word(op, "state", c.State, Given, Withdrawn), check.ID(op, "version", c.Version, true),
		check.Word(op, "by", c.By, "customer", "wallet"), check.Word(op, "way", c.Way, Ways()...),
	)
}
