package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth bounds the nesting of the JSON in tokens and key sets.
const maxDepth = 8

// object is a JSON object by exact member name. encoding/json alone would match
// names in any case and let the last of two equal names win, so that two readers
// of one token could see two different customers.
type object map[string]json.RawMessage

// readObject reads text as exactly one JSON object in UTF-8 (RFC 8259) without
// a repeated name at any level.
func readObject(text []byte) (object, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	first, err := d.Token()
	if err != nil || first != json.Delim('{') {
		return nil, errors.New("is not a JSON object")
	}
	if err := walk(d, '{', 1); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("goes on after the JSON object")
	}
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, errors.New("is not valid JSON")
	}
	return o, nil
}

// walk reads what stands inside an opened object or array, its end included.
func walk(d *json.Decoder, kind json.Delim, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("is nested deeper than %d", maxDepth)
	}
	seen := map[string]bool{}
	for d.More() {
		if kind == '{' {
			name, err := d.Token()
			if err != nil {
				return errors.New("is not valid JSON")
			}
			if text, _ := name.(string); seen[text] {
				return errors.New("has a name twice")
			} else {
				seen[text] = true
			}
		}
		value, err := d.Token()
		if err != nil {
			return errors.New("is not valid JSON")
		}
		if inner, opens := value.(json.Delim); opens {
			if err := walk(d, inner, depth+1); err != nil {
				return err
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return errors.New("is not valid JSON")
	}
	return nil
}

// text gives the string under name; "" without an error when there is none.
func (o object) text(name string) (string, error) {
	raw, ok := o[name]
	if !ok {
		return "", nil
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", fmt.Errorf("%s is not a string", name)
	}
	return *s, nil
}

// identifier gives the string under name, which has to be there, to be no
// longer than limit bytes and to hold nothing invisible. U+FFFD is refused too:
// it is what broken text becomes, and would make different identifiers equal.
func (o object) identifier(name string, limit int) (string, error) {
	s, err := o.text(name)
	switch {
	case err != nil:
		return "", err
	case s == "":
		return "", fmt.Errorf("%s is missing", name)
	case len(s) > limit:
		return "", fmt.Errorf("%s is longer than %d bytes", name, limit)
	case !utf8.ValidString(s), strings.ContainsFunc(s, unseen):
		return "", fmt.Errorf("%s has characters that nobody can see", name)
	}
	return s, nil
}

// unseen tells control, format and replacement characters and line separators.
func unseen(r rune) bool {
	return r == utf8.RuneError || unicode.In(r, unicode.C, unicode.Zl, unicode.Zp)
}
