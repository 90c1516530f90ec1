// Package figure finds in a text what may be written nowhere by hand: sums of money,
// rates, and times within which something happens. They change, and differ by country and
// plan; a text that names one by hand is right until the day it is not. Such figures come
// from the wallet's schedule of fees, the packs of laws and the house's own targets, by
// places that are filled in when the text is read (package markup).
//
// It reads English and Chinese, digits and words, and takes what is near a figure for one:
// an editor who is refused "two days" can write "a few days", a customer who is told a
// wrong number cannot.
package figure

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind is what a figure is.
type Kind string

// The kinds of figures.
const (
	Money Kind = "money"
	Rate  Kind = "rate"
	Time  Kind = "time" // a length of time, or a day on which something is due
)

// Found is a figure in a text.
type Found struct {
	Kind Kind
	Text string // as it stands there
	At   int    // in code points from the beginning
}

// most bounds how many are told of one text.
const most = 50

// digits are figures as they are written, Arabic and full-width.
const digits = `[0-9０-９]+(?:[.,．，'\x{00a0}\x{202f} ][0-9０-９]{3})*(?:[.,．][0-9０-９]+)?`

// Finder finds them. Make one with New; many may use it at once.
type Finder struct{ rules []rule }

type rule struct {
	kind Kind
	expr *regexp.Regexp
}

// New makes a finder.
func New() *Finder {
	number := `(?:` + digits + `|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|twenty-four|thirty|forty-eight|sixty|ninety|a hundred|one hundred|half an?|a dozen)\b)`
	unit := `(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|quarters? of an hour)\b`
	between := `[\s-]*(?:(?:to|or|–|-|and)\s*` + number + `[\s-]*)?(?:(?:business|working|calendar|banking|full|whole|more)[\s-]+)?`
	han := `[0-9０-９零〇一二两三四五六七八九十百千万半数]+`
	return &Finder{rules: []rule{
		{Money, regexp.MustCompile(`(?i)[€$£¥￥₹₦₿]\s*` + digits)},
		{Money, regexp.MustCompile(`(?i)` + digits + `\s*(?:[€$£¥￥₹₦₿]|(?:EUR|USD|GBP|CNY|RMB|JPY|CHF|HKD|TWD|INR|NGN|KES|BTC|ETH|USDT|USDC)\b|euros?\b|dollars?\b|pounds?\b|yuan\b|cents?\b|pence\b)`)},
		{Money, regexp.MustCompile(`(?i)\b(?:EUR|USD|GBP|CNY|RMB|JPY|CHF|HKD|TWD|INR|NGN|KES|BTC|ETH|USDT|USDC)\s*` + digits)},
		{Money, regexp.MustCompile(han + `\s*(?:万)?(?:元|块钱|美元|欧元|英镑|港币|港元|日元|人民币|角钱|分钱)`)},
		{Rate, regexp.MustCompile(digits + `\s*(?:[%％‰]|(?i:per\s?cent\b|percent\b|basis points\b))`)},
		{Rate, regexp.MustCompile(`百分之\s*` + han + `|千分之\s*` + han)},
		{Time, regexp.MustCompile(`(?i)` + number + between + unit)},
		{Time, regexp.MustCompile(han + `\s*(?:个|至` + han + `个?|到` + han + `个?|[-–—~～]` + han + `个?)?\s*(?:工作日|自然日|交易日|日内|天|小时|分钟|秒钟?|周内|星期|月内|个月|年内|刻钟)`)},
		{Time, regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}\s*年\s*[0-9]{1,2}\s*月(?:\s*[0-9]{1,2}\s*日)?`)},
		{Time, regexp.MustCompile(`(?i)\b[0-9]{1,2}\s+(?:January|February|March|April|May|June|July|August|September|October|November|December)\b|\b(?:January|February|March|April|June|July|August|September|October|November|December)\s+[0-9]{1,2}\b`)},
	}}
}

// Find lists the figures of a text in their order, each place once and at most fifty.
func (f *Finder) Find(text string) []Found {
	type span struct {
		from, to int
		kind     Kind
	}
	var spans []span
	for _, r := range f.rules {
		for _, at := range r.expr.FindAllStringIndex(text, most) {
			if !harmless(text[at[0]:at[1]]) {
				spans = append(spans, span{at[0], at[1], r.kind})
			}
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return a.from - b.from })
	var out []Found
	end := -1
	for _, s := range spans {
		if s.from < end || len(out) == most {
			continue
		}
		end = s.to
		out = append(out, Found{Kind: s.kind, Text: strings.TrimSpace(text[s.from:s.to]), At: utf8.RuneCountInString(text[:s.from])})
	}
	return out
}

// harmless tells ways of speaking that name no length: "one day", "数天".
func harmless(text string) bool {
	switch strings.ToLower(strings.Join(strings.Fields(text), " ")) {
	case "one day", "数天", "数小时", "数分钟", "一天":
		return true
	}
	return false
}
