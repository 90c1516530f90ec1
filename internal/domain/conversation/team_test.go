package conversation_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/fault"
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
