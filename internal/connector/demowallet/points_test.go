package demowallet_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/loyalty"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// collector is a wallet with somebody in it who has just begun, and some points from before.
func collector(t testing.TB) *lively {
	t.Helper()
	l := live(t)
	must(t, l.Seed(context.Background(), []demowallet.Person{{ID: leaver, Name: "Zoe Novak", Language: "en", New: true}, {ID: "cust-anna", Name: "Anna Schmidt"}}))
	return l
}

func pounds(t testing.TB, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "GBP", 2)
	must(t, err)
	return m
}

func pts(t testing.TB, n int64) wallet.Money {
	t.Helper()
	m, err := points.Sum(n, loyalty.Unit)
	must(t, err)
	return m
}

// standing is what is told of the points of who collects them, which the ledger has as well.
func (l *lively) standing(t testing.TB) points.Standing {
	t.Helper()
	s, err := l.Points(context.Background(), agent(), leaver)
	must(t, err)
	must(t, s.Validate())
	list, err := l.Balances(context.Background(), wallet.Actor{}, leaver)
	must(t, err)
	for _, b := range list {
		if b.AccountID == leaver+":points" {
			pointsAgree(t, l.house, leaver, b)
		}
	}
	return s
}

func (l *lively) earning(t testing.TB, tx string) points.Earning {
	t.Helper()
	e, err := l.Earning(context.Background(), agent(), leaver, tx)
	must(t, err)
	must(t, e.Validate())
	return e
}

// shop buys something.
func (l *lively) shop(t testing.TB, amount string, change ...func(*demowallet.Order)) wallet.Transaction {
	t.Helper()
	o := demowallet.Order{
		CustomerID: leaver, Kind: wallet.KindPayment, Amount: pounds(t, amount), Rail: "card", InstrumentID: leaver + ":card", Fate: rails.Fate{Kind: rails.Fine}, Merchant: &wallet.Merchant{Name: "Corner shop", Category: "5411"},
	}
	for _, f := range change {
		f(&o)
	}
	paid, err := l.Pay(context.Background(), o)
	must(t, err)
	return *paid.Transaction
}

func (l *lively) giveBack(t testing.TB, tx string, sum string) {
	t.Helper()
	now := l.tx(t, leaver, tx)
	c := command(wallet.RequestRefund, tx, ofLeaver, amount(pounds(t, sum)), expect(string(now.State)))
	if o := l.do(t, l.proven(t, c, 2)); o.State != wallet.OpSucceeded {
		t.Fatalf("%+v", o)
	}
	l.pass(t, 8*24*time.Hour)
}

func redeeming(t testing.TB, reward string, n int64, change ...func(*wallet.Command)) wallet.Command {
	t.Helper()
	return command(wallet.RedeemPoints, reward, append([]func(*wallet.Command){ofLeaver, amount(pts(t, n)), expect(points.Open)}, change...)...)
}

const week = 7 * 24 * time.Hour

func TestPointsComeAndGo(t *testing.T) {
	l := collector(t)
	before := l.standing(t)
	if !before.Member || before.Balance <= 0 || len(before.Lots) != 1 || before.Lots[0].Transaction != "" {
		t.Fatalf("%+v", before)
	}
	tx := l.shop(t, "268.90")
	if e := l.earning(t, tx.ID); e.State != "due" || e.Points != 268 || e.Claimable || e.DueBy == 0 {
		t.Errorf("just paid: %+v", e)
	}
	l.pass(t, 30*time.Hour)
	if s, e := l.standing(t), l.earning(t, tx.ID); s.Pending != 268 || s.Balance != before.Balance || e.State != "pending" || e.Lot == "" {
		t.Errorf("collected: %+v %+v", s, e)
	}
	l.pass(t, 2*week)
	if s, e := l.standing(t), l.earning(t, tx.ID); s.Pending != 0 || s.Balance != before.Balance+268 || e.State != "ready" {
		t.Errorf("ready: %+v %+v", s, e)
	}
	if n, at := l.standing(t).Soon(); n != before.Balance || at == 0 { // what was there before lasts less long
		t.Errorf("%d expire at %s", n, at.Std())
	}
	l.pass(t, 53*week)
	s := l.standing(t)
	if s.Balance != 0 || s.Lots[0].Expired != 268 || s.Lots[0].State != points.Over {
		t.Errorf("expired: %+v", s)
	}
	for _, c := range []struct {
		amount string
		change func(*demowallet.Order)
		why    points.Code
	}{
		{"0.80", func(*demowallet.Order) {}, points.TooSmall},
		{"3.50", func(o *demowallet.Order) { o.Merchant = &wallet.Merchant{Name: "Underground", Category: "4111"} }, points.Excluded},
		{"20.00", func(o *demowallet.Order) {
			o.Kind, o.Merchant, o.Counterparty = wallet.KindTransfer, nil, &wallet.Counterparty{Name: "Sam Reed"}
		}, points.NoPurchase},
		{"12.00", func(o *demowallet.Order) { o.Fate = rails.Fate{Kind: rails.Refused, Raw: "05"} }, points.Unfinished},
	} {
		tx := l.shop(t, c.amount, c.change)
		l.pass(t, 2*24*time.Hour)
		if e := l.earning(t, tx.ID); e.State != "none" || e.Why != c.why || e.Claimable {
			t.Errorf("%s: %+v", c.why, e)
		}
	}
	if _, err := l.Earning(context.Background(), agent(), "cust-anna", tx.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's: %v", err)
	}
}

// What was given back loses its points: those that had not come, those that had, and those
// that were gone, which are owed until others settle them.
func TestPointsAreTakenBack(t *testing.T) {
	l := collector(t)
	soon, late := l.shop(t, "100.00"), l.shop(t, "90.00")
	l.pass(t, 30*time.Hour)
	begun := l.standing(t)
	l.giveBack(t, soon.ID, "40.00")
	if s := l.standing(t); s.Pending != begun.Pending-40 || s.Owed != 0 {
		t.Errorf("a part of what is to come: %+v", s)
	}
	l.pass(t, 2*week)
	all := l.standing(t).Balance
	for l.standing(t).Balance >= 500 { // spend it
		if o := l.do(t, redeeming(t, "rw-coffee", 500)); o.State != wallet.OpSucceeded {
			t.Fatalf("%+v", o)
		}
	}
	if o := l.do(t, redeeming(t, "rw-welcome", 100)); o.State == wallet.OpSucceeded {
		l.refuses(t, redeeming(t, "rw-welcome", 100, expect("closed")), wallet.NotEligible)
	}
	left := l.standing(t).Balance
	more := l.shop(t, "700.00")
	l.pass(t, 3*week)
	if s := l.standing(t); s.Balance != left+700 {
		t.Fatalf("%d of %d, then %+v", left, all, s)
	}
	for l.standing(t).Balance >= 500 {
		l.do(t, redeeming(t, "rw-coffee", 500))
	}
	rest := l.standing(t).Balance
	l.giveBack(t, more.ID, "700.00")
	s := l.standing(t)
	k, ok := s.Lot("pl-" + more.ID)
	if !ok || k.Back() != 700 || s.Balance != rest-700 || s.Owed <= 0 {
		t.Fatalf("after %d: %+v of %+v", rest, k, s)
	}
	if i := slices.IndexFunc(s.Rewards, func(r points.Reward) bool { return r.ID == "rw-coffee" }); s.Rewards[i].Why != points.Owes {
		t.Errorf("%+v", s.Rewards[i])
	}
	l.refuses(t, redeeming(t, "rw-coffee", 500, expect("closed")), wallet.NotEligible)
	l.shop(t, "900.00")
	l.pass(t, 3*week)
	if now := l.standing(t); now.Owed != 0 || now.Balance != s.Balance+900 {
		t.Errorf("settled: %+v", now)
	}
	if e := l.earning(t, late.ID); e.Lot == "" {
		t.Errorf("%+v", e)
	}
	judge(t, l.house)
}

func TestPointsAreRedeemedOnce(t *testing.T) {
	l := collector(t)
	l.shop(t, "2900.00")
	l.pass(t, 3*week)
	begun := l.standing(t)
	dry := redeeming(t, "rw-coffee", 500, func(c *wallet.Command) { c.DryRun = true })
	if o := l.do(t, dry); o.State != wallet.OpProposed || o.Summary.Amount.Cmp(pts(t, 500)) != 0 || l.standing(t).Balance != begun.Balance {
		t.Errorf("looked at: %+v", o)
	}
	l.refuses(t, redeeming(t, "rw-coffee", 499), wallet.StateChanged)
	l.refuses(t, redeeming(t, "rw-cinema", 900, expect("closed")), wallet.NotEligible)
	l.refuses(t, redeeming(t, "rw-weekend", 20_000, expect("closed")), wallet.NotEligible)
	l.refuses(t, redeeming(t, "rw-grocery", 2000), wallet.StepUpRequired)
	c := redeeming(t, "rw-coffee", 500)
	first, again := l.do(t, c), l.do(t, c)
	s := l.standing(t)
	if first.State != wallet.OpSucceeded || again.ID != first.ID || s.Balance != begun.Balance-500 || len(s.Redemptions) != 1 || s.Redemptions[0].Until == 0 {
		t.Errorf("%+v %+v %+v", first, again, s.Redemptions)
	}
	c.Amount = pts(t, 2000)
	if _, err := l.Do(context.Background(), agent(), c); !fault.Is(err, fault.Conflict) {
		t.Errorf("another command under the key: %v", err)
	}
	money := balance(t, l.house, leaver).Total
	if o := l.do(t, redeeming(t, "rw-credit", 1000)); o.State != wallet.OpSucceeded {
		t.Fatalf("%+v", o)
	}
	if got := balance(t, l.house, leaver).Total; got.Cmp(plusOf(t, money, "8.00")) != 0 {
		t.Errorf("%s became %s", money, got)
	}
	if _, err := l.Do(context.Background(), agent(), command(wallet.RedeemPoints, "rw-none", ofLeaver, amount(pts(t, 5)), expect("open"))); !fault.Is(err, fault.NotFound) {
		t.Errorf("what is not offered: %v", err)
	}
	l.do(t, command(wallet.Freeze, "", ofLeaver))
	l.refuses(t, redeeming(t, "rw-coffee", 500), wallet.BlockedByWallet)
	got, err := l.Redeem(context.Background(), leaver, "rw-coffee")
	if must(t, err); got.State != "refused" || got.Why != points.NotNow || got.Validate() != nil {
		t.Errorf("frozen: %+v", got)
	}
	for _, r := range l.standing(t).Rewards { // none is offered that would be refused
		if r.State != "closed" || r.ID == "rw-coffee" && r.Why != points.NotNow {
			t.Errorf("frozen: %+v", r)
		}
	}
	judge(t, l.house)
}

func plusOf(t testing.TB, m wallet.Money, text string) wallet.Money {
	t.Helper()
	sum, err := m.Add(pounds(t, text))
	must(t, err)
	return sum
}

func TestVouchersAndRefusals(t *testing.T) {
	ctx := context.Background()
	l := collector(t)
	l.shop(t, "700.00")
	l.pass(t, 3*week)
	got, err := l.Redeem(ctx, leaver, "rw-coffee")
	must(t, err)
	must(t, l.Use(ctx, leaver, got.ID))
	if err := l.Use(ctx, leaver, got.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("used twice: %v", err)
	}
	if err := l.Use(ctx, "cust-anna", got.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("used by somebody else: %v", err)
	}
	first, err := l.Redeem(ctx, leaver, "rw-welcome")
	must(t, err)
	second, err := l.Redeem(ctx, leaver, "rw-welcome")
	if must(t, err); first.State != "done" || second.State != "refused" || second.Why != points.Once {
		t.Errorf("%+v %+v", first, second)
	}
	l.pass(t, 5*week)
	if s := l.standing(t); s.Redemptions[1].State != "lapsed" || s.Redemptions[2].State != "used" {
		t.Errorf("%+v", s.Redemptions)
	}
}

func TestMissingPointsAreClaimed(t *testing.T) {
	ctx := context.Background()
	l := collector(t)
	must(t, l.Forget(ctx, leaver, 2))
	online := l.shop(t, "45.00")
	l.pass(t, 30*time.Hour)
	till := l.shop(t, "30.00", func(o *demowallet.Order) { o.Kind = wallet.KindInStore })
	l.pass(t, 30*time.Hour)
	claim := func(tx string, change ...func(*wallet.Command)) wallet.Command {
		return command(wallet.ClaimPoints, tx, append([]func(*wallet.Command){ofLeaver, expect("none")}, change...)...)
	}
	if e := l.earning(t, online.ID); !e.Claimable || e.Points != 45 {
		t.Fatalf("%+v", e)
	}
	if _, err := l.Do(ctx, agent(), claim(online.ID, func(c *wallet.Command) { c.CustomerID = "cust-anna" })); !fault.Is(err, fault.NotFound) {
		t.Errorf("of somebody else's purchase: %v", err)
	}
	l.refuses(t, claim(online.ID, expect("due")), wallet.StateChanged)
	l.refuses(t, claim(online.ID, func(c *wallet.Command) {
		c.Files = []wallet.Evidence{{Kind: "receipt", File: wallet.File{Digest: "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069", Type: "image/png", Size: 12}}}
	}), wallet.FileMissing)
	o := l.do(t, claim(online.ID))
	if o.State != wallet.OpSucceeded || o.Summary.ArrivesBy == 0 {
		t.Fatalf("%+v", o)
	}
	l.do(t, claim(till.ID))
	l.refuses(t, claim(online.ID), wallet.AlreadyDone)
	if s := l.standing(t); len(s.Claims) != 2 || s.Claims[0].State != "open" || s.Claims[0].DecideBy != o.Summary.ArrivesBy {
		t.Errorf("%+v", s.Claims)
	}
	l.pass(t, week)
	s := l.standing(t)
	for _, c := range s.Claims {
		want := map[string]points.Code{online.ID: "", till.ID: points.NoProof}[c.Transaction]
		if c.DecidedAt == 0 || c.DecidedAt > c.DecideBy || c.Why != want {
			t.Errorf("%+v", c)
		}
	}
	if e := l.earning(t, online.ID); e.State != "pending" || s.Pending != 45 {
		t.Errorf("%+v %+v", e, s)
	}
	l.refuses(t, claim(online.ID, expect("pending")), wallet.AlreadyDone)
	must(t, l.Forget(ctx, leaver, 1))
	old := l.shop(t, "20.00")
	l.pass(t, 9*week)
	if e := l.earning(t, old.ID); e.Why != points.ClaimLate || e.Claimable {
		t.Errorf("%+v", e)
	}
	l.refuses(t, claim(old.ID), wallet.NotEligible)
}

// Points that did not come are missing of what stays bought: a part that was given back, a
// refund on its way or a dispute takes no more than its own.
func TestMissingPointsOfWhatStaysBought(t *testing.T) {
	ctx := context.Background()
	l := collector(t)
	must(t, l.Forget(ctx, leaver, 3))
	claim := func(tx string) wallet.Command { return command(wallet.ClaimPoints, tx, ofLeaver, expect("none")) }
	part := l.shop(t, "100.00")
	l.pass(t, 30*time.Hour)
	if o := l.do(t, l.proven(t, command(wallet.RequestRefund, part.ID, ofLeaver, amount(pounds(t, "10.00")), expect(string(wallet.Posted))), 2)); o.State != wallet.OpSucceeded {
		t.Fatalf("%+v", o)
	}
	if e := l.earning(t, part.ID); e.Claimable || e.Why != points.RefundOpen || e.Points != 100 {
		t.Errorf("a refund is on its way: %+v", e)
	}
	l.refuses(t, claim(part.ID), wallet.NotEligible)
	l.pass(t, 8*24*time.Hour)
	if e := l.earning(t, part.ID); !e.Claimable || e.Points != 90 {
		t.Errorf("a tenth came back: %+v", e)
	}
	l.do(t, claim(part.ID))
	l.pass(t, week)
	if e, k := l.earning(t, part.ID), lotOf(t, l.standing(t), part.ID); e.Lot == "" || k.Left != 90 || k.Back() != 10 {
		t.Errorf("granted: %+v %+v", e, k)
	}
	l.giveBack(t, part.ID, "20.00") // what comes back later takes its own part and no more
	if k := lotOf(t, l.standing(t), part.ID); k.Left != 70 || k.Back() != 30 {
		t.Errorf("more came back: %+v", k)
	}
	whole := l.shop(t, "40.00")
	l.pass(t, 30*time.Hour)
	l.giveBack(t, whole.ID, "40.00")
	if e := l.earning(t, whole.ID); e.Claimable || e.Why != points.GivenBack || e.Points != 0 {
		t.Errorf("all came back: %+v", e)
	}
	disputed := l.shop(t, "55.00")
	l.pass(t, 30*time.Hour)
	o := l.do(t, command(wallet.OpenDispute, disputed.ID, ofLeaver, expect(string(wallet.Posted)), detail("claim", "merchant")))
	if now := l.tx(t, leaver, disputed.ID); now.State != wallet.Disputed {
		t.Fatalf("%+v %+v", o, now)
	}
	if e := l.earning(t, disputed.ID); e.Claimable || e.Why != points.DisputeOpen {
		t.Errorf("disputed: %+v", e)
	}
	judge(t, l.house)
}

func lotOf(t testing.TB, s points.Standing, tx string) points.Lot {
	t.Helper()
	k, ok := s.Lot("pl-" + tx)
	if !ok {
		t.Fatalf("there is no lot of %s", tx)
	}
	return k
}

func TestOffers(t *testing.T) {
	ctx := context.Background()
	l := collector(t)
	now := l.Now0()
	const day = wallet.Time(24 * 3600 * 1_000_000)
	back := demowallet.Campaign{Name: "10% back", Percent: "10", Most: pounds(t, "4.00"), Minimum: pounds(t, "15.00"), Shop: "Corner shop", From: now - day, Until: now + 20*day, Days: 10}
	offer, err := l.Invite(ctx, leaver, back)
	must(t, err)
	state := func() points.Offer {
		o, ok := l.standing(t).Offer(offer)
		if !ok {
			t.Fatal("it is not told")
		}
		return o
	}
	l.shop(t, "30.00")
	l.pass(t, 30*time.Hour)
	if o := state(); o.State != "open" || o.Tries[0].Why != points.NotJoined {
		t.Errorf("%+v", o)
	}
	must(t, l.JoinOffer(ctx, leaver, offer))
	if err := l.JoinOffer(ctx, leaver, offer); !fault.Is(err, fault.Conflict) {
		t.Errorf("joined twice: %v", err)
	}
	l.shop(t, "14.99")
	l.pass(t, 30*time.Hour)
	first := l.shop(t, "20.00")
	l.pass(t, 30*time.Hour)
	if o := state(); o.State != "waiting" || o.Tries[1].Why != points.BelowMinimum || o.Tries[0].Why != "" || o.CreditBy == 0 {
		t.Errorf("%+v", o)
	}
	l.giveBack(t, first.ID, "20.00")
	if o := state(); o.State != "joined" || o.Tries[0].Why != points.GivenBack {
		t.Errorf("%+v", o)
	}
	l.shop(t, "60.00")
	l.pass(t, 30*time.Hour)
	money := balance(t, l.house, leaver).Total
	l.pass(t, 2*week)
	if o := state(); o.State != "credited" || o.Credit == "" || balance(t, l.house, leaver).Total.Cmp(plusOf(t, money, "4.00")) != 0 {
		t.Errorf("%+v", o)
	}
	back.Points, back.Percent, back.Most, back.From, back.Until = 300, "", wallet.Money{}, l.Now0()-day, l.Now0()+2*day
	missed, err := l.Invite(ctx, leaver, back)
	must(t, err)
	l.pass(t, week)
	if o, _ := l.standing(t).Offer(missed); o.State != "missed" {
		t.Errorf("%+v", o)
	}
	judge(t, l.house)
}

// Whatever happens in whatever order, what is told adds up, the ledger has the same, and no
// redemption takes what is not there.
func TestPointsAddUpWhateverHappens(t *testing.T) {
	l := collector(t)
	random := rand.New(rand.NewPCG(7, uint64(storagetest.NewClock().Now().Unix())))
	var bought []wallet.Transaction
	for range 50 {
		was := l.standing(t)
		switch n := random.IntN(6); {
		case n < 2 || len(bought) == 0:
			bought = append(bought, l.shop(t, []string{"40.00", "260.00", "7.77"}[random.IntN(3)]))
			l.pass(t, 30*time.Hour)
		case n == 2:
			tx := l.tx(t, leaver, bought[random.IntN(len(bought))].ID)
			terms, err := l.Terms(context.Background(), agent(), leaver, tx.ID)
			must(t, err)
			if terms.Eligible {
				l.giveBack(t, tx.ID, "7.00")
			}
		case n == 3:
			l.pass(t, time.Duration(random.IntN(40))*24*time.Hour)
		default:
			r := was.Rewards[random.IntN(len(was.Rewards))]
			c := redeeming(t, r.ID, r.Points, expect(r.State), func(c *wallet.Command) { c.Key = id.New() })
			o := l.do(t, l.proven(t, c, 2))
			now := l.standing(t)
			if o.State == wallet.OpSucceeded && (was.Balance-now.Balance != r.Points || now.Balance < 0) || o.State == wallet.OpFailed && was.Balance != now.Balance {
				t.Fatalf("%s: %+v, then %+v", r.ID, was, now)
			}
		}
	}
	l.standing(t)
	judge(t, l.house)
}
