package lookup

import (
	"context"
	"sync"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
)

// How often one customer may have the wallet asked: more than anybody looks through
// their payments by hand, and too little to keep the desk's questions waiting.
const (
	ownAtOnce        = 30
	ownPer           = time.Minute
	customersAtATime = 50_000
)

// mayAsk bounds what a customer makes the wallet do. Errors: a *intake.LimitedError.
func (s *Service) mayAsk(p identity.Principal) error {
	wait := s.own.Allow(p.ID, 1, s.Clock())
	if wait == 0 {
		return nil
	}
	s.Limited("own_wallet")
	return &intake.LimitedError{RetryAfter: wait}
}

// Own gives a page of the transactions of the customer who asks, as they may see
// them. Errors: Forbidden for a visitor; NotFound; Invalid; Unavailable; a
// *intake.LimitedError.
func (s *Service) Own(ctx context.Context, p identity.Principal, q wallet.Query) (wallet.Page, error) {
	const op = "lookup.Own"
	if err := s.has(op); err != nil {
		return wallet.Page{}, err
	}
	link, err := s.Links.OwnWalletLink(ctx, p, s.options.Issuer)
	if err != nil {
		return wallet.Page{}, err
	}
	q.CustomerID = link.WalletID
	if err := q.Validate(); err != nil {
		return wallet.Page{}, err
	}
	if err := s.mayAsk(p); err != nil {
		return wallet.Page{}, err
	}
	page, err := s.Wallet.Transactions(ctx, actorOf(p, "", wallet.PurposeOwn), q)
	if err != nil {
		return wallet.Page{}, fault.Wrap(op, err)
	}
	for i, t := range page.Items {
		page.Items[i] = s.theirs(p, t)
		s.offered.put(p.ID, wallet.Refer(t), s.Clock())
	}
	return page, nil
}

// OwnOne gives one transaction of the customer who asks, as they may see it. Errors:
// as Own, and NotFound for one that is not theirs.
func (s *Service) OwnOne(ctx context.Context, p identity.Principal, id string) (wallet.Transaction, error) {
	const op = "lookup.OwnOne"
	if err := s.has(op); err != nil {
		return wallet.Transaction{}, err
	}
	link, err := s.Links.OwnWalletLink(ctx, p, s.options.Issuer)
	if err != nil {
		return wallet.Transaction{}, err
	}
	if !wallet.ValidID(id) {
		return wallet.Transaction{}, fault.New(fault.NotFound, op, "no transaction has an id of that form")
	}
	t, err := s.Wallet.Transaction(ctx, actorOf(p, "", wallet.PurposeOwn), link.WalletID, id)
	if err != nil {
		return wallet.Transaction{}, fault.Wrap(op, err)
	}
	s.offered.put(p.ID, wallet.Refer(t), s.Clock())
	return s.theirs(p, t), nil
}

// theirs is a transaction as the customer who asks may see it now: why it failed is told
// as whoever explains it would, so that what needs a proof is not in a list that needs
// none.
func (s *Service) theirs(p identity.Principal, t wallet.Transaction) wallet.Transaction {
	own := t.ForCustomer()
	if own.Failure == nil || s.Causes == nil {
		return own
	}
	switch told := s.Causes.Explain(t, p.Level, wallet.At(s.Clock())).Told; told {
	case own.Failure.Code:
	case "":
		own.Failure = nil
	default:
		own.Failure = &wallet.Failure{Code: told}
	}
	return own
}

// Reference makes the reference to a transaction of the customer who asks: from what
// the window was shown a moment ago, or from the wallet. Errors: as Own.
func (s *Service) Reference(ctx context.Context, p identity.Principal, id string) (wallet.Reference, error) {
	const op = "lookup.Reference"
	if err := s.has(op); err != nil {
		return wallet.Reference{}, err
	}
	link, err := s.Links.OwnWalletLink(ctx, p, s.options.Issuer)
	if err != nil {
		return wallet.Reference{}, err
	}
	if r, ok := s.offered.get(p.ID, id, s.Clock()); ok {
		return r, nil
	}
	if !wallet.ValidID(id) {
		return wallet.Reference{}, fault.New(fault.NotFound, op, "no transaction has an id of that form")
	}
	if err := s.mayAsk(p); err != nil {
		return wallet.Reference{}, err
	}
	t, err := s.Wallet.Transaction(ctx, actorOf(p, "", wallet.PurposeOwn), link.WalletID, id)
	if err != nil {
		return wallet.Reference{}, fault.Wrap(op, err)
	}
	return wallet.Refer(t), nil
}

const (
	maxOffers = 8192
	offerLife = 30 * time.Minute
)

// offers are the references that windows were shown a moment ago, so that to choose
// one asks the wallet nothing. The oldest make room.
type offers struct {
	mu   sync.Mutex
	of   map[string]offer
	ring []string
	next int
}

type offer struct {
	reference wallet.Reference
	until     time.Time
	place     int
}

func (o *offers) put(customer string, r wallet.Reference, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of, o.ring = map[string]offer{}, make([]string, maxOffers)
	}
	key := customer + " " + r.ID
	if known, ok := o.of[key]; ok {
		o.of[key] = offer{r, now.Add(offerLife), known.place}
		return
	}
	delete(o.of, o.ring[o.next])
	o.ring[o.next] = key
	o.of[key] = offer{r, now.Add(offerLife), o.next}
	o.next = (o.next + 1) % maxOffers
}

func (o *offers) get(customer, id string, now time.Time) (wallet.Reference, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, ok := o.of[customer+" "+id]
	return found.reference, ok && now.Before(found.until)
}
