// Package sla is about time that was promised: when people work, what they aim
// for, and the clocks that follow from what was said in a conversation. All of it is
// pure: who keeps clocks and lets them ring is flow/clocks.
package sla

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/organisation"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// Bounds of a calendar.
const (
	MaxName     = 60  // characters
	MaxSpans    = 6   // of one day
	MaxHolidays = 200 // and as many exceptions
	dayMinutes  = 24 * 60
)

// Span is a part of a day during which people work, by the clock on the wall.
type Span struct {
	From string `json:"from" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" guard:"-" doc:"the first minute, such as 09:00"`
	To   string `json:"to" pattern:"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$" guard:"-" doc:"the minute after the last, up to 24:00"`
}

// Holiday is a day without work: a date, or one that comes every year.
type Holiday struct {
	Name string `json:"name" maxLength:"60"`
	Date string `json:"date" pattern:"^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$" guard:"-" doc:"2026-10-01, or 10-01 for every year"`
}

// Exception is a date with hours of its own, whatever week and holidays say.
type Exception struct {
	Name  string `json:"name,omitempty" maxLength:"60"`
	Date  string `json:"date" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" guard:"-"`
	Spans []Span `json:"spans" nullable:"false" maxItems:"6" doc:"none: nobody works"`
}

// Calendar is when people work.
type Calendar struct {
	Name       string      `json:"name" maxLength:"60"`
	TimeZone   string      `json:"time_zone" maxLength:"64" guard:"-" doc:"as the tz database names it"`
	Week       [][]Span    `json:"week" nullable:"false" minItems:"7" maxItems:"7" doc:"the hours of each day, Monday first"`
	Holidays   []Holiday   `json:"holidays,omitempty" maxItems:"200"`
	Exceptions []Exception `json:"exceptions,omitempty" maxItems:"200"`
}

// CalendarKind is its definition.
func CalendarKind() settings.Definition {
	return settings.Define(settings.Kind[Calendar]{
		Name: "calendar", Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings,
		Check: uniqueCalendar, Unused: calendarUnused,
	})
}

func uniqueCalendar(all *settings.Snapshot, id string, c Calendar) error {
	for _, other := range settings.All[Calendar](all) {
		if other.ID != id && strings.EqualFold(other.Value.Name, c.Name) {
			return fault.InvalidFor("sla.uniqueCalendar", "name", settings.Taken, "another calendar has this name")
		}
	}
	return nil
}

func calendarUnused(all *settings.Snapshot, id string) error {
	for _, t := range settings.All[Target](all) {
		if t.Value.Calendar == id {
			return fault.InvalidFor("sla.calendarUnused", "calendar", settings.InUse, "a target counts by this calendar")
		}
	}
	if settings.One[Availability](all).Calendar == id {
		return fault.InvalidFor("sla.calendarUnused", "calendar", settings.InUse, "the window says by it when somebody is there")
	}
	return nil
}

// Validate implements settings.Value.
func (c Calendar) Validate() error {
	_, err := c.Compile()
	return err
}

// Compile reads a calendar into the form that reckons. Errors: Invalid, with the
// field's path.
func (c Calendar) Compile() (*Hours, error) {
	const op = "sla.Compile"
	if err := settings.CheckLine("name", c.Name, MaxName); err != nil {
		return nil, err
	}
	if !organisation.IsTimeZone(c.TimeZone) {
		return nil, fault.InvalidFor(op, "time_zone", settings.Unknown, "is no time zone")
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	h := &Hours{zone: zone, holidays: map[Day]bool{}, exceptions: map[Day][]span{}}
	if len(c.Week) != 7 {
		return nil, fault.InvalidFor(op, "week", settings.Malformed, "has %d days", len(c.Week))
	}
	for i, day := range c.Week { // Monday first, and Go's week begins with Sunday
		if h.week[(i+1)%7], err = readSpans(fmt.Sprintf("week.%d", i), day); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(h.week[:], func(day []span) bool { return len(day) > 0 }) {
		return nil, fault.InvalidFor(op, "week", settings.Missing, "nobody ever works")
	}
	if err := h.readHolidays(c.Holidays); err != nil {
		return nil, err
	}
	return h, h.readExceptions(c.Exceptions)
}

func (h *Hours) readHolidays(holidays []Holiday) error {
	const op = "sla.readHolidays"
	if len(holidays) > MaxHolidays {
		return fault.InvalidFor(op, "holidays", settings.TooMany, "are more than %d", MaxHolidays)
	}
	for i, day := range holidays {
		path := fmt.Sprintf("holidays.%d.", i)
		if err := settings.CheckLine(path+"name", day.Name, MaxName); err != nil {
			return err
		}
		on, ok := readDate(day.Date, true)
		if !ok {
			return fault.InvalidFor(op, path+"date", settings.Malformed, "is no date")
		}
		if h.holidays[on] {
			return fault.InvalidFor(op, path+"date", settings.Taken, "is there twice")
		}
		h.holidays[on] = true
	}
	return nil
}

func (h *Hours) readExceptions(exceptions []Exception) error {
	const op = "sla.readExceptions"
	if len(exceptions) > MaxHolidays {
		return fault.InvalidFor(op, "exceptions", settings.TooMany, "are more than %d", MaxHolidays)
	}
	for i, e := range exceptions {
		path := fmt.Sprintf("exceptions.%d.", i)
		if err := settings.CheckLine(path+"name", e.Name, MaxName, true); err != nil {
			return err
		}
		on, ok := readDate(e.Date, false)
		if !ok {
			return fault.InvalidFor(op, path+"date", settings.Malformed, "is no date")
		}
		if _, twice := h.exceptions[on]; twice {
			return fault.InvalidFor(op, path+"date", settings.Taken, "is there twice")
		}
		spans, err := readSpans(path+"spans", e.Spans)
		if err != nil {
			return err
		}
		h.exceptions[on] = spans
	}
	return nil
}

// readSpans wants the spans of a day in their order, none in another.
func readSpans(path string, spans []Span) ([]span, error) {
	const op = "sla.readSpans"
	if len(spans) > MaxSpans {
		return nil, fault.InvalidFor(op, path, settings.TooMany, "are more than %d", MaxSpans)
	}
	var all []span
	for i, s := range spans {
		from, ok := readMinute(s.From)
		if !ok || from == dayMinutes {
			return nil, fault.InvalidFor(op, fmt.Sprintf("%s.%d.from", path, i), settings.Malformed, "is no time of day")
		}
		to, ok := readMinute(s.To)
		if !ok {
			return nil, fault.InvalidFor(op, fmt.Sprintf("%s.%d.to", path, i), settings.Malformed, "is no time of day")
		}
		if to <= from {
			return nil, fault.InvalidFor(op, fmt.Sprintf("%s.%d.to", path, i), settings.OutOfRange, "is not after the beginning")
		}
		if i > 0 && from < all[i-1].to {
			return nil, fault.InvalidFor(op, fmt.Sprintf("%s.%d.from", path, i), settings.OutOfRange, "is before the end of the span before")
		}
		all = append(all, span{from, to})
	}
	return all, nil
}

// readMinute reads 00:00 to 24:00 as minutes since midnight.
func readMinute(text string) (int, bool) {
	if len(text) != 5 || text[2] != ':' {
		return 0, false
	}
	hour, ok := digits(text[:2])
	minute, ok2 := digits(text[3:])
	if !ok || !ok2 || minute > 59 || hour > 24 || (hour == 24 && minute > 0) {
		return 0, false
	}
	return hour*60 + minute, true
}

// readDate reads 2026-10-01, or 10-01 where yearly allows that: the year is 0 then.
func readDate(text string, yearly bool) (Day, bool) {
	year := 2000 // a leap year: 02-29 comes every four years
	rest := text
	if len(text) == 10 && text[4] == '-' {
		y, ok := digits(text[:4])
		if !ok || y < 1970 {
			return Day{}, false
		}
		year, rest = y, text[5:]
	} else if !yearly {
		return Day{}, false
	}
	if len(rest) != 5 || rest[2] != '-' {
		return Day{}, false
	}
	month, ok := digits(rest[:2])
	day, ok2 := digits(rest[3:])
	if !ok || !ok2 || month < 1 || month > 12 || day < 1 || day > 31 {
		return Day{}, false
	}
	if at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC); at.Day() != day {
		return Day{}, false
	}
	if len(text) == 5 {
		year = 0
	}
	return Day{year, time.Month(month), day}, true
}

func digits(text string) (n int, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
