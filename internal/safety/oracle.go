package safety

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/safety/houses"
	"kefu/internal/safety/purse"
)

// oracle writes down what people did, what they were shown, what they agreed to in the
// app, and every effect; and judges afterwards, by rules of its own. It asks none of the
// code that it judges.
type oracle struct {
	w        *world
	shown    map[string]shown              // by hash
	made     map[string]shown              // by key
	yeses    map[string][]yes              // by act
	seconds  map[string][]yes              // by act
	approved map[string][]purse.Said       // by jti: what was agreed to in the app
	handing  map[string]identity.Principal // by key: who set it off
	looked   map[string]houses.Facts       // by key: as it was when Kefu asked last what would happen
	effects  []effect
	broken   []Violation
}

// shown is what somebody was shown, when it was proposed.
type shown struct {
	act, hash, talk, customer string // customer: Kefu's
	maker                     action.By
	command                   wallet.Command
	to                        string
	fee                       int64
	at                        time.Time
}

// yes is somebody's word.
type yes struct {
	by   identity.Principal
	hash string
	at   time.Time
}

// effect is something that happened.
type effect struct {
	command  wallet.Command
	terms    purse.Terms
	at, left time.Time // when it happened, and when that command was handed over
}

func newOracle(w *world) *oracle {
	return &oracle{
		w: w, shown: map[string]shown{}, made: map[string]shown{}, yeses: map[string][]yes{}, seconds: map[string][]yes{}, approved: map[string][]purse.Said{},
		handing: map[string]identity.Principal{}, looked: map[string]houses.Facts{},
	}
}

func (o *oracle) broke(r Rule, format string, args ...any) {
	o.broken = append(o.broken, Violation{Rule: r, Why: fmt.Sprintf(format, args...)})
}

// proposed notes what was shown.
func (o *oracle) proposed(k *action.Kept) {
	s := shown{act: k.ID, hash: k.Hash, talk: k.ConversationID, customer: k.CustomerID, maker: k.Maker, command: k.Command, to: k.Summary.Destination, at: o.w.now}
	if len(k.Summary.Fees) > 0 {
		s.fee = purse.Cents(k.Summary.Fees[0].Amount)
	}
	o.shown[k.Hash], o.made[k.Command.Key] = s, s
}

func (o *oracle) saidYes(act string, p identity.Principal, hash string) {
	o.yeses[act] = append(o.yeses[act], yes{p, hash, o.w.now})
}

func (o *oracle) secondYes(act string, p identity.Principal, hash string) {
	o.seconds[act] = append(o.seconds[act], yes{p, hash, o.w.now})
}

// ApprovedInApp implements purse.Oracle.
func (o *oracle) ApprovedInApp(s purse.Said) { o.approved[s.ID] = append(o.approved[s.ID], s) }

// HandedOver implements purse.Oracle: it notes that a command has left.
func (o *oracle) HandedOver(c wallet.Command) {
	if _, before := o.handing[purse.Wish(c.Key)]; !before {
		o.handing[purse.Wish(c.Key)] = o.w.session
	}
}

// LookedAt implements purse.Oracle: it notes how things stand while Kefu looks.
func (o *oracle) LookedAt(c wallet.Command) {
	p := o.w.purse
	f := houses.Facts{Policy: o.w.using, Now: o.w.now, YoungFactor: o.w.now.Sub(p.FactorAt[c.CustomerID]) < 72*time.Hour, NewDevice: o.w.now.Sub(p.DeviceAt[c.CustomerID]) < 72*time.Hour}
	for _, d := range p.Disputed {
		f.Disputed = f.Disputed || (d.Owner == c.CustomerID && !d.Over && d.Payment == c.Target)
	}
	most := map[string]int{"": 0, "customer": 1, "support": 2, "wallet": 3, "authority": 4}
	for _, r := range p.Restricted {
		mine := p.Owners[r.ID] == c.CustomerID && (r.ID == c.Target || (r.Target != "" && r.Target == c.Target) || r.Scope == "wallet")
		if mine && most[r.PlacedBy] > most[f.By] {
			f.By = r.PlacedBy
		}
	}
	maker := o.made[c.Key].maker
	for _, e := range o.effects {
		was := o.made[purse.Wish(e.command.Key)]
		if purse.Wish(e.command.Key) == c.Key || o.w.now.Sub(was.at) >= 24*time.Hour {
			continue
		}
		same := purse.Cents(e.command.Amount)
		if e.command.Amount.None() || e.command.Amount.Currency() != c.Amount.Currency() {
			same = 0
		}
		if e.command.CustomerID == c.CustomerID && e.command.Act == c.Act {
			f.Count++
			f.Sum += same
		}
		if maker.Kind == identity.Staff && was.maker == maker {
			f.OfStaff += same
		}
	}
	o.looked[c.Key] = f
}

// Happened implements purse.Oracle: it notes an effect.
func (o *oracle) Happened(c wallet.Command, t purse.Terms, left time.Time) {
	o.effects = append(o.effects, effect{c, t, o.w.now, left})
	o.books()
}

// books judges the money.
func (o *oracle) books() {
	p := o.w.purse
	for _, name := range p.Names {
		a := p.Books[name]
		left := new(big.Int).Sub(&a.Balance.Posted, &a.Balance.PendingOut)
		if left.Sub(left, &a.Balance.Held); a.Floor && left.Sign() < 0 {
			o.broke(BelowZero, "%s is at %s", name, left)
			break
		}
	}
	for _, c := range o.w.customers {
		for _, tx := range c.payments {
			if pay := p.Payments[tx]; pay.Refunded > pay.Captured {
				o.broke(TooMuch, "of %s, %d cents, %d were refunded", tx, pay.Captured, pay.Refunded)
			}
		}
	}
}

// judge judges a run that is over.
func (o *oracle) judge() {
	o.books()
	o.postings()
	times, tokens := map[string]int{}, map[string]bool{}
	for _, e := range o.effects {
		was, known := o.made[purse.Wish(e.command.Key)]
		if !known {
			o.broke(NotTheirs, "%s happened under a key that nobody proposed", e.command.Act)
			continue
		}
		if times[was.act]++; times[was.act] == 2 {
			o.broke(Twice, "%s of %s happened twice", e.command.Act, e.command.Target)
		}
		o.judgeOwner(e, was)
		o.judgeRest(e, was, tokens)
	}
}

func (o *oracle) postings() {
	posted := map[string]*big.Int{}
	for _, l := range o.w.purse.Lines {
		at := l.Account[strings.IndexByte(l.Account, '/'):] // each currency by itself
		if posted[at] == nil {
			posted[at] = new(big.Int)
		}
		if l.Phase == 1 { // what is set aside has its own pairs
			posted[at].Add(posted[at], l.Amount)
		}
	}
	for at, sum := range posted {
		if sum.Sign() != 0 {
			o.broke(Unbalanced, "the postings of %s come to %s", at, sum)
		}
	}
}

// may tells whether somebody may have to do with what is done for a customer.
func (o *oracle) may(p identity.Principal, was shown) bool {
	switch p.Kind {
	case identity.System:
		return true
	case identity.Customer:
		return p.ID == was.customer && p.Level >= 1
	case identity.Staff:
		return p.Role == identity.Supervisor || p.Role == identity.Owner || (p.Role == identity.Agent && o.w.assigned(was.talk) == p.ID)
	default:
		return false
	}
}

// word is the first yes that counts for what was shown, and whether there was any of
// somebody whose it was to say.
func (o *oracle) word(was shown) (first yes, agreed shown, some bool) {
	for _, y := range o.yeses[was.act] {
		own := y.by.Kind == identity.Customer && y.by.ID == was.customer && y.by.Level >= 1
		if !own && !(houses.Cautious(was.command.Act) && y.by.Kind == identity.Staff && o.may(y.by, was)) {
			continue
		}
		some = true
		if y.hash == was.hash {
			return y, o.shown[y.hash], true
		}
		first, agreed = y, o.shown[y.hash]
	}
	return first, agreed, some
}

func (o *oracle) judgeOwner(e effect, was shown) {
	c := e.command
	if whose := o.w.ownerOf(was.talk); o.w.walletOf(was.customer) != c.CustomerID || (whose != "" && whose != was.customer) {
		o.broke(NotTheirs, "%s happened to %s in the conversation %s", c.Act, c.CustomerID, was.talk)
	}
	if by, left := o.handing[purse.Wish(c.Key)]; !left || !o.may(by, was) {
		o.broke(NotTheirs, "%s of %s was set off by %s %s", c.Act, c.Target, by.Kind, by.Role)
	}
	if spoken := c.Act == wallet.GiveConsent || c.Act == wallet.WithdrawConsent; spoken && (was.maker.Kind != identity.Customer || was.maker.ID != was.customer) {
		o.broke(Spoken, "%s of %s was wanted by %s", c.Act, c.Target, was.maker.Kind)
	}
	first, agreed, some := o.word(was)
	if !some {
		o.broke(NotTheirs, "%s of %s happened, and nobody whose it is said yes", c.Act, c.Target)
		return
	}
	same := agreed.command.Act == c.Act && agreed.command.CustomerID == c.CustomerID && agreed.command.Target == c.Target && alike(agreed.command.Amount, c.Amount) &&
		agreed.command.Reason == c.Reason && slices.Equal(agreed.command.Also, c.Also) && slices.Equal(agreed.command.Files, c.Files) && agreed.to == e.terms.To && agreed.fee == e.terms.Fee
	if first.hash != was.hash || !same {
		o.broke(NotAgreed, "%s %s %s, fee %d, to %q; said yes to %s %s %s, fee %d, to %q", c.Act, c.Target, c.Amount, e.terms.Fee, e.terms.To, agreed.command.Act, agreed.command.Target, agreed.command.Amount, agreed.fee, agreed.to)
	}
	for _, f := range c.Files {
		if owner, content := o.gave(c.CustomerID, f.Digest); owner != was.customer || int64(len(content)) != f.Size {
			o.broke(ForeignFile, "%s has a file of %q in a dispute of %s", c.Target, owner, was.customer)
		}
	}
	o.judgeTime(e, was, first)
}

// gave is whose a file really is that a customer of the wallet is said to have given.
func (o *oracle) gave(customer, digest string) (owner string, content []byte) {
	content = o.w.purse.Gave(customer, digest)
	for _, f := range o.w.papers {
		if len(content) > 0 && string(f.content) == string(content) {
			owner = f.owner
		}
	}
	return owner, content
}

func alike(a, b wallet.Money) bool {
	if a.None() || b.None() {
		return a.None() && b.None()
	}
	return a.Currency() == b.Currency() && purse.Cents(a) == purse.Cents(b)
}

// How long things are good for, as the documents say.
const (
	yesWithin    = 10 * time.Minute // of what was shown
	begunWithin  = 10 * time.Minute // of the last yes
	leavesWithin = 20 * time.Minute // of the last yes: however often it is handed over
	secondWithin = 24*time.Hour + begunWithin
)

func (o *oracle) judgeTime(e effect, was shown, first yes) {
	last := first.at
	if second, found := o.second(was); found {
		if second.at.Sub(first.at) > secondWithin {
			o.broke(TooLate, "the second person came %s after the first yes", second.at.Sub(first.at))
		}
		last = second.at
	}
	begun := o.looked[purse.Wish(e.command.Key)].Now
	switch {
	case first.at.Sub(was.at) > yesWithin:
		o.broke(TooLate, "the yes came %s after it was shown", first.at.Sub(was.at))
	case begun.Sub(last) > begunWithin:
		o.broke(TooLate, "it was begun %s after the last yes", begun.Sub(last))
	case e.left.Sub(last) > leavesWithin:
		o.broke(TooLate, "it left %s after the last yes", e.left.Sub(last))
	}
}

// second is the last word of a second person that counts, before it was begun: of who
// oversees acts, and neither proposed it nor said yes to it.
func (o *oracle) second(was shown) (last yes, found bool) {
	begun := o.looked[was.command.Key].Now
	for _, y := range o.seconds[was.act] {
		oversees := y.by.Kind == identity.Staff && (y.by.Role == identity.Supervisor || y.by.Role == identity.Owner)
		first := action.By{Kind: y.by.Kind, ID: y.by.ID} == was.maker
		for _, x := range o.yeses[was.act] {
			first = first || (x.by.Kind == y.by.Kind && x.by.ID == y.by.ID)
		}
		if oversees && !first && y.hash == was.hash && !y.at.After(begun) {
			last, found = y, true
		}
	}
	return last, found
}

// judgeRest judges policy, proof and second person.
func (o *oracle) judgeRest(e effect, was shown, tokens map[string]bool) {
	f, looked := o.looked[purse.Wish(e.command.Key)]
	if !looked {
		o.broke(Disallowed, "%s happened, and nobody asked what it would do", e.command.Act)
		return
	}
	allow, level, four := houses.Rules(f, was.command, was.maker.Kind == identity.Staff)
	if !allow {
		o.broke(Disallowed, "%s of %s happened under the policy %d: %+v", e.command.Act, e.command.Target, f.Policy, f)
	}
	if _, found := o.second(was); four && !found {
		o.broke(NoSecond, "%s %s of %s needs somebody else's word, and has %d", e.command.Act, e.command.Amount, e.command.Target, len(o.seconds[was.act]))
	}
	if level > 1 {
		o.judgeProof(e, was, level, tokens)
	}
}

// judgeProof judges the assertion that came with a command.
func (o *oracle) judgeProof(e effect, was shown, level int, tokens map[string]bool) {
	c := e.command
	if c.Assertion == "" {
		o.broke(NotProven, "%s of %s without a proof", c.Act, c.Target)
		return
	}
	s, ok := o.open(c.Assertion)
	if !ok {
		o.broke(NotBound, "%s with an assertion that the wallet did not sign", c.Act)
		return
	}
	if tokens[s.ID] {
		o.broke(Reused, "%s used %s once more", c.Act, s.ID)
	}
	tokens[s.ID] = true
	bound := slices.ContainsFunc(o.approved[s.ID], func(a purse.Said) bool {
		sum, currency := "", ""
		if !c.Amount.None() {
			sum, currency = c.Amount.Amount(), c.Amount.Currency()
		}
		return a.Subject == c.CustomerID && a.Case == was.talk && a.Act == string(c.Act) && a.Target == c.Target && a.Amount == sum && a.Currency == currency
	})
	if !bound {
		o.broke(NotBound, "%s %s of %s; what was agreed to in the app was %+v", c.Act, c.Amount, c.Target, o.approved[s.ID])
	}
	worth := s.Level
	if !slices.ContainsFunc(s.Methods, func(m string) bool { return m == "passkey" || m == "app_push" || m == "totp" || m == "doc_selfie" }) {
		worth = min(worth, 1)
	} else if s.FactorH < 72 {
		worth = min(worth, 2)
	}
	if worth < level {
		o.broke(NotProven, "%s needs %d, and the proof is worth %d", c.Act, level, worth)
	}
	if begun := o.looked[purse.Wish(c.Key)].Now; begun.Unix() >= s.Expires || s.Expires-s.Issued > 600 {
		o.broke(NotProven, "%s was begun with a proof that was over, or good for too long", c.Act)
	}
}

// open reads an assertion that the wallet signed.
func (o *oracle) open(token string) (purse.Said, bool) {
	var s purse.Said
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return s, false
	}
	mark, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !ed25519.Verify(o.w.signers.Good.Public().(ed25519.PublicKey), []byte(parts[0]+"."+parts[1]), mark) {
		return s, false
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	return s, err == nil && json.Unmarshal(body, &s) == nil
}
