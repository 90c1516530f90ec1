package input

import (
	"strconv"
	"strings"
	"time"
)

// Day is a day of the calendar where somebody is.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// In is the midnight with which the day begins in a zone.
func (d Day) In(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// Date reads a day that has been: a calendar date in the ways of English, German and
// Chinese, "yesterday", "last Friday", "three days ago", 昨天, 上周五, 三天前. A day
// without a year is the last one that has been. Where day and month cannot be told
// apart the problem is Ambiguous and both readings come out, the likelier first.
func Date(text string, c Context) ([]Day, string) {
	folded, problem := plain(text)
	if problem != "" {
		return nil, problem
	}
	folded = strings.Trim(folded, " !?。！？,，")
	for _, lead := range []string{"on ", "the ", "it was ", "since ", "around ", "about ", "在", "大概", "大约"} {
		folded = strings.TrimPrefix(folded, lead)
	}
	today := dayOf(c.Now.In(c.zone()))
	var found []Day
	for _, read := range []func(string, Day, Context) []Day{relative, numeric, named, hanDate} {
		if found = read(folded, today, c); len(found) > 0 {
			break
		}
	}
	if len(found) == 0 {
		return nil, NoDate
	}
	var past []Day
	for _, d := range found {
		if !d.In(time.UTC).After(today.In(time.UTC)) && d.Year > 1970 {
			past = append(past, d)
		}
	}
	switch {
	case len(past) == 0:
		return nil, Future
	case len(past) == 1 || past[0] == past[1]:
		return past[:1], ""
	default:
		return past, Ambiguous
	}
}

func dayOf(t time.Time) Day { return Day{t.Year(), t.Month(), t.Day()} }

// less is the day some days before.
func (d Day) less(days int) Day { return dayOf(d.In(time.UTC).AddDate(0, 0, -days)) }

// real tells whether the calendar has the day.
func (d Day) real() bool { return dayOf(d.In(time.UTC)) == d }

// relative reads a day by how far it is from today.
func relative(text string, today Day, _ Context) []Day {
	for word, days := range map[string]int{
		"today": 0, "just now": 0, "this morning": 0, "tonight": 0, "yesterday": 1, "last night": 1, "day before yesterday": 2,
		"今天": 0, "今日": 0, "刚才": 0, "刚刚": 0, "今早": 0, "昨天": 1, "昨日": 1, "昨晚": 1, "前天": 2, "大前天": 3,
	} {
		if text == word {
			return []Day{today.less(days)}
		}
	}
	if days, ok := ago(text); ok {
		return []Day{today.less(days)}
	}
	return weekday(text, today)
}

// ago reads "3 days ago", "a week ago", 三天前, 两周前.
func ago(text string) (int, bool) {
	if count, unit, ok := cutAgo(text); ok {
		n, good := number(count)
		if !good {
			w, spoken := englishWhole(count)
			if !spoken {
				return 0, false
			}
			return int(w) * unit, w < 400
		}
		if !n.IsInt() || !n.Num().IsInt64() || n.Num().Int64() > 3700 {
			return 0, false
		}
		return int(n.Num().Int64()) * unit, true
	}
	return 0, false
}

func cutAgo(text string) (count string, unit int, ok bool) {
	for suffix, days := range map[string]int{
		" days ago": 1, " day ago": 1, " weeks ago": 7, " week ago": 7, "天前": 1, "天以前": 1, "日前": 1, "周前": 7, "个星期前": 7, "星期前": 7,
	} {
		if before, found := strings.CutSuffix(text, suffix); found {
			return strings.TrimSpace(before), days, before != ""
		}
	}
	return "", 0, false
}

// weekday reads a day of the week: the last one that has been, or with "last" or 上周
// the one of the week before this.
func weekday(text string, today Day) []Day {
	last := false
	for _, lead := range []string{"last ", "上个", "上"} {
		if rest, ok := strings.CutPrefix(text, lead); ok {
			text, last = rest, true
			break
		}
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "this "), "这")
	want := -1
	for i, name := range strings.Fields("sunday monday tuesday wednesday thursday friday saturday") {
		if text == name || text == name[:3] {
			want = i
		}
	}
	for _, lead := range []string{"星期", "礼拜", "周"} {
		if rest, ok := strings.CutPrefix(text, lead); ok {
			if i := strings.Index("日一二三四五六", rest); i >= 0 && rest != "" && len([]rune(rest)) == 1 {
				want = i / len("日")
			} else if rest == "天" {
				want = 0
			}
		}
	}
	if want < 0 {
		return nil
	}
	now := int(today.In(time.UTC).Weekday())
	if strings.ContainsAny(text, "期拜周") && last { // a week begins on Monday
		return []Day{today.less((now+6)%7 - (want+6)%7 + 7)}
	}
	days := (now - want + 7) % 7
	if last && days == 0 {
		days = 7
	}
	return []Day{today.less(days)}
}

// numeric reads a date in figures.
func numeric(text string, today Day, c Context) []Day {
	mark := ""
	for _, m := range []string{"-", "/", "."} {
		if strings.Contains(text, m) {
			mark = m
			break
		}
	}
	if mark == "" {
		return nil
	}
	parts := strings.Split(strings.TrimSuffix(text, mark), mark)
	var n []int
	for _, p := range parts {
		v, err := strconv.Atoi(strings.TrimSpace(p))
		if err != nil || v < 1 || v > 9999 {
			return nil
		}
		n = append(n, v)
	}
	switch {
	case len(n) == 3 && n[0] > 31:
		return reals(Day{n[0], time.Month(n[1]), n[2]})
	case len(n) == 3:
		year := n[2]
		if year < 100 {
			year += 2000
		}
		return either(n[0], n[1], mark, c, func(m, d int) Day { return Day{year, time.Month(m), d} })
	case len(n) == 2:
		return either(n[0], n[1], mark, c, func(m, d int) Day { return latest(m, d, today) })
	default:
		return nil
	}
}

// either is the day of two numbers of which one is the month. Points are written
// between day and month; a language that begins with the month says so.
func either(a, b int, mark string, c Context, of func(month, day int) Day) []Day {
	dayFirst, monthFirst := reals(of(b, a)), reals(of(a, b))
	language := strings.ToLower(c.Language)
	switch {
	case mark == "." || strings.HasPrefix(language, "de") || strings.HasPrefix(language, "fr"):
		if len(dayFirst) > 0 {
			return dayFirst
		}
		return monthFirst
	case strings.HasPrefix(language, "zh"):
		if len(monthFirst) > 0 {
			return monthFirst
		}
		return dayFirst
	case language == "en-us" || language == "en-ph":
		return append(monthFirst, dayFirst...)
	default:
		return append(dayFirst, monthFirst...)
	}
}

func reals(d Day) []Day {
	if d.Month >= 1 && d.Month <= 12 && d.real() {
		return []Day{d}
	}
	return nil
}

// latest is the last such day that has been.
func latest(month, day int, today Day) Day {
	d := Day{today.Year, time.Month(month), day}
	for range 8 { // 29 February may be eight years ago
		if d.real() && !d.In(time.UTC).After(today.In(time.UTC)) {
			return d
		}
		d.Year--
	}
	return Day{}
}

// named reads a date with the name of its month: 24 November, Nov 24th, 2026.
func named(text string, today Day, _ Context) []Day {
	var month, day, year int
	for _, w := range strings.Fields(strings.NewReplacer(",", " ", ".", " ", " of ", " ").Replace(text)) {
		if m := monthOf(w); m > 0 {
			if month > 0 {
				return nil
			}
			month = m
			continue
		}
		for _, suffix := range []string{"st", "nd", "rd", "th"} {
			w = strings.TrimSuffix(w, suffix)
		}
		n, err := strconv.Atoi(w)
		switch {
		case err != nil || n < 1:
			return nil
		case n > 1970 && n < 2200 && year == 0:
			year = n
		case n <= 31 && day == 0:
			day = n
		default:
			return nil
		}
	}
	if month == 0 || day == 0 {
		return nil
	}
	if year == 0 {
		return reals(latest(month, day, today))
	}
	return reals(Day{year, time.Month(month), day})
}

func monthOf(word string) int {
	for i, name := range strings.Fields("january february march april may june july august september october november december") {
		if word == name || (len(word) >= 3 && strings.HasPrefix(name, word)) {
			return i + 1
		}
	}
	return 0
}

// hanDate reads 2026年11月24日, 十一月二十四号, 24号.
func hanDate(text string, today Day, _ Context) []Day {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "日"), "号")
	read := func(s string) int {
		n, ok := number(strings.TrimSpace(s))
		if !ok || !n.IsInt() || !n.Num().IsInt64() || n.Num().Int64() > 9999 {
			return 0
		}
		return int(n.Num().Int64())
	}
	year := 0
	if before, after, ok := strings.Cut(text, "年"); ok {
		switch before {
		case "今":
			year = today.Year
		case "去":
			year = today.Year - 1
		default:
			year = read(before)
		}
		if year < 1970 {
			return nil
		}
		text = after
	}
	before, after, ok := strings.Cut(text, "月")
	switch {
	case ok && year > 0:
		return reals(Day{year, time.Month(read(before)), read(after)})
	case ok && before != "上个" && before != "上":
		return reals(latest(read(before), read(after), today))
	case ok:
		first := today.In(time.UTC).AddDate(0, 0, 1-today.Day).AddDate(0, -1, 0)
		return reals(Day{first.Year(), first.Month(), read(after)})
	}
	return dayOfMonth(read(text), today, year)
}

// dayOfMonth is the last such day of a month that has been.
func dayOfMonth(day int, today Day, year int) []Day {
	if day < 1 || day > 31 || year > 0 {
		return nil
	}
	first := today.In(time.UTC).AddDate(0, 0, 1-today.Day)
	for back := range 3 {
		m := first.AddDate(0, -back, 0)
		d := Day{m.Year(), m.Month(), day}
		if d.real() && !d.In(time.UTC).After(today.In(time.UTC)) {
			return []Day{d}
		}
	}
	return nil
}
