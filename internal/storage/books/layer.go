package books

import (
	"crypto/sha256"

	"kefu/internal/domain/ledger"
)

// layer is a part of the books as somebody sees them: what they changed themselves,
// over what is below. Taking a layer away leaves no trace of it.
type layer struct {
	below     *layer
	accounts  map[string]*account
	transfers map[string]*ledger.Stored // nil: known not to be there
	records   map[recordKey]*record     // the same
	// What has to be written, in order.
	opened []string
	moved  []moved
	put    []*record
}

// account is an account with its balance, both of one layer alone.
type account struct {
	ledger.Account
	Owner   string
	Balance ledger.Balance
	changed bool // since it was read
}

// copied is a copy whose sums are its own.
func (a *account) copied() *account {
	own := *a
	own.Balance = ledger.Balance{}
	own.Balance.Posted.Set(&a.Balance.Posted)
	own.Balance.PendingIn.Set(&a.Balance.PendingIn)
	own.Balance.PendingOut.Set(&a.Balance.PendingOut)
	own.Balance.Held.Set(&a.Balance.Held)
	return &own
}

// moved is a transfer that is new, with its lines.
type moved struct {
	transfer ledger.Transfer
	asked    [sha256.Size]byte
	lines    []ledger.Line
}

type recordKey struct{ kind, id string }

// record is the present revision of one.
type record struct {
	Record
	rev int64
}

func newLayer(below *layer) *layer {
	return &layer{below: below, accounts: map[string]*account{}, transfers: map[string]*ledger.Stored{}, records: map[recordKey]*record{}}
}

// clear makes an empty layer of one that was merged or given up, to be used again.
func (l *layer) clear() {
	clear(l.accounts)
	clear(l.transfers)
	clear(l.records)
	l.opened, l.moved, l.put = l.opened[:0], l.moved[:0], l.put[:0]
}

// account finds an account in the layers.
func (l *layer) account(id string) (*account, bool) {
	for at := l; at != nil; at = at.below {
		if a, ok := at.accounts[id]; ok {
			return a, a != nil
		}
	}
	return nil, false
}

// knowsAccount tells whether the layers know if there is such an account.
func (l *layer) knowsAccount(id string) bool {
	for at := l; at != nil; at = at.below {
		if _, ok := at.accounts[id]; ok {
			return true
		}
	}
	return false
}

// own gives an account that this layer may change.
func (l *layer) own(id string) *account {
	if a, ok := l.accounts[id]; ok {
		return a
	}
	below, _ := l.account(id)
	a := below.copied()
	a.changed = true
	l.accounts[id] = a
	return a
}

func (l *layer) transfer(id string) (t *ledger.Stored, known bool) {
	for at := l; at != nil; at = at.below {
		if t, ok := at.transfers[id]; ok {
			return t, true
		}
	}
	return nil, false
}

func (l *layer) record(key recordKey) (r *record, known bool) {
	for at := l; at != nil; at = at.below {
		if r, ok := at.records[key]; ok {
			return r, true
		}
	}
	return nil, false
}

// merge puts what l did onto the layer below.
func (l *layer) merge() {
	b := l.below
	for id, a := range l.accounts {
		b.accounts[id] = a
	}
	for id, t := range l.transfers {
		b.transfers[id] = t
	}
	for key, r := range l.records {
		b.records[key] = r
	}
	b.opened = append(b.opened, l.opened...)
	b.moved = append(b.moved, l.moved...)
	b.put = append(b.put, l.put...)
}

// remember puts onto the layer below what the next commits will ask for: accounts,
// records, and transfers that wait to be ended. Others are asked for again hardly ever,
// and would only fill the memory.
func (l *layer) remember() {
	for id, t := range l.transfers {
		if t != nil && t.Waits() {
			l.below.transfers[id] = t
		} else {
			delete(l.below.transfers, id)
		}
	}
	for id, a := range l.accounts {
		l.below.accounts[id] = a
	}
	for key, r := range l.records {
		l.below.records[key] = r
	}
}

// size is how much is remembered.
func (l *layer) size() int { return len(l.accounts) + len(l.transfers) + len(l.records) }
