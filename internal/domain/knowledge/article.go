// Package knowledge is what the house knows and tells: articles for customers and for staff,
// each in several languages, with who answers for it and until when it may stand unread. It
// says what an article is and what is wrong with one; its rooms read the markup (markup),
// find figures that are written by hand (figure), measure how easy it reads (ease), and read
// and write folders of articles (folder).
package knowledge

import (
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
)

// Audience is for whom an article is.
type Audience string

// The audiences.
const (
	Public Audience = "public"
	Staff  Audience = "staff"
)

// Bounds of an article.
const (
	MaxTitle     = 90  // characters
	MaxShort     = 320 // characters
	MaxVoice     = 280 // characters
	MaxQuestions = 40  // of one language
	MaxQuestion  = 160 // characters
	MaxLanguages = 20
	MaxList      = 20 // flows, codes, jurisdictions, products, related
	MaxKeep      = 24 // months
	MaxOrder     = 1_000_000
)

// Article is one matter in every language that it has.
type Article struct {
	ID            string // small words joined by hyphens; it is part of its address
	Audience      Audience
	Topic         string               // the id of the topic that it stands under
	Flows         []string             // that help with it: FL2
	Codes         []wallet.FailureCode // that it explains
	Jurisdictions []string             // ids of packs of laws for whose customers it is; none: for all
	Products      []string             // names of plans for whose customers it is; none: for all
	Related       []string             // ids of further articles
	Keep          int                  // months until somebody has to look whether it is still so
	Order         int                  // smaller stands further up
	Source        string               // the language that the others are translated from
	Questions     map[string][]string  // how people ask for it, by language; for finding, never shown
	Texts         map[string]Text
}

// Text is an article in one language.
type Text struct {
	Title string
	Short string // the answer in a sentence or three: for chats and the head of a list of hits
	Voice string // the answer as it is said on the telephone
	Body  string // in the form of package markup
}

// Topic is what articles stand under.
type Topic struct {
	ID    string
	Title form.Texts
	Lead  form.Texts // what is there, in a line
}

// Languages lists those that it has, its source first.
func (a *Article) Languages() []string {
	out := []string{}
	if _, ok := a.Texts[a.Source]; ok {
		out = append(out, a.Source)
	}
	for _, lang := range sortedKeys(a.Texts) {
		if lang != a.Source {
			out = append(out, lang)
		}
	}
	return out
}

// In is its text in a language or the nearest one that it has, and which that is: zh for
// zh-Hant, then English, then its source.
func (a *Article) In(lang string) (Text, string) {
	base, _, _ := strings.Cut(lang, "-")
	for _, tag := range []string{lang, base, "en", a.Source} {
		if t, ok := a.Texts[tag]; ok {
			return t, tag
		}
	}
	for _, tag := range sortedKeys(a.Texts) {
		return a.Texts[tag], tag
	}
	return Text{}, ""
}

func chars(s string) int { return utf8.RuneCountInString(s) }
