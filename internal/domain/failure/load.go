package failure

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
)

// Bounds of the data.
const (
	maxTitle = 80  // characters
	maxText  = 300 // characters
	maxRaw   = 2000
	maxWait  = 24 * 60 // minutes until a second try makes sense
)

// codesFile is failures/codes.yaml.
type codesFile struct {
	Version string                      `yaml:"version"`
	Codes   map[wallet.FailureCode]Code `yaml:"codes"`
	Neutral Code                        `yaml:"neutral"`
	Money   map[string]form.Texts       `yaml:"money"`
	Coming  map[string]form.Texts       `yaml:"incoming"`
	Retry   map[Retry]form.Texts        `yaml:"retry"`
	Holds   map[string]form.Texts       `yaml:"holds"`
	Steps   map[string]Step             `yaml:"steps"`
}

// railFile is one of failures/rails.
type railFile struct {
	Rail    string                        `yaml:"rail"`
	Version string                        `yaml:"version"`
	Like    string                        `yaml:"like"` // a rail whose codes count where this one has none of its own
	Codes   map[string]wallet.FailureCode `yaml:"codes"`
}

// languages are those that every text has.
func languages() []string { return []string{"en", "zh"} }

// sentences are where money can be, and which figures each sentence names.
func sentences() map[string][]string {
	return map[string][]string{
		"not_taken": nil, "unfinished": {"amount"}, "unfinished_long": {"amount"}, "on_hold": {"amount"}, "on_hold_until": {"amount", "until"}, "underway": {"amount"}, "underway_by": {"amount", "by"},
		"late": {"amount", "by"}, "arrived": {"amount"}, "coming_back": {"amount"}, "coming_back_by": {"amount", "by"}, "came_back": {"amount"}, "unknown": {"amount"},
	}
}

// Load reads the table from a folder that holds codes.yaml and rails. Errors: Invalid,
// saying in which file and why: a code that is missing or unknown, a text that lacks a
// language, a step that is nowhere described, a raw code that stands for two things.
func Load(files fs.FS) (*Table, error) {
	var read codesFile
	if err := decode(files, "codes.yaml", &read); err != nil {
		return nil, err
	}
	t := &Table{version: read.Version, codes: read.Codes, neutral: read.Neutral, money: read.Money, incoming: read.Coming, retry: read.Retry, holds: read.Holds, steps: map[string]Step{}}
	for key, step := range read.Steps {
		step.Key = key
		t.steps[key] = step
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	return t, t.loadRails(files)
}

func decode(files fs.FS, name string, into any) error {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return wrong(name, "cannot be read")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true) // and yaml refuses a key that comes twice
	if err := decoder.Decode(into); err != nil {
		return wrong(name, "%s", err)
	}
	return nil
}

// check judges codes.yaml.
func (t *Table) check() error {
	const file = "codes.yaml"
	if t.version == "" {
		return wrong(file, "has no version")
	}
	for _, code := range wallet.FailureCodes() {
		c, ok := t.codes[code]
		if !ok {
			return wrong(file, "lacks the code %s", code)
		}
		if err := t.checkCode(string(code), c); err != nil {
			return err
		}
		if (c.Tell == Never) == code.Disclosable() {
			return wrong(file, "%s may be told, or not, against what the contract says", code)
		}
	}
	if len(t.codes) != len(wallet.FailureCodes()) {
		return wrong(file, "has a code that there is not")
	}
	t.neutral.Tell = Always
	if err := t.checkCode("neutral", t.neutral); err != nil {
		return err
	}
	for key, named := range sentences() {
		if err := checkTexts(file, "money."+key, t.money[key], maxText, named); err != nil {
			return err
		}
		if held(key) {
			continue
		}
		if err := checkTexts(file, "incoming."+key, t.incoming[key], maxText, named); err != nil {
			return err
		}
	}
	for _, r := range retries() {
		if err := checkTexts(file, "retry."+string(r), t.retry[r], maxText, nil); err != nil {
			return err
		}
	}
	if len(t.money) != len(sentences()) || len(t.incoming) != len(sentences())-2 || len(t.retry) != len(retries()) {
		return wrong(file, "has a sentence that nobody says")
	}
	for category, texts := range t.holds {
		if err := checkTexts(file, "holds."+category, texts, maxText, nil); err != nil {
			return err
		}
	}
	if t.steps[stepTalk].Where != "person" {
		return wrong(file, "no step %s leads to a person", stepTalk)
	}
	return t.checkSteps()
}

func (t *Table) checkCode(name string, c Code) error {
	const file = "codes.yaml"
	if !slices.Contains([]Telling{Always, Verified, Never}, c.Tell) {
		return wrong(file, "%s: tell is %q", name, c.Tell)
	}
	if c.Wait < 0 || c.Wait > maxWait || (c.Wait > 0 && c.Retry != RetryLater) {
		return wrong(file, "%s: waits, and not for later, or more than %d minutes", name, maxWait)
	}
	if !slices.Contains(retries(), c.Retry) {
		return wrong(file, "%s: retry is %q", name, c.Retry)
	}
	if len(c.Next) == 0 {
		return wrong(file, "%s leads nowhere", name)
	}
	for _, key := range c.Next {
		if _, ok := t.steps[key]; !ok {
			return wrong(file, "%s: the step %s is not described", name, key)
		}
	}
	if err := checkTexts(file, name+".title", c.Title, maxTitle, nil); err != nil {
		return err
	}
	return checkTexts(file, name+".text", c.Text, maxText, nil)
}

func (t *Table) checkSteps() error {
	const file = "codes.yaml"
	used := map[string]bool{}
	for _, c := range append(slices.Collect(maps.Values(t.codes)), t.neutral) {
		for _, key := range c.Next {
			used[key] = true
		}
	}
	for key, step := range t.steps {
		if !used[key] {
			return wrong(file, "the step %s is used by no code", key)
		}
		if !slices.Contains([]string{"wallet", "here", "outside", "person"}, step.Where) {
			return wrong(file, "the step %s is done nowhere", key)
		}
		if (step.Link != "") != (step.Where == "wallet" || step.Where == "here") {
			return wrong(file, "the step %s needs a link, or has one that it does not need", key)
		}
		if err := checkTexts(file, "steps."+key, step.Label, maxTitle, nil); err != nil {
			return err
		}
	}
	return nil
}

// checkTexts refuses a text that lacks a language, is long, or does not name the
// figures that it should, in every language the same.
func checkTexts(file, name string, texts form.Texts, most int, named []string) error {
	for _, lang := range languages() {
		text := texts[lang]
		if text == "" {
			return wrong(file, "%s is not there in %s", name, lang)
		}
		if utf8.RuneCountInString(text) > most {
			return wrong(file, "%s has more than %d characters in %s", name, most, lang)
		}
		if !slices.Equal(places(text), named) {
			return wrong(file, "%s names %v in %s, not %v", name, places(text), lang, named)
		}
	}
	return nil
}

func (t *Table) loadRails(files fs.FS) error {
	names, err := fs.Glob(files, "rails/*.yaml")
	if err != nil || len(names) == 0 {
		return wrong("rails", "holds no table")
	}
	t.rails = map[string]map[string]wallet.FailureCode{}
	like := map[string]string{}
	for _, name := range names {
		var read railFile
		if err := decode(files, name, &read); err != nil {
			return err
		}
		if read.Rail == "" || read.Version == "" || len(read.Codes) == 0 || len(read.Codes) > maxRaw || t.rails[read.Rail] != nil {
			return wrong(path.Base(name), "names no rail or version, holds no codes or too many, or is the second of its rail")
		}
		for raw, code := range read.Codes {
			if raw == "" || !code.Known() || code == wallet.Unmapped {
				return wrong(path.Base(name), "%s stands for nothing", raw)
			}
		}
		t.rails[read.Rail] = read.Codes
		if read.Like != "" {
			like[read.Rail] = read.Like
		}
	}
	for rail, other := range like {
		base, ok := t.rails[other]
		if !ok || like[other] != "" {
			return wrong(rail, "is like %s, which has no table of its own", other)
		}
		whole := maps.Clone(base)
		maps.Copy(whole, t.rails[rail])
		t.rails[rail] = whole
	}
	return nil
}
