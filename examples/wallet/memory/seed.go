package memory

import (
	"fmt"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
)

// euros reads a sum that stands in this package.
func euros(text string) wallet.Money {
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		panic(err) // it stands in this package
	}
	return m
}

// seed makes a customer with all that a support desk may meet.
func seed(id, name, email, phone, birth string, now time.Time) *person {
	at := func(hours int) wallet.Time { return wallet.At(now.Add(-time.Duration(hours) * time.Hour)) }
	p := &person{
		Customer: wallet.Customer{
			ID: id, Kind: wallet.Person, Name: name, Locale: "en", TimeZone: "Europe/Berlin", Jurisdiction: "DE", CreatedAt: at(9000), RiskTier: "low",
			KYC: wallet.KYC{Level: "full", Status: "approved"},
			Handles: []wallet.Handle{
				{Kind: wallet.HandleEmail, Value: email, VerifiedAt: at(9000), ChangedAt: at(9000)},
				{Kind: wallet.HandlePhone, Value: phone, VerifiedAt: at(9000), ChangedAt: at(9000)},
			},
		},
		birth:    birth,
		accounts: []wallet.Account{{ID: id + ":main", Kind: "emoney", Name: "Everyday", Status: "active", Block: "none", Number: "DE02120300000000202051", OpenedAt: at(9000)}},
		balances: []wallet.Balance{{
			AccountID: id + ":main", Total: euros("500.00"), Available: euros("270.00"), PendingIn: euros("0.00"), PendingOut: euros("80.00"), Held: euros("150.00"),
		}},
		instruments: []wallet.Instrument{
			{ID: id + ":card", Type: "card", Brand: "visa", Last4: "1881", Country: "DE", Expiry: "2029-08", Status: "active", Default: true, VerifiedAt: at(8000), OpenUses: 1},
			{ID: id + ":bank", Type: "bank", Brand: "DKB", Last4: "2051", Country: "DE", Status: "active", VerifiedAt: at(8000)},
		},
		devices: []wallet.Device{
			{ID: id + ":phone", Model: "Pixel 9", OS: "Android 16", App: "7.2.0", FirstSeen: at(4000), LastSeen: at(1), Trust: "trusted", Push: true},
			{ID: id + ":tablet", Model: "iPad", OS: "iPadOS 19", App: "7.1.0", FirstSeen: at(300), LastSeen: at(20), Trust: "new"},
		},
		sessions: []wallet.Session{
			{ID: id + ":s1", DeviceID: id + ":phone", Place: "Berlin, DE", Network: "93.184.0.0/16", Factor: "passkey", Risk: "low", Result: "open", At: at(1)},
			{ID: id + ":s2", DeviceID: id + ":tablet", Place: "Leipzig, DE", Factor: "totp", Risk: "medium", Result: "ended", At: at(20), EndedAt: at(19)},
		},
		factors: []wallet.Factor{
			{ID: id + ":passkey", Type: "passkey", State: "active", CreatedAt: at(4000), ChangedAt: at(4000), LastUsed: at(1)},
			{ID: id + ":push", Type: "app_push", State: "active", CreatedAt: at(4000), ChangedAt: at(4000), LastUsed: at(30)},
		},
		limits: []wallet.Limit{
			{ID: id + ":day", Rail: "sepa", Period: "day", Max: euros("1000.00"), Used: euros("80.00"), ResetsAt: wallet.At(now.Add(9 * time.Hour)), Raise: "verify_identity"},
		},
		alerts: []wallet.Alert{
			{ID: id + ":alert", Kind: wallet.AlertDevice, About: id + ":tablet", Severity: "medium", State: "mine", Disclosable: true, RaisedAt: at(300), SettledAt: at(299)},
		},
		traces: map[string][]wallet.Trace{},
		files:  map[string]given{},
	}
	p.mandates = []instrument.Mandate{
		{
			ID: id + ":stream", CustomerID: id, InstrumentID: id + ":card", Merchant: "Streamwell", Kind: "subscription", State: instrument.Active, Amount: euros("9.99"), Period: "month",
			NextAt: at(-200), LastAt: at(520), Cancellable: true, CreatedAt: at(7000),
		},
		{ID: id + ":power", CustomerID: id, InstrumentID: id + ":bank", Merchant: "Stadtwerke", Kind: "bill", State: instrument.Active, NextAt: at(-400), Why: "ask_the_merchant", CreatedAt: at(7000)},
	}
	p.seedTransactions(at)
	p.seedOnchain(at)
	p.collect(now)
	p.agree(now)
	return p
}

// bare makes a customer who used the wallet, and with whom nothing is open.
func bare(id, name, email, phone, birth string, now time.Time) *person {
	p := seed(id, name, email, phone, birth, now)
	p.balances[0] = wallet.Balance{AccountID: id + ":main", Total: euros("0.00"), Available: euros("0.00"), PendingIn: euros("0.00"), PendingOut: euros("0.00"), Held: euros("0.00")}
	p.transactions, p.refunds, p.disputes, p.mandates, p.attempts = p.transactions[len(p.transactions)-5:], nil, nil, nil, nil
	for i := range p.instruments {
		p.instruments[i].OpenUses = 0
	}
	return p
}

// line is one invented transaction: how many hours ago, what, and the states it went
// through.
type line struct {
	name     string
	hours    int
	kind     wallet.Kind
	amount   string
	merchant string
	states   []wallet.State
}

func (p *person) seedTransactions(at func(int) wallet.Time) {
	paid := []wallet.State{wallet.Initiated, wallet.Authorised, wallet.Captured, wallet.Posted}
	sent := []wallet.State{wallet.Initiated, wallet.Authorised, wallet.Captured, wallet.Processing}
	lines := []line{
		{"hold", 2, wallet.KindPayment, "150.00", "Electro Depot", []wallet.State{wallet.Initiated, wallet.RiskHold}},
		{"failed", 3, wallet.KindPayment, "300.00", "Air Nord", []wallet.State{wallet.Initiated, wallet.Failed}},
		{"late", 30, wallet.KindTransfer, "80.00", "", sent},
		{"unknown", 31, wallet.KindTransfer, "25.00", "", []wallet.State{wallet.Initiated, wallet.Authorised, wallet.Unknown}},
		{"bistro", 40, wallet.KindPayment, "45.00", "Bistro Nord", paid},
		{"kiosk", 41, wallet.KindInStore, "12.50", "Kiosk am Markt", paid},
		{"sofa", 50, wallet.KindPayment, "240.00", "Möbelhaus", paid},
		{"shoes", 60, wallet.KindPayment, "60.00", "Shoe Box", append(append([]wallet.State{}, paid...), wallet.Disputed)},
		{"lamp", 70, wallet.KindPayment, "35.00", "Möbelhaus", append(append([]wallet.State{}, paid...), wallet.RefundPending)},
		{"topup", 80, wallet.KindTopUp, "200.00", "", paid},
	}
	for n := range 26 {
		lines = append(lines, line{fmt.Sprintf("coffee%02d", n), 100 + 5*n, wallet.KindInStore, fmt.Sprintf("%d.%02d", 2+n%5, n), "Café Sol", paid})
	}
	lines = append(lines, line{"old", 5000, wallet.KindPayment, "99.00", "Bygone Books", paid})
	for _, l := range lines {
		p.add(p.made(l, at))
	}
	lamp, shoes := p.ID+":lamp", p.ID+":shoes"
	p.refunds = []wallet.Refund{{
		ID: p.ID + ":refund", CustomerID: p.ID, TransactionID: lamp, Amount: euros("35.00"), Reason: "not_received", State: wallet.RefundRequested, Route: "original",
		RequestedAt: at(12), ExpectedBy: at(-60),
	}}
	p.disputes = []wallet.Dispute{{
		ID: p.ID + ":dispute", CustomerID: p.ID, Transactions: []string{shoes}, Claim: wallet.ClaimMerchant, Stage: wallet.StageInquiry, State: wallet.DisputeNeeds,
		Amount: euros("60.00"), Deadlines: []wallet.Deadline{{What: "evidence", At: at(-100)}}, Needs: []string{"proof_of_return"}, OpenedAt: at(20),
	}}
	p.disputes = append(p.disputes, wallet.Dispute{
		ID: p.ID + ":decided", CustomerID: p.ID, Transactions: []string{p.ID + ":old"}, Claim: wallet.ClaimMerchant, Stage: wallet.StageInquiry, State: wallet.DisputeLost,
		Amount: euros("99.00"), OpenedAt: at(4000), DecidedAt: at(3000),
	})
	p.attempts = []wallet.Attempt{
		{TraceID: p.ID + ":trace", CustomerID: p.ID, TransactionID: p.ID + ":failed", Amount: euros("300.00"), Party: "Air Nord", Failure: failure(), At: at(3)},
		{TraceID: p.ID + ":lost", CustomerID: p.ID, Party: "Air Nord", At: at(4)},
	}
	p.traces[p.ID+":failed"] = []wallet.Trace{{At: at(3) + 60_000_000, Source: "provider", Event: "declined", RawCode: "51", RawText: "INSUFF FUNDS", Tellable: false}}
}

func failure() *wallet.Failure {
	return &wallet.Failure{Code: wallet.InsufficientFunds, Source: "wallet", RawCode: "51", Retriable: true, Advice: "top_up"}
}

// made makes the transaction of a line.
func (p *person) made(l line, at func(int) wallet.Time) wallet.Transaction {
	t := wallet.Transaction{
		ID: p.ID + ":" + l.name, CustomerID: p.ID, AccountID: p.ID + ":main", Kind: l.kind, Direction: wallet.Out, Amount: euros(l.amount), Channel: "app",
		State: l.states[len(l.states)-1], CreatedAt: at(l.hours), Rail: "wallet", Final: l.name == "old",
	}
	for i, s := range l.states {
		step := at(l.hours) + wallet.Time(i)*60_000_000
		t.History = append(t.History, wallet.Step{State: s, At: step})
		switch s {
		case wallet.Authorised:
			t.AuthorisedAt = step
		case wallet.Posted:
			t.PostedAt, t.ValueDate = step, step
		}
	}
	switch {
	case l.merchant != "":
		t.Merchant, t.InstrumentID, t.Rail = &wallet.Merchant{Name: l.merchant, Category: "5812"}, p.ID+":card", "card"
	case l.kind == wallet.KindTopUp:
		t.Direction, t.InstrumentID = wallet.In, p.ID+":bank"
	default:
		t.Counterparty, t.Rail, t.ExpectedBy = &wallet.Counterparty{Name: "Mika Example", Account: "FI2112345600000785"}, "sepa", at(l.hours-24)
	}
	switch l.name {
	case "hold":
		t.Holds = []wallet.Hold{{ID: t.ID + ":hold", Amount: t.Amount, Reason: "review", PlacedAt: at(l.hours), ExpiresAt: at(l.hours - 72)}}
	case "failed":
		t.Failure = failure()
	case "shoes":
		t.Related = []wallet.Relation{{Kind: "dispute", ID: p.ID + ":dispute"}}
	}
	return t
}
