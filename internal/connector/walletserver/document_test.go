package walletserver_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletapi"
	"kefu/internal/connector/walletserver"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/strictjson"
)

// spec is api/wallet-support.yaml as far as it is compared.
type spec struct {
	Paths      map[string]map[string]any `yaml:"paths"`
	Components struct {
		Schemas   map[string]schema `yaml:"schemas"`
		Responses map[string]any    `yaml:"responses"`
	} `yaml:"components"`
	Webhooks map[string]map[string]any `yaml:"webhooks"`
}

type schema struct {
	Ref        string            `yaml:"$ref"`
	Type       any               `yaml:"type"`
	AnyOf      []schema          `yaml:"anyOf"`
	Enum       []any             `yaml:"enum"`
	Const      any               `yaml:"const"`
	Properties map[string]schema `yaml:"properties"`
	Required   []string          `yaml:"required"`
	Additional any               `yaml:"additionalProperties"`
	Items      *schema           `yaml:"items"`
	Examples   []any             `yaml:"examples"`
}

func readSpec(t *testing.T) spec {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "api", "wallet-support.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var s spec
	if err := yaml.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// operation is one of the document: its id, and its query as the server tells it.
type operation struct {
	id    string
	query []string
}

// operations are those of the document by method and path, the names in the path apart.
func (s spec) operations(t *testing.T) map[string]operation {
	all := map[string]operation{}
	for path, methods := range s.Paths {
		for method, raw := range methods {
			if method == "servers" {
				continue
			}
			var told struct {
				ID         string `yaml:"operationId"`
				Parameters []struct {
					Name     string
					In       string
					Required bool
					Explode  bool
				}
			}
			text, err := yaml.Marshal(raw)
			if err == nil {
				err = yaml.Unmarshal(text, &told)
			}
			if err != nil || told.ID == "" {
				t.Errorf("%s %s has no id: %v", method, path, err)
			}
			o := operation{id: told.ID}
			for _, p := range told.Parameters {
				switch {
				case p.In == "query" && p.Required:
					o.query = append(o.query, p.Name+"!")
				case p.In == "query" && p.Explode:
					o.query = append(o.query, p.Name+"*")
				case p.In == "query":
					o.query = append(o.query, p.Name)
				}
			}
			all[strings.ToUpper(method)+" "+nameless(path)] = o
		}
	}
	return all
}

func nameless(path string) string {
	for _, name := range []string{"{tx}", "{op}", "{stepup}", "{target}"} {
		path = strings.ReplaceAll(path, name, "{}")
	}
	return path
}

// The document and the server have the same operations with the same queries.
func TestTheDocumentHasWhatIsServed(t *testing.T) {
	documented := readSpec(t).operations(t)
	server := walletserver.New(walletserver.Options{Wallet: memory.New(memory.Options{}), Verifier: httpsig.NewVerifier(10, key())})
	server.Handler()
	served := map[string][]string{}
	for _, e := range server.Endpoints() {
		served[e.Method+" "+nameless(e.Path)] = e.Query
	}
	for name, o := range documented {
		query, ok := served[name]
		if !ok {
			t.Errorf("%s is not served", name)
		} else if slices.Sort(query); !slices.Equal(query, slices.Sorted(slices.Values(o.query))) {
			t.Errorf("%s has the query %v and the document says %v", name, query, o.query)
		}
	}
	for name := range served {
		if _, ok := documented[name]; !ok {
			t.Errorf("%s is not in the document", name)
		}
	}
	for _, act := range wallet.Acts() {
		path, _ := walletapi.Path(wallet.Command{Act: act, CustomerID: "{id}", Target: "{}"})
		if o := documented["POST /"+strings.Join(path, "/")]; o.id != string(act) {
			t.Errorf("%s is posted to %v, where the document has %q", act, path, o.id)
		}
	}
}

// told is an answer or a body in Go.
type told struct {
	of       any
	validate func(text []byte) error
}

func of[T interface{ Validate() error }]() told {
	var zero T
	return told{of: zero, validate: func(text []byte) error {
		var v T
		if err := strictjson.Decode(text, &v); err != nil {
			return err
		}
		return v.Validate()
	}}
}

// part is what is checked with what it is part of.
func part[T any]() told {
	var zero T
	return told{of: zero, validate: func(text []byte) error {
		var v T
		return strictjson.Decode(text, &v)
	}}
}

func types() map[string]told {
	type commandOn struct {
		wallet.Command
		Target string `json:"target,omitempty"`
	}
	type problem struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Code   string `json:"code"`
		Field  string `json:"field,omitempty"`
	}
	type actor struct {
		Kind    string `json:"kind"`
		ID      string `json:"id"`
		Role    string `json:"role,omitempty"`
		Case    string `json:"case,omitempty"`
		Purpose string `json:"purpose"`
	}
	type money struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
		Scale    int    `json:"scale"`
	}
	return map[string]told{
		"Customer": of[wallet.Customer](), "KYC": part[wallet.KYC](), "Handle": part[wallet.Handle](), "Account": of[wallet.Account](), "Balance": of[wallet.Balance](),
		"Instrument": of[wallet.Instrument](), "Transaction": of[wallet.Transaction](), "Fee": part[wallet.Fee](), "Exchange": part[wallet.Exchange](),
		"Counterparty": part[wallet.Counterparty](), "Merchant": part[wallet.Merchant](), "Failure": of[wallet.Failure](), "Hold": part[wallet.Hold](), "Step": part[wallet.Step](),
		"Relation": part[wallet.Relation](), "Page": part[wallet.Page](), "Trace": of[wallet.Trace](), "Attempt": of[wallet.Attempt](), "Refund": of[wallet.Refund](),
		"Terms": of[wallet.Terms](), "Deadline": part[wallet.Deadline](), "Dispute": of[wallet.Dispute](), "Device": of[wallet.Device](), "Session": of[wallet.Session](),
		"Factor": of[wallet.Factor](), "Limit": of[wallet.Limit](), "Restriction": of[wallet.Restriction](), "Alert": of[wallet.Alert](), "Incident": of[wallet.Incident](), "Approval": part[wallet.Approval](),
		"Command": part[wallet.Command](), "CommandOn": part[commandOn](), "Made": part[wallet.Made](), "Summary": part[wallet.Summary](), "Operation": of[wallet.Operation](),
		"Claimed": part[wallet.Claimed](), "Matched": of[wallet.Matched](), "Ask": part[wallet.Ask](), "Asked": of[wallet.Asked](), "Notice": of[wallet.Notice](),
		"Statement": of[statement.Statement](), "Figure": part[statement.Figure](), "Document": of[statement.Document](), "Mandate": of[instrument.Mandate](), "Uses": of[instrument.Uses](),
		"Adding": {of: instrument.Adding{}, validate: func(text []byte) error {
			a := instrument.Adding{}
			if err := strictjson.Decode(text, &a); err != nil {
				return err
			}
			a.Key = "k-1" // the header says it
			return a.Validate()
		}},
		"RecoveryAsking": {of: recovery.Asking{}, validate: func(text []byte) error {
			a := recovery.Asking{}
			if err := strictjson.Decode(text, &a); err != nil {
				return err
			}
			a.Key = "k-1" // the header says it
			return a.Validate()
		}},
		"RecoveryBegin": part[recovery.Begin](), "RecoveryWay": of[recovery.Way](), "RecoveryOffer": of[recovery.Offer](), "Recovery": of[recovery.Recovery](), "RecoveryStanding": of[recovery.Standing](),
		"Link": of[instrument.Link](), "Tier": part[tariff.Tier](), "Line": of[tariff.Line](), "Schedule": of[tariff.Schedule](),
		"ClosureItem": of[closing.Item](), "Destination": part[closing.Destination](), "LateMoney": part[closing.Late](), "Return": of[closing.Return](), "Closure": of[closing.Standing](),
		"Lot": of[points.Lot](), "EarningRule": part[points.Rule](), "Earning": of[points.Earning](), "PointsClaim": of[points.Claim](), "Reward": of[points.Reward](), "Redemption": of[points.Redemption](),
		"Offer": of[points.Offer](), "OfferCondition": of[points.Condition](), "OfferTry": of[points.Try](), "Points": of[points.Standing](),
		"Consent": of[consent.Item](), "ConsentChange": of[consent.Change](), "Consents": of[consent.Standing](),
		"Notices": part[wallet.Notices](), "Capabilities": of[wallet.Capabilities](), "Problem": part[problem](), "Actor": part[actor](), "Money": part[money](),
		"Transfer": of[onchain.Transfer](), "NamedTransaction": of[onchain.Named](), "Retrieval": of[onchain.Retrieval](), "Asking": of[onchain.Asking](),
		"FileLimits": part[wallet.FileLimits](), "Stored": of[wallet.Stored](), "Evidence": part[wallet.Evidence](),
	}
}

// fields are those that encoding/json writes of a struct, and whether each is always
// there.
func fields(of reflect.Type) map[string]reflect.StructField {
	all := map[string]reflect.StructField{}
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			maps.Copy(all, fields(f.Type))
		case name != "-" && name != "":
			all[name] = f
		}
	}
	return all
}

func TestTheDocumentHasEveryField(t *testing.T) {
	s := readSpec(t)
	for name, x := range types() {
		told, ok := s.Components.Schemas[name]
		if !ok {
			t.Errorf("%s is not in the document", name)
			continue
		}
		if told.Additional != false {
			t.Errorf("%s lets further fields be there", name)
		}
		known := fields(reflect.TypeOf(x.of))
		for field, f := range known {
			property, ok := told.Properties[field]
			if !ok {
				t.Errorf("%s.%s is not in the document", name, field)
				continue
			}
			always := !strings.Contains(f.Tag.Get("json"), ",omitempty")
			if always != slices.Contains(told.Required, field) {
				t.Errorf("%s.%s: the document and the wallet differ in whether it is always there", name, field)
			}
			if got, want := kind(s, property), kindOf(f.Type); got != want && want != "" {
				t.Errorf("%s.%s is a %s in the document and a %s in a wallet", name, field, got, want)
			}
		}
		for field := range told.Properties {
			if _, ok := known[field]; !ok {
				t.Errorf("%s.%s is in the document alone", name, field)
			}
		}
	}
	plain := []string{"ID", "Code", "Text", "Time", "Currency", "Digest", "FileType", "MaybeMoney", "Keys", "State", "Kind", "FailureCode", "Act", "Refusal", "Reading", "NoticeType"}
	for name := range s.Components.Schemas {
		if _, ok := types()[name]; !ok && !slices.Contains(plain, name) {
			t.Errorf("%s is in the document and is compared with nothing", name)
		}
	}
}

// kind is what JSON calls a schema.
func kind(s spec, x schema) string {
	if name, ok := strings.CutPrefix(x.Ref, "#/components/schemas/"); ok {
		return kind(s, s.Components.Schemas[name])
	}
	switch {
	case len(x.AnyOf) > 0:
		return kind(s, x.AnyOf[0])
	case x.Const != nil:
		return "string"
	}
	if several, ok := x.Type.([]any); ok {
		return fmt.Sprint(several[0])
	}
	return fmt.Sprint(x.Type)
}

func kindOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[wallet.Time]():
		return "string"
	case t.Kind() == reflect.Pointer:
		return kindOf(t.Elem())
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64, reflect.Uint8:
		return "integer"
	case reflect.Slice, reflect.Array:
		return "array"
	default:
		return "object"
	}
}

func TestTheDocumentHasEveryWord(t *testing.T) {
	s := readSpec(t)
	for name, words := range map[string][]string{
		"State": texts(wallet.States()), "Kind": texts(wallet.Kinds()), "FailureCode": texts(wallet.FailureCodes()), "Act": texts(wallet.Acts()),
		"Refusal": texts(wallet.Refusals()), "Reading": texts(wallet.Readings()), "NoticeType": texts(wallet.NoticeTypes()),
		"FileType": wallet.FileTypes(),
	} {
		if got := texts(s.Components.Schemas[name].Enum); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(words))) {
			t.Errorf("%s: %v, want %v", name, got, words)
		}
	}
}

func texts[T any](list []T) []string {
	all := make([]string, len(list))
	for i, x := range list {
		all[i] = fmt.Sprint(x)
	}
	return all
}

// Every example is of the contract, and so are the words of each field that has a closed
// set; another word is not.
func TestTheExamplesAreOfTheContract(t *testing.T) {
	s, seen := readSpec(t), 0
	for name, x := range types() {
		for _, example := range s.Components.Schemas[name].Examples {
			seen++
			text, err := json.Marshal(example)
			if err == nil {
				err = x.validate(text)
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			object, _ := example.(map[string]any)
			for field, property := range s.Components.Schemas[name].Properties {
				if len(property.Enum) == 0 || property.Enum[0] == 2 || name == "Problem" || name == "Actor" {
					continue
				}
				for _, word := range append(property.Enum, "nonsense") {
					changed := maps.Clone(object)
					changed[field] = word
					text, err := json.Marshal(changed)
					if err != nil {
						t.Fatal(err)
					}
					refused := x.validate(text)
					unknown := refused != nil && strings.Contains(refused.Error(), "not a word of the contract")
					if unknown != (word == "nonsense") && (word != "nonsense" || refused == nil) {
						t.Errorf("%s.%s: %v: %v", name, field, word, refused)
					}
				}
			}
		}
	}
	if seen < 25 {
		t.Errorf("there are only %d examples", seen)
	}
}

func TestEveryErrorIsInTheDocument(t *testing.T) {
	codes := texts(readSpec(t).Components.Schemas["Problem"].Properties["code"].Enum)
	for _, code := range codes {
		found := false
		for _, file := range []string{"admit.go", "walletserver.go", "wallet.go"} {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), `"`+code+`"`)
		}
		if !found {
			t.Errorf("nothing is ever answered with %s", code)
		}
	}
}
