package filling_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"kefu/internal/connector/demowallet/fees"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/official"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/filling"
)

func now() time.Time { return time.Date(2026, time.November, 28, 9, 0, 0, 0, time.UTC) }

func sources(t *testing.T) filling.Sources {
	t.Helper()
	laws, err := jurisdiction.Load(os.DirFS("../../../content/jurisdictions"))
	if err != nil {
		t.Fatal(err)
	}
	return filling.Sources{
		House: func() organisation.Organisation {
			return organisation.Organisation{Name: "Nord", TimeZone: "Europe/Berlin"}
		},
		Channels: func() *official.Book {
			return official.NewBook(now(), official.Channel{Kind: official.Phone, Value: "+4930123456", Name: "Help"})
		},
		Laws: laws, Fees: fees.Board{}.Fees, Clock: now,
		Service: func(string) sla.Service {
			return sla.Service{Open: true, ClosesAt: now().Add(8 * time.Hour).UnixMicro(), AnswerBy: now().Add(time.Hour).UnixMicro()}
		},
	}
}

func TestWhatAPlaceBecomes(t *testing.T) {
	f := sources(t).For(context.Background(), "en", "")
	for place, want := range map[string]string{
		"house.name": "Nord", "house.hours": "open until Sat 28 Nov 18:00", "channel.phone": "+4930123456", "answer.chat": "Sat 28 Nov 11:00",
		"channel.mail": "", "wait.chat": "", "nothing.there": "",
	} {
		if got := f.Words(place); got != want {
			t.Errorf("%s: %q, want %q", place, got, want)
		}
	}
	zh := sources(t).For(context.Background(), "zh", "")
	if got := zh.Words("house.hours"); got != "服务时间至 11月28日 18:00" {
		t.Errorf("in Chinese: %q", got)
	}
}

func TestTablesOfFiguresThatStandSomewhere(t *testing.T) {
	f := sources(t).For(context.Background(), "en", "")
	for _, place := range []string{"fees.transfer", "fees.cash", "deadlines.unauthorised", "deadlines.complaint", "channels.all"} {
		table, ok := f.Table(place)
		if !ok || table.Caption == "" || table.Note == "" {
			t.Errorf("%s: %+v", place, table)
		}
		for _, row := range table.Rows {
			if len(row) != len(table.Head) {
				t.Errorf("%s: a row of %d under %d heads", place, len(row), len(table.Head))
			}
		}
	}
	for _, place := range []string{"plans.all", "codes.all", "fees.nothing", "other.all"} {
		if table, ok := f.Table(place); ok {
			t.Errorf("%s: %+v", place, table)
		}
	}
}

// What nobody read anywhere is no promise, and what counts in another country is none of
// somebody's.
func TestDeadlinesOfOneCountryThatWereChecked(t *testing.T) {
	table, ok := sources(t).For(context.Background(), "en", "eu").Table("deadlines.unauthorised")
	if !ok {
		t.Fatal("there are none")
	}
	for _, row := range table.Rows {
		if row[0] != "European Union" || row[3] == "" {
			t.Errorf("row %v", row)
		}
	}
	if text := strings.Join(table.Rows[0], " "); !strings.Contains(text, "13 months after the payment") {
		t.Errorf("the first row: %s", text)
	}
}

func TestAWalletThatDoesNotAnswer(t *testing.T) {
	s := sources(t)
	asked := 0
	s.Fees = func(context.Context) (tariff.Schedule, error) {
		asked++
		return tariff.Schedule{}, errors.New("it is away")
	}
	f := s.For(context.Background(), "en", "")
	for range 3 {
		if table, ok := f.Table("fees.transfer"); ok {
			t.Fatalf("fees of nobody: %+v", table)
		}
	}
	if asked != 1 {
		t.Errorf("it was asked %d times for one page", asked)
	}
}
