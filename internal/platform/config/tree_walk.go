package config

import (
	"reflect"
	"strings"
	"time"

	"kefu/internal/platform/logging"
)

// setting is one field of the tree, found by reflection. The tree is small and
// read once, at start; a hand-written list beside it would drift from it.
type setting struct {
	path  []string // the keys from the root to here
	doc   string
	value reflect.Value
}

func (s setting) key() string { return strings.Join(s.path, ".") }

// env is the environment variable that overrides the setting.
func (s setting) env() string { return envPrefix + strings.ToUpper(strings.Join(s.path, "_")) }

// isSection tells whether the setting holds other settings.
func (s setting) isSection() bool {
	return s.value.Kind() == reflect.Struct && s.value.Type() != redactedType()
}

// children are the settings directly below s, in the order of the tree.
func (s setting) children() []setting {
	kind := s.value.Type()
	out := make([]setting, 0, kind.NumField())
	for i := range kind.NumField() {
		field := kind.Field(i)
		path := append(append([]string{}, s.path...), field.Tag.Get("yaml"))
		out = append(out, setting{path: path, doc: field.Tag.Get("doc"), value: s.value.Field(i)})
	}
	return out
}

// leaves are all settings below s that hold a value.
func (s setting) leaves() []setting {
	var out []setting
	for _, child := range s.children() {
		if child.isSection() {
			out = append(out, child.leaves()...)
		} else {
			out = append(out, child)
		}
	}
	return out
}

func root(c *Config) setting { return setting{value: reflect.ValueOf(c).Elem()} }

func redactedType() reflect.Type { return reflect.TypeFor[logging.Redacted]() }

func durationType() reflect.Type { return reflect.TypeFor[time.Duration]() }

// nearest is the candidate that text was probably meant to be, or "".
func nearest(text string, candidates []string) string {
	best, distance := "", max(2, len(text)/3)+1
	for _, c := range candidates {
		if d := editDistance(text, c); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// editDistance counts the letters to change, add or remove (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
