package lives

import (
	"crypto/rand"
	"math/big"
	"strconv"
	"strings"
	"time"

	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/platform/password"
)

// Private is what the wallet knows of a customer and tells nobody.
type Private struct {
	BirthDate string `json:"birth_date"` // YYYY-MM-DD
	TOTP      string `json:"totp"`       // the secret of their authenticator app
	Step      int64  `json:"step"`       // of the last code that was right (RFC 6238)
	// Kept are the recovery codes that they kept and did not use yet.
	Kept []string `json:"kept,omitempty"`
}

// Merchant is a shop that takes the wallet, and how it takes things back.
type Merchant struct {
	wallet.Merchant
	Days    int      `json:"days"`    // after the payment in which it gives money back
	Decides string   `json:"decides"` // wallet, merchant
	Needs   []string `json:"needs,omitempty"`
}

// MerchantOf is what is agreed with shops of a category.
func MerchantOf(m wallet.Merchant) Merchant {
	switch m.Category {
	case "4111", "4112", "4121": // transport: no way back once it was used
		return Merchant{Merchant: m, Days: 2, Decides: "merchant"}
	case "4899", "5968": // subscriptions
		return Merchant{Merchant: m, Days: 14, Decides: "wallet"}
	case "5812", "5814": // food
		return Merchant{Merchant: m, Days: 7, Decides: "merchant", Needs: []string{"photo"}}
	default:
		return Merchant{Merchant: m, Days: 30, Decides: "wallet"}
	}
}

// Payee is somebody to whom a customer sent money.
type Payee struct {
	wallet.Counterparty
	ID        string      `json:"id"`
	FirstUsed wallet.Time `json:"first_used"`
}

// around is what is there beside a person's payments: points, devices, sign-ins, what
// proves them, limits, and whom they pay.
func (s *seeding) around() error {
	n := hash(s.person.ID)
	birth := time.Date(1962+int(n%40), time.Month(1+n/7%12), 1+int(n/11%28), 0, 0, 0, 0, time.UTC)
	app, err := password.NewTOTP(House, s.person.ID)
	if err != nil {
		return err
	}
	private := Private{BirthDate: birth.Format("2006-01-02"), TOTP: app.Secret}
	if s.keepsCodes() {
		private.Kept = Codes()
	}
	if err := s.into.Keep(s.person.ID, private); err != nil {
		return err
	}
	for _, more := range []func() error{s.points, s.devices, s.factors, s.limits, s.known, s.permits} {
		if err := more(); err != nil {
			return err
		}
	}
	return nil
}

// keepsCodes tells whether the person wrote recovery codes down: about every second does,
// as many as recovering offers that way to of those who are nobody.
func (s *seeding) keepsCodes() bool { return hash(s.person.ID+" keeps codes")%2 == 0 }

// Codes are recovery codes as a customer writes them down.
func Codes() []string {
	list := make([]string, 4)
	for i := range list {
		text := rand.Text() // 26 characters
		list[i] = strings.ToLower(text[:5] + "-" + text[5:10] + "-" + text[10:15])
	}
	return list
}

// House is what the wallet is called.
const House = "Luma"

// points are what the person had collected before there was a rule.
func (s *seeding) points() error {
	if s.life.story == nil {
		if err := s.collects(); err != nil {
			return err
		}
	}
	amount, err := wallet.Units(big.NewInt(int64(200+hash(s.person.ID)%3000)), "PTS", 0)
	if err != nil {
		return err
	}
	at := s.before(seedDays * 24 * time.Hour)
	t := wallet.Transaction{
		ID: s.person.ID + "-points", CustomerID: s.person.ID, AccountID: s.person.ID + ":points", Kind: wallet.KindAdjustment, Direction: wallet.In, Amount: amount, CreatedAt: at,
		Rail: "wallet", Counterparty: &wallet.Counterparty{Name: House},
	}
	return s.run(t, rails.Step{To: wallet.Authorised, At: at + 1}, rails.Step{To: wallet.Captured, At: at + 2}, rails.Step{To: wallet.Posted, At: at + 3, Final: true})
}

// shared is the mark of somebody's laptop; some of the demo's people use one together.
func (s *seeding) shared() string {
	switch s.person.ID {
	case "cust-james", "cust-nora":
		return "m-laptop-of-two"
	default:
		return "m-laptop-" + s.person.ID
	}
}

func (s *seeding) devices() error {
	models := [][2]string{{"iPhone 15", "iOS 26.1"}, {"Pixel 9", "Android 16"}, {"HUAWEI Pura 70", "HarmonyOS 5"}}
	model := models[hash(s.person.ID)%uint64(len(models))]
	seen := s.before(70 * time.Minute)
	list := []wallet.Device{
		{ID: s.person.ID + ":phone", Model: model[0], OS: model[1], App: "8.4.0", FirstSeen: s.before(400 * 24 * time.Hour), LastSeen: seen, Trust: "trusted", Push: true, Mark: "m-" + s.person.ID},
		{ID: s.person.ID + ":laptop", Model: "Firefox", OS: "Windows 11", FirstSeen: s.before(300 * 24 * time.Hour), LastSeen: s.before(9 * 24 * time.Hour), Trust: "trusted", Mark: s.shared()},
	}
	sessions := []wallet.Session{
		{ID: s.person.ID + ":s2", DeviceID: list[0].ID, Place: s.life.country, Factor: "passkey", Risk: "low", Result: "open", At: s.before(5 * 24 * time.Hour)},
		{ID: s.person.ID + ":s1", DeviceID: list[1].ID, Place: s.life.country, Factor: "totp", Risk: "low", Result: "ended", At: s.before(9 * 24 * time.Hour), EndedAt: s.before(9*24*time.Hour - time.Hour)},
	}
	if s.person.ID == "cust-sara" { // whoever has her phone now added another one
		list = append(list, wallet.Device{ID: s.person.ID + ":unknown", Model: "Redmi Note 12", OS: "Android 13", App: "8.3.2", FirstSeen: s.before(40 * time.Minute), LastSeen: s.before(30 * time.Minute), Trust: "new"})
		sessions = append(sessions, wallet.Session{ID: s.person.ID + ":s3", DeviceID: s.person.ID + ":unknown", Place: "Sharjah", Factor: "sms", Risk: "high", Result: "open", At: s.before(40 * time.Minute)})
	}
	for _, x := range list {
		if err := s.into.Keep(s.person.ID, x); err != nil {
			return err
		}
	}
	for _, x := range sessions {
		if err := s.into.Keep(s.person.ID, x); err != nil {
			return err
		}
	}
	if len(list) > 2 {
		return s.into.Keep(s.person.ID, wallet.Alert{Kind: wallet.AlertDevice, About: list[2].ID, Severity: "high"})
	}
	return nil
}

func (s *seeding) factors() error {
	made := s.before(400 * 24 * time.Hour)
	kinds := []string{"app_push", "passkey", "totp", "sms"}
	if s.keepsCodes() {
		kinds = append(kinds, "recovery_code")
	}
	for _, kind := range kinds {
		f := wallet.Factor{ID: s.person.ID + ":" + kind, Type: kind, State: "active", CreatedAt: made, ChangedAt: made, LastUsed: s.before(5 * 24 * time.Hour)}
		if err := s.into.Keep(s.person.ID, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) limits() error {
	month := s.twice(s.life.income)
	for _, l := range []wallet.Limit{
		{ID: s.person.ID + ":transaction", Period: "transaction", Max: s.twice(month.Amount()), Used: s.cents(0), Raise: "verify_income"},
		{ID: s.person.ID + ":day", Period: "day", Max: s.twice(month.Amount()), Used: s.cents(0), Raise: "verify_income"},
		{ID: s.person.ID + ":month", Period: "month", Max: s.twice(s.twice(month.Amount()).Amount()), Used: s.cents(0), Raise: "verify_income"},
	} {
		if err := s.into.Keep(s.person.ID, l); err != nil {
			return err
		}
	}
	return nil
}

// known are the shops and people of the person's life.
func (s *seeding) known() error {
	for _, x := range s.life.shops {
		m := MerchantOf(wallet.Merchant{Name: x.name, Category: x.category, Descriptor: x.name})
		if err := s.into.Keep(s.person.ID, m); err != nil {
			return err
		}
	}
	for i, name := range append([]string{s.life.landlord}, s.life.friends...) {
		p := Payee{ID: s.person.ID + ":payee" + strconv.Itoa(i), Counterparty: wallet.Counterparty{Name: name, Account: s.number(uint64(3 + 4*i))}, FirstUsed: s.before(300 * 24 * time.Hour)}
		if err := s.into.Keep(s.person.ID, p); err != nil {
			return err
		}
	}
	return nil
}

// permits are who may charge the person again: the subscriptions among their shops.
func (s *seeding) permits() error {
	if s.person.New {
		return nil
	}
	for i, x := range s.life.shops {
		if x.category != "4899" {
			continue
		}
		next, period, amount := s.now.UTC().AddDate(0, 0, 6+i).Truncate(24*time.Hour).Add(9*time.Hour), "month", s.cents(x.most)
		if s.life.currency == "EUR" { // a year at a time
			next, period, amount = next.AddDate(0, 7, 0), "year", s.cents(10*x.most)
		}
		m := instrument.Mandate{
			ID: s.person.ID + ":permit" + strconv.Itoa(i), CustomerID: s.person.ID, InstrumentID: s.person.ID + ":card", Merchant: x.name, Kind: "subscription", State: instrument.Active,
			Amount: amount, Period: period, NextAt: wallet.At(next), Cancellable: true, CreatedAt: s.before(300 * 24 * time.Hour),
		}
		if err := s.into.Keep(s.person.ID, m); err != nil {
			return err
		}
	}
	return nil
}

// TraceOf is by what the app names the attempt that became a transaction.
func TraceOf(tx string) string {
	return "LM-" + strings.ToUpper(strconv.FormatUint(hash("trace "+tx), 36))
}
