// Package gather is what files a step of a flow asks for: what is wanted, how many of
// each, of which sorts; and what may be given. It keeps nothing: what was given is part of
// the run.
package gather

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Gather asks for files, such as a receipt.
type Gather struct {
	Into     string `yaml:"into"` // the slot
	Wants    []Want `yaml:"wants"`
	Least    int    `yaml:"least"`    // files in all, where somebody goes on with any; 0 stands for 1
	Most     int    `yaml:"most"`     // files in all; 0 stands for MaxFiles
	Optional bool   `yaml:"optional"` // may be skipped
}

// Want is one thing that is asked for; its id says to the wallet what a file is.
type Want struct {
	ID    string     `yaml:"id"`
	Label form.Texts `yaml:"label"`
	Hint  form.Texts `yaml:"hint"`
	Takes []string   `yaml:"takes"` // some of Sorts; none: all
	Least int        `yaml:"least"`
	Most  int        `yaml:"most"` // 0 stands for as many as there may be
}

// Bounds of a step that asks for files.
const (
	MaxFiles = wallet.MaxFiles
	MaxName  = 120       // characters of a file's name
	MaxHeld  = 200 << 20 // bytes that all runs of one customer hold together: those of MaxFiles uploads of 20 MiB
	maxWants = 6
)

// Sorts are as what files are asked for.
func Sorts() []string { return []string{"image", "pdf", "text"} }

// sortOf is what a media type is asked for as, "" for none.
func sortOf(mediaType string) string {
	switch {
	case strings.HasPrefix(mediaType, "image/"):
		return "image"
	case mediaType == "application/pdf":
		return "pdf"
	case mediaType == "text/plain":
		return "text"
	default:
		return ""
	}
}

// least is how many files somebody has to give who goes on.
func (g *Gather) least() int {
	sum := 0
	for _, w := range g.Wants {
		sum += w.Least
	}
	return max(1, g.Least, sum)
}

func (g *Gather) most() int { return cmp.Or(g.Most, MaxFiles) }

func (g *Gather) want(id string) (Want, bool) {
	i := slices.IndexFunc(g.Wants, func(w Want) bool { return w.ID == id })
	if i < 0 {
		return Want{}, false
	}
	w := g.Wants[i]
	w.Most = cmp.Or(w.Most, g.most())
	return w, true
}

// File is a file that was given in a run.
type File struct {
	ID     string    `json:"id"`
	Want   string    `json:"want"` // what it is
	Name   string    `json:"name"`
	Type   string    `json:"type"` // media type, by its bytes
	Size   int64     `json:"size"`
	Digest string    `json:"sha256"`          // of the bytes that are kept
	Staff  string    `json:"staff,omitempty"` // who gave it for the customer
	At     time.Time `json:"at"`
}

// Named is f with a name that has room.
func (f File) Named() File {
	if utf8.RuneCountInString(f.Name) > MaxName {
		f.Name = string([]rune(f.Name)[:MaxName-1]) + "…"
	}
	return f
}

// Fact is what conditions may ask about files.
type Fact struct {
	There bool     `cel:"there"`
	Count int64    `cel:"count"`
	Wants []string `cel:"wants"` // of what there is one, each once
}

// FactOf is files as conditions see them.
func FactOf(all []File) *Fact {
	fact := &Fact{There: len(all) > 0, Count: int64(len(all)), Wants: []string{}}
	for _, f := range all {
		if !slices.Contains(fact.Wants, f.Want) {
			fact.Wants = append(fact.Wants, f.Want)
		}
	}
	return fact
}

// View is what a step shows that asks for files.
type View struct {
	Wants []WantShown `json:"wants"`
	Given []FileShown `json:"given"`
	Least int         `json:"least"`
	Most  int         `json:"most"`
	Bytes int64       `json:"bytes,omitempty"` // of one file, where those who get it take no larger one; 0: no bound beside Kefu's own
}

// WantShown is one thing that is asked for.
type WantShown struct {
	ID    string     `json:"id"`
	Label form.Texts `json:"label"`
	Hint  form.Texts `json:"hint,omitempty"`
	Takes []string   `json:"takes"`
	Least int        `json:"least"`
	Most  int        `json:"most"`
}

// FileShown is a file as those see it who are on the way through the run.
type FileShown struct {
	ID   string `json:"id"`
	Want string `json:"want"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// View shows what is asked for, with what is there.
func (g *Gather) View(has []File) *View {
	v := &View{Wants: []WantShown{}, Least: g.least(), Most: g.most()}
	for _, w := range g.Wants {
		w, _ = g.want(w.ID)
		shown := WantShown(w)
		if len(shown.Takes) == 0 {
			shown.Takes = Sorts()
		}
		v.Wants = append(v.Wants, shown)
	}
	v.Given = Shown(has)
	return v
}

// Shown are files as those see them who are on the way through the run.
func Shown(has []File) []FileShown {
	shown := []FileShown{}
	for _, f := range has {
		shown = append(shown, FileShown{ID: f.ID, Want: f.Want, Name: f.Name, Type: f.Type, Size: f.Size})
	}
	return shown
}

// Problem tells why a file cannot be one of those that a step has, "" when it can. In all
// is how many the run has.
func (g *Gather) Problem(has []File, f File, inAll int) string {
	w, known := g.want(f.Want)
	of := 0
	for _, h := range has {
		if h.Want == f.Want {
			of++
		}
	}
	same := func(h File) bool { return h.Digest == f.Digest && h.Want == f.Want }
	switch {
	case !known:
		return "no_option"
	case len(w.Takes) > 0 && !slices.Contains(w.Takes, sortOf(f.Type)), sortOf(f.Type) == "":
		return "wrong_type"
	case slices.ContainsFunc(has, same):
		return "same_file"
	case len(has) >= g.most() || of >= w.Most || inAll >= MaxFiles:
		return "too_many"
	default:
		return ""
	}
}

// Enough tells whether somebody may go on with what was given.
func (g *Gather) Enough(has []File) bool {
	for _, w := range g.Wants {
		of := 0
		for _, f := range has {
			if f.Want == w.ID {
				of++
			}
		}
		if of < w.Least {
			return false
		}
	}
	return len(has) >= g.least()
}

// Validate refuses what cannot be asked for; named tells what is a name. Errors: Invalid.
func (g *Gather) Validate(step string, named func(string) bool) error {
	wrong := func(format string, args ...any) error {
		return fault.InvalidField("gather.Validate", step, format, args...)
	}
	if len(g.Wants) == 0 || len(g.Wants) > maxWants {
		return wrong("asks for nothing, or for more than %d things", maxWants)
	}
	if g.Least < 0 || g.Most < 0 || g.most() > MaxFiles || g.least() > g.most() {
		return wrong("asks for more files than there may be, or for fewer than none")
	}
	seen := map[string]bool{}
	for _, w := range g.Wants {
		if !named(w.ID) || seen[w.ID] {
			return wrong("asks for %s twice, or that is no name", w.ID)
		}
		seen[w.ID] = true
		if w.Least < 0 || w.Most < 0 || w.Most > g.most() || (w.Most > 0 && w.Least > w.Most) {
			return wrong("asks for more files as %s than there may be, or for fewer than none", w.ID)
		}
		for i, sort := range w.Takes {
			if !slices.Contains(Sorts(), sort) || slices.Contains(w.Takes[:i], sort) {
				return wrong("takes %s as %s, twice or not at all", sort, w.ID)
			}
		}
	}
	return nil
}

// Texts has every text of what is asked for looked at by whole, which refuses one that is
// not there in every language, or that has more characters than most.
func (g *Gather) Texts(step string, whole func(at string, texts form.Texts, most int) error) error {
	for _, w := range g.Wants {
		if err := whole(step+"."+w.ID, w.Label, 80); err != nil {
			return err
		}
		if len(w.Hint) > 0 {
			if err := whole(step+"."+w.ID, w.Hint, 160); err != nil {
				return err
			}
		}
	}
	return nil
}
