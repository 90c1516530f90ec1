package walletcheck

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"kefu/internal/connector/walletapi"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/walletcheck/wire"
)

func document() wire.Call {
	return wire.Call{Method: http.MethodGet, Root: true, Path: "/.well-known/wallet-support", Bare: true}
}

func keys() wire.Call {
	return wire.Call{Method: http.MethodGet, Root: true, Path: "/.well-known/jwks.json", Bare: true}
}

// discovery is what a wallet says of itself.
func discovery() []Check {
	const shown = "Kefu shows and asks for nothing that a wallet does not name"
	all := []Check{
		{"capabilities.served", "answers /.well-known/wallet-support at the root of its host, without a signature", shown, func(p *probe) error {
			if a := p.send(document()); a.Err != nil || a.Status != http.StatusOK {
				return fmt.Errorf("%s", a)
			}
			return nil
		}},
		{"capabilities.contract", "names what it can do in the words of the contract, and at least Level 0", shown, func(p *probe) error {
			var err error
			p.can, err = one[wallet.Capabilities](p, document())
			p.told = p.can.Version != ""
			return err
		}},
		{"capabilities.once", "names everything once", "a list that names something twice was put together by mistake", func(p *probe) error {
			for _, list := range [][]string{texts(p.can.Readings), texts(p.can.Acts), slices.Clone(p.can.StepUp), slices.Clone(p.can.Rails)} {
				if slices.Sort(list); len(slices.Compact(slices.Clone(list))) != len(list) {
					return fmt.Errorf("%v", list)
				}
			}
			return nil
		}},
		{"capabilities.steady", "names the same a moment later", "what comes and goes is shown and taken away under people's hands", func(p *probe) error {
			again, err := one[wallet.Capabilities](p, document())
			if err == nil && !equalJSON(again, p.can) {
				return fmt.Errorf("the second document is another one")
			}
			return err
		}},
		{"keys.served", "publishes the keys that it signs proofs with", "a proof that nobody can verify is none", func(p *probe) error {
			if len(p.can.StepUp) == 0 {
				return skip("the wallet has no step-up")
			}
			var raw json.RawMessage
			return p.send(keys()).Read(&raw)
		}},
		{"keys.ed25519", "has an Ed25519 key with an id among them", "Kefu verifies EdDSA and nothing else", func(p *probe) error {
			set, _, err := p.keySet()
			if err == nil && len(set.Only("EdDSA").IDs()) == 0 {
				return fmt.Errorf("there is none")
			}
			return err
		}},
		{"keys.public", "publishes public halves alone", "whoever has the private half is every customer at once", func(p *probe) error {
			_, raw, err := p.keySet()
			if err != nil {
				return err
			}
			var told struct {
				Keys []map[string]any `json:"keys"`
			}
			if err := json.Unmarshal(raw, &told); err != nil {
				return err
			}
			for _, k := range told.Keys {
				for _, secret := range []string{"d", "p", "q", "k", "dp", "dq", "qi"} {
					if _, ok := k[secret]; ok {
						return fmt.Errorf("a key has the member %q", secret)
					}
				}
			}
			return nil
		}},
	}
	for _, r := range wallet.Readings() {
		all = append(all, Check{"served." + string(r), "answers the reading " + string(r) + " if it names it", shown, func(p *probe) error { return p.readingServed(r) }})
	}
	for _, a := range wallet.Acts() {
		all = append(all, Check{"served.act." + string(a), "takes the act " + string(a) + " if it names it, and reads its body before it does anything", shown, func(p *probe) error { return p.actServed(a) }})
	}
	return all
}

func texts[T ~string](list []T) []string {
	all := make([]string, len(list))
	for i, x := range list {
		all[i] = string(x)
	}
	return all
}

func (p *probe) keySet() (identity.KeySet, []byte, error) {
	if len(p.can.StepUp) == 0 {
		return identity.KeySet{}, nil, skip("the wallet has no step-up")
	}
	var raw json.RawMessage
	if err := p.send(keys()).Read(&raw); err != nil {
		return identity.KeySet{}, nil, err
	}
	set, err := identity.ParseKeySet(raw)
	return set, raw, err
}

// addresses are where readings are asked for.
func (p *probe) addresses(r wallet.Reading) []string {
	switch r {
	case wallet.ReadCustomer:
		return []string{p.mine("")}
	case wallet.ReadAccounts:
		return []string{p.mine("/accounts"), p.mine("/balances")}
	case wallet.ReadTransactions:
		return []string{"/transactions?customer=" + p.o.Customer}
	case wallet.ReadIncidents:
		return []string{"/incidents"}
	case wallet.ReadNotices:
		return []string{"/events?after=0"}
	case wallet.ReadFees:
		return []string{"/fees"}
	case wallet.ReadTimeline, wallet.ReadMatch, wallet.ReadUses, wallet.ReadLinks, wallet.ReadRecovery: // asked for with something that has to be found first
		return nil
	default:
		return []string{p.mine("/" + string(r))}
	}
}

func (p *probe) readingServed(r wallet.Reading) error {
	if err := p.reads(r); err != nil {
		return err
	}
	switch r {
	case wallet.ReadTimeline:
		return p.send(wire.Get(p.mine("/transactions/none-verify/timeline"))).Refused(404, "not_found")
	case wallet.ReadUses:
		return p.send(wire.Get(p.mine("/instruments/none-verify/uses"))).Refused(404, "not_found")
	case wallet.ReadLinks:
		return p.send(wire.Get(p.mine("/links/none-verify"))).Refused(404, "not_found")
	case wallet.ReadRecovery:
		return p.send(wire.Post("/recoveries:ways", "{}")).Refused(400, "invalid")
	case wallet.ReadMatch:
		return p.send(wire.Post("/customers:match", "{}")).Refused(400, "invalid")
	}
	for _, path := range p.addresses(r) {
		var raw json.RawMessage
		if err := p.send(wire.Get(path)).Read(&raw); err != nil {
			return err
		}
	}
	return nil
}

func (p *probe) actServed(a wallet.Act) error {
	if err := p.does(a); err != nil {
		return err
	}
	path := address(wallet.Command{Act: a, CustomerID: p.o.Customer, Target: "none-verify"})
	return p.send(wire.Post(path, "{}")).Refused(400, "invalid")
}

// address is where a command is posted.
func address(c wallet.Command) string {
	parts, _ := walletapi.Path(c)
	path := ""
	for _, part := range parts {
		path += "/" + part
	}
	return path
}
