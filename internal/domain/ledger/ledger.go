// Package ledger is double-entry book-keeping: accounts, transfers that move money
// from one to another once, and the lines that each leaves behind. It decides which
// transfer may happen and what its lines are; it keeps nothing. What is kept only
// grows: a transfer is never changed, a mistake is mended by another transfer.
//
// The rules follow those of open ledgers (TigerBeetle's transfers, Formance's
// postings): the id of a transfer is made before it is asked for, a pending transfer
// is resolved at most once, and the lines of every transfer add up to nothing.
package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Kind is what a transfer does.
type Kind uint8

// The kinds of transfers.
const (
	Direct  Kind = iota + 1 // from one account to another at once
	Pending                 // set aside until it is resolved
	Held                    // the same, by the wallet's own decision
	Post                    // what was set aside happens, in whole or in part
	Void                    // it is given up
	Expire                  // the same, because its time has come
)

// resolves tells whether a transfer of this kind ends another one.
func (k Kind) resolves() bool { return k == Post || k == Void || k == Expire }

// opens tells whether a transfer of this kind waits to be ended.
func (k Kind) opens() bool { return k == Pending || k == Held }

// Bounds of a transfer.
const (
	MaxID   = 2 * wallet.MaxID // bytes
	MaxRef  = 2 * wallet.MaxID
	maxBits = 126 // of a sum in smallest units: 38 digits
)

// Account is what a transfer has to know of an account.
type Account struct {
	ID       string
	Currency string
	Scale    int
	Floor    bool // it cannot go below nothing: a customer's. The wallet's own, and those for the world outside, can
	Closed   bool // nothing moves any more
	Frozen   bool // nothing leaves it
}

// Balance is what an account holds, in smallest units. Posted is what there is;
// PendingOut and Held are set aside of it, PendingIn is announced.
type Balance struct {
	Posted, PendingIn, PendingOut, Held big.Int
}

// Available is what can be spent.
func (b *Balance) Available() *big.Int {
	left := new(big.Int).Sub(&b.Posted, &b.PendingOut)
	return left.Sub(left, &b.Held)
}

// Phase is a part of a balance.
type Phase uint8

// The phases of money in an account.
const (
	InPosted Phase = iota + 1
	InPendingIn
	InPendingOut
	InHeld
)

// of is the part of b in a phase.
func (b *Balance) of(p Phase) *big.Int {
	switch p {
	case InPendingIn:
		return &b.PendingIn
	case InPendingOut:
		return &b.PendingOut
	case InHeld:
		return &b.Held
	default:
		return &b.Posted
	}
}

// Line is one line of the ledger: a change of one account in one phase.
type Line struct {
	Account string
	Phase   Phase
	Amount  *big.Int // in smallest units; never nothing
}

// Transfer moves money, once, from Debit to Credit. Whoever asks makes its id before
// asking, so that asking again is harmless.
type Transfer struct {
	ID       string
	Kind     Kind
	Debit    string
	Credit   string
	Amount   *big.Int // in smallest units; of a Post: nil for all of it; of Void and Expire: nil
	Resolves string   // the transfer that a Post, Void or Expire ends
	Expires  int64    // of a Pending or Held, in microseconds; 0: never
	Ref      string   // what it belongs to, such as a payment
	At       int64    // microseconds
}

// Digest tells one transfer from another with the same id: SHA-256 over all that makes
// it what it is, each part with its length. When it was asked for is not part of it.
func (t Transfer) Digest() [sha256.Size]byte {
	buffer := make([]byte, 0, 256)
	part := func(s string) {
		buffer = binary.AppendUvarint(buffer, uint64(len(s)))
		buffer = append(buffer, s...)
	}
	part(t.ID)
	buffer = append(buffer, byte(t.Kind))
	part(t.Debit)
	part(t.Credit)
	if t.Amount != nil {
		part(string(t.Amount.Append(nil, 62)))
	} else {
		part("")
	}
	part(t.Resolves)
	buffer = binary.AppendVarint(buffer, t.Expires)
	part(t.Ref)
	return sha256.Sum256(buffer)
}

// Stored is a transfer that has happened, with what has to be known of it later.
type Stored struct {
	Transfer
	Asked    [sha256.Size]byte // its Digest as it was asked for, before anything was filled in
	Resolved bool              // by another one
}

// Waits tells whether it is set aside, and nothing has ended it.
func (s Stored) Waits() bool { return s.Kind.opens() && !s.Resolved }

// Books are what a transfer is judged by: how the accounts stand at this moment.
type Books interface {
	// Account gives an account and its balance. Errors: NotFound.
	Account(id string) (Account, *Balance, error)
	// Transfer gives one that has happened. Errors: NotFound.
	Transfer(id string) (Stored, error)
}

// The reasons for which a transfer is refused.
const (
	Insufficient = "insufficient"     // the account would fall below nothing
	Resolved     = "resolved_already" // what was set aside is over
	Early        = "too_early"        // its time to expire has not come
	Other        = "another_transfer" // of that id
	Stopped      = "stopped"          // the account is frozen or closed
)

func refuse(op, reason, format string, args ...any) error {
	return &fault.Error{Code: fault.Conflict, Op: op, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Judge decides whether a transfer may happen, and gives it whole, with its lines. Of
// a transfer that has happened already, the same, the lines are nil.
//
// Errors: Conflict with one of the reasons above; NotFound for an account or transfer
// that is not there; Invalid.
func Judge(books Books, t Transfer) (Transfer, []Line, error) {
	const op = "ledger.Judge"
	if t.ID == "" || len(t.ID) > MaxID || len(t.Ref) > MaxRef {
		return t, nil, fault.InvalidField(op, "id", "is missing or too long")
	}
	if before, err := books.Transfer(t.ID); err == nil {
		if before.Asked != t.Digest() {
			return t, nil, refuse(op, Other, "the transfer %s is there already, and is another one", t.ID)
		}
		return before.Transfer, nil, nil
	} else if !fault.Is(err, fault.NotFound) {
		return t, nil, err
	}
	lines, err := open(books, &t)
	if err != nil {
		return t, nil, err
	}
	if t.Debit == t.Credit {
		return t, nil, fault.InvalidField(op, "credit", "is the account that is debited")
	}
	lines = append(lines, moved(t)...)
	if err := check(books, t, lines); err != nil {
		return t, nil, err
	}
	return t, lines, nil
}

// open gives the lines that take back what a transfer resolves, and fills the transfer
// in; for others it judges what they say.
func open(books Books, t *Transfer) ([]Line, error) {
	const op = "ledger.open"
	if !t.Kind.resolves() {
		if t.Kind < Direct || t.Kind > Expire {
			return nil, fault.InvalidField(op, "kind", "is unknown")
		}
		if t.Resolves != "" || t.Amount == nil || t.Amount.Sign() <= 0 || t.Amount.BitLen() > maxBits || (t.Expires != 0 && !t.Kind.opens()) {
			return nil, fault.InvalidField(op, "amount", "is not above nothing, or the transfer says what its kind does not")
		}
		return nil, nil
	}
	if t.Debit != "" || t.Credit != "" || t.Expires != 0 {
		return nil, fault.InvalidField(op, "debit", "is that of the transfer which is resolved")
	}
	before, err := books.Transfer(t.Resolves)
	switch {
	case err != nil:
		return nil, err
	case !before.Kind.opens():
		return nil, refuse(op, Resolved, "the transfer %s was never pending", t.Resolves)
	case before.Resolved:
		return nil, refuse(op, Resolved, "the transfer %s is resolved already", t.Resolves)
	case t.Kind == Expire && (before.Expires == 0 || t.At < before.Expires):
		return nil, refuse(op, Early, "the time of the transfer %s has not come", t.Resolves)
	}
	t.Debit, t.Credit = before.Debit, before.Credit
	switch {
	case t.Kind != Post && t.Amount != nil:
		return nil, fault.InvalidField(op, "amount", "belongs to no transfer that gives up another")
	case t.Kind == Post && t.Amount == nil:
		t.Amount = before.Amount
	case t.Kind == Post && (t.Amount.Sign() <= 0 || t.Amount.Cmp(before.Amount) > 0):
		return nil, fault.InvalidField(op, "amount", "is not between nothing and what was set aside")
	}
	phase := InPendingOut
	if before.Kind == Held {
		phase = InHeld
	}
	back := new(big.Int).Neg(before.Amount)
	return []Line{{before.Debit, phase, back}, {before.Credit, InPendingIn, back}}, nil
}

// moved gives the lines of what a transfer does itself.
func moved(t Transfer) []Line {
	switch t.Kind {
	case Direct, Post:
		return []Line{{t.Debit, InPosted, new(big.Int).Neg(t.Amount)}, {t.Credit, InPosted, t.Amount}}
	case Pending:
		return []Line{{t.Debit, InPendingOut, t.Amount}, {t.Credit, InPendingIn, t.Amount}}
	case Held:
		return []Line{{t.Debit, InHeld, t.Amount}, {t.Credit, InPendingIn, t.Amount}}
	default:
		return nil
	}
}

// check sees to it that both accounts are of one currency and open, and that the one
// that gives does not fall below nothing where it must not. To give up what was set
// aside is always possible: it frees money.
func check(books Books, t Transfer, lines []Line) error {
	const op = "ledger.check"
	debit, balance, err := books.Account(t.Debit)
	if err != nil {
		return err
	}
	credit, _, err := books.Account(t.Credit)
	if err != nil {
		return err
	}
	if debit.Currency != credit.Currency || debit.Scale != credit.Scale {
		return fault.InvalidField(op, "credit", "is of another currency")
	}
	if t.Kind == Void || t.Kind == Expire {
		return nil
	}
	if debit.Closed || credit.Closed || (debit.Frozen && t.Kind != Post) {
		return refuse(op, Stopped, "one of the accounts is stopped")
	}
	if !debit.Floor {
		return nil
	}
	after := *balance // big.Int values: each is replaced below, never changed in place
	for _, l := range lines {
		if l.Account == t.Debit {
			*after.of(l.Phase) = *new(big.Int).Add(after.of(l.Phase), l.Amount)
		}
	}
	if after.Available().Sign() < 0 {
		return refuse(op, Insufficient, "the account %s would fall below nothing", t.Debit)
	}
	return nil
}

// Apply adds a line to the balance of its account.
func (b *Balance) Apply(l Line) {
	part := b.of(l.Phase)
	part.Add(part, l.Amount)
}

// IsInsufficient tells whether an error of Judge says that there is not enough money.
func IsInsufficient(err error) bool { return fault.ReasonOf(err) == Insufficient }
