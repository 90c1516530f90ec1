// Package fact is what the wallet tells in a run that is no payment, cause or act: terms,
// refunds, disputes, instruments, limits, restrictions. Conditions ask about the members
// with names of their own.
package fact

import (
	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
)

// Terms is whether and how a payment can be refunded.
type Terms struct {
	Eligible    bool         `json:"eligible" cel:"eligible"`
	Decides     string       `json:"decides" cel:"decides"`
	Route       string       `json:"route" cel:"route"`
	Why         []string     `json:"why" cel:"why"`
	Needs       []string     `json:"needs" cel:"needs"`
	Reasons     []string     `json:"reasons" cel:"reasons"`
	Left        wallet.Money `json:"left" cel:"-"`
	LeftSum     float64      `json:"left_sum" cel:"left_sum"`
	Until       wallet.Time  `json:"until" cel:"-"`
	AnswersBy   wallet.Time  `json:"answers_by" cel:"-"`
	FeeRefunded bool         `json:"fee_refunded" cel:"fee_refunded"`
	HoursLeast  int64        `json:"hours_least" cel:"hours_least"`
	HoursMost   int64        `json:"hours_most" cel:"hours_most"`
}

// Incident is a fault or maintenance of a payment's rail.
type Incident struct {
	There   bool        `json:"there" cel:"there"`
	Planned bool        `json:"planned" cel:"planned"`
	EndsAt  wallet.Time `json:"ends_at" cel:"-"`
	Message string      `json:"message" cel:"-"`
}

// Instrument is a card or account that somebody pays with.
type Instrument struct {
	ID     string `json:"id" cel:"id"`
	Type   string `json:"kind" cel:"kind"`
	Label  string `json:"label" cel:"-"`
	Status string `json:"status" cel:"status"`
	There  bool   `json:"there" cel:"there"`
}

// Refund is a refund.
type Refund struct {
	ID         string       `json:"id" cel:"id"`
	State      string       `json:"state" cel:"state"`
	Route      string       `json:"route" cel:"route"`
	Amount     wallet.Money `json:"amount" cel:"-"`
	ExpectedBy wallet.Time  `json:"expected_by" cel:"-"`
	Reference  string       `json:"reference" cel:"-"`
	Late       bool         `json:"late" cel:"late"`
	There      bool         `json:"there" cel:"there"`
}

// Dispute is a dispute.
type Dispute struct {
	ID         string       `json:"id" cel:"id"`
	State      string       `json:"state" cel:"state"`
	Claim      string       `json:"claim" cel:"claim"`
	Label      form.Texts   `json:"label,omitempty" cel:"-"` // what its customer knows it by, beside sum and day
	Amount     wallet.Money `json:"amount" cel:"-"`
	Credited   bool         `json:"credited" cel:"credited"`
	DecisionBy wallet.Time  `json:"decision_by" cel:"-"`
	EvidenceBy wallet.Time  `json:"evidence_by,omitempty" cel:"-"` // until when something can be added; 0: nothing says so
	Open       bool         `json:"open,omitempty" cel:"open"`     // it is not decided
	Late       bool         `json:"late,omitempty" cel:"late"`     // the time to add something is over
	There      bool         `json:"there" cel:"there"`
}

// Device is a device of the customer's.
type Device struct {
	ID       string      `json:"id" cel:"id"`
	Label    string      `json:"label" cel:"-"`
	Trust    string      `json:"trust" cel:"trust"`
	LastSeen wallet.Time `json:"last_seen" cel:"-"`
}

// Limits is how much may be moved, and how much of that is used.
type Limits struct {
	There bool        `json:"there" cel:"there"`
	Items []LimitLine `json:"items" cel:"-"`
}

// LimitLine is one limit.
type LimitLine struct {
	Rail     string       `json:"rail,omitempty"`
	Period   string       `json:"period"`
	Max      wallet.Money `json:"max"`
	Used     wallet.Money `json:"used"`
	ResetsAt wallet.Time  `json:"resets_at"`
	Raise    string       `json:"raise,omitempty"`
}

// Stops is what the wallet does not let a customer do at present.
type Stops struct {
	There bool       `json:"there" cel:"there"`
	Own   bool       `json:"own" cel:"own"` // the customer placed all of them
	Items []StopLine `json:"items" cel:"-"`
	// Of each sort, whether there is one: a freeze that the customer or staff for them
	// placed; one that an authority asked for, where that may be told; one of the wallet's
	// of which is told why; one of which nothing may be told.
	Lifts     bool `json:"lifts,omitempty" cel:"lifts"`
	Authority bool `json:"authority,omitempty" cel:"authority"`
	Explained bool `json:"explained,omitempty" cel:"explained"`
	Untold    bool `json:"untold,omitempty" cel:"untold"`
	Whole     bool `json:"whole,omitempty" cel:"whole"` // one of the first sort stops the whole wallet
	// LiftsFrom is from when the customer's freezes can be lifted, because something that
	// proves who they are was changed a short while ago; zero: now, as far as is known.
	LiftsFrom wallet.Time `json:"lifts_from,omitempty" cel:"-"`
	Young     bool        `json:"young,omitempty" cel:"young"` // that time is not there yet
}

// StopLine is one restriction. Why is "" where it may not be told.
type StopLine struct {
	ID        string      `json:"id" cel:"id"`
	Kind      string      `json:"kind,omitempty" cel:"kind"`
	Scope     string      `json:"scope" cel:"scope"`
	Stops     string      `json:"stops" cel:"stops"`
	Why       string      `json:"why,omitempty" cel:"why"`
	PlacedBy  string      `json:"placed_by" cel:"placed_by"`
	Release   string      `json:"release" cel:"release"`
	PlacedAt  wallet.Time `json:"placed_at" cel:"-"`
	ExpiresAt wallet.Time `json:"expires_at" cel:"-"`
}
