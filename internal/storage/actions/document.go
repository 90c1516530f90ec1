package actions

import (
	"encoding/json"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/core"
)

// document is what of an act is sealed. The names of a command that its own JSON leaves
// to the address of a request are said here.
type document struct {
	Run         string         `json:"run,omitempty"`
	Step        string         `json:"step,omitempty"`
	Act         wallet.Act     `json:"act"`
	Target      string         `json:"target,omitempty"`
	Command     wallet.Command `json:"command"`
	Papers      []string       `json:"papers,omitempty"`
	Given       int            `json:"given,omitempty"`
	GivenAt     int64          `json:"given_at,omitempty"`
	Summary     wallet.Summary `json:"summary"`
	Verdict     verdict        `json:"verdict"`
	Hash        string         `json:"hash"`
	Maker       by             `json:"maker"`
	Confirmer   by             `json:"confirmer"`
	StepUp      string         `json:"step_up,omitempty"`
	Operation   string         `json:"operation,omitempty"`
	Refusal     wallet.Refusal `json:"refusal,omitempty"`
	Made        []wallet.Made  `json:"made,omitempty"`
	Tries       int            `json:"tries,omitempty"`
	NextAt      int64          `json:"next_at,omitempty"`
	ExpiresAt   int64          `json:"expires_at,omitempty"`
	HandedAt    int64          `json:"handed_at,omitempty"`
	LeftAt      int64          `json:"left_at,omitempty"`
	Untold      bool           `json:"untold,omitempty"`
	Destination string         `json:"destination,omitempty"`
	MakerName   string         `json:"maker_name,omitempty"`
	About       *subject       `json:"about,omitempty"`
	Said        []string       `json:"said,omitempty"`
	Tied        []string       `json:"tied,omitempty"`
}

type subject struct {
	Party  string       `json:"party"`
	Amount wallet.Money `json:"amount"`
	At     int64        `json:"at,omitempty"`
}

func saidOf(s [2]string) []string {
	if s[0] == "" {
		return nil
	}
	return s[:]
}

func subjectOf(a action.About) *subject {
	if a.Party == "" {
		return nil
	}
	return &subject{a.Party, a.Amount, clock.Micros(a.At)}
}

type verdict struct {
	Level    int    `json:"level"`
	FourEyes bool   `json:"four_eyes,omitempty"`
	Code     string `json:"code"`
	Version  int64  `json:"version"`
}

type by struct {
	Kind int    `json:"kind"`
	ID   string `json:"id"`
}

func byOf(b action.By) by  { return by{int(b.Kind), b.ID} }
func (b by) of() action.By { return action.By{Kind: identity.Kind(b.Kind), ID: b.ID} }
func aad(id string) string { return "act/" + id }

func seal(t *core.Tx, k action.Kept) ([]byte, int64, error) {
	text, err := json.Marshal(document{
		Run: k.Run, Step: k.Step, Act: k.Command.Act, Target: k.Command.Target, Command: k.Command, Papers: k.Papers, Given: k.Given, GivenAt: clock.Micros(k.GivenAt), Summary: k.Summary,
		Verdict: verdict{int(k.Verdict.Level), k.Verdict.FourEyes, k.Verdict.Code, k.Verdict.Version},
		Hash:    k.Hash, Maker: byOf(k.Maker), Confirmer: byOf(k.Confirmer), StepUp: k.StepUpID, Operation: k.OperationID, Refusal: k.Refusal, Made: k.Made,
		Tries: k.Tries, NextAt: clock.Micros(k.NextAt), ExpiresAt: clock.Micros(k.ExpiresAt), HandedAt: clock.Micros(k.HandedAt), LeftAt: clock.Micros(k.LeftAt), Untold: k.Untold, Destination: k.Destination, MakerName: k.MakerName, About: subjectOf(k.About), Said: saidOf(k.Said), Tied: k.Tied,
	})
	if err != nil {
		return nil, 0, fault.Wrap("actions.seal", err)
	}
	return t.Seal(text, aad(k.ID))
}

// read takes a document in. One whose key was destroyed is empty, and cannot be read.
func read(k *action.Kept, text []byte) error {
	const op = "actions.read"
	if len(text) == 0 {
		return fault.New(fault.Internal, op, "the key of a stored act is gone")
	}
	var d document
	if err := strictjson.Decode(text, &d); err != nil {
		return &fault.Error{Code: fault.Internal, Op: op, Message: "a stored act cannot be read", Err: err}
	}
	k.Run, k.Step, k.Command, k.Summary, k.Hash = d.Run, d.Step, d.Command, d.Summary, d.Hash
	k.Command.Act, k.Command.Target, k.Papers, k.Given, k.GivenAt = d.Act, d.Target, d.Papers, d.Given, clock.FromMicros(d.GivenAt)
	k.Verdict = action.Verdict{Allow: true, Level: identity.Level(d.Verdict.Level), FourEyes: d.Verdict.FourEyes, Code: d.Verdict.Code, Version: d.Verdict.Version}
	k.Maker, k.Confirmer, k.StepUpID, k.OperationID, k.Refusal, k.Made = d.Maker.of(), d.Confirmer.of(), d.StepUp, d.Operation, d.Refusal, d.Made
	k.Tries, k.NextAt, k.ExpiresAt, k.Destination = d.Tries, clock.FromMicros(d.NextAt), clock.FromMicros(d.ExpiresAt), d.Destination
	k.Untold = d.Untold
	k.MakerName, k.Tied = d.MakerName, d.Tied
	copy(k.Said[:], d.Said)
	if d.About != nil {
		k.About = action.About{Party: d.About.Party, Amount: d.About.Amount, At: clock.FromMicros(d.About.At)}
	}
	k.HandedAt, k.LeftAt = clock.FromMicros(d.HandedAt), clock.FromMicros(d.LeftAt)
	if action.Hash(k.Command, k.Summary) != k.Hash {
		return fault.New(fault.Internal, op, "a stored act is not what was agreed to")
	}
	return nil
}
