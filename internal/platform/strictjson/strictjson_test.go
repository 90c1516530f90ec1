package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/platform/strictjson"
)

type sample struct {
	Name string   `json:"name"`
	N    int      `json:"n"`
	List []string `json:"list"`
	Sub  *sample  `json:"sub"`
}

func TestDecode(t *testing.T) {
	deep := strings.Repeat(`{"sub":`, 9) + "{}" + strings.Repeat("}", 9)
	for name, c := range map[string]struct {
		in string
		ok bool
	}{
		"plain":             {`{"name":"a","n":1,"list":["x","y"]}`, true},
		"same key in parts": {`{"name":"a","sub":{"name":"b"}}`, true},
		"key text as value": {`{"name":"name","list":["name","name"]}`, true},
		"comma in a string": {`{"name":"a,b\"c","n":2}`, true},
		"unknown field":     {`{"nome":"a"}`, false},
		"duplicate":         {`{"name":"a","name":"b"}`, false},
		"duplicate by case": {`{"name":"a","NAME":"b"}`, false},
		"duplicate escaped": {`{"name":"a","n\u0061me":"b"}`, false},
		"duplicate inside":  {`{"sub":{"n":1,"n":2}}`, false},
		"wrong type":        {`{"name":["a"]}`, false},
		"operator object":   {`{"name":{"$ne":""}}`, false},
		"too deep":          {deep, false},
		"trailing":          {`{"n":1} {"n":2}`, false},
		"not json":          {`hello`, false},
		"empty":             {``, false},
		"open string":       {`{"name":"a`, false},
		"closing only":      {`}`, false},
		"bad utf-8":         {"{\"name\":\"\xff\"}", false},
	} {
		t.Run(name, func(t *testing.T) {
			var v sample
			if err := strictjson.Decode([]byte(c.in), &v); (err == nil) != c.ok {
				t.Errorf("Decode(%s) = %v, want ok %v", c.in, err, c.ok)
			}
		})
	}
}

func TestAppendStringReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		var back string
		if err := json.Unmarshal(strictjson.AppendString(nil, s), &back); err != nil || back != s {
			t.Fatalf("AppendString(%q) reads back as %q, %v", s, back, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"name":"a","list":["x"]}`))
	f.Add([]byte(`{"sub":{"sub":{}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v sample
		if strictjson.Decode(data, &v) == nil && !json.Valid(data) {
			t.Fatalf("took %q, which is not JSON", data)
		}
	})
}
