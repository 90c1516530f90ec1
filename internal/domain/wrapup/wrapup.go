// Package wrapup is what conversations are wrapped up with: the codes that an
// operator has for what a conversation was about and how it ended, and whether
// agents have to choose one. Who chose which code for what stands in the log.
package wrapup

import (
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Bounds of a code.
const (
	MaxName  = 60 // characters, of its name, its group and each translation
	MaxOrder = 1000
	maxUses  = 50 // teams, or channels
	maxWords = 20 // translations
	maxCodes = 200
)

// WrapUpCode is one thing that a conversation was about, or how it ended.
type WrapUpCode struct {
	Name         string            `json:"name" maxLength:"60"`
	Translations map[string]string `json:"translations,omitempty" doc:"its name in other languages, by their BCP 47 tags"`
	Group        string            `json:"group,omitempty" maxLength:"60" doc:"under which it is listed"`
	GroupNames   map[string]string `json:"group_translations,omitempty" doc:"the group's name in other languages, as translations; a code of the group without any is listed under those of another one"`
	Order        int64             `json:"order,omitempty" minimum:"0" maximum:"1000" doc:"lower is listed first"`
	Teams        []string          `json:"teams,omitempty" nullable:"false" maxItems:"50" doc:"ids of the teams whose conversations it is for; without any it is for all"`
	Channels     []string          `json:"channels,omitempty" nullable:"false" maxItems:"50" doc:"such as chat; without any it is for all"`
}

// CodeKind is its definition.
func CodeKind() settings.Definition {
	return settings.Define(settings.Kind[WrapUpCode]{
		Name: "wrap_up_code", Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings, Max: maxCodes, Check: uniqueCode,
	})
}

// Validate implements settings.Value.
func (c WrapUpCode) Validate() error {
	const op = "wrapup.WrapUpCode"
	if err := settings.CheckLine("name", c.Name, MaxName); err != nil {
		return err
	}
	if err := settings.CheckLine("group", c.Group, MaxName, true); err != nil {
		return err
	}
	if c.Order < 0 || c.Order > MaxOrder {
		return fault.InvalidFor(op, "order", settings.OutOfRange, "must lie between 0 and %d", MaxOrder)
	}
	if err := names("translations", c.Translations); err != nil {
		return err
	}
	if c.Group == "" && len(c.GroupNames) > 0 {
		return fault.InvalidFor(op, "group", settings.Missing, "is translated and missing")
	}
	if err := names("group_translations", c.GroupNames); err != nil {
		return err
	}
	return c.uses()
}

// names judges what something is called in other languages.
func names(field string, all map[string]string) error {
	const op = "wrapup.WrapUpCode"
	if len(all) > maxWords {
		return fault.InvalidFor(op, field, settings.TooMany, "are more than %d", maxWords)
	}
	for tag, name := range all {
		if !languageTag(tag) {
			return fault.InvalidFor(op, field, settings.Malformed, "names no language")
		}
		if err := settings.CheckLine(field+"."+tag, name, MaxName); err != nil {
			return err
		}
	}
	return nil
}

func (c WrapUpCode) uses() error {
	const op = "wrapup.WrapUpCode"
	for field, all := range map[string][]string{"teams": c.Teams, "channels": c.Channels} {
		if len(all) > maxUses {
			return fault.InvalidFor(op, field, settings.TooMany, "are more than %d", maxUses)
		}
		for i, one := range all {
			at := field + "." + strconv.Itoa(i)
			if field == "teams" && !id.Valid(one) {
				return fault.InvalidFor(op, at, settings.Malformed, "is no id")
			}
			if err := settings.CheckLine(at, one, MaxName); err != nil {
				return err
			}
		}
	}
	return nil
}

// languageTag tells a short tag: letters, and parts after a hyphen.
func languageTag(tag string) bool {
	return tag != "" && len(tag) <= 35 && strings.Trim(strings.ToLower(tag), "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && tag[0] != '-'
}

// uniqueCode refuses the name of another code of the same group.
func uniqueCode(all *settings.Snapshot, of string, c WrapUpCode) error {
	for _, other := range settings.All[WrapUpCode](all) {
		if other.ID != of && strings.EqualFold(other.Value.Name, c.Name) && strings.EqualFold(other.Value.Group, c.Group) {
			return fault.InvalidFor("wrapup.uniqueCode", "name", settings.Taken, "another code of the group has this name")
		}
	}
	return nil
}

// WrapUps says how conversations are wrapped up.
type WrapUps struct {
	Required bool `json:"required,omitempty" doc:"who resolves a conversation has to choose a code, where there is one for it"`
}

// Kind is its definition.
func Kind() settings.Definition {
	return settings.Define(settings.Kind[WrapUps]{
		Name: "wrap_up", Singleton: true, Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings,
	})
}

// Validate implements settings.Value.
func (WrapUps) Validate() error { return nil }

// Ref names a code in the log. Its name is what it was called then.
type Ref struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Book is the codes that are in use. A nil one has none, and asks for none.
type Book struct{ all *settings.Snapshot }

// BookOf reads it from the settings.
func BookOf(all *settings.Snapshot) *Book { return &Book{all} }

// Find gives the code of an id, for a conversation of a team ("" for none) and a
// channel. Errors: Invalid, of the field code.
func (b *Book) Find(of, team, channel string) (Ref, error) {
	const op = "wrapup.Find"
	if b != nil && id.Valid(of) {
		found, ok := settings.Find[WrapUpCode](b.all, of)
		if ok && !found.Archived {
			if !found.Value.isFor(team, channel) {
				return Ref{}, fault.InvalidFor(op, "code", settings.Unknown, "is not for such a conversation")
			}
			return Ref{ID: of, Name: found.Value.Name}, nil
		}
	}
	return Ref{}, fault.InvalidFor(op, "code", settings.Unknown, "is no code in use")
}

// Needed tells whether an agent has to choose a code for a conversation: where
// there is none for it, nobody has to.
func (b *Book) Needed(team, channel string) bool {
	if b == nil || !settings.One[WrapUps](b.all).Required {
		return false
	}
	return slices.ContainsFunc(settings.All[WrapUpCode](b.all), func(c settings.Entry[WrapUpCode]) bool { return c.Value.isFor(team, channel) })
}

func (c WrapUpCode) isFor(team, channel string) bool {
	return (len(c.Teams) == 0 || slices.Contains(c.Teams, team)) && (len(c.Channels) == 0 || slices.Contains(c.Channels, channel))
}
