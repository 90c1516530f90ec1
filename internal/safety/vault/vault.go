// Package vault is books in memory in which the adversary of internal/safety keeps the
// demo's wallet, by the contract of storage/books: transfers judged by domain/ledger, once
// for each id, with the records of the same commit, all of it or nothing. What is in them
// can be the ground of many runs, each of which sees its own alone.
package vault

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/ledger"
	"kefu/internal/platform/fault"
)

// Moved is a transfer that happened, with its lines.
type Moved struct {
	ledger.Transfer
	Lines []ledger.Line
}

// Vault is the books. Many may read while nobody writes; whoever writes is alone.
type Vault struct {
	Now *time.Time
	// Before is called before each commit, in which something else may happen; an error ends
	// it. Kept is told of what each kept. Both may be nil.
	Before func() error
	Kept   func([]Moved, []ledger.Record)
	// Reads changes what is read, and Drops leaves out what was to be kept, to show what comes
	// of it; nil for neither. Floorless lets balances fall below nothing, Forgets has the same
	// transfer happen again, and Lossy loses lines.
	Reads                     func(ledger.Record) ledger.Record
	Drops                     func(ledger.Record) bool
	Floorless, Forgets, Lossy bool
	// Shares is a kind of records that are listed for everybody, "" for none; Unstopped leaves
	// accounts open that are to be closed.
	Shares    string
	Unstopped bool

	mu  sync.RWMutex
	top *layer
}

// key names a record.
type key struct{ kind, id string }

// of names the records of an owner.
type of struct{ kind, owner string }

// layer is what is known on top of another one.
type layer struct {
	under     *layer
	accounts  map[string]*ledger.Standing
	transfers map[string]ledger.Stored
	records   map[key]ledger.Record
	owned     map[of][]string
	moved     []Moved
	kept      []ledger.Record
}

func on(under *layer) *layer {
	return &layer{
		under: under, accounts: map[string]*ledger.Standing{}, transfers: map[string]ledger.Stored{}, records: map[key]ledger.Record{}, owned: map[of][]string{},
	}
}

// New opens books with nothing in them.
func New(now *time.Time) *Vault { return &Vault{Now: now, top: on(nil)} }

// Again opens books that begin with what is in v, and in which v is never changed.
func (v *Vault) Again(now *time.Time) *Vault { return &Vault{Now: now, top: on(v.top)} }

// Do implements keep.Books.
func (v *Vault) Do(_ context.Context, _ ledger.Need, fn func(keep.Book) error) error {
	if v.Before != nil {
		if err := v.Before(); err != nil {
			return err
		}
	}
	v.mu.Lock()
	b := &book{v, on(v.top)}
	err := fn(b)
	if err == nil {
		v.top.take(b.layer)
	}
	v.mu.Unlock()
	if err == nil && v.Kept != nil {
		v.Kept(b.moved, b.kept)
	}
	return err
}

// take takes what a commit came to.
func (l *layer) take(of *layer) {
	for id, a := range of.accounts {
		l.accounts[id] = a
	}
	for id, t := range of.transfers {
		l.transfers[id] = t
	}
	for _, r := range of.kept {
		l.put(r)
	}
}

// put keeps the revision of a record.
func (l *layer) put(r ledger.Record) {
	k, o := key{r.Kind, r.ID}, of{r.Kind, r.Owner}
	if _, known := l.records[k]; !known {
		l.owned[o] = append(l.owned[o], r.ID)
	}
	l.records[k] = r
}

func (l *layer) record(k key) (ledger.Record, bool) {
	for at := l; at != nil; at = at.under {
		if r, known := at.records[k]; known {
			return r, true
		}
	}
	return ledger.Record{}, false
}

func (l *layer) account(id string) *ledger.Standing {
	for at := l; at != nil; at = at.under {
		if a := at.accounts[id]; a != nil {
			return a
		}
	}
	return nil
}

func (v *Vault) look(r ledger.Record, known bool) (ledger.Record, error) {
	if !known {
		return r, fault.New(fault.NotFound, "vault.look", "there is no %s %s", r.Kind, r.ID)
	}
	if v.Reads != nil {
		r = v.Reads(r)
	}
	return r, nil
}

// Record implements keep.Reader.
func (v *Vault) Record(_ context.Context, kind, id string) (ledger.Record, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.look(v.top.record(key{kind, id}))
}

// Records implements keep.Reader. Of what is to happen it gives one thing at a time, so
// that a run is the same each time it is played.
func (v *Vault) Records(_ context.Context, kind, owner string, before ledger.Before, limit int) ([]ledger.Record, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var layers []*layer
	for at := v.top; at != nil; at = at.under {
		layers = append(layers, at)
	}
	var all []ledger.Record // the one that was kept first at its end
	seen := map[string]bool{}
	for _, at := range slices.Backward(layers) {
		for _, id := range at.listed(kind, owner, v.Shares) {
			if seen[id] {
				continue
			}
			seen[id] = true
			if r, err := v.look(v.top.record(key{kind, id})); err == nil && (before.ID == "" || r.Sort < before.Sort || (r.Sort == before.Sort && r.ID < before.ID)) {
				all = append(all, r)
			}
		}
	}
	slices.Reverse(all)
	// Of those that sort alike the newest comes first: by their ids, of which many are drawn,
	// no run would be the same twice.
	slices.SortStableFunc(all, func(a, b ledger.Record) int { return cmp.Compare(b.Sort, a.Sort) })
	if kind == keep.KindTask {
		limit = 1
	}
	return all[:min(len(all), limit)], nil
}

// Accounts implements keep.Reader.
func (v *Vault) Accounts(_ context.Context, owner string) ([]ledger.Standing, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	found := map[string]ledger.Standing{}
	for at := v.top; at != nil; at = at.under {
		for id, a := range at.accounts {
			if _, known := found[id]; !known && a.Owner == owner {
				found[id] = *copied(a)
			}
		}
	}
	var all []ledger.Standing
	for _, a := range found {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b ledger.Standing) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// listed are the ids of an owner's records, or of everybody's.
func (l *layer) listed(kind, owner, shares string) []string {
	if shares != kind {
		return l.owned[of{kind, owner}]
	}
	var all []string
	for o, ids := range l.owned {
		if o.kind == kind {
			all = append(all, ids...)
		}
	}
	slices.Sort(all)
	return all
}

// All are the accounts as they stand, by their ids.
func (v *Vault) All() map[string]ledger.Standing {
	v.mu.RLock()
	defer v.mu.RUnlock()
	found := map[string]ledger.Standing{}
	for at := v.top; at != nil; at = at.under {
		for id, a := range at.accounts {
			if _, known := found[id]; !known {
				found[id] = *copied(a)
			}
		}
	}
	return found
}

func copied(a *ledger.Standing) *ledger.Standing {
	c := &ledger.Standing{Spec: a.Spec}
	c.Balance.Posted.Set(&a.Balance.Posted)
	c.Balance.PendingIn.Set(&a.Balance.PendingIn)
	c.Balance.PendingOut.Set(&a.Balance.PendingOut)
	c.Balance.Held.Set(&a.Balance.Held)
	return c
}

// book is the books inside a commit.
type book struct {
	v *Vault
	*layer
}

// Now implements keep.Book, and so do those below.
func (b *book) Now() int64 { return b.v.Now.UnixMicro() }

func (b *book) own(id string) *ledger.Standing {
	if a := b.accounts[id]; a != nil {
		return a
	}
	a := copied(b.account(id))
	b.accounts[id] = a
	return a
}

func (b *book) Open(s ledger.Spec) error {
	const op = "vault.Open"
	if s.ID == "" || s.Currency == "" {
		return fault.InvalidField(op, "id", "is missing, or there is no currency")
	}
	if a := b.account(s.ID); a != nil {
		if a.Currency != s.Currency || a.Scale != s.Scale || a.Floor != s.Floor || a.Owner != s.Owner {
			return fault.New(fault.Conflict, op, "the account %s is there already, and is another one", s.ID)
		}
		return nil
	}
	b.accounts[s.ID] = &ledger.Standing{Spec: s}
	return nil
}

func (b *book) Stop(id string, frozen, closed bool) error {
	if b.account(id) == nil {
		return fault.New(fault.NotFound, "vault.Stop", "there is no account %s", id)
	}
	a := b.own(id)
	a.Frozen, a.Closed = frozen, closed && !b.v.Unstopped
	a.Frozen = a.Frozen && !b.v.Unstopped
	return nil
}

func (b *book) Account(id string) (ledger.Account, *ledger.Balance, error) {
	a := b.account(id)
	if a == nil {
		return ledger.Account{}, nil, fault.New(fault.NotFound, "vault.Account", "there is no account %s", id)
	}
	out := a.Account
	out.Floor = out.Floor && !b.v.Floorless
	return out, &a.Balance, nil
}

// judged is a book as ledger.Judge sees it.
type judged struct{ *book }

// Transfer implements ledger.Books.
func (j judged) Transfer(id string) (ledger.Stored, error) {
	for at := j.layer; at != nil; at = at.under {
		if t, known := at.transfers[id]; known {
			return t, nil
		}
	}
	return ledger.Stored{}, fault.New(fault.NotFound, "vault.Transfer", "there is no transfer %s", id)
}

func (b *book) Transfer(t ledger.Transfer) error {
	asked := t.Digest()
	if t.At == 0 {
		t.At = b.Now()
	}
	if b.v.Forgets {
		delete(b.transfers, t.ID)
		for at := b.under; at != nil; at = at.under {
			if at.under != nil {
				delete(at.transfers, t.ID)
			}
		}
	}
	whole, lines, err := ledger.Judge(judged{b}, t)
	if err != nil || lines == nil {
		return err
	}
	b.transfers[t.ID] = ledger.Stored{Transfer: whole, Asked: asked}
	if whole.Resolves != "" {
		before, err := judged{b}.Transfer(whole.Resolves)
		if err != nil {
			return err
		}
		before.Resolved = true
		b.transfers[whole.Resolves] = before
	}
	if b.v.Lossy {
		lines = lines[:len(lines)-1]
	}
	for _, l := range lines {
		b.own(l.Account).Balance.Apply(l)
	}
	b.moved = append(b.moved, Moved{whole, lines})
	return nil
}

func (b *book) Get(kind, id string) (ledger.Record, error) {
	return b.v.look(b.record(key{kind, id}))
}

func (b *book) Put(r ledger.Record) error {
	if b.v.Drops != nil && b.v.Drops(r) {
		return nil
	}
	b.put(r)
	b.kept = append(b.kept, r)
	return nil
}
