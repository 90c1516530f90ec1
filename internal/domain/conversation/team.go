package conversation

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// TeamRef names a team in an entry. Its name is what it was called then.
type TeamRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// assignTo is Assign. Where an offer is accepted, or the queue takes something back,
// nobody else may have been faster.
func (o *Outcome) assignTo(c Command) error {
	has := o.State.AssigneeID
	if (c.OfferedTo != "" && has != "" && has != c.OfferedTo) || (c.TakenFrom != "" && has != c.TakenFrom) {
		return fault.New(fault.Conflict, "conversation.assignTo", "somebody else has it already")
	}
	before := len(o.Entries)
	err := o.assign(c.Content.Staff)
	if len(o.Entries) > before && c.Content.Reason != "" { // said by a part of Kefu
		if err := CheckLine("reason", c.Content.Reason, MaxTagChars); err != nil {
			return err
		}
		o.Entries[before].Content.Reason = c.Content.Reason
	}
	return err
}

// setTeam makes the conversation a team's, or everybody's.
func (o *Outcome) setTeam(to *TeamRef) error {
	if to == nil || to.ID == "" {
		to = &TeamRef{}
	}
	if o.State.TeamID == to.ID {
		return nil
	}
	for _, text := range []string{to.ID, to.Name} {
		if err := CheckLine("team", text, MaxTopicChars); err != nil {
			return err
		}
	}
	o.State.TeamID = to.ID
	content := Content{}
	if to.ID != "" {
		content.Team = to
	}
	o.add(KindTeam, content)
	return nil
}

// setSkills replaces what an agent must be able to do to be offered it.
func (o *Outcome) setSkills(skills []string) error {
	cleaned, err := CleanSkills("skills", skills)
	if err != nil {
		return err
	}
	if !slices.Equal(o.State.Skills, cleaned) {
		o.State.Skills = cleaned
		o.add(KindSkills, Content{Skills: cleaned})
	}
	return nil
}

// CleanSkills gives skills as they are compared, in their order, each once. Errors:
// Invalid, for field.
func CleanSkills(field string, skills []string) ([]string, error) {
	normal := make([]string, len(skills))
	for i, skill := range skills {
		normal[i] = NormalSkill(skill)
	}
	return cleanTags(field, normal)
}

// NormalSkill is a skill as it is kept and compared: who has "Refunds" is asked for
// when "refunds " is. Widths and composed letters are one (Unicode NFKC), and so are
// cases and spaces.
func NormalSkill(skill string) string {
	if !utf8.ValidString(skill) {
		return skill // CheckLine says so
	}
	return strings.Join(strings.FieldsFunc(norm.NFKC.String(strings.ToLower(norm.NFKC.String(skill))), func(r rune) bool { return r == ' ' }), " ")
}

// handOver passes the conversation on with what the next one must know, in one
// step: nobody finds it in the queue without the note.
func (o *Outcome) handOver(c Command) error {
	const op = "conversation.handOver"
	to := c.Content
	if to.Team == nil && (to.Staff == nil || to.Staff.ID == "") {
		return fault.InvalidField(op, "team_id", "says neither a team nor a colleague")
	}
	if to.Text != "" {
		if err := CheckText("note", to.Text, MaxTextChars); err != nil {
			return err
		}
		note := Content{Text: to.Text, Classes: to.Classes}
		if to.Staff != nil && id.Valid(to.Staff.ID) { // who gets it finds the note whoever has it later
			note.Mentions = []string{to.Staff.ID}
		}
		o.add(KindNote, note)
		o.State.PreviewSeq = o.State.LastSeq + 1
	}
	if to.Team != nil {
		if err := o.setTeam(to.Team); err != nil {
			return err
		}
	}
	if err := o.assign(to.Staff); err != nil {
		return err
	}
	if s := &o.State; s.AssigneeID == "" && s.Status == Waiting { // it is up to the team now, not to the customer
		s.Status = Open
		o.add(KindStatus, Content{Status: Open, Was: Waiting})
	}
	return nil
}
