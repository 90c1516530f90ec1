package flawed

import (
	"context"
	"slices"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
)

// Transfers tells of transfers over public networks.
func (f *faulty) Transfers(ctx context.Context, by wallet.Actor, customer, txid string) ([]onchain.Transfer, error) {
	switch {
	case f.on == "shared-transfers" && customer == memory.Anna:
		customer = memory.Bo
	case f.on == "any-txid":
		txid = ""
	}
	list, err := f.Full.Transfers(ctx, by, customer, txid)
	if f.on == "open-txid" && txid != "" && len(list) == 0 {
		list, err = f.Full.Transfers(ctx, by, other(customer), txid)
	}
	if f.on == "old-transfers-first" {
		slices.Reverse(list)
	}
	for i := range list {
		list[i] = f.untrue(list[i])
	}
	return list, err
}

// Transfer tells of one.
func (f *faulty) Transfer(ctx context.Context, by wallet.Actor, customer, id string) (onchain.Transfer, error) {
	t, err := f.Full.Transfer(ctx, by, customer, id)
	if f.on == "foreign-transfer" && err != nil {
		return f.Full.Transfer(ctx, by, other(customer), id)
	}
	return f.untrue(t), err
}

func (f *faulty) untrue(t onchain.Transfer) onchain.Transfer {
	switch {
	case f.on == "hasty-arrival" && t.State == onchain.Pending:
		t.State = onchain.Arrived
	case f.on == "script-asking" && t.Asking != nil && t.Asking.Link != "":
		a := *t.Asking
		a.Link, t.Asking = "javascript:alert(1)", &a
	}
	return t
}

// dearer is an operation as a wallet tells it that takes more than it said.
func (f *faulty) dearer(o wallet.Operation) wallet.Operation {
	if f.on != "dear-retrieval" || o.Act != wallet.RequestRetrieval || o.Summary == nil || o.Summary.Amount.None() {
		return o
	}
	s := *o.Summary
	s.Amount = zero(s.Amount)
	o.Summary = &s
	return o
}
