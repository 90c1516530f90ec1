package search

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxDaysBack is how far back a number of days may lead.
const maxDaysBack = 36_600

// dayOf reads a day: 2026-11-01, 2026/11/1, 2026年11月1日, today, yesterday (今天,
// 昨天), or 7d for seven days ago. It gives the day's first instant in zone.
func dayOf(text string, now time.Time, zone *time.Location) (time.Time, bool) {
	year, month, day := now.Date()
	back := func(days int) (time.Time, bool) { return time.Date(year, month, day-days, 0, 0, 0, 0, zone), true }
	switch text = strings.ToLower(text); text {
	case "today", "今天":
		return back(0)
	case "yesterday", "昨天":
		return back(1)
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil || n > maxDaysBack {
			return time.Time{}, false
		}
		return back(int(n))
	}
	if days, ok := strings.CutSuffix(text, "日"); ok {
		text = strings.NewReplacer("年", "-", "月", "-").Replace(days)
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '-' || r == '/' })
	if len(parts) != 3 || utf8.RuneCountInString(parts[0]) != 4 {
		return time.Time{}, false
	}
	var n [3]int
	for i, part := range parts {
		v, err := strconv.ParseUint(part, 10, 16)
		if err != nil || len(part) > 4 || v == 0 {
			return time.Time{}, false
		}
		n[i] = int(v)
	}
	at := time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, zone)
	if n[1] > 12 || n[2] > 31 || time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC).Day() != n[2] { // as 31 February
		return time.Time{}, false
	}
	if at.Day() != n[2] { // the clocks went forward at midnight: the day began at one
		at = at.Add(time.Hour)
	}
	return at, true
}
