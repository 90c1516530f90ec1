// Package subjects lists the reads of every subject: the closed set of what flows may ask
// for. It is one line for each, and knows nothing of any.
package subjects

import (
	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice/reads"
)

// Deps are what reads stand on beside the wallet, which each is given with its question.
// A part that is not there makes its reads unavailable.
type Deps struct{}

// All makes the reads. Errors: Internal.
func All(d Deps) (*reads.Registry, error) {
	return reads.New()
}

// Declared is what they say of themselves, for whoever loads flows and asks nothing.
// Errors: Internal.
func Declared() (selfservice.Reads, error) {
	all, err := All(Deps{})
	return all.Declared(), err
}
