package statement

import (
	"bytes"
	"encoding/csv"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/wallet"
)

// Row is one line of an export.
type Row struct {
	At        wallet.Time
	ID        string
	Kind      wallet.Kind
	Party     string
	Amount    wallet.Money // below nothing for what left
	Fee       wallet.Money // none: there was none
	State     wallet.State
	Account   string
	Reference string
}

// RowOf is a transaction as a line, told as its customer may hear of it.
func RowOf(t wallet.Transaction) Row {
	t = t.ForCustomer()
	r := Row{At: t.CreatedAt, ID: t.ID, Kind: t.Kind, Party: t.Party(), Amount: t.Amount, State: t.State, Account: t.AccountID}
	if t.Direction == wallet.Out {
		r.Amount = t.Amount.Neg()
	}
	for _, f := range t.Fees {
		if sum, err := r.Fee.Add(f.Amount); err == nil {
			r.Fee = sum
		} else {
			r.Fee = f.Amount
		}
	}
	return r
}

// Columns are the names of the columns of an export.
func Columns() []string {
	return []string{"date", "time", "id", "kind", "party", "in", "out", "fee", "currency", "state", "account", "reference"}
}

// Export writes lines as comma-separated values (RFC 4180) in UTF-8, with the days and
// hours of a zone. Sums stand in a column for what came in and one for what left, so that
// none has a sign, and no cell is read as a formula by a program that opens the file
// (OWASP ASVS 5.0 1.2.10). It begins with a byte order mark, without which spreadsheets
// read Chinese as something else.
func Export(rows []Row, zone *time.Location) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.Write(Columns()) // a buffer takes everything
	for _, r := range rows {
		at := r.At.Std().In(zone)
		in, out := r.Amount.Amount(), ""
		if r.Amount.Sign() < 0 {
			in, out = "", r.Amount.Abs().Amount()
		}
		fee := ""
		if !r.Fee.None() {
			fee = r.Fee.Amount()
		}
		_ = w.Write([]string{
			at.Format(time.DateOnly), at.Format(time.TimeOnly), Cell(r.ID), Cell(string(r.Kind)), Cell(r.Party), in, out, fee, r.Amount.Currency(), Cell(string(r.State)),
			Cell(r.Account), Cell(r.Reference),
		})
	}
	w.Flush()
	return b.Bytes()
}

// Cell is a text that no spreadsheet takes for a formula: one that would begin with what
// formulas do, also behind spaces, begins with an apostrophe. What cannot be seen is left
// out.
func Cell(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\ufeff' {
			return -1
		}
		return r
	}, text)
	seen := strings.TrimLeft(text, " \u00a0\u3000")
	if first, _ := utf8.DecodeRuneInString(seen); seen != "" && strings.ContainsRune("=+-@|%\uff1d\uff0b\uff0d\uff20", first) {
		return "'" + text
	}
	return text
}

// Formulas tells whether a table has a cell that a spreadsheet takes for a formula. A
// number with its sign is none.
func Formulas(table []byte) bool {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(table, []byte("\ufeff"))))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	for {
		cells, err := r.Read()
		if err != nil {
			return false
		}
		for _, c := range cells {
			_, number := wallet.Parse(strings.TrimPrefix(c, "+"), "XXX", wallet.MaxScale)
			if number != nil && Cell(c) != c {
				return true
			}
		}
	}
}
