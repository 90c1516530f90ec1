// Package organisation says who runs this Kefu, as its customers and its staff
// are told: one setting of the house.
package organisation

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// Bounds of an organisation.
const (
	MaxName      = 80 // characters
	MaxLanguages = 32
	maxAddress   = 200
	maxLaw       = 24
)

// Organisation is the operator.
type Organisation struct {
	Name           string   `json:"name" maxLength:"80" doc:"as customers know it"`
	Languages      []string `json:"languages" nullable:"false" minItems:"1" maxItems:"32" doc:"in which customers are helped, as BCP 47 tags"`
	Language       string   `json:"language" maxLength:"35" doc:"one of them: for who speaks none of them"`
	TimeZone       string   `json:"time_zone" maxLength:"64" doc:"of the house, as the tz database names it"`
	Law            string   `json:"law,omitempty" maxLength:"24" doc:"whose law counts for cases of which nobody says otherwise: us, eu, uk or cn; missing: what the configuration says"`
	SupportAddress string   `json:"support_address,omitempty" maxLength:"200" doc:"an e-mail or web address for when this help is not reachable"`
}

// Kind is its definition.
func Kind() settings.Definition {
	return settings.Define(settings.Kind[Organisation]{
		Name: "organisation", Singleton: true, Read: policy.ReadWorkSettings, Change: policy.ChangeSetup,
		Default: Organisation{Languages: []string{"en", "zh"}, Language: "en", TimeZone: "UTC"},
	})
}

// Validate implements settings.Value.
func (o Organisation) Validate() error {
	const op = "organisation.Validate"
	if err := settings.CheckLine("name", o.Name, MaxName); err != nil {
		return err
	}
	if len(o.Languages) == 0 {
		return fault.InvalidFor(op, "languages", settings.Missing, "there is none")
	}
	if len(o.Languages) > MaxLanguages {
		return fault.InvalidFor(op, "languages", settings.TooMany, "are more than %d", MaxLanguages)
	}
	for i, tag := range o.Languages {
		if !isTag(tag) {
			return fault.InvalidFor(op, "languages", settings.Malformed, "%d is no language tag", i)
		}
		if slices.Contains(o.Languages[:i], tag) {
			return fault.InvalidFor(op, "languages", settings.Taken, "%s is there twice", tag)
		}
	}
	if !slices.Contains(o.Languages, o.Language) {
		return fault.InvalidFor(op, "language", settings.Unknown, "is not one of the languages")
	}
	if !IsTimeZone(o.TimeZone) {
		return fault.InvalidFor(op, "time_zone", settings.Unknown, "is no time zone")
	}
	if strings.Trim(o.Law, "abcdefghijklmnopqrstuvwxyz") != "" || len(o.Law) > maxLaw {
		return fault.InvalidFor(op, "law", settings.Malformed, "is the name of no law")
	}
	return checkAddress(o.SupportAddress)
}

// isTag tells whether a text has the form of a language tag (RFC 5646): a language
// of two or three letters, and subtags of two to eight letters and digits.
func isTag(tag string) bool {
	parts := strings.Split(tag, "-")
	if len(tag) > 35 || len(parts[0]) < 2 || len(parts[0]) > 3 {
		return false
	}
	for i, part := range parts {
		if len(part) < 2 || len(part) > 8 {
			return false
		}
		for _, c := range part {
			letter := (c >= 'a' && c <= 'z') || (i > 0 && c >= 'A' && c <= 'Z')
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// IsTimeZone tells whether a name is one of the tz database, such as
// Asia/Shanghai.
func IsTimeZone(name string) bool {
	if name == "" || name == "Local" || len(name) > 64 {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// checkAddress wants an e-mail address or an https address, or nothing.
func checkAddress(address string) error {
	const op = "organisation.checkAddress"
	if err := settings.CheckLine("support_address", address, maxAddress, true); err != nil || address == "" {
		return err
	}
	if mailbox, err := mail.ParseAddress(address); err == nil && mailbox.Address == address {
		return nil
	}
	if u, err := url.Parse(address); err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil {
		return nil
	}
	return fault.InvalidFor(op, "support_address", settings.Malformed, "is neither an e-mail nor an https address")
}
