// Package folder reads and writes articles as files: what the program brings along, and what
// a house takes in and out. An article is a folder that bears its id, with article.yaml, a
// file of Markdown for each language (en.md) that begins with a head between two lines of
// three hyphens, and its pictures.
package folder

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/form"
	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/knowledge/markup"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Bounds of a folder.
const (
	MaxArticles = 20_000
	MaxFile     = 256 << 10 // bytes of a text
	head        = "article.yaml"
	topics      = "topics.yaml"
	same        = "same.yaml"
)

type meta struct {
	Audience      knowledge.Audience   `yaml:"audience"`
	Topic         string               `yaml:"topic,omitempty"`
	Flows         []string             `yaml:"flows,omitempty,flow"`
	Codes         []wallet.FailureCode `yaml:"codes,omitempty,flow"`
	Jurisdictions []string             `yaml:"jurisdictions,omitempty,flow"`
	Products      []string             `yaml:"products,omitempty,flow"`
	Related       []string             `yaml:"related,omitempty,flow"`
	Keep          int                  `yaml:"keep"`
	Order         int                  `yaml:"order,omitempty"`
	Source        string               `yaml:"source"`
	Questions     map[string][]string  `yaml:"questions,omitempty"`
}

type front struct {
	Title string `yaml:"title"`
	Short string `yaml:"short"`
	Voice string `yaml:"voice,omitempty"`
}

// Read reads all articles of a folder, in the order of their ids. Errors: Invalid, saying in
// which file and why.
func Read(files fs.FS) ([]knowledge.Article, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("folder.Read: %w", err)
	}
	var out []knowledge.Article
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if len(out) == MaxArticles {
			return nil, fault.New(fault.Invalid, "folder.Read", "there are more than %d articles", MaxArticles)
		}
		a, err := readOne(files, e.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func readOne(files fs.FS, id string) (knowledge.Article, error) {
	var m meta
	data, err := load(files, path.Join(id, head))
	if err != nil {
		return knowledge.Article{}, err
	}
	if err := strict(data, &m); err != nil {
		return knowledge.Article{}, wrong(path.Join(id, head), err)
	}
	a := knowledge.Article{
		ID: id, Audience: m.Audience, Topic: m.Topic, Flows: m.Flows, Codes: m.Codes, Jurisdictions: m.Jurisdictions, Products: m.Products, Related: m.Related,
		Keep: m.Keep, Order: m.Order, Source: m.Source, Questions: m.Questions, Texts: map[string]knowledge.Text{},
	}
	entries, err := fs.ReadDir(files, id)
	if err != nil {
		return a, fmt.Errorf("folder.Read: %w", err)
	}
	for _, e := range entries {
		lang, isText := strings.CutSuffix(e.Name(), ".md")
		if !isText || e.IsDir() {
			continue
		}
		file := path.Join(id, e.Name())
		data, err := load(files, file)
		if err != nil {
			return a, err
		}
		if a.Texts[lang], err = Text(data); err != nil {
			return a, wrong(file, err)
		}
	}
	return a, nil
}

// Topics reads topics.yaml of a folder, in its order. Errors: Invalid, saying why.
func Topics(files fs.FS) ([]knowledge.Topic, error) {
	var list []struct {
		ID    string     `yaml:"id"`
		Title form.Texts `yaml:"title"`
		Lead  form.Texts `yaml:"lead"`
	}
	data, err := load(files, topics)
	if err != nil {
		return nil, err
	}
	if err := strict(data, &list); err != nil {
		return nil, wrong(topics, err)
	}
	out := make([]knowledge.Topic, 0, len(list))
	for _, t := range list {
		if !markup.Slug(t.ID) || t.Title["en"] == "" || t.Title["zh"] == "" || t.Lead["en"] == "" || t.Lead["zh"] == "" {
			return nil, fault.New(fault.Invalid, "folder.Topics", "%s: %q has no id, or a text lacks a language", topics, t.ID)
		}
		out = append(out, knowledge.Topic{ID: t.ID, Title: t.Title, Lead: t.Lead})
	}
	return out, nil
}

// Same reads same.yaml of a folder: by language, groups of words that mean the same, for
// finding. Errors: Invalid, saying why.
func Same(files fs.FS) (map[string][][]string, error) {
	data, err := load(files, same)
	if err != nil {
		return nil, err
	}
	out := map[string][][]string{}
	if err := strict(data, &out); err != nil {
		return nil, wrong(same, err)
	}
	for lang, groups := range out {
		for _, g := range groups {
			if len(g) < 2 {
				return nil, fault.New(fault.Invalid, "folder.Same", "%s: a group of %s has one word", same, lang)
			}
		}
	}
	return out, nil
}

func load(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, fault.New(fault.Invalid, "folder.Read", "%s is missing", name)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("folder.Read: %s: %w", name, err)
	}
	if len(data) > MaxFile {
		return nil, fault.New(fault.Invalid, "folder.Read", "%s is larger than %d bytes", name, MaxFile)
	}
	return data, nil
}

func wrong(file string, err error) error {
	return fault.New(fault.Invalid, "folder.Read", "%s: %v", file, err)
}

func strict(data []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return err
	}
	return nil
}

// Text reads a file of one language: the head, and the body after it.
// Errors: what is wrong with the head.
func Text(data []byte) (knowledge.Text, error) {
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return knowledge.Text{}, fmt.Errorf("it does not begin with a head")
	}
	top, body, ok := strings.Cut(rest, "\n---\n")
	if !ok {
		return knowledge.Text{}, fmt.Errorf("the head does not end")
	}
	var f front
	if err := strict([]byte(top), &f); err != nil {
		return knowledge.Text{}, err
	}
	return knowledge.Text{Title: f.Title, Short: f.Short, Voice: f.Voice, Body: strings.Trim(body, "\n") + "\n"}, nil
}

// File is a file of an article that is written out.
type File struct {
	Name string // with the article's folder
	Data []byte
}

// Write gives an article's files, as Read reads them. Errors: of writing YAML.
func Write(a *knowledge.Article) ([]File, error) {
	m := meta{a.Audience, a.Topic, a.Flows, a.Codes, a.Jurisdictions, a.Products, a.Related, a.Keep, a.Order, a.Source, a.Questions}
	data, err := yaml.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("folder.Write: %w", err)
	}
	out := []File{{Name: path.Join(a.ID, head), Data: data}}
	for _, lang := range a.Languages() {
		t := a.Texts[lang]
		top, err := yaml.Marshal(front{t.Title, t.Short, t.Voice})
		if err != nil {
			return nil, fmt.Errorf("folder.Write: %w", err)
		}
		out = append(out, File{Name: path.Join(a.ID, lang+".md"), Data: slices.Concat([]byte("---\n"), top, []byte("---\n\n"), []byte(t.Body))})
	}
	return out, nil
}
