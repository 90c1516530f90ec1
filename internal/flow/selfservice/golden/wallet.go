package golden

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// customer is whose wallet it is.
const customer = "cust-1"

// World is a customer's wallet as a conversation finds it. Times are spans from now:
// "5m" is five minutes ago, "-2h" in two hours.
type World struct {
	Down         bool           `yaml:"down,omitempty"` // it does not answer
	Lacks        []string       `yaml:"lacks,omitempty"`
	Flags        []string       `yaml:"flags,omitempty"`
	Transactions []Tx           `yaml:"transactions,omitempty"`
	Attempts     []Attempt      `yaml:"attempts,omitempty"`
	Terms        map[string]Due `yaml:"terms,omitempty"` // by payment
	Refunds      []Refund       `yaml:"refunds,omitempty"`
	Disputes     []Dispute      `yaml:"disputes,omitempty"`
	Incidents    []Incident     `yaml:"incidents,omitempty"`
	Limits       []Limit        `yaml:"limits,omitempty"`
	Stops        []Stop         `yaml:"restrictions,omitempty"`
	Lifted       []string       `yaml:"lifted,omitempty,flow"` // restrictions that are gone
	Factor       string         `yaml:"factor,omitempty"`      // when something that proves the customer changed last
	Factors      []Factor       `yaml:"factors,omitempty"`     // in place of one that is old and strong
	Devices      []Device       `yaml:"devices,omitempty"`     // in place of one
	Gone         []string       `yaml:"gone,omitempty,flow"`   // devices and cards that are out of use
	Sessions     []Session      `yaml:"sessions,omitempty"`
	Cards        []Card         `yaml:"cards,omitempty"` // in place of one
	Desk         *Desk          `yaml:"desk,omitempty"`  // of the house, not of the wallet
	Official     []Contact      `yaml:"official,omitempty"`
	Fees         []Fee          `yaml:"fees,omitempty"`
	Country      string         `yaml:"country,omitempty"`       // whose law counts for the customer
	Known        string         `yaml:"known,omitempty"`         // how far it has checked who they are: approved
	Since        string         `yaml:"since,omitempty"`         // for how long they are its customer; default 2000h
	Reach        string         `yaml:"reach,omitempty"`         // whether it has a number of theirs: confirmed, unconfirmed
	Phrase       string         `yaml:"phrase,omitempty"`        // their own, which the house keeps; down: it cannot be looked up
	Screens      []string       `yaml:"screens,omitempty,flow"`  // of the wallet's app that it names
	Balances     []string       `yaml:"balances,omitempty,flow"` // 120.00 EUR
	Plans        *Shelf         `yaml:"plans,omitempty"`         // of the house: what it offers, and what others say of themselves
	// Reads are what reads say, by name; one that is not here is answered from the wallet.
	Reads map[string]Answer `yaml:"reads,omitempty"`
}

// Parts of a world; the names are those of docs/wallet-api.md.
type (
	// Tx is a payment.
	Tx struct {
		ID        string   `yaml:"id"`
		Kind      string   `yaml:"kind,omitempty"`      // payment
		Direction string   `yaml:"direction,omitempty"` // out
		Amount    string   `yaml:"amount"`              // 268.00 CNY
		Party     string   `yaml:"party"`
		State     string   `yaml:"state"`
		Failure   string   `yaml:"failure,omitempty"` // a normalised code
		Raw       string   `yaml:"raw,omitempty"`     // the rail's own
		Rail      string   `yaml:"rail,omitempty"`    // card
		Ago       string   `yaml:"ago"`
		Expected  string   `yaml:"expected,omitempty"`
		Held      string   `yaml:"held,omitempty"` // until
		Final     bool     `yaml:"final,omitempty"`
		Related   string   `yaml:"related,omitempty"`   // kind:id
		Fees      []string `yaml:"fees,omitempty,flow"` // withdrawal 1.50 EUR
		Exchange  string   `yaml:"fx,omitempty"`        // 100.00 EUR > 108.20 USD @ 1.0820
		Note      string   `yaml:"note,omitempty"`
		Reference string   `yaml:"reference,omitempty"` // of its rail
	}
	// Attempt is a payment that never began.
	Attempt struct {
		Trace   string `yaml:"trace"`
		Amount  string `yaml:"amount"`
		Party   string `yaml:"party"`
		Failure string `yaml:"failure"`
		Ago     string `yaml:"ago"`
	}
	// Due is what may be given back of a payment.
	Due struct {
		Eligible bool     `yaml:"eligible,omitempty"`
		Left     string   `yaml:"left"`
		Why      []string `yaml:"why,omitempty"`
		Needs    []string `yaml:"needs,omitempty"`
		Until    string   `yaml:"until,omitempty"`
		Decides  string   `yaml:"decides,omitempty"`
	}
	// Refund is a refund.
	Refund struct {
		ID        string `yaml:"id"`
		Tx        string `yaml:"tx"`
		Amount    string `yaml:"amount"`
		State     string `yaml:"state"`
		Expected  string `yaml:"expected,omitempty"`
		Reference string `yaml:"reference,omitempty"`
		Ago       string `yaml:"ago"`
	}
	// Dispute is a dispute.
	Dispute struct {
		ID     string `yaml:"id"`
		Tx     string `yaml:"tx"`
		Amount string `yaml:"amount"`
		State  string `yaml:"state"`
		Claim  string `yaml:"claim"`
		Ago    string `yaml:"ago"`
		Until  string `yaml:"until,omitempty"` // for evidence
	}
	// Incident is something that does not work.
	Incident struct {
		Rail    string            `yaml:"rail"`
		Begins  string            `yaml:"begins,omitempty"` // of what is announced; else it is now
		Ends    string            `yaml:"ends,omitempty"`
		Message map[string]string `yaml:"message,omitempty"`
	}
	// Limit is how much may be moved.
	Limit struct {
		Period string `yaml:"period"`
		Max    string `yaml:"max"`
		Used   string `yaml:"used"`
	}
	// Stop is what is not allowed.
	Stop struct {
		ID       string `yaml:"id"`
		Stops    string `yaml:"stops"`
		Reason   string `yaml:"reason,omitempty"`
		Tellable bool   `yaml:"tellable,omitempty"`
		By       string `yaml:"by"`
		Kind     string `yaml:"kind,omitempty"` // freeze
	}
	// Factor proves the customer.
	Factor struct {
		Type    string `yaml:"type"`
		Changed string `yaml:"changed"`
	}
	// Device is a device of the customer's.
	Device struct {
		ID    string `yaml:"id"`
		Model string `yaml:"model"`
		Trust string `yaml:"trust,omitempty"` // trusted
	}
	// Session is a sign-in.
	Session struct {
		Result string `yaml:"result"`
		Ago    string `yaml:"ago"`
	}
	// Card is what the customer pays with.
	Card struct {
		ID    string `yaml:"id"`
		Type  string `yaml:"type,omitempty"` // card
		Last4 string `yaml:"last4"`
	}
)

// book answers as the wallet of a World would.
type book struct {
	world World
	now   func() time.Time
	err   error // of the scenario itself
}

func (b *book) back(span string) wallet.Time {
	if span == "" {
		return 0
	}
	d, err := time.ParseDuration(span)
	if err != nil {
		b.err = err
	}
	return wallet.At(start().Add(-d))
}

// scaleOf is how many decimals a sum has; points have none.
func scaleOf(currency string) int {
	if currency == "PTS" {
		return 0
	}
	return 2
}

func (b *book) money(text string) wallet.Money {
	amount, currency, _ := strings.Cut(text, " ")
	m, err := wallet.Parse(amount, currency, scaleOf(currency))
	if err != nil {
		b.err = err
	}
	return m
}

func (b *book) answers() error {
	if b.world.Down {
		return fault.New(fault.Unavailable, "golden", "the wallet does not answer")
	}
	return b.err
}

func or[T ~string](s string, otherwise T) T {
	if s == "" {
		return otherwise
	}
	return T(s)
}

func (b *book) tx(t Tx) wallet.Transaction {
	out := wallet.Transaction{
		ID: t.ID, CustomerID: customer, AccountID: "acc-1", Kind: or(t.Kind, wallet.KindPayment), Direction: or(t.Direction, wallet.Out), Amount: b.money(t.Amount),
		State: wallet.State(t.State), Final: t.Final, CreatedAt: b.back(t.Ago), ExpectedBy: b.back(t.Expected), Rail: or(t.Rail, "card"), RailRef: t.Reference, Fees: b.charged(t), Exchange: b.exchanged(t), Note: t.Note,
	}
	if out.Kind == wallet.KindTransfer || out.Kind == wallet.KindWithdrawal {
		out.Counterparty = &wallet.Counterparty{Name: t.Party, Account: "DE02120300000000202051"}
	} else {
		out.Merchant = &wallet.Merchant{Name: t.Party}
	}
	out.History = []wallet.Step{{State: wallet.Initiated, At: out.CreatedAt}}
	if out.State != wallet.Initiated {
		out.History = append(out.History, wallet.Step{State: out.State, At: out.CreatedAt})
	}
	if t.Failure != "" {
		out.Failure = &wallet.Failure{Code: wallet.FailureCode(t.Failure), Source: "provider", RawCode: t.Raw}
	}
	if out.State == wallet.Authorised || out.State == wallet.RiskHold || out.State == wallet.PartiallyCaptured {
		hold := wallet.Hold{ID: "hold-" + t.ID, Amount: out.Amount, Reason: "review", PlacedAt: out.CreatedAt, ExpiresAt: b.back(t.Held)}
		if out.State != wallet.RiskHold { // it is the shop's, and no secret
			hold.Reason, hold.Disclosable = "authorisation", true
		}
		out.Holds = []wallet.Hold{hold}
	}
	if kind, id, ok := strings.Cut(t.Related, ":"); ok {
		out.Related = []wallet.Relation{{Kind: kind, ID: id}}
	}
	return out
}

// Capabilities implements selfservice.Capable.
func (b *book) Capabilities(context.Context) (wallet.Capabilities, error) {
	c := wallet.Capabilities{Version: "1", Acts: wallet.Acts(), StepUp: []string{"app_push"}, Files: &wallet.FileLimits{MaxBytes: 8 << 20, Types: wallet.FileTypes()}}
	for _, screen := range b.world.Screens {
		if c.Links == nil {
			c.Links = map[string]string{}
		}
		c.Links[screen] = "https://wallet.example/" + screen
	}
	if slices.Contains(b.world.Lacks, "files") {
		c.Files = nil
	}
	for _, r := range wallet.Readings() {
		if !slices.Contains(b.world.Lacks, string(r)) {
			c.Readings = append(c.Readings, r)
		}
	}
	return c, nil
}

// Customer implements selfservice.Wallet.
func (b *book) Customer(context.Context, wallet.Actor, string) (wallet.Customer, error) {
	who := wallet.Customer{ID: customer, Kind: wallet.Person, Flags: b.world.Flags, Jurisdiction: b.world.Country, KYC: wallet.KYC{Status: b.world.Known}, CreatedAt: b.back(cmp.Or(b.world.Since, "2000h"))}
	if b.world.Reach != "" {
		phone := wallet.Handle{Kind: wallet.HandlePhone, Value: "+44 20 7946 0123"}
		if b.world.Reach == "confirmed" {
			phone.VerifiedAt = wallet.At(start().Add(-1000 * time.Hour))
		}
		who.Handles = []wallet.Handle{phone}
	}
	return who, b.answers()
}

// Instruments implements selfservice.Wallet.
func (b *book) Instruments(context.Context, wallet.Actor, string) ([]wallet.Instrument, error) {
	cards := b.world.Cards
	if cards == nil {
		cards = []Card{{ID: "card-1", Last4: "1111"}}
	}
	var all []wallet.Instrument
	for _, c := range cards {
		one := wallet.Instrument{ID: c.ID, Type: or(c.Type, "card"), Brand: "Visa", Last4: c.Last4, Status: "active"}
		if slices.Contains(b.world.Gone, c.ID) {
			one.Status = "blocked"
		}
		all = append(all, one)
	}
	return all, b.answers()
}

// Transactions implements selfservice.Wallet.
func (b *book) Transactions(_ context.Context, _ wallet.Actor, q wallet.Query) (wallet.Page, error) {
	var page wallet.Page
	for _, t := range b.world.Transactions {
		if one := b.tx(t); q.Matches(one) {
			page.Items = append(page.Items, one)
		}
	}
	slices.SortStableFunc(page.Items, func(x, y wallet.Transaction) int { return int(max(-1, min(1, y.CreatedAt-x.CreatedAt))) })
	return page, b.answers()
}

// Transaction implements selfservice.Wallet.
func (b *book) Transaction(_ context.Context, _ wallet.Actor, _, id string) (wallet.Transaction, error) {
	for _, t := range b.world.Transactions {
		if t.ID == id {
			return b.tx(t), b.answers()
		}
	}
	if err := b.answers(); err != nil {
		return wallet.Transaction{}, err
	}
	return wallet.Transaction{}, fault.New(fault.NotFound, "golden", "there is no payment %s", id)
}

// Attempts implements selfservice.Attempting.
func (b *book) Attempts(_ context.Context, _ wallet.Actor, _, trace string) ([]wallet.Attempt, error) {
	var all []wallet.Attempt
	for _, a := range b.world.Attempts {
		if trace == "" || a.Trace == trace {
			all = append(all, wallet.Attempt{
				TraceID: a.Trace, CustomerID: customer, Amount: b.money(a.Amount), Party: a.Party, At: b.back(a.Ago),
				Failure: &wallet.Failure{Code: wallet.FailureCode(a.Failure), Source: "wallet"},
			})
		}
	}
	return all, b.answers()
}

// Refunds implements selfservice.Refunding.
func (b *book) Refunds(_ context.Context, _ wallet.Actor, _, tx string) ([]wallet.Refund, error) {
	var all []wallet.Refund
	for _, r := range b.world.Refunds {
		if tx == "" || r.Tx == tx {
			all = append(all, wallet.Refund{
				ID: r.ID, CustomerID: customer, TransactionID: r.Tx, Amount: b.money(r.Amount), State: wallet.RefundState(r.State), Route: "original",
				RequestedAt: b.back(r.Ago), ExpectedBy: b.back(r.Expected), Reference: r.Reference,
			})
		}
	}
	return all, b.answers()
}

// Terms implements selfservice.Refunding.
func (b *book) Terms(_ context.Context, _ wallet.Actor, _, tx string) (wallet.Terms, error) {
	t, ok := b.world.Terms[tx]
	if err := b.answers(); err != nil || !ok {
		return wallet.Terms{}, fault.New(fault.Unavailable, "golden", "there are no terms: %v", err)
	}
	return wallet.Terms{
		TransactionID: tx, Eligible: t.Eligible, Why: t.Why, Left: b.money(t.Left), Until: b.back(t.Until), Needs: t.Needs, Decides: or(t.Decides, "merchant"),
		Route: "original", ArrivesIn: [2]int{24, 72},
	}, nil
}

// Disputes implements selfservice.Disputing.
func (b *book) Disputes(context.Context, wallet.Actor, string) ([]wallet.Dispute, error) {
	var all []wallet.Dispute
	for _, d := range b.world.Disputes {
		all = append(all, wallet.Dispute{
			ID: d.ID, CustomerID: customer, Transactions: []string{d.Tx}, Claim: wallet.Claim(d.Claim), Stage: wallet.StageInquiry, State: wallet.DisputeState(d.State),
			Amount: b.money(d.Amount), OpenedAt: b.back(d.Ago), Deadlines: b.deadlines(d),
		})
	}
	return all, b.answers()
}

// deadlines are those of a dispute: 45 days for the decision, and what the world says for
// evidence.
func (b *book) deadlines(d Dispute) []wallet.Deadline {
	all := []wallet.Deadline{{What: "decision", At: b.back(d.Ago) + wallet.Time((45 * 24 * time.Hour).Microseconds())}}
	if d.Until != "" {
		all = append(all, wallet.Deadline{What: "evidence", At: b.back(d.Until)})
	}
	return all
}

// Devices implements selfservice.Guarding.
func (b *book) Devices(context.Context, wallet.Actor, string) ([]wallet.Device, error) {
	devices := b.world.Devices
	if devices == nil {
		devices = []Device{{ID: "dev-1", Model: "iPhone 15"}}
	}
	var all []wallet.Device
	for _, d := range devices {
		one := wallet.Device{ID: d.ID, Model: d.Model, Trust: or(d.Trust, "trusted")}
		if slices.Contains(b.world.Gone, d.ID) {
			one.Trust = "revoked"
		}
		all = append(all, one)
	}
	return all, b.answers()
}

// Sessions implements selfservice.Signing.
func (b *book) Sessions(context.Context, wallet.Actor, string) ([]wallet.Session, error) {
	var all []wallet.Session
	for i, s := range b.world.Sessions {
		all = append(all, wallet.Session{ID: "se-" + strconv.Itoa(i), Result: s.Result, At: b.back(s.Ago)})
	}
	return all, b.answers()
}

// Limits implements selfservice.Limiting.
func (b *book) Limits(context.Context, wallet.Actor, string) ([]wallet.Limit, error) {
	var all []wallet.Limit
	for _, l := range b.world.Limits {
		all = append(all, wallet.Limit{ID: "lim-" + l.Period, Period: l.Period, Max: b.money(l.Max), Used: b.money(l.Used)})
	}
	return all, b.answers()
}

// Restrictions implements selfservice.Restricting.
func (b *book) Restrictions(context.Context, wallet.Actor, string) ([]wallet.Restriction, error) {
	var all []wallet.Restriction
	for _, r := range b.world.Stops {
		if slices.Contains(b.world.Lifted, r.ID) {
			continue
		}
		all = append(all, wallet.Restriction{
			ID: r.ID, Scope: "wallet", Kind: or(r.Kind, "freeze"), Stops: r.Stops, Reason: r.Reason, Disclosable: r.Tellable, PlacedBy: r.By, PlacedAt: wallet.At(start()), Release: "support",
		})
	}
	return all, b.answers()
}

// Incidents implements selfservice.Troubling.
func (b *book) Incidents(context.Context) ([]wallet.Incident, error) {
	var all []wallet.Incident
	for _, i := range b.world.Incidents {
		begins := wallet.At(start().Add(-time.Hour))
		if i.Begins != "" {
			begins = b.back(i.Begins)
		}
		all = append(all, wallet.Incident{ID: "inc-1", Rails: []string{i.Rail}, Planned: i.Begins != "", BeginsAt: begins, EndsAt: b.back(i.Ends), Message: i.Message})
	}
	return all, b.answers()
}

// Factors implements selfservice.Proving.
func (b *book) Factors(context.Context, wallet.Actor, string) ([]wallet.Factor, error) {
	var all []wallet.Factor
	for i, f := range b.world.Factors {
		all = append(all, wallet.Factor{ID: "fa-" + strconv.Itoa(i), Type: f.Type, State: "active", CreatedAt: wallet.At(start().Add(-2000 * time.Hour)), ChangedAt: b.back(f.Changed)})
	}
	if all != nil {
		return all, b.answers()
	}
	if b.world.Factor == "" {
		return []wallet.Factor{{ID: "fa-1", Type: "app_push", State: "active", CreatedAt: wallet.At(start().Add(-1000 * time.Hour))}}, b.answers()
	}
	return []wallet.Factor{{ID: "fa-1", Type: "app_push", State: "active", CreatedAt: b.back(b.world.Factor)}}, b.answers()
}
