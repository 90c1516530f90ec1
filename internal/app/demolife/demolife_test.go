package demolife_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/app/demolife"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/platform/id"
)

// What is invented obeys the rules of what really happens: an imported log is not
// looked at by them.
func TestTheLifeIsOneThatCouldHaveBeen(t *testing.T) {
	now := time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC)
	life, err := demolife.Invent(now, []demolife.Agent{{ID: id.New(), Alias: "Mei"}, {ID: id.New(), Alias: "Ben"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(life.Talks) < 150 || len(life.Talks) > 500 {
		t.Errorf("there are %d conversations", len(life.Talks))
	}
	detector, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	standing, coded := map[conversation.Status]int{}, map[string]int{}
	ids := map[string]bool{}
	for _, one := range life.Talks {
		st := one.State
		if ids[st.ID] {
			t.Fatalf("%s is there twice", st.ID)
		}
		ids[st.ID] = true
		standing[st.Status]++
		coded[st.WrapUp]++
		last := int64(0)
		for i, e := range one.Entries {
			if e.Seq != int64(i+1) || e.At < last || e.At > now.UnixMicro() || e.ConversationID != st.ID {
				t.Fatalf("entry %d of %s: %+v after %d", i, st.Topic, e, last)
			}
			last = e.At
			if strings.Contains(e.Content.Text, "{") {
				t.Errorf("something is not filled in: %q", e.Content.Text)
			}
			if found := detector.Scan(e.Content.Text); len(found) > 0 {
				t.Errorf("the guard finds something in %q: %+v", e.Content.Text, found)
			}
		}
		if st.LastSeq != int64(len(one.Entries)) || st.LastActivity != last || st.AssigneeID == "" {
			t.Errorf("%s: %+v", st.Topic, st)
		}
		if (st.Status == conversation.Resolved || st.Status == conversation.Waiting) != (st.WaitingSince == 0) {
			t.Errorf("%s is %s and waits since %d", st.Topic, st.Status, st.WaitingSince)
		}
	}
	if len(coded) < 9 || coded[""] > len(life.Talks)/3 {
		t.Errorf("wrapped up with: %v", coded)
	}
	if standing[conversation.Open] < 3 || standing[conversation.Waiting] != 2 || len(life.Snoozed) != 1 {
		t.Errorf("now: %v", standing)
	}
}
