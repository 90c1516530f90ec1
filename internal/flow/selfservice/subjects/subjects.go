// Package subjects lists the reads of every subject: the closed set of what flows may ask
// for. It is one line for each, and knows nothing of any.
package subjects

import (
	"slices"

	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice/access"
	"kefu/internal/flow/selfservice/agreements"
	"kefu/internal/flow/selfservice/cards"
	"kefu/internal/flow/selfservice/choosing"
	"kefu/internal/flow/selfservice/closing"
	"kefu/internal/flow/selfservice/contacts"
	"kefu/internal/flow/selfservice/fees"
	"kefu/internal/flow/selfservice/firststeps"
	"kefu/internal/flow/selfservice/holdings"
	"kefu/internal/flow/selfservice/house"
	"kefu/internal/flow/selfservice/loyalty"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/flow/selfservice/records"
	"kefu/internal/flow/selfservice/transfers"
	"kefu/internal/flow/selfservice/waiting"
)

// Deps are what reads stand on beside the wallet, which each is given with its question.
// A part that is not there makes its reads unavailable.
type Deps struct {
	Choosing choosing.Deps
	Contacts contacts.Deps
	First    firststeps.Deps
	House    house.Deps
	Closing  closing.Deps
	Waiting  waiting.Deps
	Holdings holdings.Deps
	Loyalty  loyalty.Deps
}

// All makes the reads. Errors: Internal.
func All(d Deps) (*reads.Registry, error) {
	return reads.New(slices.Concat(
		access.Reads(),
		agreements.Reads(),
		cards.Reads(),
		choosing.Reads(d.Choosing),
		closing.Reads(d.Closing),
		contacts.Reads(d.Contacts),
		fees.Reads(),
		firststeps.Reads(d.First),
		house.Reads(d.House),
		loyalty.Reads(d.Loyalty),
		records.Reads(),
		transfers.Reads(),
		waiting.Reads(d.Waiting),
		holdings.Reads(d.Holdings),
	)...)
}

// Declared is what they say of themselves, for whoever loads flows and asks nothing.
// Errors: Internal.
func Declared() (selfservice.Reads, error) {
	all, err := All(Deps{})
	return all.Declared(), err
}
