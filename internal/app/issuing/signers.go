package issuing

import (
	"cmp"
	"reflect"
	"sync"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/trust"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/config"
	"kefu/internal/platform/egress"
)

// Signers keeps who signs customers' tokens as the configuration and the settings
// together say. Where both name an issuer, the configuration counts: whoever runs
// the machine has the last word.
type Signers struct {
	config  config.Identity
	client  *egress.Client
	issuers *signin.Issuers

	lock sync.Mutex
	set  []settings.Entry[trust.Issuer] // what was taken over last
	urls map[string]string              // of the issuers of settings, by which their keys were last read
}

// NewSigners keeps issuers by a configuration, until the settings are followed.
func NewSigners(c config.Identity, issuers *signin.Issuers) *Signers {
	return &Signers{config: c, client: Client(c), issuers: issuers}
}

// Follow takes over what is set. It does not block: keys at an address are read by
// the issuers' worker, and until then those count that were read from it before.
func (s *Signers) Follow(snapshot *settings.Snapshot) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	all := settings.All[trust.Issuer](snapshot)
	if s.urls != nil && reflect.DeepEqual(all, s.set) { // another setting: no keys are to be read anew
		return nil
	}
	var issuers []identity.Issuer
	var sources []signin.Source
	named := map[string]bool{}
	for _, i := range s.config.Issuers {
		named[i.Issuer] = true
		issuers = append(issuers, identity.Issuer{Name: i.Issuer, Audience: cmp.Or(i.Audience, s.config.Audience), Keys: s.issuers.Keys(i.Issuer)})
		sources = append(sources, sourceOf(i, s.client))
	}
	urls := map[string]string{}
	for _, e := range all {
		v := e.Value
		if named[v.Issuer] {
			continue
		}
		named[v.Issuer] = true
		issuer := identity.Issuer{Name: v.Issuer, Audience: v.Audience}
		if v.URL == "" {
			keys, err := v.KeySet()
			if err != nil {
				return err
			}
			issuer.Keys = keys
		} else {
			sources = append(sources, sourceOf(config.Issuer{Issuer: v.Issuer, JWKSURL: v.URL, Algorithms: v.Algorithms}, s.client))
			if urls[v.Issuer] = v.URL; s.urls[v.Issuer] == v.URL {
				issuer.Keys = s.issuers.Keys(v.Issuer)
				if len(v.Algorithms) > 0 {
					issuer.Keys = issuer.Keys.Only(v.Algorithms...)
				}
			}
		}
		issuers = append(issuers, issuer)
	}
	if err := s.issuers.Replace(issuers, sources); err != nil {
		return err
	}
	s.urls, s.set = urls, all
	return nil
}
