package selfservice

import (
	"kefu/internal/domain/selfservice/fact"
	"kefu/internal/domain/selfservice/gather"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/selfservice/value"
	"kefu/internal/domain/wallet"
)

// What slots hold, by the names that flows and runs have for it.
type (
	Value          = value.Value
	Type           = value.Type
	PaymentFact    = value.PaymentFact
	CauseFact      = value.CauseFact
	NextStep       = value.NextStep
	ActFact        = value.ActFact
	SafetyFact     = value.SafetyFact
	TermsFact      = fact.Terms
	IncidentFact   = fact.Incident
	InstrumentFact = fact.Instrument
	RefundFact     = fact.Refund
	DisputeFact    = fact.Dispute
	DeviceFact     = fact.Device
	LimitsFact     = fact.Limits
	LimitLine      = fact.LimitLine
	StopsFact      = fact.Stops
	StopLine       = fact.StopLine
	FileFact       = gather.File
	Sentence       = sheet.Sentence
	Figure         = sheet.Figure
)

// The types of what slots hold.
const (
	Amount     = value.Amount
	Date       = value.Date
	Text       = value.Text
	Choice     = value.Choice
	YesNo      = value.YesNo
	Phone      = value.Phone
	Email      = value.Email
	Last4      = value.Last4
	Currency   = value.Currency
	Payment    = value.Payment
	Cause      = value.Cause
	Terms      = value.Terms
	Act        = value.Act
	Incident   = value.Incident
	Instrument = value.Instrument
	Refund     = value.Refund
	Dispute    = value.Dispute
	Device     = value.Device
	Limits     = value.Limits
	Stops      = value.Stops
	Stop       = value.Stop
	Safety     = value.Safety
	Sheet      = value.Sheet
	Entry      = value.Entry
	Files      = value.Files
)

// Proofs are the kinds of what proves a customer.
func Proofs() []string { return value.Proofs() }

// Whole is a sum in whole units, rounded: to compare with a bound, never to reckon with.
func Whole(m wallet.Money) float64 { return value.Whole(m) }
