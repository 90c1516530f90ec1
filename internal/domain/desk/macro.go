package desk

import (
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// MaxMacroTexts bounds the languages of a macro.
const MaxMacroTexts = 20

// Macro is an answer that is kept for many: its words in each language, and what is
// done along with it.
//
// In the words {customer}, {first_name}, {agent} and {reference} stand for the
// customer's name, its first part, the agent's alias and the conversation's
// reference. They are put in where the answer is written, letter for letter, and
// the agent sees the answer before it is sent. Other braces mean nothing.
type Macro struct {
	Name  string      `json:"name" maxLength:"60" doc:"as staff find it"`
	Texts []MacroText `json:"texts,omitempty" nullable:"false" maxItems:"20" doc:"without one the macro only does something"`
	Note  bool        `json:"note,omitempty" doc:"it writes a note, and no answer"`
	Then  MacroThen   `json:"then,omitzero" doc:"what is done when the answer is sent"`
}

// MacroText is what a macro says in one language.
type MacroText struct {
	Language string `json:"language" maxLength:"35" doc:"a BCP 47 tag"`
	Text     string `json:"text" maxLength:"4000"`
}

// MacroThen is what a macro does beside writing. What is left out stays as it is.
type MacroThen struct {
	Status   conversation.Status   `json:"status,omitempty" enum:"open,waiting,resolved"`
	Priority conversation.Priority `json:"priority,omitempty" enum:"low,normal,high,urgent"`
	Code     string                `json:"code,omitempty" maxLength:"26" doc:"of resolved: the id of a wrap-up code"`
	AddTags  []string              `json:"add_tags,omitempty" nullable:"false" maxItems:"10"`
}

const maxMacroText = 4000

// MacroKind is its definition: shared by the house, or one's own.
func MacroKind() settings.Definition {
	return settings.Define(settings.Kind[Macro]{
		Name: "macro", Scope: settings.Either, Max: 400, Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings,
		Said: func(m Macro, _ string) bool { return !m.Note },
	})
}

// Validate implements settings.Value.
func (m Macro) Validate() error {
	const op = "desk.Macro"
	if err := settings.CheckLine("name", m.Name, MaxName); err != nil {
		return err
	}
	if len(m.Texts) > MaxMacroTexts {
		return fault.InvalidFor(op, "texts", settings.TooMany, "are more than %d", MaxMacroTexts)
	}
	for i, t := range m.Texts {
		path := "texts." + strconv.Itoa(i)
		if t.Language == "" || conversation.CheckLanguage("language", t.Language) != nil {
			return fault.InvalidFor(op, path+".language", settings.Malformed, "is no language tag")
		}
		if slices.ContainsFunc(m.Texts[:i], func(o MacroText) bool { return strings.EqualFold(o.Language, t.Language) }) {
			return fault.InvalidFor(op, path+".language", settings.Taken, "is there twice")
		}
		if strings.TrimSpace(t.Text) == "" {
			return fault.InvalidFor(op, path+".text", settings.Missing, "is empty")
		}
		if err := settings.CheckText(path+".text", t.Text, maxMacroText); err != nil {
			return err
		}
	}
	if len(m.Texts) == 0 && m.Then.idle() {
		return fault.InvalidFor(op, "texts", settings.Missing, "says nothing and does nothing")
	}
	return m.Then.validate()
}

func (t *MacroThen) idle() bool { return t.Status == "" && t.Priority == "" && len(t.AddTags) == 0 }

func (t *MacroThen) validate() error {
	const op = "desk.MacroThen"
	if !slices.Contains([]conversation.Status{"", conversation.Open, conversation.Waiting, conversation.Resolved}, t.Status) {
		return fault.InvalidFor(op, "then.status", settings.Unknown, "must be open, waiting or resolved")
	}
	if t.Priority != "" && !conversation.ValidPriority(t.Priority) {
		return fault.InvalidFor(op, "then.priority", settings.Unknown, "is no priority")
	}
	if t.Code != "" && (t.Status != conversation.Resolved || !id.Valid(t.Code)) {
		return fault.InvalidFor(op, "then.code", settings.Malformed, "is no code of a conversation that is resolved")
	}
	if len(t.AddTags) > maxOfAKind {
		return fault.InvalidFor(op, "then.add_tags", settings.TooMany, "are more than %d", maxOfAKind)
	}
	for i, tag := range t.AddTags {
		if err := settings.CheckLine("then.add_tags."+strconv.Itoa(i), tag, conversation.MaxTagChars); err != nil {
			return err
		}
	}
	return nil
}
