package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"kefu/internal/platform/logging"
)

// applyFile puts the settings of a YAML text over those of c.
func applyFile(c *Config, text []byte) Mistakes {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		wrong := "is not YAML: " + oneLine(strings.TrimPrefix(err.Error(), "yaml: "))
		return Mistakes{{"the file", wrong, "Compare the place with docs/kefu.sample.yaml"}}
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return Mistakes{{"the file", "holds more than one YAML document", "Keep the first and remove the line --- and what follows"}}
	}
	if len(document.Content) == 0 {
		return nil
	}
	return applySection(root(c), document.Content[0])
}

// applySection sets the settings below s from a mapping.
func applySection(s setting, node *yaml.Node) Mistakes {
	if isNull(node) {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return Mistakes{at(sectionName(s), node, "must hold settings, each as name: value", "Write it as docs/kefu.sample.yaml does")}
	}
	var mistakes Mistakes
	children := s.children()
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		child, found := find(children, name.Value)
		switch {
		case name.Kind != yaml.ScalarNode || name.Value == "":
			mistakes = append(mistakes, at(sectionName(s), name, "holds a value without a name", "Write it as name: value, or remove the line"))
		case !found:
			mistakes = append(mistakes, unknown(s, children, name))
		case seen[name.Value]:
			mistakes = append(mistakes, at(child.key(), name, "stands here a second time", "Keep one of the two"))
		case child.isSection():
			mistakes = append(mistakes, applySection(child, value)...)
		default:
			mistakes = append(mistakes, applyValue(child, value)...)
		}
		seen[name.Value] = true
	}
	return mistakes
}

// sectionName is what a mistake calls a section, which at the root has no key.
func sectionName(s setting) string {
	if key := s.key(); key != "" {
		return key
	}
	return "the file"
}

func find(children []setting, name string) (setting, bool) {
	for _, c := range children {
		if c.path[len(c.path)-1] == name {
			return c, true
		}
	}
	return setting{}, false
}

func unknown(s setting, children []setting, name *yaml.Node) Mistake {
	names := make([]string, len(children))
	for i, c := range children {
		names[i] = c.path[len(c.path)-1]
	}
	instead := "Remove it; the settings here are " + strings.Join(names, ", ")
	if near := nearest(name.Value, names); near != "" {
		instead = "Write " + near + " if that is meant, or remove the line"
	}
	key := strings.TrimPrefix(s.key()+"."+oneLine(name.Value), ".")
	return at(key, name, "is not a setting", instead)
}

// applyValue sets a leaf from a scalar, a list of scalars or a list of sections.
func applyValue(s setting, node *yaml.Node) Mistakes {
	if isNull(node) {
		return nil
	}
	if s.value.Kind() != reflect.Slice {
		if node.Kind != yaml.ScalarNode {
			return Mistakes{at(s.key(), node, "must be one value", wanted(s))}
		}
		return located(setScalar(s, node.Value), node)
	}
	if node.Kind != yaml.SequenceNode {
		return Mistakes{at(s.key(), node, "must be a list", wanted(s))}
	}
	list := reflect.MakeSlice(s.value.Type(), len(node.Content), len(node.Content))
	var mistakes Mistakes
	for i, item := range node.Content {
		path := append(append([]string{}, s.path...), strconv.Itoa(i+1))
		element := setting{path: path, value: list.Index(i)}
		if element.isSection() {
			mistakes = append(mistakes, applySection(element, item)...)
		} else {
			mistakes = append(mistakes, applyValue(element, item)...)
		}
	}
	s.value.Set(list)
	return mistakes
}

// setScalar sets a leaf from its text, as the file and the environment write it.
func setScalar(s setting, text string) Mistakes {
	wrong := func(why string) Mistakes { return Mistakes{{s.key(), why, wanted(s)}} }
	switch {
	case s.value.Type() == redactedType():
		s.value.Set(reflect.ValueOf(logging.Secret(text)))
	case s.value.Type() == durationType():
		d, err := time.ParseDuration(text)
		if err != nil {
			return wrong(fmt.Sprintf("is %s, which is no duration", quote(text)))
		}
		s.value.SetInt(int64(d))
	case s.value.Kind() == reflect.String:
		s.value.SetString(text)
	case s.value.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return wrong(fmt.Sprintf("is %s, which is neither true nor false", quote(text)))
		}
		s.value.SetBool(text == "true")
	case s.value.Kind() == reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return wrong(fmt.Sprintf("is %s, which is no number", quote(text)))
		}
		s.value.SetFloat(f)
	default:
		n, err := strconv.ParseInt(text, 10, s.value.Type().Bits())
		if err != nil {
			return wrong(fmt.Sprintf("is %s, which is no whole number", quote(text)))
		}
		s.value.SetInt(n)
	}
	return nil
}

// wanted says how a leaf is written.
func wanted(s setting) string {
	switch {
	case s.value.Type() == durationType():
		return "Write a number with its unit, such as 30s, 5m or 2ms"
	case s.value.Kind() == reflect.Bool:
		return "Write true or false"
	case s.value.Kind() == reflect.Slice:
		return "Write each entry on a line of its own that begins with a dash"
	case s.value.Kind() == reflect.Float64:
		return "Write a number such as 0.25"
	case s.value.Kind() == reflect.String || s.value.Type() == redactedType():
		return "Write one text, in quotation marks if it contains : or #"
	default:
		return "Write a whole number in digits, without unit or separators"
	}
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

// at makes a mistake that says in which line of the file it stands.
func at(key string, node *yaml.Node, wrong, instead string) Mistake {
	return Mistake{key, fmt.Sprintf("(line %d) %s", node.Line, wrong), instead}
}

func located(mistakes Mistakes, node *yaml.Node) Mistakes {
	for i, m := range mistakes {
		mistakes[i] = at(m.Key, node, m.Wrong, m.Instead)
	}
	return mistakes
}

// quote shows a value of the operator's in a sentence.
func quote(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

// oneLine keeps a sentence on its line.
func oneLine(text string) string {
	return strings.Trim(quote(text), `"`)
}
