package demowallet_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/books"
	"kefu/internal/storage/storagetest"
)

// The names by which a process that is to be killed is told what to do.
const (
	killDir   = "KEFU_KILLED_DIR" // where its books are
	killDSN   = "KEFU_KILLED_DSN"
	killTimes = "KEFU_KILLS" // how often a process is killed; default a few times
)

// entry is a line of the journal: what a process asked for, and what it was told.
type entry struct {
	Order   *demowallet.Order `json:"order,omitempty"`
	Command *wallet.Command   `json:"command,omitempty"`
	Key     string            `json:"key"`
	Act     wallet.Act        `json:"act,omitempty"`
	Target  string            `json:"target,omitempty"`
	Told    string            `json:"told,omitempty"` // the id of what came of it; "" when it was only asked for
}

type journal struct {
	mu   sync.Mutex
	file *os.File
}

func (j *journal) note(t testing.TB, e entry) {
	text, err := json.Marshal(e)
	must(t, err)
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err = j.file.Write(append(text, '\n'))
	must(t, err)
}

// restless is a wallet with its books, as one process after another has it.
func restless(t testing.TB, dir, dsn string) (h *house, closed func()) {
	t.Helper()
	var store *books.Store
	var err error
	for range 100 { // the claim of a process that was killed ends with its connection
		store, err = books.Open(context.Background(), books.Options{DSN: dsn, Dir: books.Folder(dir), Clock: clock.System})
		if !fault.Is(err, fault.Conflict) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- store.Run(ctx) }()
	h = on(t, store, clock.System, func(o *demowallet.Options) { o.Pace = 100_000 })
	must(t, h.Seed(context.Background(), demoPeople()[:3]))
	return h, func() {
		cancel()
		must(t, errors.Join(<-done, store.Close()))
	}
}

// TestKilledChild is the process that is killed: it pays, asks for refunds, disputes,
// recalls and freezes without an end, several at once.
func TestKilledChild(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		t.Skip("it is started by the test that kills it")
	}
	file, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	h, _ := restless(t, dir, os.Getenv(killDSN))
	go func() { _ = h.Run(context.Background()) }()
	j := &journal{file: file}
	fmt.Println("ready")
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			for {
				h.something(t, j)
			}
		})
	}
	wait.Wait()
}

// something asks the wallet for one thing.
func (h *house) something(t testing.TB, j *journal) {
	ctx := context.Background()
	if rand.IntN(4) == 0 {
		h.leave(t, j)
		return
	}
	who := demoPeople()[rand.IntN(3)].ID
	if rand.IntN(3) > 0 {
		h.order(t, j, who)
		return
	}
	page, err := h.Transactions(ctx, wallet.Actor{}, wallet.Query{CustomerID: who, Limit: 60})
	must(t, err)
	tx := page.Items[rand.IntN(len(page.Items))]
	c := wallet.Command{Key: id.New(), CustomerID: who, Target: tx.ID, Reason: "test", Expect: string(tx.State), Approvals: agreed()}
	switch rand.IntN(8) {
	case 0, 1, 2:
		c.Act, c.Amount = wallet.RequestRefund, tx.Amount
		if half, err := wallet.Units(new(big.Int).Rsh(tx.Amount.Smallest(), 1), tx.Amount.Currency(), tx.Amount.Scale()); err == nil && half.Sign() > 0 && rand.IntN(2) == 0 {
			c.Amount = half
		}
	case 3:
		c.Act, c.Reason = wallet.OpenDispute, "unauthorised"
	case 4:
		c.Act = wallet.Recall
	case 5:
		c.Act = wallet.RequestInspection
	case 6:
		c.Act = wallet.ReleaseHold
	default:
		disputes, err := h.Disputes(ctx, wallet.Actor{}, who)
		must(t, err)
		if len(disputes) == 0 {
			return
		}
		d := disputes[rand.IntN(len(disputes))]
		c.Act, c.Target, c.Amount, c.Expect = wallet.GrantCredit, d.ID, d.Amount, string(d.State)
	}
	if c.Act.MovesMoney() {
		asked, err := h.Ask(ctx, agent(), wallet.Ask{Key: id.New(), CustomerID: who, Case: agent().Case, Act: c.Act, Target: c.Target, Amount: c.Amount, Level: 2, Nonce: id.New()})
		must(t, err)
		asked, err = h.Answer(ctx, who, asked.ID, true, "")
		must(t, err)
		c.Assertion = asked.Assertion
	}
	j.note(t, entry{Command: &c, Key: c.Key, Act: c.Act, Target: c.Target})
	o, err := h.Do(ctx, agent(), c)
	must(t, err)
	if o.Refusal != wallet.StepUpRequired {
		j.note(t, entry{Command: &c, Key: c.Key, Act: c.Act, Target: c.Target, Told: o.ID})
	}
}

// leave takes one of those who come and go a step further: to their money, to the end, and
// to what comes when it is over.
func (h *house) leave(t testing.TB, j *journal) {
	ctx := context.Background()
	who := leaverOf(rand.IntN(leavers))
	if _, err := h.Customer(ctx, wallet.Actor{}, who); fault.Is(err, fault.NotFound) {
		if err := h.Seed(ctx, []demowallet.Person{{ID: who, Name: "Kim Lee", New: true}}); !fault.Is(err, fault.Conflict) {
			must(t, err)
		}
		return
	}
	do := func(c wallet.Command, level int) wallet.Operation {
		asked, err := h.Ask(ctx, agent(), wallet.Ask{Key: id.New(), CustomerID: who, Case: agent().Case, Act: c.Act, Target: c.Target, Amount: c.Amount, Level: level, Nonce: id.New()})
		must(t, err)
		asked, err = h.Answer(ctx, who, asked.ID, true, "")
		must(t, err)
		c.Assertion = asked.Assertion
		j.note(t, entry{Command: &c, Key: c.Key, Act: c.Act, Target: c.Target})
		o, err := h.Do(ctx, agent(), c)
		must(t, err)
		if o.Refusal != wallet.StepUpRequired {
			j.note(t, entry{Command: &c, Key: c.Key, Act: c.Act, Target: c.Target, Told: o.ID})
		}
		return o
	}
	s, err := h.Closure(ctx, wallet.Actor{}, who)
	must(t, err)
	end := func(a wallet.Act) {
		do(wallet.Command{Key: id.New(), Act: a, CustomerID: who, Reason: "asked", Expect: string(s.State)}, 3)
	}
	switch {
	case s.State == closing.Cooling && rand.IntN(3) == 0:
		end(wallet.KeepOpen)
	case s.State == closing.Cooling:
		if err := h.Hasten(ctx, who); !fault.Is(err, fault.Conflict) {
			must(t, err)
		}
	case s.State == closing.Open && s.Ready():
		end(wallet.Close)
	case s.State == closing.Open:
		h.settle(t, who, do)
	}
}

// leavers are how many come and go.
const leavers = 6

func leaverOf(n int) string { return "leaver-" + strconv.Itoa(n) }

// gone judges those who came and went: who is gone has nothing, and nobody is half gone.
func (h *house) gone(t testing.TB) (n int) {
	t.Helper()
	for i := range leavers {
		s, err := h.Closure(context.Background(), wallet.Actor{}, leaverOf(i))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		must(t, err)
		must(t, s.Validate())
		accounts, err := h.Accounts(context.Background(), wallet.Actor{}, leaverOf(i))
		must(t, err)
		for _, a := range accounts {
			if (a.Status == "closed") != (s.State == closing.Closed) {
				t.Errorf("%s is %s, and its customer %s", a.ID, a.Status, s.State)
			}
		}
		if s.State == closing.Closed {
			n++
			h.empty(t, leaverOf(i))
		}
	}
	return n
}

// order pays something, with some fate.
func (h *house) order(t testing.TB, j *journal, who string) {
	list, err := h.Balances(context.Background(), wallet.Actor{}, who)
	must(t, err)
	i := 0
	for list[i].AccountID != who+":main" {
		i++
	}
	amount, err := wallet.Units(big.NewInt(1+rand.Int64N(900)), list[i].Total.Currency(), list[i].Total.Scale())
	must(t, err)
	rail := rails.Names()[rand.IntN(len(rails.Names()))]
	codes, err := h.Codes(rail)
	must(t, err)
	o := demowallet.Order{Ref: id.New(), CustomerID: who, Kind: wallet.KindPayment, Amount: amount, Rail: rail, Fate: rails.Fate{Kind: rails.Kinds()[rand.IntN(len(rails.Kinds()))]}}
	for raw := range codes {
		o.Fate.Raw = raw
	}
	if o.Fate.Then = rails.Fine; rand.IntN(2) == 0 {
		o.Fate.Then = rails.Refused
	}
	if rand.IntN(3) == 0 {
		o.Kind, o.Counterparty = wallet.KindTransfer, &wallet.Counterparty{Name: "Somebody"}
	}
	j.note(t, entry{Order: &o, Key: o.Ref})
	paid, err := h.Pay(context.Background(), o)
	must(t, err)
	told := "nothing"
	if paid.Transaction != nil {
		told = paid.Transaction.ID
	}
	j.note(t, entry{Order: &o, Key: o.Ref, Told: told})
}

// A process that pays, refunds, disputes and recalls is killed at any moment, again and
// again. Afterwards the books are whole, no state of a payment disagrees with its money,
// and nothing that was asked for was done twice.
func TestKilledAtAnyMoment(t *testing.T) {
	kills := 3
	if text := os.Getenv(killTimes); text != "" {
		var err error
		kills, err = strconv.Atoi(text)
		must(t, err)
	}
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		if d.DSN != "" {
			var schema string
			d.Scan(t, "SELECT current_schema()", &schema)
			t.Cleanup(func() { d.Exec(t, "DROP SCHEMA IF EXISTS "+schema+"_books CASCADE") })
		}
		for n := range kills {
			killOnce(t, d)
			if kills > 10 && n%10 == 9 || n == kills-1 {
				afterwards(t, d, n+1)
			}
		}
	})
}

// killOnce starts a process and kills it some time after it began to work.
func killOnce(t *testing.T, d *storagetest.Deployment) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledChild$", "-test.timeout=10m")
	child.Env = append(os.Environ(), killDir+"="+d.Dir, killDSN+"="+d.DSN)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	lines := bufio.NewScanner(out)
	ready := false
	for lines.Scan() {
		if ready = lines.Text() == "ready"; ready {
			break
		}
		t.Log(lines.Text())
	}
	time.Sleep(time.Duration(50+rand.IntN(2000)) * time.Millisecond)
	must(t, child.Process.Kill())
	rest, _ := io.ReadAll(out) // it was killed: what it still said may be cut off
	err = child.Wait()
	var ended *exec.ExitError
	if !ready || strings.Contains(string(rest), "FAIL") || !errors.As(err, &ended) || ended.Exited() {
		t.Fatalf("the process ended by itself: %v\n%s", err, rest)
	}
}

// afterwards opens the books again, lets what was begun come to its end, and judges all
// of it.
func afterwards(t *testing.T, d *storagetest.Deployment, kills int) {
	t.Helper()
	h, closed := restless(t, d.Dir, d.DSN)
	defer closed()
	ctx := context.Background()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		n, _, err := h.Tick(ctx)
		must(t, err)
		if n == 0 {
			break // what comes later may come
		}
	}
	judge(t, h)
	transactions, left := h.wholeLives(t), h.gone(t)
	before := h.everything(t)
	asked, doubted := h.askAgain(t, filepath.Join(d.Dir, "journal"))
	if after := h.everything(t); kills > 0 && doubted == 0 && after != before {
		t.Errorf("to ask again changed something:\n%s\nbefore:\n%s", after, before)
	}
	judge(t, h)
	proof, err := h.books.Verify(ctx)
	must(t, err)
	t.Logf("%s: %d kills, %d requests, %d of them not answered, %d payments, %d gone, %d transfers, %d lines", d.Kind, kills, asked, doubted, transactions, left, proof.Transfers, proof.Lines)
}

// everything is what everybody has.
func (h *house) everything(t testing.TB) string {
	var text strings.Builder
	for _, p := range demoPeople()[:3] {
		list, err := h.Balances(context.Background(), wallet.Actor{}, p.ID)
		must(t, err)
		for _, b := range list {
			fmt.Fprintln(&text, b.AccountID, b.Total, b.PendingOut, b.PendingIn, b.Held)
		}
	}
	return text.String()
}

// wholeLives judges every payment, and that what the accounts hold is what the payments
// did, to the last unit.
func (h *house) wholeLives(t testing.TB) int {
	t.Helper()
	ctx := context.Background()
	total := 0
	for _, p := range demoPeople()[:3] {
		sums := map[string]*ledger.Balance{}
		list := all(t, h, wallet.Query{CustomerID: p.ID, Limit: wallet.MaxPage})
		refunds := map[string]*big.Int{}
		for n, tx := range list {
			total++
			must(t, tx.Validate())
			if n < 150 { // each alone takes a look through all transfers
				agreeOrBack(t, h, tx)
			}
			if sums[tx.AccountID] == nil {
				sums[tx.AccountID] = &ledger.Balance{}
			}
			posted, out, held, in := effect(tx)
			if tx.State == wallet.Reversed && tx.Direction == wallet.Out { // what refunds had brought did not come back again
				posted.Sub(posted, refunded(t, h, tx.ID, list))
			}
			s := sums[tx.AccountID]
			s.Posted.Add(&s.Posted, posted)
			s.PendingOut.Add(&s.PendingOut, out)
			s.Held.Add(&s.Held, held)
			s.PendingIn.Add(&s.PendingIn, in)
			for _, r := range tx.Related {
				if r.Kind == "refund_of" && tx.State != wallet.Reversed && tx.State != wallet.Voided {
					if refunds[r.ID] == nil {
						refunds[r.ID] = new(big.Int)
					}
					refunds[r.ID].Add(refunds[r.ID], tx.Amount.Smallest())
				}
			}
		}
		for _, tx := range list {
			if back := refunds[tx.ID]; back != nil && back.Cmp(tx.Amount.Smallest()) > 0 {
				t.Fatalf("of %s, %s was taken and %s given back", tx.ID, tx.Amount, back)
			}
		}
		balances, err := h.Balances(ctx, wallet.Actor{}, p.ID)
		must(t, err)
		for _, b := range balances {
			must(t, b.Validate())
			if b.AccountID == p.ID+":points" {
				pointsAgree(t, h, p.ID, b)
				continue
			}
			s := sums[b.AccountID]
			if s == nil {
				s = &ledger.Balance{}
			}
			if b.Total.Smallest().Cmp(&s.Posted) != 0 || b.PendingOut.Smallest().Cmp(&s.PendingOut) != 0 || b.Held.Smallest().Cmp(&s.Held) != 0 || b.PendingIn.Smallest().Cmp(&s.PendingIn) != 0 {
				t.Fatalf("%s holds %s, and its payments make %s; pending %s and %s", b.AccountID, b.Total, &s.Posted, b.PendingOut, &s.PendingOut)
			}
		}
	}
	return total
}

// refunded is what refunds have brought of a payment.
func refunded(t testing.TB, h *house, tx string, list []wallet.Transaction) *big.Int {
	sum := new(big.Int)
	for _, r := range list {
		for _, of := range r.Related {
			if of.Kind == "refund_of" && of.ID == tx && r.State == wallet.Posted {
				sum.Add(sum, r.Amount.Smallest())
			}
		}
	}
	return sum
}

// agreeOrBack is agree for what was refunded in part before it was reversed, too.
func agreeOrBack(t testing.TB, h *house, tx wallet.Transaction) {
	t.Helper()
	if tx.State == wallet.Reversed && len(tx.Related) > 0 {
		return // judged by the sums
	}
	agree(t, h, tx)
}

// askAgain asks for everything once more that any process had asked for. What was told
// before is told again; what was not answered is done now, or was. It gives how many
// requests there were, and how many of them had no answer.
func (h *house) askAgain(t testing.TB, path string) (asked, doubted int) {
	t.Helper()
	ctx := context.Background()
	file, err := os.Open(path)
	must(t, err)
	defer file.Close()
	told, open := map[string]string{}, []entry{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			continue // the kill cut the line off
		}
		if e.Told != "" {
			told[e.Key] = e.Told
		} else {
			open = append(open, e)
		}
	}
	must(t, lines.Err())
	for _, e := range open {
		asked++
		if told[e.Key] == "" {
			doubted++
		}
		if len(open) > 2000 && told[e.Key] != "" && rand.IntN(len(open)/1000) > 0 {
			continue // a sample of what was answered; all that was not
		}
		got := "nothing"
		if e.Order != nil {
			paid, err := h.Pay(ctx, *e.Order)
			must(t, err)
			if paid.Transaction != nil {
				got = paid.Transaction.ID
			}
		} else {
			c := *e.Command
			c.Key, c.Act, c.Target = e.Key, e.Act, e.Target // the address says them
			o, err := h.Do(ctx, agent(), c)
			must(t, err)
			if got = o.ID; o.Refusal == wallet.StepUpRequired {
				got = told[e.Key]
			}
		}
		if told[e.Key] != "" && got != told[e.Key] {
			t.Fatalf("under the key %s it was told %s, and now %s", e.Key, told[e.Key], got)
		}
	}
	return asked, doubted
}
