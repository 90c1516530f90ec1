package form

// Shown is a form as a window gets it: in one language, and without what it does
// to the conversation.
type Shown struct {
	ID       string       `json:"id"`
	Revision int64        `json:"revision"`
	Title    string       `json:"title"`
	Hint     string       `json:"hint,omitempty"`
	Icon     string       `json:"icon,omitempty"`
	Person   bool         `json:"person,omitempty"`
	Flow     string       `json:"flow,omitempty"`
	Anyone   bool         `json:"anyone,omitempty"`
	Fields   []ShownField `json:"fields"`
}

// ShownField is a question in one language.
type ShownField struct {
	ID       string        `json:"id"`
	Kind     Kind          `json:"kind"`
	Label    string        `json:"label"`
	Help     string        `json:"help,omitempty"`
	Required bool          `json:"required,omitempty"`
	Choices  []ShownOption `json:"choices,omitempty"`
	When     *Condition    `json:"when,omitempty"`
	Most     int           `json:"most,omitempty"` // characters, or files
}

// ShownOption is an answer to choose in one language.
type ShownOption struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Show puts a form into a language.
func (f Form) Show(revision int64, lang string) Shown {
	s := Shown{
		ID: f.ID, Revision: revision, Title: f.Title.In(lang), Hint: f.Hint.In(lang), Icon: f.Icon, Person: f.Person, Flow: f.Flow, Anyone: f.Anyone,
		Fields: make([]ShownField, 0, len(f.Fields)),
	}
	for _, field := range f.Fields {
		shown := ShownField{
			ID: field.ID, Kind: field.Kind, Label: field.Label.In(lang), Help: field.Help.In(lang),
			Required: field.Required, When: field.When, Most: field.Kind.most(),
		}
		for _, o := range field.Choices {
			shown.Choices = append(shown.Choices, ShownOption{o.ID, o.Label.In(lang)})
		}
		s.Fields = append(s.Fields, shown)
	}
	return s
}

// most is how long an answer may be: in characters, or in files.
func (k Kind) most() int {
	switch k {
	case Line, Counterparty, Contact, Transaction:
		return MaxLine
	case Lines, ErrorText:
		return MaxLines
	case File:
		return MaxFiles
	default:
		return 0
	}
}
