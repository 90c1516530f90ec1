package guard_test

import (
	"testing"

	"kefu/internal/domain/guard"
)

// say is one turn of a conversation; the last one is scanned.
type say struct {
	text string
	own  bool
	want string // after redaction
}

func TestScanWindow(t *testing.T) {
	d := newDetector(t)
	for _, c := range []struct {
		name  string
		hints guard.Hints
		turns []say
	}{
		{"card over four messages", guard.Hints{}, []say{
			{"4242", true, "‹pan ••••4242›"}, {"4242", true, "‹pan ••••4242›"}, {"4242", true, "‹pan ••••4242›"}, {"4242", true, "‹pan ••••4242›"}}},
		{"card with the agent between", guard.Hints{}, []say{
			{"42424242", true, "‹pan ••••4242›"}, {"go on", false, "go on"}, {"4242 4242", true, "‹pan ••••4242›"}}},
		{"seed over messages", guard.Hints{}, []say{
			{"legal winner thank year", true, "‹seed›"}, {"wave sausage worth useful", true, "‹seed›"}, {"legal winner thank yellow", true, "‹seed›"}}},
		{"cvv announced", guard.Hints{}, []say{{"my cvv is", true, "my cvv is"}, {"123", true, "‹cvv›"}}},
		{"code announced", guard.Hints{}, []say{{"the code is", true, "the code is"}, {"482911", true, "‹otp›"}}},
		{"cvv asked", guard.Hints{}, []say{{"Please send the security code (CVV), which is printed on the reverse side of your card, so that we can continue.", false, ""}, {"123", true, "‹cvv›"}}},
		{"password asked", guard.Hints{}, []say{{"What is your password?", false, ""}, {"sunflower", true, "‹password›"}}},
		{"password asked in Chinese", guard.Hints{}, []say{{"请提供您的密码", false, ""}, {"abc12345", true, "‹password›"}}},
		{"code asked, refused", guard.Hints{}, []say{{"Please send the code", false, ""}, {"I will not tell you that", true, "I will not tell you that"}}},
		{"code expected", guard.Hints{ExpectOTP: true}, []say{{"482911", true, "‹otp›"}}},
		{"code expected, amount told", guard.Hints{ExpectOTP: true}, []say{{"I paid 4829 dollars", true, "I paid 4829 dollars"}}},
		{"nothing asked", guard.Hints{}, []say{{"How many items?", false, ""}, {"123", true, "123"}}},
		{"order asked after", guard.Hints{}, []say{{"your CVV please", false, ""}, {"no", true, "no"}, {"What is your order number?", false, ""}, {"4711", true, "4711"}}},
		{"number of another is not joined", guard.Hints{}, []say{{"4242 4242 4242", false, ""}, {"4242", true, "4242"}}},
		{"private key told in pieces", guard.Hints{}, []say{
			{"private key e9873d79c6d87dc0fb6a5778633389f4", true, "private key ‹key›"}, {"453213303da61f20bd67fc233aa33262", true, "‹key›"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var previous []guard.Turn
			for _, s := range c.turns[:len(c.turns)-1] {
				previous = append(previous, guard.Turn{Text: s.text, Own: s.own})
			}
			last := c.turns[len(c.turns)-1]
			now, earlier := d.ScanWindow(previous, last.text, c.hints)
			if got := guard.Apply(last.text, now); got != last.want {
				t.Errorf("current: got %q, want %q", got, last.want)
			}
			for i, s := range c.turns[:len(c.turns)-1] {
				if !s.own {
					if len(earlier[i]) > 0 {
						t.Errorf("turn %d of another has findings: %v", i, earlier[i])
					}
					continue
				}
				if got := guard.Apply(s.text, earlier[i]); got != s.want {
					t.Errorf("turn %d: got %q, want %q", i, got, s.want)
				}
			}
		})
	}
}
