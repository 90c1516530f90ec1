package jurisdiction

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/form"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Bounds of the data.
const (
	maxFile    = 256 << 10 // bytes
	maxLine    = 300       // characters
	maxClocks  = 20        // of one type
	maxItems   = 20
	maxPauses  = 20
	maxAmount  = 1000
	maxLetter  = 4000 // characters
	maxVersion = 1000
)

// Book is all packs, letters and calendars.
type Book struct {
	packs   map[string][]*Pack // by id, the newest first
	order   []string
	letters map[Letter]Template
	types   map[Type]form.Texts
	alarms  map[Step]form.Texts
	asking  form.Texts
	digest  string

	unopened unopened
}

// calendarFile is one of calendars.
type calendarFile struct {
	ID       string   `yaml:"id"`
	Version  int      `yaml:"version"`
	Zone     string   `yaml:"zone"`
	Workdays []string `yaml:"workdays"` // mon … sun
	Since    string   `yaml:"since"`
	Through  string   `yaml:"through"`
	Cited    `yaml:",inline"`
	Holidays map[string]string `yaml:"holidays"` // by date
	Worked   map[string]string `yaml:"worked"`   // days of rest on which business is done all the same
}

// houseFile is house.yaml: what the house asks of itself, wherever it is.
type houseFile struct {
	Clocks []Clock             `yaml:"clocks"`
	Types  map[Type]form.Texts `yaml:"types"`  // what each is called
	Alarms map[Step]form.Texts `yaml:"alarms"` // what staff are told, with {reference}, {duty} and {by}
	Asking form.Texts          `yaml:"asking"` // what a customer is told who is asked for evidence, with {reference} and {needed}
	// Unopened is what is said where no case could be opened for what a customer reported.
	Unopened unopened `yaml:"unopened"`
}

type unopened struct {
	Staff    form.Texts `yaml:"staff"`
	Full     form.Texts `yaml:"full"` // to staff, where as many of the customer's are open as there may be
	Customer form.Texts `yaml:"customer"`
}

func (u unopened) check(file string) error {
	for what, t := range map[string]form.Texts{"unopened staff": u.Staff, "unopened full": u.Full, "unopened customer": u.Customer} {
		if err := checkTexts(file, what, t); err != nil {
			return err
		}
		for _, lang := range languages() {
			if len(placesIn(t[lang])) > 0 {
				return wrong(file, "%s (%s): there are no figures in it", what, lang)
			}
		}
	}
	return nil
}

func (f *houseFile) check() error {
	const file = "house.yaml"
	for i := range f.Clocks {
		if c := &f.Clocks[i]; c.Checked != House {
			return wrong(file, "%s claims to be more than the house's own", c.ID)
		}
	}
	for _, t := range Types() {
		if err := checkTexts(file, string(t), f.Types[t]); err != nil {
			return err
		}
	}
	for _, step := range []Step{DayBefore, HoursBefore, Broken, Act} {
		if err := checkTexts(file, string(step), f.Alarms[step]); err != nil {
			return err
		}
		for _, lang := range languages() {
			for _, name := range placesIn(f.Alarms[step][lang]) {
				if !slices.Contains([]string{"reference", "duty", "by"}, name) {
					return wrong(file, "%s (%s): there is no figure %q", step, lang, name)
				}
			}
		}
	}
	if err := checkTexts(file, "asking", f.Asking); err != nil {
		return err
	}
	if err := f.Unopened.check(file); err != nil {
		return err
	}
	for _, lang := range languages() {
		if !slices.Equal(placesIn(f.Asking[lang]), []string{"reference", "needed"}) {
			return wrong(file, "asking (%s) has to say reference and needed, and nothing else", lang)
		}
	}
	if len(f.Types) != len(Types()) || len(f.Alarms) != 4 {
		return wrong(file, "names a type or a step that there is not")
	}
	return nil
}

// Load reads packs (*.yaml), calendars/*.yaml, house.yaml and letters.yaml of a folder.
// Errors: Invalid, saying in which file and why.
func Load(files fs.FS) (*Book, error) {
	b := &Book{packs: map[string][]*Pack{}}
	sum := sha256.New()
	calendars, err := loadCalendars(files, sum)
	if err != nil {
		return nil, err
	}
	var house houseFile
	if err := decode(files, "house.yaml", &house, sum); err != nil {
		return nil, err
	}
	if err := house.check(); err != nil {
		return nil, err
	}
	b.types, b.alarms, b.asking, b.unopened = house.Types, house.Alarms, house.Asking, house.Unopened
	if err := b.loadLetters(files, sum); err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, fault.Wrap("jurisdiction.Load", err)
	}
	for _, name := range names {
		if name == "house.yaml" || name == "letters.yaml" {
			continue
		}
		p := &Pack{}
		if err := decode(files, name, p, sum); err != nil {
			return nil, err
		}
		if err := p.complete(name, house.Clocks, calendars); err != nil {
			return nil, err
		}
		for _, other := range b.packs[p.ID] {
			if other.Version == p.Version || other.From == p.From {
				return nil, wrong(name, "the version or its first day is there twice")
			}
		}
		b.packs[p.ID] = append(b.packs[p.ID], p)
	}
	if len(b.packs) == 0 {
		return nil, wrong(".", "there is no pack")
	}
	for id, all := range b.packs {
		slices.SortFunc(all, func(x, y *Pack) int { return cmp.Compare(y.Version, x.Version) })
		for i := 1; i < len(all); i++ {
			if !all[i].from.Before(all[i-1].from) {
				return nil, wrong(id, "version %d does not begin after version %d", all[i-1].Version, all[i].Version)
			}
		}
	}
	b.order = slices.Sorted(maps.Keys(b.packs))
	b.digest = hex.EncodeToString(sum.Sum(nil))
	return b, nil
}

func wrong(file, format string, values ...any) error {
	return fault.New(fault.Invalid, "jurisdiction.Load", "%s: %s", file, fmt.Sprintf(format, values...))
}

func decode(files fs.FS, name string, into any, sum io.Writer) error {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return wrong(name, "cannot be read")
	}
	if len(data) > maxFile || !utf8.Valid(data) {
		return wrong(name, "is too large, or no text")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true) // and yaml refuses a key that comes twice
	if err := decoder.Decode(into); err != nil {
		return wrong(name, "%s", err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return wrong(name, "goes on behind its end")
	}
	fmt.Fprintf(sum, "%s %d\n", name, len(data))
	_, err = sum.Write(data)
	return fault.Wrap("jurisdiction.decode", err)
}

func loadCalendars(files fs.FS, sum io.Writer) (map[string]*Calendar, error) {
	names, err := fs.Glob(files, "calendars/*.yaml")
	if err != nil {
		return nil, fault.Wrap("jurisdiction.loadCalendars", err)
	}
	all := map[string]*Calendar{}
	for _, name := range names {
		var f calendarFile
		if err := decode(files, name, &f, sum); err != nil {
			return nil, err
		}
		c, err := f.compile(name)
		if err != nil {
			return nil, err
		}
		all[c.ID] = c
	}
	return all, nil
}

// compile makes the calendar that reckons: the very one of working hours, whose days
// are worked whole or not at all.
func (f *calendarFile) compile(name string) (*Calendar, error) {
	if f.ID != strings.TrimSuffix(path.Base(name), ".yaml") || f.Version < 1 || f.Version > maxVersion {
		return nil, wrong(name, "its id is not its name, or it has no version")
	}
	if err := checkCited(name, f.Cited); err != nil {
		return nil, err
	}
	c := &Calendar{ID: f.ID, Version: f.Version, Source: f.Source, Checked: f.Checked}
	var ok, ok2 bool
	c.Since, ok = sla.ReadDay(f.Since)
	c.Through, ok2 = sla.ReadDay(f.Through)
	if !ok || !ok2 || c.Through.Before(c.Since) {
		return nil, wrong(name, "does not say from when to when it is whole")
	}
	whole := []sla.Span{{From: "00:00", To: "24:00"}}
	of := sla.Calendar{Name: f.ID, TimeZone: f.Zone, Week: make([][]sla.Span, 7)}
	for _, day := range f.Workdays {
		i := slices.Index([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, day)
		if i < 0 || of.Week[i] != nil {
			return nil, wrong(name, "%q is no day, or there twice", day)
		}
		of.Week[i] = whole
	}
	for _, on := range slices.Sorted(maps.Keys(f.Holidays)) {
		if d, ok := sla.ReadDay(on); !ok || !c.Covers(d) {
			return nil, wrong(name, "%q is no day of its time", on)
		}
		of.Holidays = append(of.Holidays, sla.Holiday{Name: f.Holidays[on], Date: on})
	}
	for _, on := range slices.Sorted(maps.Keys(f.Worked)) {
		d, ok := sla.ReadDay(on)
		if !ok || !c.Covers(d) || f.Holidays[on] != "" {
			return nil, wrong(name, "%q is no day of its time, or a holiday", on)
		}
		of.Exceptions = append(of.Exceptions, sla.Exception{Name: f.Worked[on], Date: on, Spans: whole})
	}
	var err error
	if c.reckoner, err = of.Compile(); err != nil {
		return nil, wrong(name, "%s", err)
	}
	return c, nil
}

// complete checks a pack and puts the house's clocks into it.
func (p *Pack) complete(name string, house []Clock, calendars map[string]*Calendar) error {
	id, _, _ := strings.Cut(strings.TrimSuffix(name, ".yaml"), "-") // us.yaml, us-2.yaml
	if p.ID != id || !isName(p.ID) || p.Version < 1 || p.Version > maxVersion {
		return wrong(name, "its id is not its name, or it has no version")
	}
	var ok bool
	if p.from, ok = sla.ReadDay(p.From); !ok {
		return wrong(name, "does not say from when on it counts")
	}
	if _, ok := sla.ReadDay(p.Reviewed); ok != (p.Reviewer != "") {
		return wrong(name, "says who reviewed it, or when, and not both")
	}
	if p.days = calendars[p.Calendar]; p.days == nil {
		return wrong(name, "there is no calendar %q", p.Calendar)
	}
	if p.Keep.Unit != Months || p.Keep.Amount < 1 {
		return wrong(name, "does not say for how many months a case is kept")
	}
	if err := errors.Join(checkTexts(name, "title", p.Title), checkCited(name, p.Kept)); err != nil {
		return err
	}
	for _, t := range Types() {
		of := p.AppealOf(t)
		if err := errors.Join(checkTexts(name, "appeal", of.Body), checkCited(name, of.Cited)); err != nil {
			return err
		}
		if of.Period != (Period{}) {
			if err := checkPeriod(name, "appeal", of.Period); err != nil {
				return err
			}
		}
	}
	if len(p.Records) > maxPauses {
		return wrong(name, "names too much that is kept")
	}
	for _, r := range p.Records {
		if err := errors.Join(checkTexts(name, r.ID, r.Title), checkPeriod(name, r.ID, r.Period), checkCited(name, r.Cited)); err != nil || !isName(r.ID) || r.Unit != Months {
			return errors.Join(err, wrong(name, "%q is nothing that is kept for months", r.ID))
		}
	}
	if len(p.Pauses) > maxPauses {
		return wrong(name, "has too many reasons for a pause")
	}
	for reason, texts := range p.Pauses {
		if err := checkTexts(name, reason, texts); err != nil || !isName(reason) {
			return errors.Join(err, wrong(name, "%q is no reason for a pause", reason))
		}
	}
	for _, t := range Types() {
		rules, ok := p.Types[t]
		if !ok {
			return wrong(name, "says nothing of %s", t)
		}
		for _, c := range house {
			c.Pauses = nil
			rules.Clocks = append(rules.Clocks, c)
		}
		if err := p.check(name, t, rules); err != nil {
			return err
		}
		p.Types[t] = rules
	}
	if len(p.Types) != len(Types()) {
		return wrong(name, "has a type that there is not")
	}
	return nil
}

// checkTier refuses a tier without a source, with a sum that is none, or with facts that
// there are not.
func (p *Pack) checkTier(where string, t Tier) error {
	if err := errors.Join(checkTexts(where, "title", t.Title), checkCited(where, t.Cited)); err != nil {
		return err
	}
	if (t.Most == "") != (t.Currency == "") {
		return wrong(where, "names a sum or a currency, and not both")
	}
	if t.Most != "" {
		if m, err := wallet.Parse(t.Most, t.Currency, 2); err != nil || m.Sign() < 0 {
			return wrong(where, "%q is no sum", t.Most)
		}
	}
	for _, f := range slices.Concat(t.If, t.Unless) {
		if !slices.Contains(Facts(), f) {
			return wrong(where, "there is no fact %q", f)
		}
	}
	for _, period := range []*Period{t.Learned, t.Statement} {
		if period == nil {
			continue
		}
		if err := checkPeriod(where, "period", *period); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pack) check(name string, t Type, r Rules) error {
	if len(r.Clocks) > maxClocks || len(r.Evidence) > maxItems || len(r.Limits) > maxItems || len(r.Figures) > maxItems {
		return wrong(name, "%s has too much", t)
	}
	seen := map[string]bool{}
	for i := range r.Clocks {
		c := &r.Clocks[i]
		if !isName(c.ID) || seen[c.ID] {
			return wrong(name, "%s: the clock %q has no name, or one that is there twice", t, c.ID)
		}
		seen[c.ID] = true
		if err := p.checkClock(name+", "+string(t)+", "+c.ID, c); err != nil {
			return err
		}
	}
	for i, tier := range r.Liability {
		if err := p.checkTier(fmt.Sprintf("%s, %s, tier %d", name, t, i+1), tier); err != nil {
			return err
		}
	}
	for _, item := range r.Evidence {
		if !isName(item.ID) || seen["item "+item.ID] {
			return wrong(name, "%s: %q has no name, or one that is there twice", t, item.ID)
		}
		seen["item "+item.ID] = true
		if err := checkTexts(name, item.ID, item.Title); err != nil {
			return err
		}
	}
	for _, l := range r.Limits {
		if err := errors.Join(checkPeriod(name, "limit", l.Period), checkCited(name, l.Cited)); err != nil {
			return err
		}
		if !slices.Contains([]string{"payment", "statement", "last_payment"}, l.From) {
			return wrong(name, "%s: a limit begins with %q", t, l.From)
		}
	}
	for key, f := range r.Figures {
		if err := errors.Join(checkTexts(name, key, f.Title), checkCited(name, f.Cited)); err != nil {
			return err
		}
		if strings.Trim(f.Amount, "0123456789.") != "" || f.Amount == "" || len(f.Currency) != 3 {
			return wrong(name, "%s: %s is no sum", t, key)
		}
	}
	for _, f := range r.Assess {
		if !slices.Contains(Facts(), f) {
			return wrong(name, "%s: there is no fact %q", t, f)
		}
	}
	return nil
}

func (p *Pack) checkClock(where string, c *Clock) error {
	if err := errors.Join(checkTexts(where, "title", c.Title), checkPeriod(where, c.ID, c.Period), checkCited(where, c.Cited)); err != nil {
		return err
	}
	if len(c.Promise) > 0 {
		if err := checkTexts(where, "promise", c.Promise); err != nil {
			return err
		}
	}
	if !slices.Contains(Marks(), c.Starts) || len(c.Meets) == 0 || (c.After != "" && !slices.Contains(Marks(), c.After)) {
		return wrong(where, "starts, counts or ends by nothing that there is")
	}
	for _, m := range c.Meets {
		if !slices.Contains(Marks(), m) || m == c.Starts {
			return wrong(where, "cannot end by %q", m)
		}
	}
	for _, f := range slices.Concat(c.If, c.Unless) {
		if !slices.Contains(Facts(), f) {
			return wrong(where, "there is no fact %q", f)
		}
	}
	for _, reason := range c.Pauses {
		if p.Pauses[reason] == nil {
			return wrong(where, "%q is no reason for a pause", reason)
		}
	}
	for _, i := range c.Instead {
		if err := errors.Join(checkPeriod(where, "instead", i.Period), checkCited(where, i.Cited)); err != nil {
			return err
		}
		if !slices.Contains(Facts(), i.If) {
			return wrong(where, "there is no fact %q", i.If)
		}
	}
	return nil
}

func isName(text string) bool {
	return text != "" && len(text) <= 24 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

func checkPeriod(where, what string, p Period) error {
	if p.Amount < 1 || p.Amount > maxAmount || !slices.Contains([]Unit{BusinessDays, CalendarDays, Hours, Months}, p.Unit) {
		return wrong(where, "%s has no time", what)
	}
	return nil
}

func checkCited(where string, c Cited) error {
	if !slices.Contains([]Checked{Verified, Secondary, Unverified, House}, c.Checked) || c.Source == "" || utf8.RuneCountInString(c.Source) > maxLine {
		return wrong(where, "does not say where a number comes from, or how far that was checked")
	}
	return nil
}

// languages are those that every text has.
func languages() []string { return []string{"en", "zh"} }

func checkTexts(where, what string, t form.Texts) error {
	for _, lang := range languages() {
		if n := utf8.RuneCountInString(t[lang]); n == 0 || n > maxLine {
			return wrong(where, "%s lacks %s, or is too long in it", what, lang)
		}
	}
	if len(t) != len(languages()) {
		return wrong(where, "%s has a language that the others lack", what)
	}
	return nil
}

// Packs are the newest version of each pack, by id.
func (b *Book) Packs() []*Pack {
	all := make([]*Pack, len(b.order))
	for i, id := range b.order {
		all[i] = b.packs[id][0]
	}
	return all
}

// Find gives a pack as some version had it. false: there is none.
func (b *Book) Find(id string, version int) (*Pack, bool) {
	for _, p := range b.packs[id] {
		if p.Version == version {
			return p, true
		}
	}
	return nil, false
}

// At gives the version of a pack that counts for a notice of an instant, in
// microseconds: the newest whose first day is not after it, in the zone of its
// calendar; the oldest for what was before all.
func (b *Book) At(id string, notice int64) (*Pack, bool) {
	all := b.packs[id]
	if len(all) == 0 {
		return nil, false
	}
	for _, p := range all {
		if !p.days.reckoner.DayOf(instant(notice)).Before(p.from) {
			return p, true
		}
	}
	return all[len(all)-1], true
}

// Digest stands for all that the book says: clocks are reckoned anew when it changes.
func (b *Book) Digest() string { return b.digest }
