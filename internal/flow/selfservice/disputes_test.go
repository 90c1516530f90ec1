package selfservice_test

import (
	"testing"
	"testing/fstest"

	domain "kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

const disputed = `
id: FL5
version: 1
title: {en: One, zh: 一}
about: {en: One, zh: 一}
needs: {level: 1, reads: disputes}
begin: pick
person: person
slots:
  dispute: {type: dispute}
steps:
  pick:
    choose: {from: disputes, into: dispute}
    say: {en: "Which?", zh: "哪一项？"}
    next: done
    on: {none: person}
  done:
    end: {outcome: solved}
    say: {en: Good., zh: 好。}
  person:
    hand_over: {reason: one, topic: {en: One, zh: 一}}
    say: {en: A person., zh: 人工。}
`

// Whoever chooses between disputes knows them by the shop and by what they said of it; the
// name of a person stands in none, for staff see it too.
func TestDisputesHaveNames(t *testing.T) {
	h := open(t, storagetest.New(t, engine.SQLite))
	flows, err := domain.Load(fstest.MapFS{"FL5.yaml": {Data: []byte(disputed)}}, domain.Reads{})
	h.must(err)
	w := world()
	w.Disputes = []golden.Dispute{
		{ID: "di-1", Tx: "tx-1", Amount: "268.00 CNY", State: "open", Claim: "merchant", Ago: "10h"},
		{ID: "di-2", Tx: "tx-3", Amount: "850.00 EUR", State: "review", Claim: "scam", Ago: "20h"},
		{ID: "di-3", Tx: "tx-long-ago", Amount: "5.00 EUR", State: "won", Claim: "unauthorised", Ago: "3000h"},
	}
	h.deps.Flows, h.deps.Wallet = flows, golden.Wallet(w)
	h.flow = h.process(true)
	h.must(h.flow.KeepFlows(t.Context()))
	seen, err := h.flow.Start(t.Context(), h.anna, selfservice.Begin{Flow: "FL5", Language: "en"})
	h.must(err)
	want := map[string][2]string{
		"di-1": {"Lotus Market · the shop did not keep its word", "Lotus Market · 商户未兑现"},
		"di-2": {"Dispute · you were tricked", "争议 · 被骗付款"},
		"di-3": {"Dispute · not your payment", "争议 · 非本人付款"},
	}
	items := seen.Views[len(seen.Views)-1].Items
	for _, v := range items {
		if v.Dispute.Label["en"] != want[v.Dispute.ID][0] || v.Dispute.Label["zh"] != want[v.Dispute.ID][1] {
			t.Errorf("%s is called %v", v.Dispute.ID, v.Dispute.Label)
		}
	}
	if len(items) != len(want) {
		t.Errorf("%d are offered", len(items))
	}
}
