package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Sample is a configuration file with every setting at its default, each under
// the sentence that explains it: read as it stands, it changes nothing.
func Sample() string {
	var b strings.Builder
	b.WriteString(`# Kefu's settings, each at its default; keep the ones that you change. An
# environment variable wins over this file: KEFU_ and the path in capitals, such
# as KEFU_LISTEN or KEFU_LOG_LEVEL, lists with commas. Durations have a unit:
# 30s, 5m, 2ms.
# This file is generated from the code by "make generate".
`)
	c := Default()
	writeSection(&b, root(&c), 0)
	return b.String()
}

func writeSection(b *strings.Builder, s setting, depth int) {
	indent := strings.Repeat("  ", depth)
	for _, child := range s.children() {
		name := child.path[len(child.path)-1]
		if depth == 0 {
			b.WriteString("\n")
		}
		for _, line := range wrap(child.doc, 90-len(indent)) {
			fmt.Fprintf(b, "%s# %s\n", indent, line)
		}
		switch {
		case child.isSection():
			fmt.Fprintf(b, "%s%s:\n", indent, name)
			writeSection(b, child, depth+1)
		case isSectionList(child):
			writeEntry(b, child, name, depth)
		default:
			writeLeaf(b, child, name, indent)
		}
	}
}

func writeLeaf(b *strings.Builder, s setting, name, indent string) {
	if s.value.Kind() != reflect.Slice {
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, scalar(s))
		return
	}
	if s.value.Len() == 0 {
		fmt.Fprintf(b, "%s%s: []\n", indent, name)
		return
	}
	fmt.Fprintf(b, "%s%s:\n", indent, name)
	for i := range s.value.Len() {
		fmt.Fprintf(b, "%s  - %s\n", indent, s.value.Index(i).String())
	}
}

// writeEntry shows one empty entry of a list of sections, whose settings would
// otherwise be documented nowhere.
func writeEntry(b *strings.Builder, s setting, name string, depth int) {
	indent := strings.Repeat("  ", depth)
	fmt.Fprintf(b, "%s%s: []\n", indent, name)
	fmt.Fprintf(b, "%s# An entry is written as\n", indent)
	entry := setting{path: s.path, value: reflect.New(s.value.Type().Elem()).Elem()}
	lead := "- "
	for _, field := range entry.children() {
		for _, line := range wrap(field.doc, 80-len(indent)) {
			fmt.Fprintf(b, "%s#     # %s\n", indent, line)
		}
		value := scalar(field)
		if field.value.Kind() == reflect.Slice {
			value = "[]"
		}
		fmt.Fprintf(b, "%s#   %s%s: %s\n", indent, lead, field.path[len(field.path)-1], value)
		lead = "  "
	}
}

func scalar(s setting) string {
	switch {
	case s.value.Type() == redactedType():
		return `""` // no secret has a default
	case s.value.Type() == durationType():
		return short(time.Duration(s.value.Int()))
	case s.value.Kind() == reflect.String && s.value.String() == "":
		return `""`
	default:
		return fmt.Sprint(s.value.Interface())
	}
}

// wrap breaks a sentence into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
