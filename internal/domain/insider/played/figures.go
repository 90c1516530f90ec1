package played

import (
	"slices"

	"kefu/internal/domain/insider"
)

// Figures are what many plays showed.
type Figures struct {
	Persona Persona `json:"persona"`
	Effort  float64 `json:"effort"`
	Plays   int     `json:"plays"`
	Found   int     `json:"found"`
	Recall  float64 `json:"recall"`
	Days    float64 `json:"days_until_found"`      // the median of those that were
	Before  float64 `json:"customers_until_found"` // whom they looked at without a contact, or paid for: the median
	AtOnce  int     `json:"found_by_a_rule"`
	False   int     `json:"false_alerts"` // about anybody else, or before it began
	PerWeek float64 `json:"false_alerts_per_agent_and_week"`
	// FalseBy counts them by their strongest reason.
	FalseBy  map[insider.Why]int `json:"false_alerts_by_reason"`
	staffDay int64
}

// tells are the reasons that are the persona's own: an alert about them for another
// reason is luck, and finds nobody.
func tells(who Persona) []insider.Why {
	switch who {
	case Scraper:
		return []insider.Why{insider.NoContact, insider.ManyCustomers, insider.LookRate, insider.CanaryTouched}
	case Dripper:
		return []insider.Why{insider.NoContact, insider.CanaryTouched}
	case Hunter:
		return []insider.Why{insider.HighValue, insider.NoContact, insider.ManySearches}
	case Photograph:
		return []insider.Why{insider.LooksEach, insider.ManyReveals, insider.RevealRate}
	case Colluders:
		return []insider.Why{insider.OneApprover, insider.ManyPayments}
	case Mule:
		return []insider.Why{insider.OneDestination, insider.ManyPayments}
	case Grabber:
		return []insider.Why{insider.ManyExports, insider.ManySearches, insider.NoContact}
	case Compromised:
		return []insider.Why{insider.StrangeSession, insider.OffHours, insider.NoContact, insider.LookRate}
	case Lister:
		return []insider.Why{insider.PageRate, insider.ListRate, insider.ManyListed}
	case Reader:
		return []insider.Why{insider.AheadRate, insider.ManyAhead}
	default:
		return nil
	}
}

// Measure plays a persona with each of the seeds.
func Measure(who Persona, effort float64, l insider.Limits, seeds []uint64) Figures {
	f := Figures{Persona: who, Effort: effort, FalseBy: map[insider.Why]int{}}
	var days, before []float64
	for _, seed := range seeds {
		p := New(seed, who, effort)
		f.Plays++
		f.staffDay += p.Days
		found := f.watch(p, l)
		if found.day > 0 {
			f.Found++
			days, before = append(days, float64(found.day-p.From)), append(before, float64(found.before))
			if found.rule {
				f.AtOnce++
			}
		}
	}
	f.Recall = float64(f.Found) / float64(max(1, f.Plays))
	f.Days, f.Before = middle(days), middle(before)
	f.PerWeek = float64(f.False) / (float64(f.staffDay) / 5)
	return f
}

type found struct {
	day    int64
	before int
	rule   bool
}

// watch has one play judged. A pair is found when one of them is.
func (f *Figures) watch(p Play, l insider.Limits) found {
	var out found
	w := insider.New(l)
	reached, own := map[string]bool{}, tells(f.Persona)
	hear := func(alerts []insider.Alert, today int64) {
		for _, a := range alerts {
			switch {
			case !slices.Contains(p.Bad, a.Staff) || a.Day < p.From:
				f.False++
				f.FalseBy[a.Reasons[0].Why]++
			case out.day == 0 && slices.Contains(own, a.Reasons[0].Why):
				out = found{today, len(reached), a.Rule}
			}
		}
	}
	for _, d := range p.Doings {
		today := d.At / day
		hear(w.Take(d), today)
		if today >= p.From && slices.Contains(p.Bad, d.Staff) && (d.Contact == "" || d.Kind == insider.Paid) && d.Customer != "" {
			reached[d.Customer] = true
		}
	}
	hear(w.EndDays(p.Until), p.Until)
	return out
}

func middle(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[len(of)/2]
}
