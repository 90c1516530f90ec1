package form

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Answer is what somebody answered to one question; which parts it has follows
// from the question's kind.
type Answer struct {
	Choice      string   `json:"choice,omitempty"`
	Text        string   `json:"text,omitempty"`     // also the counterparty of a transaction that is described
	Amount      string   `json:"amount,omitempty"`   // decimal, with a point
	Currency    string   `json:"currency,omitempty"` // ISO 4217, or the wallet's own code
	Date        string   `json:"date,omitempty"`     // 2006-01-02
	Time        string   `json:"time,omitempty"`     // 15:04, in the customer's time zone
	Transaction string   `json:"transaction,omitempty"`
	Files       []string `json:"files,omitempty"` // ids of uploads
}

// Submission is a form as a client sends it.
type Submission struct {
	Form        string
	Revision    int64
	Language    string // of the labels that were shown
	Answers     map[string]Answer
	Diagnostics *Diagnostics // only with the customer's consent
}

// Diagnostics is what the customer's browser says of itself.
type Diagnostics struct {
	Browser  string `json:"browser,omitempty"`
	Language string `json:"language,omitempty"`
	TimeZone string `json:"time_zone,omitempty"` // IANA name
	Screen   string `json:"screen,omitempty"`
	App      string `json:"app,omitempty"` // the version that the wallet's page gave
}

// Filled is a form with its answers, as a message carries it: with the words
// that the customer saw, so that it can be read when the form is another one.
type Filled struct {
	Form        string       `json:"form"`
	Revision    int64        `json:"revision"`
	Title       string       `json:"title"`
	Answers     []Item       `json:"answers"`
	Diagnostics *Diagnostics `json:"diagnostics,omitempty"`

	free []string // what was written freely, without labels between; not kept
}

// Free is what was written freely, in the order of the questions: somebody may
// have split one number over two boxes. It is there only after Fill.
func (f Filled) Free() []string { return f.free }

// Item is one answered question. Value is the answer as text; the other fields
// are what it was made of.
type Item struct {
	Field       string            `json:"field"`
	Kind        Kind              `json:"kind"`
	Label       string            `json:"label"`
	Value       string            `json:"value"`
	Choice      string            `json:"choice,omitempty"`
	Amount      string            `json:"amount,omitempty"`
	Currency    string            `json:"currency,omitempty"`
	Date        string            `json:"date,omitempty"`
	Time        string            `json:"time,omitempty"`
	Transaction *wallet.Reference `json:"transaction,omitempty"`
	Files       []string          `json:"files,omitempty"`
}

// Fill checks answers and puts them in the order of the questions. Answers to
// questions that do not apply are left out. What references says of transaction
// ids comes from the wallet. Errors: Invalid, with the path of the answer.
func (f Form) Fill(s Submission, references map[string]wallet.Reference) (Filled, error) {
	const op = "form.Fill"
	filled := Filled{Form: f.ID, Revision: s.Revision, Title: f.Title.In(s.Language), Answers: []Item{}, Diagnostics: s.Diagnostics}
	for id := range s.Answers {
		if !slices.ContainsFunc(f.Fields, func(field Field) bool { return field.ID == id }) {
			return Filled{}, fault.InvalidField(op, "answers."+id, "answers no question of this form")
		}
	}
	for _, field := range f.Fields {
		answer, given := s.Answers[field.ID]
		if !filled.applies(field.When) {
			continue
		}
		given = given && !answer.empty()
		if !given {
			if field.Required {
				return Filled{}, fault.InvalidField(op, "answers."+field.ID, "is missing")
			}
			continue
		}
		item := Item{Field: field.ID, Kind: field.Kind, Label: field.Label.In(s.Language)}
		if err := item.answer(field, answer, s.Language, references); err != nil {
			return Filled{}, err
		}
		filled.Answers = append(filled.Answers, item)
		if answer.Text != "" {
			filled.free = append(filled.free, strings.TrimSpace(answer.Text))
		}
	}
	if len(filled.Answers) == 0 {
		return Filled{}, fault.InvalidField(op, "answers", "are empty")
	}
	return filled, s.Diagnostics.check(op)
}

func (f Filled) applies(c *Condition) bool {
	return c == nil || slices.ContainsFunc(f.Answers, func(i Item) bool { return i.Field == c.Field && slices.Contains(c.Is, i.Choice) })
}

func (a Answer) empty() bool {
	return a.Choice == "" && strings.TrimSpace(a.Text) == "" && a.Amount == "" && a.Date == "" && a.Transaction == "" && len(a.Files) == 0
}

// parts are the answer's parts that a kind may have.
func (a Answer) only(choice, text, amount, date, transaction, files bool) bool {
	return (choice || a.Choice == "") && (text || a.Text == "") && (amount || a.Amount == "" && a.Currency == "") &&
		(date || a.Date == "" && a.Time == "") && (transaction || a.Transaction == "") && (files || len(a.Files) == 0)
}

func (i *Item) answer(field Field, a Answer, lang string, references map[string]wallet.Reference) error {
	const op = "form.answer"
	path := "answers." + field.ID
	kind := field.Kind
	described := kind == Transaction && a.Transaction == ""
	text := described || kind == Line || kind == Lines || kind == Counterparty || kind == ErrorText || kind == Contact
	if !a.only(kind == Choice, text, kind == Amount || described, kind == When || described, kind == Transaction, kind == File) {
		return fault.InvalidField(op, path, "has parts that a %s has not", kind)
	}
	var parts []string
	if kind == Choice {
		option, ok := field.option(a.Choice)
		if !ok {
			return fault.InvalidField(op, path, "is none of the answers to choose from")
		}
		i.Choice, parts = option.ID, append(parts, option.Label.In(lang))
	}
	if a.Transaction != "" {
		ref, ok := references[a.Transaction]
		if !ok {
			return fault.InvalidField(op, path, "names no transaction of this customer")
		}
		i.Transaction = &ref
		parts = append(parts, describe(ref)...)
	}
	if a.Text != "" {
		clean, err := cleanText(op, path, kind, a.Text)
		if err != nil {
			return err
		}
		parts = append(parts, clean)
	}
	if err := i.amount(op, path, a, &parts); err != nil {
		return err
	}
	if err := i.day(op, path, a, &parts); err != nil {
		return err
	}
	if len(a.Files) > MaxFiles {
		return fault.InvalidField(op, path, "are more than %d files", MaxFiles)
	}
	i.Files = a.Files
	i.Value = strings.Join(parts, " · ")
	return nil
}

func describe(r wallet.Reference) []string {
	parts := []string{r.Amount.Written()}
	if r.Party != "" {
		parts = append(parts, r.Party)
	}
	return append(parts, time.UnixMicro(int64(r.At)).UTC().Format("2006-01-02 15:04 UTC"))
}

func cleanText(op, path string, kind Kind, text string) (string, error) {
	text = strings.TrimSpace(text)
	most := kind.most()
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", fault.InvalidField(op, path, "is not valid UTF-8")
	case utf8.RuneCountInString(text) > most:
		return "", fault.InvalidField(op, path, "is longer than %d characters", most)
	case most == MaxLine && !printable(text):
		return "", fault.InvalidField(op, path, "must be one line")
	case kind == Contact && !reachable(text):
		return "", fault.InvalidField(op, path, "must be an e-mail address or a telephone number")
	}
	return text, nil
}

// reachable tells what may be an address or a number. Whether it is one, only
// writing there can tell.
func reachable(text string) bool {
	mail, _ := regexp.MatchString(`^[^\s@]+@[^\s@]+\.[^\s@]+$`, text)
	phone, _ := regexp.MatchString(`^\+?[0-9][0-9 ()./-]{4,30}$`, text)
	return mail || phone
}

func (i *Item) amount(op, path string, a Answer, parts *[]string) error {
	if a.Amount == "" {
		if a.Currency != "" && i.Kind == Amount {
			return fault.InvalidField(op, path, "has a currency without an amount")
		}
		return nil
	}
	if ok, _ := regexp.MatchString(`^[0-9]{1,15}(\.[0-9]{1,8})?$`, a.Amount); !ok {
		return fault.InvalidField(op, path, "must be an amount such as 12.50")
	}
	if ok, _ := regexp.MatchString(`^([A-Z0-9]{2,8})?$`, a.Currency); !ok {
		return fault.InvalidField(op, path, "must have a currency such as EUR")
	}
	i.Amount, i.Currency = a.Amount, a.Currency
	*parts = append(*parts, strings.TrimSpace(a.Amount+" "+a.Currency))
	return nil
}

func (i *Item) day(op, path string, a Answer, parts *[]string) error {
	if a.Date == "" {
		if a.Time != "" {
			return fault.InvalidField(op, path, "has a time without a day")
		}
		return nil
	}
	day, err := time.Parse(time.DateOnly, a.Date)
	if err != nil || day.Year() < 2000 || day.Year() > 2100 {
		return fault.InvalidField(op, path, "must be a day such as 2006-01-31")
	}
	value := a.Date
	if a.Time != "" {
		if _, err := time.Parse("15:04", a.Time); err != nil {
			return fault.InvalidField(op, path, "must have a time such as 09:30")
		}
		value += " " + a.Time
	}
	i.Date, i.Time = a.Date, a.Time
	*parts = append(*parts, value)
	return nil
}

// Texts are the places of all that it says; none of nothing.
func (d *Diagnostics) Texts() []*string {
	if d == nil {
		return nil
	}
	return []*string{&d.Browser, &d.Language, &d.TimeZone, &d.Screen, &d.App}
}

func (d *Diagnostics) check(op string) error {
	for _, text := range d.Texts() {
		if !printable(*text) || utf8.RuneCountInString(*text) > MaxHelp {
			return fault.InvalidField(op, "diagnostics", "must be lines of at most %d characters", MaxHelp)
		}
	}
	return nil
}

// NameFiles puts the names of the uploads where their ids stand.
func (f *Filled) NameFiles(names map[string]string) {
	for i := range f.Answers {
		item := &f.Answers[i]
		if len(item.Files) == 0 {
			continue
		}
		shown := make([]string, 0, len(item.Files))
		for _, id := range item.Files {
			shown = append(shown, names[id])
		}
		item.Value = strings.Join(shown, ", ")
	}
}

// Text is the answers as a person reads them: what old clients, lists and the
// search see, and what the guard looks at as a whole.
func (f Filled) Text() string {
	var b strings.Builder
	b.WriteString(f.Title)
	for _, item := range f.Answers {
		b.WriteString("\n" + item.Label + "\n" + item.Value)
	}
	return b.String()
}

// Files are the uploads of all answers.
func (s Submission) Files() []string {
	var ids []string
	for _, field := range slices.Sorted(maps.Keys(s.Answers)) {
		ids = append(ids, s.Answers[field].Files...)
	}
	return ids
}

// Transactions are the ids that the answers name.
func (s Submission) Transactions() []string {
	var ids []string
	for _, field := range slices.Sorted(maps.Keys(s.Answers)) {
		if id := s.Answers[field].Transaction; id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
