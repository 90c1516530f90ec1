package wallet

import (
	"net/url"
	"slices"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Reading is a kind of question that a wallet may or may not answer.
type Reading string

// The readings.
const (
	ReadCustomer     Reading = "customer"
	ReadAccounts     Reading = "accounts" // with their balances
	ReadInstruments  Reading = "instruments"
	ReadTransactions Reading = "transactions"
	ReadTimeline     Reading = "timeline"
	ReadAttempts     Reading = "attempts"
	ReadRefunds      Reading = "refunds" // with the terms of a payment
	ReadDisputes     Reading = "disputes"
	ReadDevices      Reading = "devices"
	ReadSessions     Reading = "sessions"
	ReadFactors      Reading = "factors"
	ReadRestrictions Reading = "restrictions"
	ReadLimits       Reading = "limits"
	ReadAlerts       Reading = "alerts" // of what looks unlike the customer
	ReadIncidents    Reading = "incidents"
	ReadMatch        Reading = "match"
	ReadNotices      Reading = "notices" // replay, and deliveries
	ReadStatements   Reading = "statements"
	ReadMandates     Reading = "mandates"
	ReadUses         Reading = "instrument_uses"  // what rests on one instrument
	ReadLinks        Reading = "instrument_links" // the wallet's own form for adding one
	ReadFees         Reading = "fees"
	ReadRecovery     Reading = "recovery"   // how somebody who cannot sign in comes back in
	ReadRecoveries   Reading = "recoveries" // of one customer
	ReadOnchain      Reading = "onchain"    // transfers over public networks
	ReadClosure      Reading = "closure"    // what is in the way of an end, and how far it has got
	ReadPoints       Reading = "points"     // and offers
	ReadConsents     Reading = "consents"   // what a customer agreed to, and when
)

// Readings lists every reading.
func Readings() []Reading {
	return []Reading{
		ReadCustomer, ReadAccounts, ReadInstruments, ReadTransactions, ReadTimeline, ReadAttempts, ReadRefunds, ReadDisputes, ReadDevices,
		ReadSessions, ReadFactors, ReadRestrictions, ReadLimits, ReadIncidents, ReadMatch, ReadNotices, ReadStatements, ReadMandates, ReadUses, ReadLinks,
		ReadFees, ReadAlerts, ReadRecovery, ReadRecoveries, ReadOnchain, ReadClosure, ReadPoints, ReadConsents,
	}
}

// Capabilities is what a wallet can do. Kefu shows nothing that it cannot.
type Capabilities struct {
	Version  string    `json:"version"` // of the contract: "1"
	Name     string    `json:"name"`
	Readings []Reading `json:"readings"`
	Acts     []Act     `json:"acts"`
	StepUp   []string  `json:"step_up,omitempty"` // methods; none: no step-up
	Rails    []string  `json:"rails,omitempty"`
	// Filters are those of a question for transactions that came after the first release of
	// the contract: a wallet that does not name one refuses it.
	Filters []string `json:"filters,omitempty"`
	// Links open screens of the wallet's own app for whoever is signed in there: top_up,
	// cards, limits … (the steps of the failure codes). They are the same for everybody.
	Links map[string]string `json:"links,omitempty"`
	Files *FileLimits       `json:"files,omitempty"` // which files of its customers it takes; none: none
	Keys  []byte            `json:"-"`               // the wallet's public keys, a JWK set, fetched beside it
}

// LevelZero is the least that a wallet must have to be of use.
func LevelZero() Capabilities {
	return Capabilities{Readings: []Reading{ReadCustomer, ReadTransactions, ReadMatch}, Acts: []Act{Freeze}, StepUp: []string{"app_push"}}
}

// Reads tells whether a wallet answers such a question.
func (c Capabilities) Reads(r Reading) bool { return slices.Contains(c.Readings, r) }

// Does tells whether a wallet can do that.
func (c Capabilities) Does(a Act) bool { return slices.Contains(c.Acts, a) }

// FilterInstrument narrows transactions to those that were paid with one instrument.
const FilterInstrument = "instrument"

// Narrows tells whether a wallet narrows transactions by that.
func (c Capabilities) Narrows(filter string) bool { return slices.Contains(c.Filters, filter) }

// Validate refuses what is not of the contract, and a wallet with less than
// LevelZero. Errors: Invalid.
func (c Capabilities) Validate() error {
	const op = "wallet.Capabilities"
	if c.Version != "1" {
		return fault.InvalidField(op, "version", "is not 1")
	}
	for _, r := range c.Readings {
		if !slices.Contains(Readings(), r) {
			return fault.InvalidField(op, "readings", "has an unknown one")
		}
	}
	for _, a := range c.Acts {
		if !a.Known() {
			return fault.InvalidField(op, "acts", "has an unknown one")
		}
	}
	for _, f := range c.Filters {
		if err := check.Word(op, "filters", f, FilterInstrument); err != nil {
			return err
		}
	}
	least := LevelZero()
	for _, r := range least.Readings {
		if !c.Reads(r) {
			return fault.InvalidField(op, "readings", "lacks %s", r)
		}
	}
	if !c.Does(Freeze) || len(c.StepUp) == 0 {
		return fault.InvalidField(op, "acts", "lack %s, or there is no step-up", Freeze)
	}
	if len(c.Links) > maxLinks {
		return fault.InvalidField(op, "links", "are more than %d", maxLinks)
	}
	for screen, address := range c.Links {
		if err := check.First(check.Code(op, "links", screen), checkScreen(op, address)); err != nil {
			return err
		}
	}
	return check.First(c.Files.validate(), check.Text(op, "name", c.Name), check.Codes(op, "step_up", c.StepUp), check.Codes(op, "rails", c.Rails))
}

// maxLinks bounds the screens that a wallet names.
const maxLinks = 32

// checkScreen refuses what is no address that a customer may be sent to.
func checkScreen(op, address string) error {
	at, err := url.Parse(address)
	if err != nil || len(address) > maxLink || at.Scheme != "https" || at.Host == "" || at.User != nil {
		return fault.InvalidField(op, "links", "holds what is no https address")
	}
	return nil
}
