package cases_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
)

const ground = "the passport was shown on a video call, and the last three payments named"

// request is a request about data that somebody has confirmed.
func request(t *testing.T, of cases.Request) *desk {
	t.Helper()
	d := begin(t, jurisdiction.DataRequest, "", "Europe/Brussels", "2026-06-01 10:00")
	d.add(cases.Confirmed, agent, cases.Data{Type: jurisdiction.DataRequest, Request: of, Jurisdiction: "eu", Version: 1})
	return d
}

func granted() cases.Data { return cases.Data{Outcome: cases.Upheld, Reason: "you asked for it"} }

// What hands out, changes or destroys is granted to nobody of whom it is not known who they
// are; a refusal needs no proof, and neither does what harms nobody.
func TestNothingIsGrantedBeforeItIsKnownWhoAsks(t *testing.T) {
	for _, of := range cases.Requests() {
		t.Run(string(of), func(t *testing.T) {
			d := request(t, of)
			if !of.NeedsProof() {
				d.refused("no_request", cases.Identified, customer, cases.Data{})
				d.add(cases.Decided, agent, granted())
				return
			}
			d.refused("not_identified", cases.Decided, agent, granted())
			d.refused("not_identified", cases.Decided, agent, cases.Data{Outcome: cases.PartlyUpheld, Reason: "in part"})
			d.refused("own", cases.Identified, agent, cases.Data{})
			if of == cases.ForAnother {
				d.refused("another", cases.Identified, customer, cases.Data{})
				d.add(cases.Decided, agent, cases.Data{Outcome: cases.Refused, Reason: "nothing shows that you may act for them"})
				return
			}
			d.add(cases.Identified, customer, cases.Data{})
			d.refused("identified", cases.Identified, customer, cases.Data{})
			if d.ProvenAt() != d.now || d.Proven.Vouched {
				t.Errorf("%+v", d.Proven)
			}
			d.add(cases.Decided, agent, granted())
		})
	}
}

// Who cannot prove it in the wallet is vouched for by two of ours, by a ground that stands
// in the case; for somebody else nothing but that counts, also of who was known before.
func TestTwoOfOursVouch(t *testing.T) {
	second := cases.By{Kind: identity.Staff, ID: "s2"}
	for _, of := range []cases.Request{cases.Erasing, cases.ForAnother} {
		d := request(t, of)
		d.refused("reason", cases.Vouched, agent, cases.Data{Reason: "I know them"})
		d.refused("staff", cases.Vouched, customer, cases.Data{Reason: ground})
		d.refused("staff", cases.Vouched, cases.By{Kind: identity.System, ID: "cases"}, cases.Data{Reason: ground})
		d.add(cases.Vouched, agent, cases.Data{Reason: ground})
		d.refused("same_person", cases.Vouched, agent, cases.Data{Reason: ground + " once more"})
		d.refused("not_identified", cases.Decided, agent, granted())
		d.add(cases.Vouched, second, cases.Data{})
		d.refused("identified", cases.Vouched, second, cases.Data{})
		if !d.Proven.Vouched || d.Proven.Ground != ground || d.Proven.First != agent || d.ProvenAt() == 0 {
			t.Errorf("%+v", d.Proven)
		}
		d.add(cases.Decided, agent, granted())
	}
	d := request(t, cases.Erasing)
	d.add(cases.Identified, customer, cases.Data{})
	d.add(cases.Confirmed, agent, cases.Data{Type: jurisdiction.DataRequest, Request: cases.ForAnother, Jurisdiction: "eu", Version: 1})
	d.refused("not_identified", cases.Decided, agent, granted())
	d.add(cases.Vouched, agent, cases.Data{Reason: ground})
	d.add(cases.Vouched, second, cases.Data{})
	d.add(cases.Decided, agent, granted())
}

// What stands still is used again only after its customer was told and the day has come, or
// when they say so themselves; until then the case that says so is not forgotten.
func TestAStandstillIsLiftedAfterItsCustomerWasTold(t *testing.T) {
	d := request(t, cases.Restriction)
	d.refused("not_still", cases.Lifted, customer, cases.Data{})
	d.add(cases.Decided, agent, granted())
	d.add(cases.Written, agent, letter(jurisdiction.Approval))
	d.add(cases.Closed, agent, cases.Data{})
	since := d.now
	d.pass(20 * 366 * day)
	if d.StillSince != since || d.IndexOf(d.b, d.now, nil).KeepTill != 0 {
		t.Errorf("since %d, kept till %d", d.StillSince, d.IndexOf(d.b, d.now, nil).KeepTill)
	}
	d.refused("not_told", cases.Lifted, agent, cases.Data{})
	d.refused("until", cases.LiftTold, agent, cases.Data{Text: "from now on", Until: d.now})
	d.refused("text", cases.LiftTold, agent, cases.Data{Until: d.now + day})
	d.refused("until", cases.LiftTold, agent, cases.Data{Text: "from tonight on", Until: d.now + day - 1})
	d.add(cases.LiftTold, agent, cases.Data{Text: "what you doubted was checked and is right", Until: d.now + 3*day})
	d.refused("until", cases.LiftTold, agent, cases.Data{Text: "sooner than that", Until: d.now + 2*day})
	d.pass(2 * day)
	d.refused("too_early", cases.Lifted, agent, cases.Data{})
	d.pass(day)
	d.add(cases.Lifted, agent, cases.Data{})
	if d.StillSince != 0 || d.LiftAt != 0 || d.IndexOf(d.b, d.now, nil).KeepTill == 0 {
		t.Errorf("still %d, lift %d", d.StillSince, d.LiftAt)
	}
	own := request(t, cases.Restriction)
	own.add(cases.Decided, agent, granted())
	own.add(cases.Lifted, customer, cases.Data{})
	if own.StillSince != 0 {
		t.Error("who asked for it may end it at any time")
	}
	refused := request(t, cases.Restriction)
	refused.add(cases.Decided, agent, cases.Data{Outcome: cases.Refused, Reason: strings.Repeat("no ", 3)})
	if refused.StillSince != 0 {
		t.Error("it was refused, and stands still")
	}
}
