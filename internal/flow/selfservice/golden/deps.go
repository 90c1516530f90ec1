package golden

import (
	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/official"
	"kefu/internal/domain/vouch"
	"kefu/internal/flow/selfservice/choosing"
	"kefu/internal/flow/selfservice/contacts"
	"kefu/internal/flow/selfservice/firststeps"
	"kefu/internal/flow/selfservice/house"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/platform/fault"
)

// Contact is a way by which the house reaches its customers.
type Contact struct {
	Kind    official.Kind `yaml:"kind"`
	Network string        `yaml:"network,omitempty"`
	Value   string        `yaml:"value"`
	Until   string        `yaml:"until,omitempty"` // the last day on which it was ours
}

// deps are what reads stand on beside the wallet, as the world has it.
func (b *book) deps() subjects.Deps {
	return subjects.Deps{Choosing: choosing.Deps{Shelf: b.shelf()}, Contacts: contacts.Deps{Book: b.official}, First: firststeps.Deps{Phrase: b.phrase}, House: house.Deps{Book: b.official, Present: b.present()}, Waiting: b.waiting()}
}

// official is the register of the world.
func (b *book) official() *official.Book {
	var all []official.Channel
	for _, c := range b.world.Official {
		all = append(all, official.Channel{Kind: c.Kind, Network: c.Network, Value: c.Value, Until: c.Until})
	}
	return official.NewBook(b.now(), all...)
}

// phrase is the customer's own phrase in the world.
func (b *book) phrase(context.Context, identity.Principal) (vouch.Phrase, error) {
	if b.world.Phrase == "down" {
		return vouch.Phrase{}, fault.New(fault.Unavailable, "golden", "it cannot be looked up")
	}
	return vouch.Phrase{Text: b.world.Phrase}, nil
}

// present tells whether anybody is at work in the world.
func (b *book) present() func() bool {
	d := desk{b}.own()
	if d.Blind || d.Unseen {
		return nil
	}
	return func() bool { return d.Stays || (!d.Closed && !d.Away) }
}
