package conversation_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func TestSkillsAreComparedByWhatTheySay(t *testing.T) {
	got, err := conversation.CleanSkills("skills", []string{" ReFunds ", "refunds", "ＫＹＣ　check", "kyc  CHECK", "Zürich", "反诈"})
	if want := []string{"kyc check", "refunds", "zürich", "反诈"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q %v, want %q", got, err, want)
	}
	for name, skill := range map[string]string{"nothing": " ", "a line break": "a\nb", "broken text": "\xff", "too long": string(make([]rune, 500))} {
		if _, err := conversation.CleanSkills("skills", []string{skill}); fault.FieldOf(err) != "skills" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What has been put into its form once stays as it is.
func TestNormalSkillsStayNormal(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		once := conversation.NormalSkill(rapid.String().Draw(r, "skill"))
		if again := conversation.NormalSkill(once); again != once {
			r.Fatalf("%q became %q", once, again)
		}
	})
}

// What is noted on handing over is a note: a program whose key is for changing
// conversations alone hands over without one.
func TestWhoMayWriteNoNoteHandsOverWithoutOne(t *testing.T) {
	state := conversation.State{ID: id.New(), CustomerID: id.New(), Status: conversation.Open, LastSeq: 1}
	hand := func(note string, scopes ...identity.Scope) error {
		p := identity.Principal{Kind: identity.Program, ID: id.New(), Scopes: identity.ScopesOf(scopes...)}
		_, err := state.Decide(p, conversation.Command{
			Kind: conversation.HandOver, Content: conversation.Content{Text: note, Team: &conversation.TeamRef{ID: id.New(), Name: "Cards"}},
		}, 1)
		return err
	}
	if err := hand("look at this", identity.ChangeConversations); !fault.Is(err, fault.Forbidden) {
		t.Errorf("with a note: %v", err)
	}
	for name, err := range map[string]error{
		"without a note":      hand("", identity.ChangeConversations),
		"who may write notes": hand("look at this", identity.ChangeConversations, identity.WriteNotes),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
