package sla_test

import (
	"encoding/json"
	"testing"
	"time"

	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/id"
)

// Nobody is promised an answer by a time at which, they are told, nobody is there.
func TestNoAnswerIsPromisedBeforeSomebodyIsBack(t *testing.T) {
	kinds, err := settings.NewRegistry(sla.CalendarKind(), sla.AvailabilityKind(), sla.TargetKind())
	if err != nil {
		t.Fatal(err)
	}
	office := id.New()
	service := func(target sla.Target, at string) sla.Service {
		t.Helper()
		body := func(v any) json.RawMessage { b, _ := json.Marshal(v); return b }
		target.Name, target.Tell, target.FirstResponse = "All", true, 10
		all, problems := settings.NewSnapshot(kinds, 1, []settings.Item{
			{Kind: "calendar", ID: office, Revision: 1, Body: body(sla.Calendar{Name: "Office", TimeZone: "UTC", Week: week(sla.Span{From: "09:00", To: "17:00"})})},
			{Kind: "availability", ID: settings.SingletonID("availability"), Revision: 1, Body: body(sla.Availability{Calendar: office})},
			{Kind: "target", ID: id.New(), Revision: 1, Body: body(target)},
		})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		return sla.ServiceAt(all, sla.AimsOf(all), sla.Subject{}, now)
	}
	at := func(text string) int64 {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when.UnixMicro()
	}
	// Friday, late: nobody is there before Monday.
	if got := service(sla.Target{}, "2026-11-27T20:00:00Z"); got.Open || got.OpensAt != at("2026-11-30T09:00:00Z") || got.AnswerBy != 0 {
		t.Errorf("around the clock: %+v", got)
	}
	if got := service(sla.Target{Calendar: office}, "2026-11-27T20:00:00Z"); got.AnswerBy != at("2026-11-30T09:10:00Z") {
		t.Errorf("in working time: %+v", got)
	}
	if got := service(sla.Target{}, "2026-11-27T16:55:00Z"); !got.Open || got.AnswerBy != at("2026-11-27T17:05:00Z") {
		t.Errorf("while somebody is there: %+v", got)
	}
}
