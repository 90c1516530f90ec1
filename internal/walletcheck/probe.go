package walletcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"kefu/internal/domain/wallet"
	"kefu/internal/walletcheck/wire"
)

// probe is one run of the checks, with what was found out.
type probe struct {
	ctx  context.Context
	o    Options
	wire wire.Client
	can  wallet.Capabilities
	told bool // the capability document was read

	before   []string         // freezes of the other customer, before there was ours
	frozen   wallet.Operation // of the real freeze
	frozenBy wallet.Command
	refunded wallet.Operation // of the real refund
	refund   wallet.Command
	asked    wallet.Asked
	ask      wallet.Ask
}

func (p *probe) send(c wire.Call) wire.Answer { return p.wire.Send(p.ctx, c) }

// validated is what can be judged by itself.
type validated interface{ Validate() error }

// one asks for one thing and judges it.
func one[T validated](p *probe, c wire.Call) (T, error) {
	var told T
	if err := p.send(c).Read(&told); err != nil {
		return told, err
	}
	return told, told.Validate()
}

// many asks for a list and judges it.
func many[T validated](p *probe, c wire.Call) ([]T, error) {
	var told struct {
		Items []T `json:"items"`
	}
	if err := p.send(c).Read(&told); err != nil {
		return nil, err
	}
	if told.Items == nil {
		return nil, fmt.Errorf("items is missing or null")
	}
	if len(told.Items) > 200 {
		return nil, fmt.Errorf("there are %d items", len(told.Items))
	}
	for _, x := range told.Items {
		if err := x.Validate(); err != nil {
			return nil, err
		}
	}
	return told.Items, nil
}

// mine is the address of something of the customer's.
func (p *probe) mine(rest string) string { return "/customers/" + p.o.Customer + rest }

func (p *probe) others(rest string) string { return "/customers/" + p.o.Other + rest }

// page asks for transactions.
func (p *probe) page(customer, rest string) (wallet.Page, error) {
	var told wallet.Page
	if err := p.send(wire.Get("/transactions?customer=" + customer + rest)).Read(&told); err != nil {
		return told, err
	}
	if told.Items == nil {
		return told, fmt.Errorf("items is missing or null")
	}
	for _, t := range told.Items {
		if err := t.Validate(); err != nil {
			return told, err
		}
		if t.CustomerID != customer {
			return told, fmt.Errorf("a transaction of somebody else is among them")
		}
	}
	return told, nil
}

// all reads all pages, at most of 2,000 transactions.
func (p *probe) all(customer, rest string, limit int) ([]wallet.Transaction, error) {
	var list []wallet.Transaction
	cursor := ""
	for range 2000 / limit {
		page, err := p.page(customer, fmt.Sprintf("%s&limit=%d%s", rest, limit, cursor))
		if err != nil {
			return nil, err
		}
		if len(page.Items) > limit {
			return nil, fmt.Errorf("a page of %d has %d", limit, len(page.Items))
		}
		list = append(list, page.Items...)
		if page.Next == "" {
			return list, nil
		}
		cursor = "&cursor=" + url.QueryEscape(page.Next)
	}
	return list, nil
}

// reads skips a check of a reading that the wallet does not offer.
func (p *probe) reads(r wallet.Reading) error {
	if p.told && !p.can.Reads(r) {
		return skip("the wallet does not answer " + string(r))
	}
	return nil
}

// does skips a check of an act that the wallet does not take.
func (p *probe) does(a wallet.Act) error {
	if !p.can.Does(a) {
		return skip("the wallet does not take " + string(a))
	}
	return nil
}

// writes skips a check that would change something.
func (p *probe) writes(a wallet.Act) error {
	if !p.o.Write {
		return skip("nothing may be changed in this wallet")
	}
	return p.does(a)
}

// equalJSON tells whether two answers say the same.
func equalJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
