package ticket_test

import (
	"bytes"
	"testing"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/ticket"
)

type statement struct {
	Who string
	At  int64
}

func office(t *testing.T, b byte) *ticket.Office {
	t.Helper()
	o, err := ticket.New(bytes.Repeat([]byte{b}, ticket.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestATicketIsForItsPurposeAndTime(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	o := office(t, 1)
	given := statement{"mei", 7}
	text, err := o.Issue("enter", now.Add(time.Minute), given)
	if err != nil {
		t.Fatal(err)
	}
	var got statement
	if err := o.Redeem("enter", text, now, &got); err != nil || got != given {
		t.Fatalf("%+v, %v", got, err)
	}
	flipped := []byte(text)
	flipped[len(flipped)/2] ^= 1
	for name, try := range map[string]func(*statement) error{
		"another purpose": func(s *statement) error { return o.Redeem("leave", text, now, s) },
		"too late":        func(s *statement) error { return o.Redeem("enter", text, now.Add(time.Minute), s) },
		"another office":  func(s *statement) error { return office(t, 2).Redeem("enter", text, now, s) },
		"changed":         func(s *statement) error { return o.Redeem("enter", string(flipped), now, s) },
		"cut":             func(s *statement) error { return o.Redeem("enter", text[:20], now, s) },
		"empty":           func(s *statement) error { return o.Redeem("enter", "", now, s) },
		"no base64":       func(s *statement) error { return o.Redeem("enter", text+"=", now, s) },
		"endless":         func(s *statement) error { return o.Redeem("enter", string(make([]byte, 1<<20)), now, s) },
	} {
		var s statement
		if err := try(&s); !fault.Is(err, fault.Unauthenticated) || s != (statement{}) {
			t.Errorf("%s: %v, %+v", name, err, s)
		}
	}
	if _, err := ticket.New([]byte("short")); !fault.Is(err, fault.Invalid) {
		t.Errorf("a short key: %v", err)
	}
}

func TestWhatIsSealedIsNotReadable(t *testing.T) {
	o := office(t, 1)
	plain := []byte("198.51.100.0/24")
	a, b := o.Seal("network", plain), o.Seal("network", plain)
	if bytes.Contains(a, plain[:4]) || bytes.Equal(a, b) {
		t.Error("it can be read, or compared")
	}
	got, err := o.Open("network", a)
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%q, %v", got, err)
	}
}
