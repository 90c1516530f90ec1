// Package fault is the one error type that crosses Kefu's layers. An error
// carries a code from a closed set, from which the edges (HTTP, sockets, mail)
// derive what they answer; its text is for the log and never reaches a user.
// An error of any other type counts as Internal.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Code says what kind of thing went wrong.
type Code string

// The closed set of codes.
const (
	Invalid         Code = "invalid"         // the request is malformed or out of range
	Unauthenticated Code = "unauthenticated" // no valid proof of who asks
	Forbidden       Code = "forbidden"       // known, and not allowed
	NotFound        Code = "not_found"       // no such thing, or none this caller may know of
	Conflict        Code = "conflict"        // the state of the thing does not allow it
	TooMany         Code = "too_many"        // a rate or size limit; try later
	Unavailable     Code = "unavailable"     // a part we depend on is down; try later
	Internal        Code = "internal"        // a defect of ours
)

// Error is a failure with its code, the operation it happened in and its cause.
type Error struct {
	Code    Code
	Op      string // package.function, for the log
	Message string // what was wrong, for the log
	Field   string // the offending field of an Invalid request, if one is to blame
	Reason  string // what is wrong with it, as a word that a page can have a sentence for; may be ""
	Err     error  // the cause, if there is one
}

// Error implements error.
func (e *Error) Error() string {
	text := e.Message
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Op != "" {
		text = e.Op + ": " + text
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a code.
func New(code Code, op, format string, args ...any) error {
	return &Error{Code: code, Op: op, Message: fmt.Sprintf(format, args...)}
}

// InvalidField makes an Invalid error that names the field to blame.
func InvalidField(op, field, format string, args ...any) error {
	return &Error{Code: Invalid, Op: op, Field: field, Message: fmt.Sprintf(format, args...)}
}

// InvalidFor is InvalidField with the reason as a word of [a-z_], for which the
// desk has a sentence in each language: missing, too_long, unknown …
func InvalidFor(op, field, reason, format string, args ...any) error {
	return &Error{Code: Invalid, Op: op, Field: field, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// wrapped is the message of an error that only adds an operation to its cause.
const wrapped = "failed"

// Wrap adds an operation to err and keeps err's code. It returns nil for nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Code: CodeOf(err), Op: op, Message: wrapped, Err: err}
}

// CodeOf is the code of err: "" for nil, Unavailable for a context that ended,
// Internal for an error that is not one of ours.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var own *Error
	if errors.As(err, &own) {
		return own.Code
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// FieldOf is the field an Invalid error blames, or "".
func FieldOf(err error) string {
	var own *Error
	for errors.As(err, &own) {
		if own.Field != "" {
			return own.Field
		}
		err = own.Err
	}
	return ""
}

// ReasonOf is the reason that an error gives as a word, or "".
func ReasonOf(err error) string {
	var own *Error
	for errors.As(err, &own) {
		if own.Reason != "" {
			return own.Reason
		}
		err = own.Err
	}
	return ""
}

// Is tells whether err has the code.
func Is(err error, code Code) bool { return CodeOf(err) == code }
