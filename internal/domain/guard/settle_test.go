package guard

import (
	"context"
	"strings"
	"testing"

	"kefu/internal/platform/fault"
)

// chained is a text in which each second secret is seen once the one before it
// is gone.
func chained(bytes int) (text string, secrets int) {
	const piece, each = "4111111111111111 ;\nsecurity is 123 ;\n", 2
	return strings.Repeat(piece, bytes/len(piece)), bytes / len(piece) * each
}

// A file may hold that many secrets, and anybody may send one: to find their
// places takes a look or two at each, however many others there are.
func TestSettlingLooksAtEachSecretAFewTimes(t *testing.T) {
	const fileSize, looks, rounds = 2 << 20, 3, 2
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	text, secrets := chained(fileSize)
	s := settling{text: text, found: d.Scan(text)}
	for s.again(d) {
		continue
	}
	if len(s.found) != secrets || strings.Contains(s.redacted, "123") {
		t.Errorf("%d secrets found, want %d", len(s.found), secrets)
	}
	if s.steps == 0 || s.steps > secrets*looks*rounds {
		t.Errorf("%d looks at %d secrets", s.steps, secrets)
	}
}

func TestRedactEndsWithItsContext(t *testing.T) {
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := chained(1 << 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if left, found, err := d.Redact(ctx, text); fault.CodeOf(err) != fault.Unavailable || left != "" || found != nil {
		t.Errorf("left %q, found %v, err = %v", left, found, err)
	}
}

// The places of what is found later are those in the text as it was given.
func TestSettledFindingsAreOfTheTextAsGiven(t *testing.T) {
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := chained(200)
	redacted, found, err := d.Redact(t.Context(), text)
	if err != nil || redacted != Apply(text, found) {
		t.Errorf("%q, but %q", redacted, Apply(text, found))
	}
	for _, f := range found {
		if covered := []rune(text)[f.Start:f.End]; strings.Trim(string(covered), "0123456789") != "" {
			t.Errorf("found %q", string(covered))
		}
	}
}
