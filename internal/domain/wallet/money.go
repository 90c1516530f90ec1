package wallet

import (
	"encoding/json"
	"math/big"
	"strings"

	"kefu/internal/platform/fault"
)

// Bounds of money.
const (
	MaxScale  = 18 // decimals: what crypto currencies need
	maxDigits = 38 // of the whole number of smallest units
)

// Money is an exact sum in one currency: a whole number of its smallest units,
// and how many decimals those are. It is never a float. The zero Money is no sum
// at all. A Money is never changed; every operation makes a new one.
type Money struct {
	units    *big.Int // nil counts as 0
	currency string
	scale    uint8
}

// moneyJSON is how money is told: a decimal text beside its scale.
type moneyJSON struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Scale    *uint8 `json:"scale"`
}

// Units makes money of a number of smallest units. Errors: Invalid.
func Units(units *big.Int, currency string, scale int) (Money, error) {
	const op = "wallet.Units"
	switch {
	case !ValidCurrency(currency):
		return Money{}, fault.InvalidField(op, "currency", "is no code of a currency")
	case scale < 0 || scale > MaxScale:
		return Money{}, fault.InvalidField(op, "scale", "is not one of 0 to %d", MaxScale)
	case digits(units) > maxDigits:
		return Money{}, fault.InvalidField(op, "amount", "has more than %d digits", maxDigits)
	}
	return Money{units: new(big.Int).Set(units), currency: currency, scale: uint8(scale)}, nil
}

// ValidCurrency tells whether s may name a currency: an ISO 4217 code, or the
// ticker of a token; 2 to 12 capital letters and digits, a letter first.
func ValidCurrency(s string) bool {
	if len(s) < 2 || len(s) > 12 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func digits(n *big.Int) int {
	if n.Sign() == 0 {
		return 1
	}
	return len(new(big.Int).Abs(n).Text(10))
}

// Parse reads a decimal text such as "-12.34" with at most scale decimals, not
// counting zeros at the end. There is one way to write a number: no plus, no
// exponent, no grouping, no digit missing on either side of the point, and no
// zero in front of another digit. Errors: Invalid.
func Parse(text, currency string, scale int) (Money, error) {
	const op = "wallet.Parse"
	wrong := fault.InvalidField(op, "amount", "is no decimal number")
	if len(text) > 2*maxDigits {
		return Money{}, wrong
	}
	body, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(body, ".")
	if !decimal(whole) || (point && !decimal(fraction)) || (len(whole) > 1 && whole[0] == '0') {
		return Money{}, wrong
	}
	if scale < 0 || scale > MaxScale {
		return Money{}, fault.InvalidField(op, "scale", "is not one of 0 to %d", MaxScale)
	}
	if len(fraction) > scale {
		if strings.Trim(fraction[scale:], "0") != "" {
			return Money{}, fault.InvalidField(op, "amount", "has more decimals than its scale")
		}
		fraction = fraction[:scale]
	}
	units, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", scale-len(fraction)), 10)
	if !ok {
		return Money{}, wrong
	}
	if negative {
		if units.Sign() == 0 {
			return Money{}, wrong // there is no other nothing
		}
		units.Neg(units)
	}
	return Units(units, currency, scale)
}

func decimal(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Amount is the decimal text of m, with as many decimals as its scale says.
func (m Money) Amount() string {
	text := new(big.Int).Abs(m.whole()).Text(10)
	if scale := int(m.scale); scale > 0 {
		if missing := scale + 1 - len(text); missing > 0 {
			text = strings.Repeat("0", missing) + text
		}
		text = text[:len(text)-scale] + "." + text[len(text)-scale:]
	}
	if m.Sign() < 0 {
		text = "-" + text
	}
	return text
}

func (m Money) whole() *big.Int {
	if m.units == nil {
		return new(big.Int)
	}
	return m.units
}

// Written is m as a sentence has it, exactly: of more than four decimals only those that
// say something, though two at least, and then the currency.
func (m Money) Written() string {
	text := m.Amount()
	if point := strings.IndexByte(text, '.'); m.scale > 4 {
		text = text[:point+3] + strings.TrimRight(text[point+3:], "0")
	}
	return text + " " + m.currency
}

// String is m for tests and logs of invented money.
func (m Money) String() string { return m.Amount() + " " + m.currency }

// Currency is the code of m's currency, "" for the zero Money.
func (m Money) Currency() string { return m.currency }

// Scale is how many decimals m has.
func (m Money) Scale() int { return int(m.scale) }

// Smallest is m in smallest units; the number is the caller's own.
func (m Money) Smallest() *big.Int { return new(big.Int).Set(m.whole()) }

// Sign is -1, 0 or 1.
func (m Money) Sign() int { return m.whole().Sign() }

// None tells the zero Money, which is no sum at all, from a sum of nothing.
func (m Money) None() bool { return m.currency == "" }

// Like tells whether m and o can be added.
func (m Money) Like(o Money) bool { return m.currency == o.currency && m.scale == o.scale }

// Neg is m the other way.
func (m Money) Neg() Money {
	return Money{units: new(big.Int).Neg(m.whole()), currency: m.currency, scale: m.scale}
}

// Abs is m without its sign.
func (m Money) Abs() Money {
	return Money{units: new(big.Int).Abs(m.whole()), currency: m.currency, scale: m.scale}
}

// Add adds two sums of one currency and scale. Errors: Invalid for others, and
// for a result of too many digits.
func (m Money) Add(o Money) (Money, error) {
	if !m.Like(o) {
		return Money{}, fault.New(fault.Invalid, "wallet.Add", "two currencies cannot be added")
	}
	return Units(new(big.Int).Add(m.whole(), o.whole()), m.currency, int(m.scale))
}

// Cmp compares two sums of one currency, whatever their scales.
func (m Money) Cmp(o Money) int {
	scale := max(m.scale, o.scale)
	return m.at(scale).Cmp(o.at(scale))
}

func (m Money) at(scale uint8) *big.Int {
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-m.scale)), nil)
	return factor.Mul(factor, m.whole())
}

// MarshalJSON implements json.Marshaler. No sum at all is null.
func (m Money) MarshalJSON() ([]byte, error) {
	if m.None() {
		return []byte("null"), nil
	}
	scale := m.scale
	return json.Marshal(moneyJSON{Amount: m.Amount(), Currency: m.currency, Scale: &scale})
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Money) UnmarshalJSON(data []byte) error {
	const op = "wallet.Money"
	if string(data) == "null" {
		*m = Money{}
		return nil
	}
	var told moneyJSON
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&told); err != nil || told.Scale == nil {
		return fault.New(fault.Invalid, op, "money is not told as amount, currency and scale")
	}
	read, err := Parse(told.Amount, told.Currency, int(*told.Scale))
	if err == nil {
		*m = read
	}
	return err
}
