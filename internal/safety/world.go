package safety

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/verification"
	"kefu/internal/platform/fault"
	"kefu/internal/safety/kept"
	"kefu/internal/safety/purse"
)

// person is a customer.
type person struct {
	identity.Principal
	wallet   string
	payments []string
	lost     string // that never arrived
	talk     string // that has begun, and somebody works on
	reserved string // that has not
}

// world is one run: people, Kefu and a wallet at a time of its own.
type world struct {
	shop      *workshop
	signers   purse.Signers
	now       time.Time
	off       Check
	customers []person
	staff     map[string]identity.Principal
	people    []identity.Principal
	policy    int
	using     int // the policy of those who are at it: they began before it changed
	begun     bool

	papers map[string]paper // files that customers gave, by their ids

	acts   *kept.Acts
	purse  *purse.Purse
	oracle *oracle
	store  acting.Store
	second acting.Approver
	proofs verification.Store
	wallet interface {
		acting.Wallet
		verification.Wallet
	}
	prover acting.Prover

	session  identity.Principal // who is at it
	writes   int                // of this step, so far
	inner    *step
	innerAt  int
	diesAt   int // the write before which the process ends; 0: not in this step
	dieNext  int
	dead     bool
	steps    uint64
	refusals uint64
}

// paper is a file that a customer gave.
type paper struct {
	owner   string // Kefu's customer
	content []byte
}

// fact is a paper as a run has it.
func (w *world) fact(id string) selfservice.FileFact {
	sum := sha256.Sum256(w.papers[id].content)
	return selfservice.FileFact{ID: id, Want: "receipt", Type: "text/plain", Size: int64(len(w.papers[id].content)), Digest: hex.EncodeToString(sum[:])}
}

// epoch is when every run begins.
func epoch() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func newWorld(shop *workshop) *world {
	shop.made++
	n := strconv.FormatUint(shop.made, 36)
	w := &world{shop: shop, signers: shop.signers, now: epoch(), off: shop.off, staff: map[string]identity.Principal{}, papers: map[string]paper{}}
	for i, name := range []string{"a", "b"} {
		c := person{
			Principal: identity.Principal{Kind: identity.Customer, ID: "c-" + name + n, Level: identity.AL1}, wallet: "w-" + name + n,
			talk: "talk-" + name + n, reserved: "reserved-" + name + n, lost: "ch-" + strconv.Itoa(i),
		}
		for j := range 5 {
			c.payments = append(c.payments, "tx-"+strconv.Itoa(i)+"-"+strconv.Itoa(j))
		}
		w.papers["paper-"+strconv.Itoa(i)] = paper{c.ID, []byte("what " + name + " gave")}
		w.customers = append(w.customers, c)
	}
	for _, who := range []struct {
		name string
		role identity.Role
	}{
		{"agent1", identity.Agent}, {"agent2", identity.Agent}, {"super1", identity.Supervisor}, {"super2", identity.Supervisor}, {"owner", identity.Owner}, {"admin", identity.Admin},
		{"editor", identity.Editor}, {"outside", identity.OutsideAgent},
	} {
		p := identity.Principal{Kind: identity.Staff, ID: who.name + n, Role: who.role}
		w.staff[who.name] = p
		w.people = append(w.people, p)
	}
	a := w.customers[0]
	w.people = append(w.people, a.Principal, w.customers[1].Principal,
		identity.Principal{Kind: identity.Visitor, ID: a.ID},
		identity.Principal{Kind: identity.Customer, ID: a.ID}, // nobody vouched for
		identity.Principal{Kind: identity.Program, ID: "program" + n, Scopes: 1<<16 - 1},
		identity.Principal{Kind: identity.Customer, Level: identity.AL3},
	)
	w.oracle = newOracle(w)
	w.purse = purse.New(purse.World{Now: &w.now, Begun: &w.begun, Customers: []string{w.customers[0].wallet, w.customers[1].wallet}, Signers: w.signers, Oracle: w.oracle})
	w.acts = kept.New(w.clock)
	w.acts.Talks[w.customers[0].talk] = conversation.State{ID: w.customers[0].talk, CustomerID: w.customers[0].ID, Channel: "chat", AssigneeID: w.staff["agent1"].ID}
	w.acts.Talks[w.customers[1].talk] = conversation.State{ID: w.customers[1].talk, CustomerID: w.customers[1].ID, Channel: "chat", AssigneeID: w.staff["agent2"].ID}
	w.store, w.second, w.proofs, w.wallet = w.acts, w.acts, w.acts.Proofs, w.purse
	w.prover = verification.New(verification.Deps{Wallet: askDoor{w}, Store: proofDoor{w}, Clock: w.clock}, verification.Options{Issuer: purse.Issuer, Audience: purse.Audience})
	w.disable()
	w.begun = true
	return w
}

func (w *world) clock() time.Time { return w.now }

func (w *world) walletOf(customer string) string {
	for _, c := range w.customers {
		if c.ID == customer {
			return c.wallet
		}
	}
	return ""
}

// ownerOf is whose a conversation is: one that is only reserved is nobody's yet.
func (w *world) ownerOf(talk string) string {
	for _, c := range w.customers {
		if c.talk == talk {
			return c.ID
		}
	}
	return ""
}

func (w *world) assigned(talk string) string {
	switch talk {
	case w.customers[0].talk:
		return w.staff["agent1"].ID
	case w.customers[1].talk:
		return w.staff["agent2"].ID
	default:
		return ""
	}
}

// WalletCase implements acting.Links, by the contract of storage/walletlink.
func (w *world) WalletCase(_ context.Context, p identity.Principal, customer, talk, _ string) (wallet.Link, error) {
	const op = "safety.WalletCase"
	t, begun := w.acts.Talks[talk]
	if !begun || t.CustomerID != customer {
		return wallet.Link{}, fault.New(fault.NotFound, op, "the customer has no such conversation")
	}
	if p.Kind != identity.Staff || !policy.Allow(p, policy.RevealWallet, policy.Object{CustomerID: customer, AssigneeID: t.AssigneeID}) {
		return wallet.Link{}, fault.New(fault.Forbidden, op, "the conversation is not theirs")
	}
	return wallet.Link{CustomerID: customer, WalletID: w.walletOf(customer), Case: talk}, nil
}

// OwnWalletLink implements acting.Links.
func (w *world) OwnWalletLink(_ context.Context, p identity.Principal, _ string) (wallet.Link, error) {
	const op = "safety.OwnWalletLink"
	if p.Kind != identity.Customer || !policy.Allow(p, policy.ReadWallet, policy.Object{CustomerID: p.ID}) {
		return wallet.Link{}, fault.New(fault.Forbidden, op, "has no side of the wallet")
	}
	own := w.walletOf(p.ID)
	if own == "" {
		return wallet.Link{}, fault.New(fault.NotFound, op, "the customer is none of the wallet's")
	}
	return wallet.Link{CustomerID: p.ID, WalletID: own}, nil
}

// write is called before each thing that Kefu writes or asks the wallet to do: where
// another step may come between, and a process may end.
func (w *world) write() error {
	if w.dead {
		return purse.Gone()
	}
	w.writes++
	if w.inner != nil && w.writes == w.innerAt {
		inner, session, using := *w.inner, w.session, w.using
		w.inner = nil
		w.exec(inner)
		w.session, w.using = session, using
	}
	if w.diesAt > 0 && w.writes >= w.diesAt {
		w.dead = true
	}
	if w.dead {
		return purse.Gone()
	}
	return nil
}

// do does a step.
func (w *world) do(s step) {
	w.steps++
	w.writes, w.inner, w.innerAt, w.dead = 0, s.inner, s.at, false
	w.diesAt, w.dieNext = w.dieNext, 0
	w.exec(s)
	w.inner, w.diesAt, w.dead = nil, 0, false
}

// heard takes an answer.
func (w *world) heard(err error) bool {
	if err == nil {
		return true
	}
	w.refusals++
	if fault.CodeOf(err) == fault.Internal {
		w.oracle.broke(Broken, "%v", err)
	}
	return false
}

func (w *world) flow() *acting.Service { return w.shop.flows[w.using] }

func ctx() context.Context { return context.Background() }

// pick is an act, and who is at it: whose it is, or anybody.
func (w *world) pick(s step) (*action.Kept, identity.Principal) {
	if len(w.acts.Order) == 0 {
		return nil, identity.Principal{}
	}
	k := w.acts.Order[s.what%len(w.acts.Order)]
	if s.op == opPush || s.op == opSecond { // what can still go on, before the rest
		for i := range w.acts.Order {
			if o := w.acts.Order[(s.what+i)%len(w.acts.Order)]; !o.At(w.now).State.Over() {
				k = o
				break
			}
		}
	}
	if s.who > 0 {
		return k, w.people[s.who%len(w.people)]
	}
	return k, w.owner(k)
}

func (w *world) owner(k *action.Kept) identity.Principal {
	for _, c := range w.customers {
		if c.ID == k.CustomerID {
			return c.Principal
		}
	}
	return identity.Principal{}
}

func (w *world) exec(s step) {
	w.using = w.policy
	if s.op == opWish {
		w.wish(s)
		return
	}
	if w.around(s) {
		return
	}
	k, p := w.pick(s)
	if k == nil {
		return
	}
	w.session = p
	id, flow := k.ID, w.flow()
	switch s.op {
	case opPush:
		w.push(k, p, s)
	case opSecond:
		w.secondPerson(k, s)
	case opYes:
		hash := k.Hash
		if s.arg%3 == 0 {
			hash = w.acts.Order[s.else_%len(w.acts.Order)].Hash
		}
		w.yes(p, id, hash)
	case opProve:
		_, _, err := flow.Prove(ctx(), p, id)
		w.heard(err)
		_, _, err = flow.Proof(ctx(), p, id)
		w.heard(err)
	case opExecute:
		_, _, err := flow.Execute(ctx(), p, id)
		w.heard(err)
	case opApprove:
		hash := k.Hash
		if s.arg%4 == 0 {
			hash = w.acts.Order[s.else_%len(w.acts.Order)].Hash
		}
		who := []string{"super1", "super2", "owner", "agent1"}[s.else_%4]
		if s.who == 0 {
			p = w.staff[who]
		}
		w.approve(p, id, hash)
	case opReject:
		if s.who == 0 {
			p = w.staff["super2"]
		}
		w.session = p
		w.heard(flow.Reject(ctx(), p, id, "no"))
	case opCancel:
		_, err := flow.Cancel(ctx(), p, id)
		w.heard(err)
	case opRead:
		_, err := flow.State(ctx(), p, id)
		if w.heard(err) && !w.mayRead(p, k) {
			w.oracle.broke(NotTheirs, "%s %s read an act of somebody else's", p.Kind, p.Role)
		}
		_, _, err = flow.Get(ctx(), p, id)
		w.heard(err)
	}
}

// mayRead tells who may know of an act, in the oracle's own words.
func (w *world) mayRead(p identity.Principal, k *action.Kept) bool {
	switch p.Kind {
	case identity.Customer:
		return p.ID == k.CustomerID && p.Level >= 1
	case identity.Staff:
		return p.Role == identity.Agent || p.Role == identity.Supervisor || p.Role == identity.Owner
	default:
		return false
	}
}

// around is what is of no act.
func (w *world) around(s step) bool {
	switch s.op {
	case opAnswer:
		if a := w.purse.Pending(s.what); a != nil {
			w.purse.Answer(a, s.arg, s.else_)
		}
	case opReconcile:
		w.reconcile(1 + s.arg%3)
	case opWait:
		w.move(waits()[s.arg%len(waits())])
	case opNet:
		w.purse.Next = append(w.purse.Next, purse.Way(s.arg%int(purse.Ways)))
	case opDown:
		w.purse.Down = !w.purse.Down
	case opReplay:
		w.purse.Again(s.what)
	case opWorld:
		w.purse.Happen(s.arg, s.what)
		w.oracle.books()
	case opPolicy:
		w.policy = s.arg % len(w.shop.flows)
	case opCrash:
		w.dieNext = 1 + s.arg%6
	default:
		return false
	}
	return true
}

func (w *world) move(d time.Duration) {
	until := w.now.Add(d)
	w.purse.Arrive(until)
	w.now = until
}

func (w *world) reconcile(times int) {
	w.session = identity.SystemPart("acts")
	for range times {
		w.heard(w.flow().Reconcile(ctx()))
	}
}

// kinds are what is wished for, as often as they stand here.
func kinds() []wallet.Act {
	return []wallet.Act{
		wallet.RequestRefund, wallet.RequestRefund, wallet.RequestRefund, wallet.RequestRefund, wallet.RequestRefund, wallet.RequestRefund, wallet.RequestRefund, wallet.RequestRefund,
		wallet.Freeze, wallet.BlockInstrument, wallet.Unfreeze, wallet.Unfreeze, wallet.OpenDispute, wallet.GrantCredit, wallet.ReleaseHold, wallet.ReleaseHold,
		wallet.AddEvidence, wallet.AddEvidence, wallet.RequestRetrieval, wallet.RequestRetrieval,
		wallet.RedeemPoints, wallet.RedeemPoints, wallet.ClaimPoints, wallet.GiveConsent, wallet.WithdrawConsent,
	}
}

// Wishes are the acts that the adversary tries.
func Wishes() []wallet.Act {
	all := kinds()
	slices.Sort(all)
	return slices.Compact(all)
}

// wishes are kinds, or the one that alone is wished for.
func (w *world) wishes() []wallet.Act {
	if w.shop.wish != "" {
		return []wallet.Act{w.shop.wish}
	}
	return kinds()
}

// wish has somebody want something.
func (w *world) wish(s step) {
	c := w.customers[s.what%len(w.customers)]
	p := c.Principal
	if s.else_%4 == 0 { // somebody who works on it
		p = []identity.Principal{w.staff["agent1"], w.staff["super1"], w.staff["super2"]}[s.arg%3]
		if p.Role == identity.Agent && c.ID == w.customers[1].ID {
			p = w.staff["agent2"]
		}
	}
	victim := c
	if s.who > 0 {
		p = w.people[s.who%len(w.people)]
		victim = w.customers[s.who/7%len(w.customers)]
	}
	talk := c.talk
	if s.else_/4%3 == 0 {
		talk = c.reserved
	}
	pick := s.arg / 3
	want := selfservice.Proposal{Act: w.wishes()[s.what/2%len(w.wishes())], Reason: "because"}
	switch want.Act {
	case wallet.RequestRefund:
		n := pick % 4
		want.Target = victim.payments[n]
		want.Amount = w.shop.sums[n][pick/4%len(w.shop.sums[n])]
	case wallet.ReleaseHold:
		want.Target = victim.payments[4]
	case wallet.RequestRetrieval: // now and then somebody else's
		want.Target = "ch-" + strconv.Itoa(pick%len(w.customers))
		if pick%4 > 0 {
			want.Target = victim.lost
		}
	case wallet.RedeemPoints: // now and then at a price that it never had
		want.Target = "rw-" + strconv.Itoa(pick%2)
		want.Amount = purse.Points(purse.Costs()[want.Target])
		if pick%16 == 0 {
			want.Amount = purse.Points(1)
		}
	case wallet.GiveConsent, wallet.WithdrawConsent: // now and then to a text that there is not
		want.Target = purse.Consented()[pick%2]
		if want.Act == wallet.GiveConsent {
			want.Details = map[string]string{wallet.ConsentVersion: []string{"1", "1", "1", "2"}[pick/2%4]}
		}
	case wallet.OpenDispute, wallet.ClaimPoints:
		want.Target = victim.payments[pick%3]
	case wallet.BlockInstrument:
		want.Target = "card-" + victim.wallet
	case wallet.GrantCredit:
		want.Target, want.Amount = "dispute-"+strconv.Itoa(pick%max(len(w.purse.Disputed), 1)), w.shop.sums[0][0]
	case wallet.AddEvidence: // one's own, mostly
		want.Target = "dispute-" + strconv.Itoa(pick%max(len(w.purse.Disputed), 1))
		for i, d := range w.purse.Disputed {
			if d.Owner == c.wallet && !d.Over && (pick+i)%3 > 0 {
				want.Target = d.ID
			}
		}
		whose := map[bool]int{true: s.what % len(w.customers), false: pick % len(w.customers)}[pick%4 > 0]
		want.Files = []selfservice.FileFact{w.fact("paper-" + strconv.Itoa(whose))}
	case wallet.Unfreeze:
		want.Target = "stop-" + strconv.Itoa(pick%max(len(w.purse.Owners), 1))
		for _, r := range w.purse.Restricted { // theirs, mostly
			if w.purse.Owners[r.ID] == victim.wallet && pick%4 > 0 {
				want.Target = r.ID
				break
			}
		}
	}
	w.propose(p, c, talk, "run-"+strconv.Itoa(pick/16%2), want)
}

func (w *world) propose(p identity.Principal, c person, talk, run string, want selfservice.Proposal) {
	w.session = p
	before := len(w.acts.Order)
	if p.Kind == identity.Staff {
		_, err := w.flow().AtDesk(ctx(), p, acting.Wish{Conversation: talk, Proposal: want})
		w.heard(err)
	} else {
		_, outcome, err := w.flow().Propose(ctx(), p, talk, run, "ask", want)
		if w.heard(err) && outcome != "" {
			w.refusals++
		}
	}
	for _, k := range w.acts.Order[min(before, len(w.acts.Order)):] {
		if _, known := w.oracle.made[k.Command.Key]; !known {
			w.oracle.proposed(k)
		}
	}
}

// yes has somebody say yes.
func (w *world) yes(p identity.Principal, id, hash string) {
	w.session = p
	_, outcome, err := w.flow().Confirm(ctx(), p, id, hash)
	if w.heard(err) && outcome == "" {
		w.oracle.saidYes(id, p, hash)
	}
}

func (w *world) approve(p identity.Principal, id, hash string) {
	w.session = p
	err := w.flow().Approve(ctx(), p, id, hash)
	if w.heard(err) || w.dead { // what came after the word was taken may have got lost
		w.oracle.secondYes(id, p, hash)
	}
}

// push goes through with something, the way that people do who want it; now and then
// their yes is to something else, or the proof is not what it looks like.
func (w *world) push(k *action.Kept, p identity.Principal, s step) {
	hash := k.Hash
	if s.arg%16 == 1 {
		hash = w.acts.Order[s.else_%len(w.acts.Order)].Hash
	}
	w.yes(p, k.ID, hash)
	if s.arg%8 == 3 {
		w.deceive(k, p, s)
	} else {
		w.prove(k, p)
	}
	_, _, err := w.flow().Execute(ctx(), p, k.ID)
	w.heard(err)
	if s.arg%2 == 0 {
		w.secondPerson(k, s)
	}
}

// prove has the customer prove it honestly.
func (w *world) prove(k *action.Kept, p identity.Principal) {
	w.session = p
	_, _, err := w.flow().Prove(ctx(), p, k.ID)
	w.heard(err)
	w.agree(k)
	_, _, err = w.flow().Proof(ctx(), p, k.ID)
	w.heard(err)
}

// deceive has what is asked for answered by something else.
func (w *world) deceive(k *action.Kept, p identity.Principal, s step) {
	w.session = p
	_, _, err := w.flow().Prove(ctx(), p, k.ID)
	w.heard(err)
	if a := w.purse.Pending(0); a != nil {
		w.purse.Answer(a, 3+s.else_%(purse.Answers-3), s.what)
	}
	_, _, err = w.flow().Proof(ctx(), p, k.ID)
	w.heard(err)
}

// agree is the customer's yes in the app to what they are asked for an act.
func (w *world) agree(k *action.Kept) {
	for _, a := range w.purse.Asks {
		if a.State == wallet.AskPending && a.CustomerID == k.Command.CustomerID && a.Case == k.ConversationID && a.Act == k.Command.Act && a.Target == k.Command.Target && alike(a.Amount, k.Command.Amount) {
			w.purse.Approve(a)
		}
	}
}

// secondPerson has somebody else agree, and Kefu go on.
func (w *world) secondPerson(k *action.Kept, s step) {
	if k.At(w.now).State == action.Waiting {
		who := w.staff[[]string{"super1", "super2", "owner"}[s.else_%3]]
		w.approve(who, k.ID, k.Hash)
	}
	if k.At(w.now).State != action.Approved {
		return
	}
	w.reconcile(1)
	w.agree(k)
	w.move(4 * time.Second)
	w.reconcile(2)
}

// rest lets everything come to its end: the wallet answers, and Kefu goes on.
func (w *world) rest() {
	w.purse.Down, w.purse.Next, w.dead = false, nil, false
	underway := func() bool {
		for _, k := range w.acts.Order {
			if k.State.Underway() {
				return true
			}
		}
		return false
	}
	for n := 0; underway() && n < 40; n++ {
		w.move(3 * time.Minute)
		w.reconcile(2)
	}
	w.move(2 * purse.LateBy)
	happened := map[string]bool{}
	for _, e := range w.oracle.effects {
		happened[purse.Wish(e.command.Key)] = true
	}
	for _, k := range w.acts.Order {
		switch did := happened[k.Command.Key]; {
		case k.State.Underway():
			w.oracle.broke(Unsettled, "%s of %s is %s", k.Command.Act, k.Command.Target, k.State)
		case did != (k.State == action.Succeeded):
			w.oracle.broke(ToldWrongly, "%s of %s is told as %s, and happened: %v", k.Command.Act, k.Command.Target, k.State, did)
		}
	}
}

// played is what a run came to.
type played struct {
	steps, refused uint64
	effects        []string
	violations     []Violation
}

// act plays a run of acts.
func (shop *workshop) act(steps []step) (out played) {
	w := newWorld(shop)
	shop.now = w
	defer func() {
		if r := recover(); r != nil {
			out.violations = append(out.violations, Violation{Rule: Broken, Why: fmt.Sprint("a panic: ", r)})
		}
	}()
	for _, s := range steps {
		w.do(s)
	}
	w.rest()
	w.oracle.judge()
	out = played{steps: w.steps, refused: w.refusals, violations: w.oracle.broken}
	for _, e := range w.oracle.effects {
		out.effects = append(out.effects, string(e.command.Act))
	}
	return out
}
