// Package statement is what a wallet writes of a period: its statements with their
// figures, and what of one can be kept; and what follows from many transactions: what
// was spent on what, and the lines of an export. Sums are exact, and nothing is kept.
package statement

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// The states of a statement.
const (
	Open  = "open"  // its period goes on
	Ready = "ready" // it can be kept
)

// The forms in which a statement can be kept.
const (
	PDF = "pdf"
	CSV = "csv"
)

// Statement is what happened in a customer's accounts in one period.
type Statement struct {
	ID         string      `json:"id"`
	CustomerID string      `json:"customer_id"`
	Kind       string      `json:"kind"` // month, quarter, year
	From       wallet.Time `json:"from"` // its first instant
	To         wallet.Time `json:"to"`   // the first instant after it
	TimeZone   string      `json:"time_zone"`
	State      string      `json:"state"`
	ReadyAt    wallet.Time `json:"ready_at"`
	Forms      []string    `json:"forms,omitempty"` // in which it can be kept
	Figures    []Figure    `json:"figures"`         // one for each account and currency
}

// Figure is one account in the period: Opening + In - Out = Closing.
type Figure struct {
	AccountID string       `json:"account_id"`
	Opening   wallet.Money `json:"opening"`
	In        wallet.Money `json:"in"`
	Out       wallet.Money `json:"out"` // with fees
	Closing   wallet.Money `json:"closing"`
	Count     int          `json:"count"` // of transactions that moved something
}

// maxCount bounds the transactions of one period.
const maxCount = 1_000_000

// Validate refuses what is not of the contract, and figures that do not add up. Errors:
// Invalid.
func (s Statement) Validate() error {
	const op = "statement.Statement"
	if s.From == 0 || s.To <= s.From || (s.State == Ready) != (s.ReadyAt != 0) || (s.State == Ready) == (len(s.Forms) == 0) {
		return fault.InvalidField(op, "to", "is not after from, or it is ready without a time or a form to keep, or has one before")
	}
	if len(s.Figures) == 0 || len(s.Figures) > wallet.MaxAccounts || len(s.Forms) > 2 {
		return fault.InvalidField(op, "figures", "are none, or too many")
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" {
		return fault.InvalidField(op, "time_zone", "is no zone of the IANA database")
	}
	seen := map[string]bool{}
	for _, f := range s.Figures {
		if err := f.validate(); err != nil {
			return err
		}
		if key := f.AccountID + " " + f.Closing.Currency(); seen[key] {
			return fault.InvalidField(op, "figures", "have an account twice")
		} else {
			seen[key] = true
		}
	}
	for _, f := range s.Forms {
		if err := check.Word(op, "forms", f, PDF, CSV); err != nil {
			return err
		}
	}
	return check.First(
		check.ID(op, "id", s.ID, true), check.ID(op, "customer_id", s.CustomerID, true), check.Word(op, "kind", s.Kind, "month", "quarter", "year"),
		check.Word(op, "state", s.State, Open, Ready), check.Code(op, "time_zone", s.TimeZone),
	)
}

func (f Figure) validate() error {
	const op = "statement.Figure"
	for _, m := range []wallet.Money{f.Opening, f.In, f.Out} {
		if m.None() || !m.Like(f.Closing) {
			return fault.InvalidField(op, "figures", "are of several currencies or scales")
		}
	}
	if f.In.Sign() < 0 || f.Out.Sign() < 0 || f.Count < 0 || f.Count > maxCount {
		return fault.InvalidField(op, "figures", "have a part below nothing, or a count that is none")
	}
	sum, err := f.Opening.Add(f.In)
	if err == nil {
		sum, err = sum.Add(f.Out.Neg())
	}
	if err != nil || sum.Cmp(f.Closing) != 0 {
		return fault.InvalidField(op, "figures", "opening, in and out do not make closing")
	}
	return check.ID(op, "account_id", f.AccountID, true)
}

// Document is a statement to keep: an address of the wallet's own where its customer gets
// it, or its bytes.
type Document struct {
	StatementID string      `json:"statement_id"`
	Form        string      `json:"form"`
	Name        string      `json:"name"`           // of the file
	Link        string      `json:"link,omitempty"` // https, for this customer alone
	ExpiresAt   wallet.Time `json:"expires_at"`     // of the link
	Content     string      `json:"content,omitempty"`
	Digest      string      `json:"digest,omitempty"` // SHA-256 of the bytes, in hexadecimal
}

// MaxContent bounds the bytes of a document that is not behind a link: an answer of the
// wallet's has room for it in base64.
const MaxContent = 1 << 20

// Validate refuses what is not of the contract, and bytes that are not those of the
// digest. Errors: Invalid.
func (d Document) Validate() error {
	const op = "statement.Document"
	if (d.Link == "") == (d.Content == "") || (d.Link != "") != (d.ExpiresAt != 0) {
		return fault.InvalidField(op, "link", "is there together with content or without a time, or nothing is there")
	}
	if d.Link != "" {
		at, err := url.Parse(d.Link)
		if err != nil || len(d.Link) > check.MaxLink || at.Scheme != "https" || at.Host == "" || at.User != nil {
			return fault.InvalidField(op, "link", "is no https address")
		}
	}
	if d.Content != "" {
		if _, err := d.Bytes(); err != nil {
			return err
		}
	}
	if d.Digest != "" && (len(d.Digest) != 2*sha256.Size || strings.Trim(d.Digest, "0123456789abcdef") != "") {
		return fault.InvalidField(op, "digest", "is none of SHA-256 in hexadecimal")
	}
	if strings.ContainsAny(d.Name, `/\"`) || d.Name == "" {
		return fault.InvalidField(op, "name", "is none of a file")
	}
	return check.First(check.ID(op, "statement_id", d.StatementID, true), check.Word(op, "form", d.Form, PDF, CSV), check.Text(op, "name", d.Name))
}

// Bytes are those of a document that has them. Errors: Invalid when they are not those of
// its digest, or are none of its form.
func (d Document) Bytes() ([]byte, error) {
	const op = "statement.Bytes"
	if len(d.Content) > base64.StdEncoding.EncodedLen(MaxContent) {
		return nil, fault.InvalidField(op, "content", "has more than %d bytes", MaxContent)
	}
	content, err := base64.StdEncoding.Strict().DecodeString(d.Content)
	if err != nil || len(content) == 0 {
		return nil, fault.InvalidField(op, "content", "is no base64")
	}
	sum := sha256.Sum256(content)
	if hex.EncodeToString(sum[:]) != d.Digest {
		return nil, fault.InvalidField(op, "digest", "is not that of the content")
	}
	if d.Form == PDF && !strings.HasPrefix(string(content), "%PDF-") {
		return nil, fault.InvalidField(op, "content", "is no PDF")
	}
	return content, nil
}
