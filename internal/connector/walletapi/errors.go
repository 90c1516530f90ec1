package walletapi

import "errors"

// The reasons (fault.ReasonOf) of a Conflict about the key of a command.
const (
	InProgress = "in_progress"          // the same command is being dealt with: ask by its key
	Mismatch   = "idempotency_mismatch" // the key was used for another command
)

// unsent is an error of what certainly did not leave: nothing can have come of it.
type unsent struct{ error }

// NeverSent tells so, to whoever finds this error in a chain (errors.As).
func (unsent) NeverSent() bool { return true }

// Unwrap gives the error below.
func (u unsent) Unwrap() error { return u.error }

// transient is an error after which a question may be asked once more.
type transient struct{ error }

// Unwrap gives the error below.
func (t transient) Unwrap() error { return t.error }

func passing(err error) bool {
	var t transient
	return errors.As(err, &t)
}

// coded keeps the words of a cause and not its code.
type coded struct{ error }
