package transfers_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/flow/selfservice/story"
	"kefu/internal/flow/selfservice/transfers"
	"kefu/internal/platform/fault"
)

const (
	usual     = "0x7e5F4552091A69125d5DfCb7b8C2659029395Bdf"
	lookAlike = "0x7e5F9C1d04aB6630e2b1F4c8A5d9017733f15Bdf"
	txid      = "0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"
)

func now() wallet.Time { return wallet.At(time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)) }

// networks is a wallet that tells of transfers.
type networks struct {
	all  []onchain.Transfer
	down bool
}

func (n networks) Of() any                                        { return n }
func (n networks) Reads(_ context.Context, r wallet.Reading) bool { return r == wallet.ReadOnchain }
func (n networks) In(context.Context) (wallet.Actor, string, error) {
	return wallet.Actor{}, "c-1", nil
}
func (n networks) Transfers(_ context.Context, _ wallet.Actor, _, of string) ([]onchain.Transfer, error) {
	if n.down {
		return nil, fault.New(fault.Unavailable, "test", "down")
	}
	var list []onchain.Transfer
	for _, t := range n.all {
		if of == "" || onchain.SameTxID(t.TxID, of) {
			list = append(list, t)
		}
	}
	return list, nil
}

func (n networks) Transfer(_ context.Context, _ wallet.Actor, _, of string) (onchain.Transfer, error) {
	for _, t := range n.all {
		if t.ID == of {
			return t, nil
		}
	}
	return onchain.Transfer{}, fault.New(fault.NotFound, "test", "none")
}

func ether(t *testing.T, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "ETH", 18)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// transfer is a good one, changed.
func transfer(t *testing.T, change ...func(*onchain.Transfer)) onchain.Transfer {
	t.Helper()
	x := onchain.Transfer{
		ID: "ch-1", CustomerID: "c-1", TransactionID: "tx-1", Direction: wallet.Out, Amount: ether(t, "0.25"), Network: "Ethereum", TxID: txid, Address: usual,
		State: onchain.Pending, Confirmations: 3, Needed: 65, SeenAt: now() - 3_600_000_000, ExpectedBy: now() - 60_000_000,
	}
	for _, f := range change {
		f(&x)
	}
	if err := x.Validate(); err != nil {
		t.Fatal(err)
	}
	return x
}

func call(t *testing.T, n networks, read string, args map[string]selfservice.Value) (*sheet.Sheet, error) {
	t.Helper()
	r, err := reads.New(transfers.Reads()...)
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Call(t.Context(), read, reads.Asked{Run: "r-1", Args: args, Wallet: n, Now: now()})
	if err != nil {
		return nil, err
	}
	return v.Sheet, nil
}

func payment(id string) map[string]selfservice.Value {
	return map[string]selfservice.Value{"payment": {Type: selfservice.Payment, Payment: &selfservice.PaymentFact{ID: id, There: true}}}
}

func lines(s *sheet.Sheet, lang string) string { return strings.Join(s.Lines(lang, false), "\n") }

func TestATransferIsToldAsTheWalletHasIt(t *testing.T) {
	s, err := call(t, networks{all: []onchain.Transfer{transfer(t)}}, "chain_told", payment("tx-1"))
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Facts; f["state"].Word != "pending" || f["confirmations"].Count != 3 || f["needed"].Count != 65 || !f["late"].Yes || !f["left_wallet"].Yes || f["incoming"].Yes || f["alike"].Yes {
		t.Errorf("%+v", f)
	}
	if text := lines(s, "en"); !strings.Contains(text, "3 of 65") || !strings.Contains(text, "0.25") || !strings.Contains(text, "0x5c504ed4…a1b22060") || !strings.Contains(text, txid) || strings.Contains(text, usual) {
		t.Error(text)
	}
	for name, want := range map[string][2]string{"so_far": {"3 of 65", "3/65"}} {
		if got := [2]string{s.Named[name].Line("en", false), s.Named[name].Line("zh", false)}; got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if _, err := call(t, networks{}, "chain_told", payment("tx-1")); !fault.Is(err, fault.NotFound) {
		t.Errorf("a payment that no network knows: %v", err)
	}
	if _, err := call(t, networks{down: true}, "chain_told", payment("tx-1")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a wallet that does not answer: %v", err)
	}
}

// One that the wallet holds, and of which its customer must not hear, is told as one that
// takes its time: word for word.
func TestWhatIsHeldInSilenceIsToldLikeAnyOther(t *testing.T) {
	incoming := func(x *onchain.Transfer) { x.Direction, x.Confirmations = wallet.In, 65 }
	held := transfer(t, incoming, func(x *onchain.Transfer) { x.State = onchain.Held })
	plain := transfer(t, incoming, func(x *onchain.Transfer) { x.State = onchain.Confirmed })
	a, err := call(t, networks{all: []onchain.Transfer{held}}, "chain_told", payment("tx-1"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := call(t, networks{all: []onchain.Transfer{plain}}, "chain_told", payment("tx-1"))
	if err != nil || lines(a, "en") != lines(b, "en") || lines(a, "zh") != lines(b, "zh") || a.Facts["state"].Word != b.Facts["state"].Word {
		t.Errorf("%v:\n%s\n%s", err, lines(a, "en"), lines(b, "en"))
	}
	held.Disclosable = true
	if s, err := call(t, networks{all: []onchain.Transfer{held}}, "chain_told", payment("tx-1")); err != nil || s.Facts["state"].Word != "held" {
		t.Errorf("%+v %v", s, err)
	}
}

// What bringing back costs, and what is left, are the wallet's own figures to the last
// unit.
func TestWhatBringingBackCostsIsExact(t *testing.T) {
	astray := transfer(t, func(x *onchain.Transfer) {
		x.ID, x.TransactionID, x.Direction, x.State, x.Confirmations, x.Problem, x.SentOn = "dp-1", "", wallet.In, onchain.Confirmed, 70, onchain.WrongNetwork, "Polygon"
		x.Amount = ether(t, "0.500000000000000001")
		x.Retrieval = &onchain.Retrieval{Chance: onchain.Possible, Fee: ether(t, "0.025"), Left: ether(t, "0.475000000000000001"), Hours: [2]int{48, 240}, AskBy: now() + 1}
	})
	n := networks{all: []onchain.Transfer{astray}}
	s, err := call(t, n, "chain_told", map[string]selfservice.Value{"transfer": {Type: selfservice.Entry, Entry: &sheet.Entry{ID: "dp-1"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"fee": "0.025", "left": "0.475000000000000001", "amount": "0.500000000000000001"} {
		if got := s.Named[name].Line("en", false); !strings.Contains(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	n.all[0].Retrieval.Hours = [2]int{0, 1}
	if soon, err := call(t, n, "chain_told", map[string]selfservice.Value{"transfer": {Type: selfservice.Entry, Entry: &sheet.Entry{ID: "dp-1"}}}); err != nil || soon.Named["takes"].Line("en", false) != "at most 60 min" || strings.Contains(lines(soon, "en"), " to ") {
		t.Errorf("without a least time: %q %v", soon.Named["takes"].Line("en", false), err)
	}
	if text := lines(s, "en"); !strings.Contains(text, "65 of 65") { // more than are needed tell nobody anything
		t.Error(text)
	}
	if s.Facts["retrieval"].Word != "possible" || !strings.Contains(lines(s, "zh"), "Polygon") {
		t.Errorf("%+v", s.Facts)
	}
}

// An address that was made to look like one that was used before is shown piece by piece,
// and never as a whole.
func TestALookAlikeIsComparedAndNeverShownWhole(t *testing.T) {
	before := transfer(t, func(x *onchain.Transfer) { x.ID, x.TransactionID, x.SeenAt = "ch-0", "tx-0", now()-90_000_000_000 })
	poisoned := transfer(t, func(x *onchain.Transfer) { x.Address = lookAlike })
	s, err := call(t, networks{all: []onchain.Transfer{poisoned, before}}, "chain_told", payment("tx-1"))
	if err != nil || !s.Facts["alike"].Yes {
		t.Fatalf("%+v %v", s, err)
	}
	if text := lines(s, "en"); strings.Contains(text, lookAlike) || !strings.Contains(text, "yours 4552, this one 9C1d") {
		t.Error(text)
	}
	if s, err := call(t, networks{all: []onchain.Transfer{poisoned, before}}, "chain_told", payment("tx-0")); err != nil || s.Facts["alike"].Yes {
		t.Errorf("the first of the two is taken for the copy: %v", err)
	}
}

// What somebody pastes finds a transfer, and never becomes a link.
func TestWhatIsPastedFindsATransfer(t *testing.T) {
	r, err := reads.New(transfers.Reads()...)
	if err != nil {
		t.Fatal(err)
	}
	n := networks{all: []onchain.Transfer{transfer(t)}}
	for text, want := range map[string]int{
		txid: 1, strings.ToUpper(txid[2:]): 1, "https://evil.example/tx/" + txid + "?x=1": 1, " " + txid + "\n": 1, "hello": 0, "": 0, txid[:20]: 0, strings.Repeat("a", 300): 0,
	} {
		list, err := r.List(t.Context(), "chain_found", reads.Asked{Run: "r-1", Args: map[string]selfservice.Value{"txid": {Type: selfservice.Text, Text: text}}, Wallet: n, Now: now()})
		if err != nil || len(list) != want {
			t.Errorf("%q finds %d: %v", text, len(list), err)
		}
	}
	if list, err := r.List(t.Context(), "chain_found", reads.Asked{Run: "r-1", Wallet: n, Now: now()}); err != nil || len(list) != 0 {
		t.Errorf("what is not astray is offered: %+v %v", list, err)
	}
}

// The notice to the exchange reaches whoever takes the run over whole, however long the
// names are on its network, after the run went on in another flow too; and what looks for
// secrets leaves it alone.
func TestTheNoticeReachesStaffWhole(t *testing.T) {
	long := strings.Repeat("aB3", 42)
	address := "bc1" + strings.Repeat("qz5", 29)
	x := transfer(t, func(x *onchain.Transfer) { x.TxID, x.Address = long, address })
	s, err := call(t, networks{all: []onchain.Transfer{x}}, "exchange_notice", payment("tx-1"))
	if err != nil {
		t.Fatal(err)
	}
	d := &selfservice.Definition{ID: "FL17", Slots: map[string]selfservice.Slot{"notice": {Type: selfservice.Sheet}}}
	left := selfservice.Leg{Flow: "FL17", Slots: map[string]selfservice.Value{"notice": {Type: selfservice.Sheet, Sheet: s}}}
	for _, lang := range []string{"en", "zh"} {
		told := story.Answers(d, selfservice.CarriedBefore(d, left), lang, nil, nil)
		if len(told) != 1 || !strings.Contains(told[0].Value, long) || !strings.Contains(told[0].Value, address) || strings.HasSuffix(told[0].Value, "…") {
			t.Errorf("%s: %+v", lang, told)
		}
	}
	real, err := call(t, networks{all: []onchain.Transfer{transfer(t)}}, "exchange_notice", payment("tx-1"))
	if err != nil {
		t.Fatal(err)
	}
	detector, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "zh"} {
		if found := detector.Scan(lines(real, lang)); len(found) > 0 {
			t.Errorf("%s: %+v is taken for a secret", lang, found)
		}
	}
	if _, err := call(t, networks{all: []onchain.Transfer{transfer(t, func(x *onchain.Transfer) { x.Direction = wallet.In })}}, "exchange_notice", payment("tx-1")); !fault.Is(err, fault.NotFound) {
		t.Errorf("of what came in: %v", err)
	}
}

// The example's wallet is told of like any other.
func TestTheExamplesWalletIsToldOf(t *testing.T) {
	w := memory.New(memory.Options{})
	all, err := w.Transfers(t.Context(), wallet.Actor{}, memory.Anna, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		s, err := call(t, networks{all: all}, "chain_told", map[string]selfservice.Value{"transfer": {Type: selfservice.Entry, Entry: &sheet.Entry{ID: x.ID}}})
		if err != nil || s.Facts["state"].Word != string(x.Told().State) {
			t.Errorf("%s: %+v %v", x.ID, s, err)
		}
	}
}
