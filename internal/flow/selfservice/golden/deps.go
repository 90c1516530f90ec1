package golden

import (
	"kefu/internal/domain/official"
	"kefu/internal/flow/selfservice/contacts"
	"kefu/internal/flow/selfservice/subjects"
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
	return subjects.Deps{Contacts: contacts.Deps{Book: b.official}, Waiting: b.waiting()}
}

// official is the register of the world.
func (b *book) official() *official.Book {
	var all []official.Channel
	for _, c := range b.world.Official {
		all = append(all, official.Channel{Kind: c.Kind, Network: c.Network, Value: c.Value, Until: c.Until})
	}
	return official.NewBook(b.now(), all...)
}
