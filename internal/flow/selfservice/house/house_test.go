package house_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/official"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/house"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// purse tells of incidents.
type purse struct {
	all   []wallet.Incident
	err   error
	lacks bool
}

func (p purse) Of() any                                    { return p }
func (p purse) Reads(context.Context, wallet.Reading) bool { return !p.lacks }
func (p purse) In(context.Context) (wallet.Actor, string, error) {
	return wallet.Actor{}, "", errors.New("no customer is asked about")
}
func (p purse) Incidents(context.Context) ([]wallet.Incident, error) { return p.all, p.err }

func ask(t *testing.T, name string, p purse, d house.Deps) (*selfservice.Value, error) {
	t.Helper()
	r, err := reads.New(house.Reads(d)...)
	if err != nil {
		t.Fatal(err)
	}
	return r.Call(t.Context(), name, reads.Asked{Now: now(), Wallet: p})
}

func now() wallet.Time { return wallet.At(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)) }

// What is over is told no more, what is announced is not called broken, and a time that nobody
// knows is not made up.
func TestWhatDoesNotWork(t *testing.T) {
	hour := wallet.Time(time.Hour.Microseconds())
	v, err := ask(t, "disturbances", purse{all: []wallet.Incident{
		{Rails: []string{"later_rail"}, Planned: true, BeginsAt: now() + 5*hour, EndsAt: now() + 6*hour},
		{Rails: []string{"card"}, BeginsAt: now() - hour},
		{Rails: []string{"sepa"}, BeginsAt: now() - 9*hour, EndsAt: now()},
		{BeginsAt: now() - 2*hour, EndsAt: now() + hour, Message: map[string]string{"zh": "较慢"}},
	}}, house.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(v.Sheet.Lines("en", true), "\n")
	if v.Sheet.Facts["now"].Count != 2 || v.Sheet.Facts["planned"].Count != 1 || strings.Contains(text, "SEPA") || !strings.Contains(text, "later rail: From 2026-11-27 14:00") ||
		!strings.Contains(text, "Card payments: Nobody knows until when") || !strings.Contains(text, "Everything: Until 2026-11-27 10:00, as far as is known (较慢)") {
		t.Error(text)
	}
	for _, p := range []purse{{lacks: true}, {err: fault.New(fault.Unavailable, "test", "down")}} {
		if _, err := ask(t, "disturbances", p, house.Deps{}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// Only what counts today is listed, and whoever lists more than is shown hears of it.
func TestWaysToTheHouse(t *testing.T) {
	channels := []official.Channel{
		{Kind: official.Phone, Value: "+44 20 7946 0000", Name: "Help"}, {Kind: official.Social, Network: "wechat", Value: "lotuswallet"},
		{Kind: official.Phone, Value: "+44 20 7946 0111", Until: "2026-01-01"},
	}
	d := house.Deps{Book: func() *official.Book { return official.NewBook(now().Std(), channels...) }}
	v, err := ask(t, "ways_to_us", purse{}, d)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(v.Sheet.Lines("zh", true), "\n"); v.Sheet.Facts["many"].Count != 2 || strings.Contains(text, "0111") || !strings.Contains(text, "lotuswallet（微信）") {
		t.Error(text)
	}
	for i := range 40 {
		channels = append(channels, official.Channel{Kind: official.Site, Value: "s" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".example"})
	}
	if v, err = ask(t, "ways_to_us", purse{}, d); err != nil || !strings.Contains(strings.Join(v.Sheet.Lines("en", true), "\n"), "More stand on our public page") {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := ask(t, "ways_to_us", purse{}, house.Deps{}); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}

// Whether somebody is at work is not what the hours say, and where nobody knows it is not said.
func TestWhetherSomebodyIsThere(t *testing.T) {
	for _, there := range []bool{true, false} {
		v, err := ask(t, "somebody_there", purse{}, house.Deps{Present: func() bool { return there }})
		if err != nil || v.Sheet.Facts["present"].Yes != there {
			t.Errorf("%v: %+v, %v", there, v, err)
		}
	}
	if _, err := ask(t, "somebody_there", purse{}, house.Deps{}); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}
