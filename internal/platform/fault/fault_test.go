package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"kefu/internal/platform/fault"
)

func TestTheCodeOfAnError(t *testing.T) {
	own := fault.New(fault.NotFound, "a.B", "no %s", "thing")
	cases := []struct {
		name string
		err  error
		want fault.Code
	}{
		{"nil", nil, ""},
		{"ours", own, fault.NotFound},
		{"wrapped by fmt", fmt.Errorf("x: %w", own), fault.NotFound},
		{"wrapped by us", fault.Wrap("c.D", own), fault.NotFound},
		{"wrapped twice", fault.Wrap("e.F", fault.Wrap("c.D", own)), fault.NotFound},
		{"joined", errors.Join(io.EOF, own), fault.NotFound},
		{"foreign", io.EOF, fault.Internal},
		{"foreign, wrapped by us", fault.Wrap("c.D", io.EOF), fault.Internal},
		{"cancelled", context.Canceled, fault.Unavailable},
		{"too late", fmt.Errorf("x: %w", context.DeadlineExceeded), fault.Unavailable},
		{"too late, wrapped by us", fault.Wrap("c.D", context.DeadlineExceeded), fault.Unavailable},
		{"ours wins over its cause", &fault.Error{Code: fault.Invalid, Err: context.Canceled}, fault.Invalid},
	}
	for _, c := range cases {
		if got := fault.CodeOf(c.err); got != c.want {
			t.Errorf("%s: code = %q, want %q", c.name, got, c.want)
		}
		if !fault.Is(c.err, c.want) || fault.Is(c.err, fault.Conflict) {
			t.Errorf("%s: Is does not agree with CodeOf", c.name)
		}
	}
}

func TestWrapKeepsTheCauseAndNil(t *testing.T) {
	if fault.Wrap("a.B", nil) != nil {
		t.Error("Wrap made an error of nil")
	}
	var typed error = fault.Wrap("a.B", nil)
	if typed != nil {
		t.Error("Wrap gave a nil that is none")
	}
	err := fault.Wrap("a.B", fmt.Errorf("reading: %w", io.ErrUnexpectedEOF))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause was lost")
	}
	if text := err.Error(); !strings.Contains(text, "a.B") || !strings.Contains(text, "unexpected EOF") {
		t.Errorf("text = %q", text)
	}
}

func TestTheFieldToBlame(t *testing.T) {
	blamed := fault.InvalidField("a.B", "topic", "is longer than %d", 3)
	cases := []struct {
		name string
		err  error
		want string
	}{
		{"nil", nil, ""},
		{"direct", blamed, "topic"},
		{"through Wrap", fault.Wrap("c.D", fault.Wrap("e.F", blamed)), "topic"},
		{"through fmt", fmt.Errorf("x: %w", blamed), "topic"},
		{"none", fault.New(fault.Invalid, "a.B", "no"), ""},
		{"foreign", io.EOF, ""},
		{"the outermost counts", &fault.Error{Code: fault.Invalid, Field: "outer", Err: blamed}, "outer"},
	}
	for _, c := range cases {
		if got := fault.FieldOf(c.err); got != c.want {
			t.Errorf("%s: field = %q, want %q", c.name, got, c.want)
		}
	}
	if text := blamed.Error(); text != "a.B: topic: is longer than 3" {
		t.Errorf("text = %q", text)
	}
}

// A value that holds a percent sign must not be taken for a format when it is an
// argument, and an Error without anything still has a text that can be printed.
func TestTextsAreNotFormats(t *testing.T) {
	if got := fault.New(fault.Invalid, "", "%s", "100%d").Error(); got != "100%d" {
		t.Errorf("text = %q", got)
	}
	if got := (&fault.Error{}).Error(); got != "" {
		t.Errorf("text = %q", got)
	}
}
