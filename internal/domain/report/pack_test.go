package report_test

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
)

// Whatever is asked for, packs give the report that their events give one by one.
func TestPacksGiveTheSameReportAsTheirEvents(t *testing.T) {
	begin := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
	recorded := rapid.Custom(func(t *rapid.T) report.Recorded {
		some := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
		return report.Recorded{Wall: rapid.Int64Range(-1, 4_000_000_000).Draw(t, "wall"), Event: report.Event{
			At: begin.UnixMicro() + rapid.Int64Range(0, 72*report.HourMicros).Draw(t, "at"), Channel: some("channel", "chat", "email"), Language: some("language", "", "en", "zh"),
			Team: some("team", "", "a", "b"), Topic: some("topic", "", "a", "支付"), Code: some("code", "", "b"), Agent: some("agent", "", "mei", "ben", "a"),
			Tags:    rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "vip", "退款"}), 0, 3, rapid.ID[string]).Draw(t, "tags"),
			Seconds: rapid.Int64Range(-1, 100_000).Draw(t, "seconds"), State: sla.ClockState(some("state", "", string(sla.Met), string(sla.Breached))), Count: rapid.Int64Range(0, 6).Draw(t, "count"),
		}}
	})
	rapid.Check(t, func(t *rapid.T) {
		maybe := func(name string, of ...string) string { return rapid.SampledFrom(append(of, "", "", "")).Draw(t, name) }
		from := begin.UnixMicro() + rapid.Int64Range(0, 40).Draw(t, "from")*report.HourMicros/4
		q := report.Query{
			From: from, To: from + rapid.Int64Range(1, 200).Draw(t, "length")*report.HourMicros/4, Zone: zone(t, rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Asia/Kathmandu"}).Draw(t, "zone")),
			Wall: rapid.Bool().Draw(t, "is wall"), Channel: maybe("q channel", "chat"), Language: maybe("q language", "en"), Agent: maybe("q agent", "mei"), Team: maybe("q team", "a", "none"),
			Topic: maybe("q topic", "支付"), Code: maybe("q code", "b"), Tag: maybe("q tag", "vip", "b"),
		}
		single, packed := report.Collect(q), report.Collect(q)
		for _, part := range []report.Part{report.PartBegan, report.PartResolved, report.PartRated} {
			hours := map[int64][]report.Recorded{}
			for _, r := range rapid.SliceOfN(recorded, 0, 25).Draw(t, "events") {
				hours[r.At/report.HourMicros] = append(hours[r.At/report.HourMicros], r)
				e := r.Event
				if q.Wall {
					e.Seconds = r.Wall
				}
				if len(e.Tags) > 0 {
					single.Count(part, e)
				}
				if e.Tags = nil; q.Tag == "" {
					single.Count(part, e)
				}
			}
			for hour, events := range hours {
				if err := packed.Add(part, hour, report.Pack(hour, events)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if want, got := single.Report(), packed.Report(); !reflect.DeepEqual(want, got) {
			t.Fatalf("%+v:\n one by one %+v\n packed     %+v", q, want, got)
		}
	})
}

func TestADamagedPackIsRefused(t *testing.T) {
	events := []report.Recorded{{Wall: 5, Event: report.Event{At: 7, Channel: "chat", Agent: "mei", Tags: []string{"vip"}, Seconds: 300}}}
	whole := report.Pack(0, events)
	q := report.Query{From: 0, To: 1_000_000, Zone: time.UTC}
	if err := report.Collect(q).Add(report.PartBegan, 0, whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if err := report.Collect(q).Add(report.PartBegan, 0, whole[:n]); !fault.Is(err, fault.Internal) {
			t.Errorf("the first %d of %d bytes: %v", n, len(whole), err)
		}
	}
	for i := range whole { // whatever a byte becomes, it is counted or refused
		for _, b := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			broken := append([]byte{}, whole...)
			broken[i] = b
			_ = report.Collect(q).Add(report.PartBegan, 0, broken)
		}
	}
}
