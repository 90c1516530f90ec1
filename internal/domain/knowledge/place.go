package knowledge

import (
	"slices"
	"strings"

	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/wallet/tariff"
)

// What a place is filled with. The first word says from where, the second what of it.
const (
	OfHouse     = "house"     // house.name; house.hours, when people answer
	OfWait      = "wait"      // how long it takes now until somebody answers, by way
	OfAnswer    = "answer"    // within what time an answer is aimed at, by way
	OfChannel   = "channel"   // the official one of a kind
	OfFees      = "fees"      // a table of the wallet's fees of a kind
	OfDeadlines = "deadlines" // a table of what the law and the house set for a kind of case
	OfChannels  = "channels"  // channels.all: a table of the official channels
	OfPlans     = "plans"     // plans.all: a table of the house's plans
	OfCodes     = "codes"     // codes.all: a table of why payments fail
)

// KnownPlace tells whether there is a place of a name: in a sentence, or alone in its
// paragraph as a table.
func KnownPlace(name string, block bool) bool {
	from, what, _ := strings.Cut(name, ".")
	if !block {
		return slices.Contains(inlinePlaces()[from], what)
	}
	switch from {
	case OfFees:
		return slices.Contains(tariff.Kinds(), tariff.Kind(what))
	case OfDeadlines:
		return slices.Contains(jurisdiction.Types(), jurisdiction.Type(what))
	case OfChannels, OfPlans, OfCodes:
		return what == "all"
	}
	return false
}

func inlinePlaces() map[string][]string {
	return map[string][]string{
		OfHouse:   {"name", "hours"},
		OfWait:    {"chat"},
		OfAnswer:  {"chat"},
		OfChannel: {"phone", "mail", "site", "app"},
	}
}

// Pages are the pages of the help centre that an article may lead to.
func Pages() []string { return []string{"contact", "verify", "status", "times", "home", "cases"} }
