// Package job says what work waits to be done after a commit, once and under a
// lease.
package job

import (
	"encoding/binary"
	"encoding/json"
	"strconv"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

// The kinds of jobs.
const (
	// DestroyKeys is persistent: it is tried for as long as it takes, because words
	// wait to be erased.
	DestroyKeys = "keys.destroy"
	// TellAct tells a conversation what became of an act, by a Told.
	TellAct = "act.tell"
	// ForgetTexts takes erased entries out of the search index, by their positions.
	ForgetTexts = "search.forget"
)

// MaxAttempts is how often a job is tried before it is set aside as failed, some
// 13 hours.
const MaxAttempts = 20

// StuckAfter is after how many attempts a job that is still tried is told of,
// some 17 minutes.
const StuckAfter = 10

// Counts are how many jobs there are.
type Counts struct {
	Waiting  int // or being worked on
	Stuck    int // of those, tried StuckAfter times or more
	SetAside int
}

// New is work to be done after a commit: a timer, or an effect outside the
// database. Payload must hold no secret; it is stored as it is.
type New struct {
	Kind    string
	Payload []byte
	DueAt   int64 // microseconds
}

// Job is work under lease. Whoever holds the newest epoch may finish it.
type Job struct {
	ID       string
	Kind     string
	Payload  []byte
	DueAt    int64
	Epoch    int64
	Attempts int
}

// EncodeRefs is the payload of a DestroyKeys or a ForgetTexts job.
func EncodeRefs(refs []int64) []byte {
	out := make([]byte, 0, 8*len(refs))
	for _, r := range refs {
		out = binary.BigEndian.AppendUint64(out, uint64(r))
	}
	return out
}

// DecodeRefs reads what EncodeRefs wrote.
func DecodeRefs(payload []byte) []int64 {
	refs := make([]int64, 0, len(payload)/8)
	for ; len(payload) >= 8; payload = payload[8:] {
		refs = append(refs, int64(binary.BigEndian.Uint64(payload)))
	}
	return refs
}

// Told is the payload of a TellAct job: the state that an act came to with a revision.
type Told struct {
	Act      string `json:"act"`
	State    string `json:"state"`
	Revision int64  `json:"revision"`
}

// Encode is t as a payload.
func (t Told) Encode() ([]byte, error) {
	text, err := json.Marshal(t)
	return text, fault.Wrap("job.Encode", err)
}

// Key tells one Told of an act from the others.
func (t Told) Key() string { return strconv.FormatInt(t.Revision, 10) }

// DecodeTold reads what Encode wrote. Errors: Invalid.
func DecodeTold(payload []byte) (Told, error) {
	var t Told
	err := strictjson.Decode(payload, &t)
	return t, err
}
