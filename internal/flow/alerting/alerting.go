// Package alerting tells customers when their wallet says that something happened which
// looks unlike them: once, in a conversation of theirs, with one press for "it was me" and
// one that makes their money safe first. What is to be done then is for flows. It tells
// nobody why: the wallet does not say, and Kefu does not guess.
package alerting

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/mask"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/story"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
)

// Wallet is the part of the operator's wallet that is asked. Errors: NotFound, Unavailable.
type Wallet interface {
	Capabilities(ctx context.Context) (wallet.Capabilities, error)
	Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error)
	Alerts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Alert, error)
	Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error)
	Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error)
	Recoveries(ctx context.Context, by wallet.Actor, customer string) ([]recovery.Standing, error)
}

// Store knows whom the wallet means, and takes in what is said.
type Store interface {
	WalletHolder(ctx context.Context, p identity.Principal, issuer, subject string) (customerID string, err error)
	FlowSubject(ctx context.Context, p identity.Principal, conversationID, customerID, issuer string) (subject string, err error)
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
}

// Intake begins conversations, and takes secrets out of what a wallet calls somebody.
type Intake interface {
	Start(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error)
	Clean(ctx context.Context, text string) (string, error)
	// Worded refuses what customers are never asked for. Errors: Invalid.
	Worded(path, text string) error
}

// Runs walk customers through flows.
type Runs interface {
	List(ctx context.Context, p identity.Principal) ([]selfservice.Seen, error)
	Start(ctx context.Context, p identity.Principal, b selfservice.Begin) (selfservice.Seen, error)
	// Asked lists the questions that nobody has answered.
	Asked(ctx context.Context, customer string) ([]domain.Record, error)
	// Settle ends one that nobody has answered, and Extend has it stand for as long again.
	// They tell whether they did.
	Settle(ctx context.Context, run string) (bool, error)
	Extend(ctx context.Context, run string) (bool, error)
}

// Deps are what a Service works with.
type Deps struct {
	Wallet Wallet
	Store  Store
	Intake Intake
	Runs   Runs
	House  func() string // as customers know it
	Clock  clock.Clock
	Log    *slog.Logger
	// Limited is told the name of a limit that refused; may be nil.
	Limited func(limit string)
}

// Service tells of alerts. It implements walletnotices.Follower and is safe for concurrent
// use.
type Service struct {
	Deps
	issuer  string
	told    *ratelimit.Limiter // of one customer
	grave   *ratelimit.Limiter // of those that weigh much, beside the others
	counted *ratelimit.Limiter // alerts that have taken their place among those of the day
	asked   *ratelimit.Limiter // alerts about which a question was put
}

// How many alerts one customer is told of in a day, how many of those that weigh much
// beside them, and how many customers and alerts are remembered.
const (
	aDay       = 5
	gravesADay = 25
	remembered = 50_000
)

// New makes a Service. Issuer says whose customers the wallet knows.
func New(d Deps, issuer string) *Service {
	if d.Limited == nil {
		d.Limited = func(string) {}
	}
	limiter := func(burst int) *ratelimit.Limiter {
		return ratelimit.New(ratelimit.Limit{Burst: burst, Per: 24 * time.Hour}, remembered)
	}
	return &Service{Deps: d, issuer: issuer, told: limiter(aDay), grave: limiter(gravesADay), counted: limiter(1), asked: limiter(1)}
}

func part() identity.Principal { return identity.SystemPart("alerts") }

// Took hears of a notice of the wallet's. Heard again it tells nobody twice: conversation,
// words and note have ids that follow from the alert. What is settled is asked no more.
// Errors: Unavailable.
func (s *Service) Took(ctx context.Context, n wallet.Notice) error {
	if n.CustomerID == "" {
		return nil
	}
	whose, err := s.Store.WalletHolder(ctx, part(), s.issuer, n.CustomerID)
	if fault.Is(err, fault.NotFound) { // nobody who ever came here: their wallet tells them
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.settle(ctx, n.CustomerID, whose); err != nil {
		return err
	}
	if (n.Type != wallet.RiskAlert && n.Type != wallet.RecoveryChanged) || n.Object == "" {
		return nil
	}
	c, ok, err := s.concern(ctx, n, whose)
	if err != nil || !ok {
		return err
	}
	if !s.room(c) {
		s.Limited("alerts")
		s.Log.Warn("a customer has been told of enough alerts for a day", "alert", n.Object, "severity", c.Severity)
		return nil
	}
	return s.tell(ctx, c)
}

// room tells whether an alert is among those of a day that its customer is told of. It
// takes its place once: a notice comes again whenever one of those who follow it failed.
func (s *Service) room(c concern) bool {
	now, alert, of := s.Clock(), c.whose+" "+c.ID, s.told
	if c.Severity == "high" { // no storm of small ones stands before it
		of = s.grave
	}
	if s.counted.Allow(alert, 1, now) > 0 {
		return true
	}
	if of.Allow(c.whose, 1, now) > 0 {
		s.counted.Return(alert, 1)
		return false
	}
	return true
}

// concern is an alert that somebody is to be told of.
type concern struct {
	wallet.Alert
	whose    string // the customer
	walletID string
	language string
	amount   string    // of a payment
	party    string    // as it may be said; "" where it may not
	at       time.Time // when it was raised, in the customer's time zone
	push     bool      // the wallet may show a notification for it
}

// concern asks the wallet what a notice is about, and judges whether anybody is told.
func (s *Service) concern(ctx context.Context, n wallet.Notice, whose string) (concern, bool, error) {
	by := wallet.Actor{Kind: "system", ID: "kefu", Purpose: "watch"}
	can, err := s.Wallet.Capabilities(ctx)
	if err != nil {
		return concern{}, false, err
	}
	list, err := s.raised(ctx, by, can, n)
	if err != nil {
		return concern{}, false, gone(err)
	}
	i := slices.IndexFunc(list, func(a wallet.Alert) bool { return a.ID == n.Object })
	if i < 0 || !telling(list[i], s.Clock()) {
		return concern{}, false, nil
	}
	c := concern{Alert: list[i], whose: whose, walletID: n.CustomerID}
	known, err := s.Wallet.Customer(ctx, by, n.CustomerID)
	if err != nil {
		return c, false, gone(err)
	}
	c.language, c.at = known.Locale, c.RaisedAt.Std().UTC()
	if zone, err := time.LoadLocation(known.TimeZone); err == nil {
		c.at = c.at.In(zone)
	}
	if c.Kind == wallet.AlertPayment {
		t, err := s.Wallet.Transaction(ctx, by, n.CustomerID, c.About)
		if err != nil || !asks(t) {
			return c, false, gone(err)
		}
		c.amount = t.Amount.Written()
		if c.party, err = s.party(ctx, c, t); err != nil {
			return c, false, err
		}
	}
	c.push, err = s.mayPush(ctx, by, can, n.CustomerID)
	return c, err == nil, err
}

// OfRecovery is the kind of what is told of somebody who tries to come back in as the
// customer. The wallet raises no alert for it: it tells of the recovery itself.
const OfRecovery wallet.AlertKind = "recovery"

// raised are the alerts of the kind that a notice is about. A recovery that still runs
// weighs as much as any: whoever comes in by it has everything.
func (s *Service) raised(ctx context.Context, by wallet.Actor, can wallet.Capabilities, n wallet.Notice) ([]wallet.Alert, error) {
	if n.Type == wallet.RiskAlert {
		if !can.Reads(wallet.ReadAlerts) {
			return nil, nil
		}
		return s.Wallet.Alerts(ctx, by, n.CustomerID)
	}
	if !can.Reads(wallet.ReadRecoveries) {
		return nil, nil
	}
	all, err := s.Wallet.Recoveries(ctx, by, n.CustomerID)
	var list []wallet.Alert
	for _, r := range all {
		if r.State.Open() {
			list = append(list, wallet.Alert{ID: r.ID, Kind: OfRecovery, About: r.ID, Severity: "high", State: "open", Disclosable: true, RaisedAt: r.BegunAt})
		}
	}
	return list, err
}

// party is the other side of a payment as it is said in the house's own voice: a person's
// name masked, and none at all where it is no mere name. Whoever is paid chooses what they
// are called.
func (s *Service) party(ctx context.Context, c concern, t wallet.Transaction) (string, error) {
	name, err := s.Intake.Clean(ctx, t.Party())
	if err != nil || !mereName(name) {
		return "", err
	}
	if story.Private(&domain.PaymentFact{Kind: string(t.Kind)}) {
		name = mask.Name(name)
	}
	c.party = name
	err = s.Intake.Worded("party", wordsOf(c.language).toCustomer(c))
	if fault.Is(err, fault.Invalid) {
		return "", nil
	}
	return name, err
}

// Bounds of what is still a name, and no telephone number, address or sentence.
const (
	nameCharacters = 40
	nameDigits     = 4
)

// mereName tells whether a name leads nowhere.
func mereName(name string) bool {
	digits, before, dot := 0, ' ', false
	for _, r := range name {
		switch {
		case unicode.IsControl(r) || strings.ContainsRune("@/\\:+＋＠／：", r):
			return false
		case dot && unicode.IsLetter(r): // the name of a host
			return false
		case unicode.IsDigit(r):
			digits++
		}
		dot = (r == '.' || r == '。' || r == '．') && (unicode.IsLetter(before) || unicode.IsDigit(before))
		before = r
	}
	return name != "" && digits <= nameDigits && utf8.RuneCountInString(name) <= nameCharacters
}

// gone makes no error of what the wallet does not have any more.
func gone(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// asks tells whether a customer is asked of a payment whether it was them. One that the
// wallet looks at for risk is told like any other that takes its time, and one that is
// over, or that they do not accept already, is settled.
func asks(t wallet.Transaction) bool {
	switch t.State {
	case wallet.RiskHold, wallet.PreCheckFailed, wallet.Failed, wallet.Voided, wallet.Expired, wallet.Reversed, wallet.Refunded,
		wallet.Disputed, wallet.ProvisionalCredit, wallet.Won, wallet.Lost:
		return false
	default:
		return true
	}
}

// mayPush tells whether a notification may be shown for an alert. Where it would be shown
// must not have changed lately: whoever takes an account over changes that first.
func (s *Service) mayPush(ctx context.Context, by wallet.Actor, can wallet.Capabilities, customer string) (bool, error) {
	if !can.Reads(wallet.ReadFactors) || !can.Reads(wallet.ReadDevices) {
		return false, nil // nobody says that it is old
	}
	factors, err := s.Wallet.Factors(ctx, by, customer)
	if err != nil {
		return false, gone(err)
	}
	devices, err := s.Wallet.Devices(ctx, by, customer)
	if err != nil {
		return false, gone(err)
	}
	return Settled(factors, devices, s.Clock()), nil
}

// Settled tells whether the way by which a wallet shows notifications is old: there is a
// device that shows them, and neither one of those nor what confirms on them was added or
// changed within the time for which no factor counts for much.
func Settled(factors []wallet.Factor, devices []wallet.Device, now time.Time) bool {
	young := func(at wallet.Time) bool { return now.Sub(at.Std()) < assurance.CoolDown }
	there := false
	for _, d := range devices {
		if d.Push && d.Trust != "revoked" {
			if d.Trust != "trusted" || young(d.FirstSeen) {
				return false
			}
			there = true
		}
	}
	return there && !slices.ContainsFunc(factors, func(f wallet.Factor) bool { return f.Type == "app_push" && young(f.ChangedAt) })
}

// tell tells of an alert. What is said to the customer causes a notification in their
// wallet when their window is closed; where none may be shown it is said quietly, and
// staff read in the note that nobody was told otherwise.
func (s *Service) tell(ctx context.Context, c concern) error {
	who := identity.Principal{Kind: identity.Customer, ID: c.whose, Level: identity.AL1}
	say := wordsOf(c.language)
	state, err := s.Intake.Start(ctx, who, conversation.Start{
		Ref: "alerts:" + c.RaisedAt.Std().Format(time.DateOnly), NewID: id.New(), Channel: "chat", Topic: say.topic, Language: c.language,
	})
	if err != nil {
		return err
	}
	conv := state.ID
	if state.MergedInto != "" {
		conv = state.MergedInto
	}
	us := part()
	by := identity.Principal{Kind: identity.Program, ID: us.ID, Name: s.House(), Scopes: identity.ScopesOf(identity.SendMessages)} // automatic, and no answer to anybody
	said, err := s.Store.Execute(ctx, by, conv, conversation.Command{Kind: conversation.Send, ClientID: "alert-" + c.ID, Content: conversation.Content{Text: say.toCustomer(c), Quiet: !c.push}})
	if err != nil {
		return err
	}
	if said.Duplicate && s.Clock().Sub(c.RaisedAt.Std()) >= wallet.AlertLife { // long told of: asked on, or answered
		return nil
	}
	if err := s.do(ctx, us, conv, conversation.Command{Kind: conversation.Note, ClientID: "alert-note-" + c.ID, Content: conversation.Content{Text: say.toStaff(c)}}); err != nil {
		return err
	}
	if p, urgent := priority(c.Severity); urgent && state.Priority != conversation.Urgent {
		if err := s.do(ctx, us, conv, conversation.Command{Kind: conversation.SetPriority, Content: conversation.Content{Priority: p}}); err != nil {
			return err
		}
	}
	return s.ask(ctx, who, conv, c)
}

// do has something done in a conversation, once however often it is tried.
func (s *Service) do(ctx context.Context, p identity.Principal, conv string, c conversation.Command) error {
	_, err := s.Store.Execute(ctx, p, conv, c)
	return err
}

// priority is that of a conversation about an alert, so that it is read before others
// once its customer says that it was not them.
func priority(severity string) (conversation.Priority, bool) {
	switch severity {
	case "high":
		return conversation.Urgent, true
	case "medium":
		return conversation.High, true
	default:
		return "", false
	}
}

// OfAlert is what a run of FL3 is told when it begins because the wallet noticed something
// about the account, so that it names that and takes "it was me" for an answer.
func OfAlert(kind wallet.AlertKind, at wallet.Time) map[string]domain.Value {
	return map[string]domain.Value{
		"alert":    {Type: domain.Choice, Text: string(kind)},
		"alert_at": {Type: domain.Date, At: at},
	}
}

// ask puts the question: a flow about the payment, or about what happened to the account.
// One that stands there is not asked again, and neither is one that was answered while
// the notice came again.
func (s *Service) ask(ctx context.Context, who identity.Principal, conv string, c concern) error {
	b := selfservice.Begin{Flow: "FL3", Conversation: conv, Language: c.language, Told: OfAlert(c.Kind, c.RaisedAt), About: c.ID}
	if c.Kind == wallet.AlertPayment {
		b.Flow, b.Told, b.Given = "FL19", nil, map[string]string{"payment": c.About}
	}
	open, err := s.Runs.List(ctx, who)
	if err != nil {
		return err
	}
	for _, seen := range open {
		about := seen.Run.Slots["payment"].Ref() == c.About
		if b.Given == nil {
			about = seen.Run.Slots["alert"].Text == string(c.Kind)
		}
		if seen.Run.Flow != b.Flow || seen.Run.State.Over() || !about {
			continue
		}
		if seen.Run.Asks() && seen.Run.About != c.ID { // one question stands for both, and as long as for the newer
			_, err = s.Runs.Extend(ctx, seen.Run.ID)
		}
		return err
	}
	alert := c.whose + " " + c.ID
	if s.asked.Allow(alert, 1, s.Clock()) > 0 {
		return nil
	}
	if _, err = s.Runs.Start(ctx, who, b); err != nil {
		s.asked.Return(alert, 1)
	}
	switch fault.CodeOf(err) {
	case fault.Unavailable, fault.Internal:
		return err
	}
	if err != nil { // there are too many questions already, or the payment is gone: what was said stands
		s.Log.Warn("a customer could not be asked about an alert", "alert", c.ID, "error", err)
	}
	return nil
}
