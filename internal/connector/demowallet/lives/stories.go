package lives

import (
	"time"

	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
)

// annaStory: her transfer to her landlord has not arrived. It left two days ago, was
// to arrive yesterday, and the bank on the other side has not confirmed it.
func annaStory(s *seeding) error {
	t := s.base(wallet.KindTransfer, wallet.Out, s.money("850.00"), s.before(51*time.Hour))
	t.Counterparty, t.Note, t.Rail, t.RailRef = party(s.life.landlord, "DE02120300000000202051"), "Miete Wohnung 3. OG links", "sepa", "E2E-7C41-0850-1124"
	t.Evidence = []string{"rail_receipt"}
	return s.run(t, rails.Step{To: wallet.Authorised}, rails.Step{To: wallet.Captured},
		rails.Step{To: wallet.Processing, At: s.before(50 * time.Hour), Note: "sent_to_bank", ExpectedBy: s.before(20 * time.Hour)})
}

// jamesStory: a payment in a shop was taken twice, 41 seconds apart.
func jamesStory(s *seeding) error {
	first := s.before(29*time.Hour + 12*time.Minute)
	for i, at := range []wallet.Time{first, first + 41_000_000} {
		t := s.base(wallet.KindInStore, wallet.Out, s.money("64.90"), at)
		t.Merchant = &wallet.Merchant{Name: "Fenwick & Sons", Category: "5651", Descriptor: "FENWICK SONS CAMDEN"}
		t.InstrumentID, t.Channel, t.Rail, t.RailRef = s.person.ID+":card", "in_store", "card", []string{"RRN633009118204", "RRN633009118377"}[i]
		t.Evidence = []string{"terminal_receipt"}
		if err := s.run(t, rails.Step{To: wallet.Authorised}, rails.Step{To: wallet.Captured}, rails.Step{To: wallet.Posted, At: s.before(5 * time.Hour)}); err != nil {
			return err
		}
	}
	return cryptoStory(s)
}

// liStory: she asked for a refund three days ago, the shop agreed, and the money is
// still on its way to the card.
func liStory(s *seeding) error {
	bought := s.base(wallet.KindPayment, wallet.Out, s.money("699.00"), s.before(12*24*time.Hour))
	bought.Merchant = &wallet.Merchant{Name: "京东商城", Category: "5311", Descriptor: "京东商城"}
	bought.OrderRef, bought.InstrumentID, bought.Rail, bought.RailRef = "JD-20881130456", s.person.ID+":card", "card", "RRN511930027745"
	refund := s.base(wallet.KindRefund, wallet.In, s.money("699.00"), s.before(72*time.Hour))
	refund.Merchant, refund.OrderRef, refund.Rail, refund.RailRef = bought.Merchant, bought.OrderRef, "card", "RFD511930027745"
	refund.Related = []wallet.Relation{{Kind: "refund_of", ID: bought.ID}}
	refund.InstrumentID = bought.InstrumentID
	err := s.run(bought, rails.Step{To: wallet.Authorised}, rails.Step{To: wallet.Captured}, rails.Step{To: wallet.Posted, At: s.before(11 * 24 * time.Hour)},
		rails.Step{To: wallet.RefundPending, At: s.before(72 * time.Hour), ExpectedBy: s.before(-48 * time.Hour), Related: []wallet.Relation{{Kind: "refunded_by", ID: refund.ID}}})
	if err != nil {
		return err
	}
	err = s.run(refund, rails.Step{To: wallet.Authorised}, rails.Step{To: wallet.Captured},
		rails.Step{To: wallet.Processing, At: s.before(71 * time.Hour), Note: "sent_to_card_network", ExpectedBy: s.before(-48 * time.Hour)})
	if err != nil {
		return err
	}
	return s.into.Refunding(bought.ID, refund, s.before(72*time.Hour), s.before(-48*time.Hour))
}

// wangStory: there is a charge that he does not know: a membership that began with a
// trial of one yuan a month ago.
func wangStory(s *seeding) error {
	for _, c := range []struct {
		amount string
		ago    time.Duration
	}{{"1.00", 31*24*time.Hour + 3*time.Hour}, {"298.00", 26 * time.Hour}} {
		t := s.base(wallet.KindPayment, wallet.Out, s.money(c.amount), s.before(c.ago))
		t.Merchant = &wallet.Merchant{Name: "星云视界", Category: "5968", Descriptor: "XINGYUN*AUTO RENEW"}
		t.InstrumentID, t.Rail, t.Channel, t.Evidence = s.person.ID+":card", "card", "api", []string{"mandate"}
		if err := s.run(t, rails.Step{To: wallet.Authorised}, rails.Step{To: wallet.Captured}, rails.Step{To: wallet.Posted, At: t.CreatedAt + 3_600_000_000}); err != nil {
			return err
		}
	}
	return nil
}

// saraStory: her phone was stolen an hour ago. Somebody paid in a shop with it, and
// tried to send money away; the wallet holds that.
func saraStory(s *seeding) error {
	paid := s.base(wallet.KindInStore, wallet.Out, s.money("189.00"), s.before(41*time.Minute))
	paid.Merchant = &wallet.Merchant{Name: "Sharaf DG", Category: "5732", Descriptor: "SHARAF DG DEIRA"}
	paid.Channel, paid.Rail = "in_store", "card"
	if err := s.run(paid, rails.Step{To: wallet.Authorised, Expires: s.before(-7 * 24 * time.Hour)}); err != nil {
		return err
	}
	if err := s.fail(shop{name: "Noon", category: "5311"}, s.money("4999.00"), s.before(36*time.Minute), "59"); err != nil {
		return err
	}
	sent := s.base(wallet.KindTransfer, wallet.Out, s.money("3000.00"), s.before(33*time.Minute))
	sent.Counterparty = party("Khalid Mansour", "AE070331234567890123456")
	held := s.before(33*time.Minute) + 2_000_000
	return s.run(sent, rails.Step{To: wallet.RiskHold, At: held, Hold: &wallet.Hold{
		ID: "hold-" + sent.ID, Amount: sent.Amount, Reason: "new_payee_from_new_device", PlacedAt: held, ExpiresAt: held + 2*day,
	}})
}
