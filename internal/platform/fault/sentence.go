package fault

import (
	"slices"
	"strings"
)

// Sentence is what an error tells the person at the terminal: what was wrong, as
// Error says it, without the operations it passed through. The causes of a join
// stand on lines of their own, each once. It is "" for nil.
func Sentence(err error) string {
	switch e := err.(type) {
	case nil:
		return ""
	case *Error:
		return e.sentence()
	case interface{ Unwrap() []error }:
		var lines []string
		for _, one := range e.Unwrap() {
			if line := Sentence(one); !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "\n")
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			return err.Error()
		}
		return strings.Replace(err.Error(), inner.Error(), Sentence(inner), 1)
	default:
		return err.Error()
	}
}

func (e *Error) sentence() string {
	cause := Sentence(e.Err)
	if e.Message == wrapped && cause != "" {
		return cause
	}
	text := e.Message
	if e.Field != "" {
		text = e.Field + " " + text
	}
	if cause != "" {
		text += ": " + cause
	}
	return text
}
