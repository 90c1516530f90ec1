package restriction_test

import (
	"encoding/json"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/restriction"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/id"
)

const anHour = int64(3_600_000_000)

// A certificate is good for as long as its training said when it was given; only a house
// that says so shortens it, and nothing makes it longer.
func TestACertificateKeepsWhatHeldWhenItWasGiven(t *testing.T) {
	kinds, err := settings.NewRegistry(restriction.Kind(), restriction.TrainingKind(), restriction.CertificateKind(), sla.CalendarKind())
	if err != nil {
		t.Fatal(err)
	}
	course, who, given := id.From("course"), id.From("who"), 1000*anHour
	snapshot := func(training, certificate string) *settings.Snapshot {
		t.Helper()
		items := []settings.Item{
			{Kind: "training", ID: course, Revision: 1, Body: json.RawMessage(training)},
			{Kind: "restriction", ID: id.From("rule"), Revision: 1, Body: json.RawMessage(`{"name":"R","actions":["report.read"],"training":"` + course + `"}`)},
		}
		if certificate != "" {
			items = append(items, settings.Item{Kind: "certificate", ID: id.From("c"), Revision: 1, ChangedAt: given, Body: json.RawMessage(certificate)})
		}
		all, problems := settings.NewSnapshot(kinds, 2, items)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return all
	}
	give := func(training, sent string) string {
		t.Helper()
		d := restriction.CertificateKind()
		stored, value, err := d.Decode([]byte(sent))
		if err == nil {
			stored, _, err = d.Complete(snapshot(training, ""), stored, value)
		}
		if err != nil {
			t.Fatal(err)
		}
		return string(stored)
	}
	plain := `{"training":"` + course + `","staff":"` + who + `"`
	for name, c := range map[string]struct {
		then, now, sent string
		hours           int64 // it is good for; 0: for ever
	}{
		"as it was":                           {`{"name":"T","valid_hours":10}`, `{"name":"T","valid_hours":10}`, plain + `}`, 10},
		"the training became shorter":         {`{"name":"T","valid_hours":10}`, `{"name":"T","valid_hours":2}`, plain + `}`, 10},
		"the training became longer":          {`{"name":"T","valid_hours":10}`, `{"name":"T","valid_hours":90}`, plain + `}`, 10},
		"the house shortens what was given":   {`{"name":"T","valid_hours":10}`, `{"name":"T","valid_hours":2,"shortens_given":true}`, plain + `}`, 2},
		"and cannot make it longer so":        {`{"name":"T","valid_hours":10}`, `{"name":"T","valid_hours":90,"shortens_given":true}`, plain + `}`, 10},
		"nor for ever":                        {`{"name":"T","valid_hours":10}`, `{"name":"T","shortens_given":true}`, plain + `}`, 10},
		"one for ever stays":                  {`{"name":"T"}`, `{"name":"T","valid_hours":2}`, plain + `}`, 0},
		"one for ever is shortened":           {`{"name":"T"}`, `{"name":"T","valid_hours":2,"shortens_given":true}`, plain + `}`, 2},
		"what is sent beside it says nothing": {`{"name":"T","valid_hours":10}`, `{"name":"T","valid_hours":10}`, plain + `,"valid_hours":999}`, 10},
	} {
		rules := restriction.Compile(snapshot(c.now, give(c.then, c.sent)))
		person := &restriction.Who{ID: who, Role: identity.Supervisor}
		open := func(at int64) bool {
			_, kept := rules.Judge(person, policy.ReadReports, at)
			return !kept
		}
		until := given + c.hours*anHour
		if c.hours == 0 {
			until = given + 1_000_000*anHour
		}
		if !open(until-1) || (c.hours > 0 && open(until)) {
			t.Errorf("%s: it is not good for %d hours", name, c.hours)
		}
	}
	// One from before that was noted is as its training says now.
	rules := restriction.Compile(snapshot(`{"name":"T","valid_hours":3}`, plain+`}`))
	if _, kept := rules.Judge(&restriction.Who{ID: who, Role: identity.Supervisor}, policy.ReadReports, given+3*anHour); !kept {
		t.Error("one from before is good for ever")
	}
}
