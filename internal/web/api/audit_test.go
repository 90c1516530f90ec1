package api_test

import (
	"fmt"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/web/auditapi"
)

// An auditor finds who did what, page by page, and is found looking.
func TestTheAuditChainIsReadAndTheLookRecorded(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		auditor := w.member(identity.Auditor)
		bearer := w.session(auditor)
		agent := w.member(identity.Agent)
		conv, who := w.talk("hello")
		w.must(200, call{method: "GET", path: "/v1/conversations/" + conv + "/entries", bearer: w.session(agent)})
		read := func(query string) (page auditapi.AuditPage) {
			w.must(200, call{method: "GET", path: "/v1/audit?" + query, bearer: bearer}).json(t, &page)
			return page
		}
		w.member(identity.Agent) // a commit, with which what was read goes
		for query, want := range map[string]string{
			"actor=" + agent.ID + "&action=conversation.":    "conversation.read",
			"object=" + conv + "&action=conversation.read":   "conversation.read",
			"object=" + who.ID + "&action=conversation.read": "conversation.read",
		} {
			page := read(query)
			if len(page.Items) != 1 || page.Items[0].Action != want || page.Items[0].ActorID != agent.ID {
				t.Errorf("%s: %+v", query, page.Items)
			}
		}
		w.member(identity.Agent) // another, for the looks
		if page := read("action=audit.read"); len(page.Items) == 0 || page.Items[0].ActorID != auditor.ID {
			t.Errorf("the looks left no record: %+v", page.Items)
		}
		all, seen := read("limit=2"), 0
		for before := int64(1 << 40); ; all = read(fmt.Sprintf("limit=2&before=%d", all.Next)) {
			for _, r := range all.Items {
				if r.Seq >= before {
					t.Fatalf("record %d comes after %d", r.Seq, before)
				}
				before, seen = r.Seq, seen+1
			}
			if all.Next == 0 {
				if before != 1 {
					t.Errorf("the last page ends at %d", before)
				}
				break
			}
		}
		if seen < 8 {
			t.Errorf("%d records were read", seen)
		}
		if page := read(fmt.Sprintf("from=%d", w.now().UnixMicro()+1e12)); len(page.Items) != 0 || page.Next != 0 {
			t.Errorf("of the future: %+v", page)
		}
		if page := read("until=1"); len(page.Items) != 0 {
			t.Errorf("of long ago: %+v", page)
		}
		var proof auditapi.AuditProof
		w.must(200, call{method: "GET", path: "/v1/audit/proof", bearer: bearer}).json(t, &proof)
		if !proof.OK || proof.Checked < 8 || proof.Proven != 0 {
			t.Errorf("%+v", proof)
		}
	})
}
