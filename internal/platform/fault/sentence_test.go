package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"kefu/internal/platform/fault"
)

func TestASentenceTellsWhatWasWrongAndNotWhere(t *testing.T) {
	taken := fault.New(fault.Unavailable, "app.listener", "cannot listen on :80: %v", io.ErrClosedPipe)
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{io.EOF, "EOF"},
		{taken, "cannot listen on :80: io: read/write on closed pipe"},
		{fault.Wrap("a.B", fault.Wrap("c.D", taken)), "cannot listen on :80: io: read/write on closed pipe"},
		{fault.Wrap("a.B", io.EOF), "EOF"},
		{fault.InvalidField("a.B", "role", "is unknown"), "role is unknown"},
		{fmt.Errorf("starting http: %w", fault.Wrap("a.B", taken)), "starting http: cannot listen on :80: io: read/write on closed pipe"},
		{errors.Join(fault.Wrap("a.B", taken), nil, taken, io.EOF), "cannot listen on :80: io: read/write on closed pipe\nEOF"},
		{&fault.Error{Op: "a.B", Message: "failed"}, "failed"},
		{&fault.Error{Op: "a.B", Message: "the page is missing", Err: fault.Wrap("c.D", io.EOF)}, "the page is missing: EOF"},
	} {
		if got := fault.Sentence(c.err); got != c.want {
			t.Errorf("Sentence(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}
