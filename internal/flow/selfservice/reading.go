package selfservice

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/input"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
)

// problemSecret is told when a secret stood in an answer, which is not kept then.
const problemSecret = "secret"

// reading turns what somebody typed into a value, in the light of what the run is
// about: sums are of the currency of its payment. Secrets are refused before anything
// is kept.
func (s *Service) reading(ctx context.Context, rec selfservice.Record) selfservice.Reading {
	return func(slot selfservice.Slot, text string) (selfservice.Value, string) {
		v := selfservice.Value{Type: slot.Type}
		text = strings.TrimSpace(text)
		if clean, err := s.Intake.Clean(ctx, text); err != nil || clean != text {
			return v, problemSecret
		}
		c := s.about(rec)
		var problem string
		switch slot.Type {
		case selfservice.Text:
			most := slot.Most
			if most == 0 {
				most = selfservice.MaxText
			}
			switch {
			case text == "" || !utf8.ValidString(text) || strings.ContainsRune(text, 0):
				problem = input.Empty
			case utf8.RuneCountInString(text) > most:
				problem = input.TooLong
			}
			v.Text = text
		case selfservice.Amount:
			var sums []wallet.Money
			if sums, problem = input.Amount(text, c); problem == "" && len(sums) > 0 {
				v.Money = &sums[0]
			}
		case selfservice.Date:
			var days []input.Day
			if days, problem = input.Date(text, c); problem == "" && len(days) > 0 {
				v.At = wallet.At(days[0].In(time.UTC))
			}
		case selfservice.YesNo:
			v.Yes, problem = input.YesNo(text)
		case selfservice.Phone:
			v.Text, problem = input.Phone(text)
		case selfservice.Email:
			v.Text, problem = input.Email(text)
		case selfservice.Last4:
			v.Text, problem = input.Last4(text)
		case selfservice.Currency:
			v.Text, problem = input.Currency(text, c)
		default:
			problem = input.Empty
		}
		return v, problem
	}
}

// about is what is known of whoever answers.
func (s *Service) about(rec selfservice.Record) input.Context {
	c := input.Context{Language: rec.Language, Now: s.Clock()}
	for _, v := range rec.Slots {
		switch {
		case v.Entry != nil && v.Entry.Unit != nil:
			c.Currency, c.Scale = v.Entry.Unit.Currency(), v.Entry.Unit.Scale()
			return c
		case v.Terms != nil && !v.Terms.Left.None():
			c.Currency, c.Scale = v.Terms.Left.Currency(), v.Terms.Left.Scale()
			return c
		case v.Payment != nil && !v.Payment.Amount.None():
			c.Currency, c.Scale = v.Payment.Amount.Currency(), v.Payment.Amount.Scale()
		}
	}
	return c
}
