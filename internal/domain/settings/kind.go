package settings

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
)

// Bounds of every kind.
const (
	MaxBody    = 64 << 10 // bytes of one item's body
	DefaultMax = 200      // items of one owner, archived ones not counted
)

// Value is the Go type of a kind. Its zero value need not be valid. Validate is
// given what was just read strictly and says what is wrong with it by a fault that
// names the field's path: hours.2.from for the third element's member.
type Value interface{ Validate() error }

// Kind says what one kind of setting is. Define makes a Definition of it.
type Kind[T Value] struct {
	Name      string // of [a-z_]: part of addresses, table rows and operation names
	Scope     Scope
	Singleton bool // the house has exactly one; Default counts until it is saved
	FourEyes  bool // a change needs a second person
	Max       int  // items of one owner that are not archived; 0 for DefaultMax
	Read      policy.Action
	Change    policy.Action
	Default   T // of a singleton
	// May tells whether who may change this kind may do so to this value; nil: always.
	// It is asked of what an item is to be.
	May func(p identity.Principal, v T) bool
	// Leans are the ids of items of other kinds by which a value says what people may do:
	// while it is in use, who changes one of those needs a second person too. nil: none.
	Leans func(v T) []string
	// Bound tells whether a change of an item would change what p may do themselves: then
	// it is somebody else's to make. nil: never.
	Bound func(p identity.Principal, all *Snapshot, id string) bool
	// Said tells whether customers are told, as our words, what a value says at a
	// path: that may not ask for what is never asked for. nil: they are told nothing.
	Said func(v T, path string) bool
	// Complete fills in what follows from the others as they are when a value is saved, and
	// stays so whatever becomes of them; nil: nothing. It runs before Check, in the same
	// transaction.
	Complete func(all *Snapshot, v T) T
	// Check refuses a value that does not fit the others, such as a name that is
	// taken or a reference to nothing; may be nil. It runs in the transaction of the
	// change, and sees all settings of the house as that change finds them.
	Check func(all *Snapshot, id string, v T) error
	// Unused refuses to archive what others still need; may be nil.
	Unused func(all *Snapshot, id string) error
}

// Definition is a Kind without its type parameter, for those who treat all kinds
// alike.
type Definition struct {
	Name      string
	Scope     Scope
	Singleton bool
	FourEyes  bool
	Max       int
	Type      reflect.Type

	read, change policy.Action
	initial      json.RawMessage
	decode       func(body []byte) (json.RawMessage, any, error)
	check        func(all *Snapshot, id string, v any) error
	complete     func(all *Snapshot, v any) any
	unused       func(all *Snapshot, id string) error
	said         func(v any, path string) bool
	may          func(p identity.Principal, v any) bool
	leans        func(all *Snapshot) []string
	bound        func(p identity.Principal, all *Snapshot, id string) bool
	gather       func(items []Item) (list, error)
}

// Define makes the Definition of a kind.
func Define[T Value](k Kind[T]) Definition {
	d := Definition{
		Name: k.Name, Scope: k.Scope, Singleton: k.Singleton, FourEyes: k.FourEyes, Max: cmp.Or(k.Max, DefaultMax),
		Type: reflect.TypeFor[T](), read: k.Read, change: k.Change, unused: k.Unused, bound: k.Bound,
		decode: decode[T], gather: gather[T],
	}
	if k.Said != nil {
		d.said = func(v any, path string) bool {
			own, ok := v.(T)
			return ok && k.Said(own, path)
		}
	}
	if k.Singleton {
		d.initial, _ = json.Marshal(k.Default) // Registry refuses one that cannot be written
		d.gather = func(items []Item) (list, error) {
			if len(items) == 0 {
				items = []Item{d.Initial()}
			}
			return gather[T](items)
		}
	}
	if k.May != nil {
		d.may = func(p identity.Principal, v any) bool {
			own, ok := v.(T)
			return ok && k.May(p, own)
		}
	}
	if k.Leans != nil {
		d.leans = func(all *Snapshot) (ids []string) {
			for _, e := range All[T](all) {
				ids = append(ids, k.Leans(e.Value)...)
			}
			return ids
		}
	}
	if k.Complete != nil {
		d.complete = func(all *Snapshot, v any) any { return k.Complete(all, v.(T)) }
	}
	if k.Check != nil {
		d.check = func(all *Snapshot, id string, v any) error { return k.Check(all, id, v.(T)) }
	}
	return d
}

// decode reads a body strictly and gives it back in the one form in which it is
// stored.
func decode[T Value](body []byte) (json.RawMessage, any, error) {
	const op = "settings.Decode"
	var v T
	if len(body) > MaxBody {
		return nil, nil, fault.New(fault.Invalid, op, "is larger than %d bytes", MaxBody)
	}
	if err := strictjson.Decode(body, &v); err != nil {
		return nil, nil, err
	}
	if bytes.Equal(bytes.TrimSpace(body), []byte("null")) {
		return nil, nil, fault.New(fault.Invalid, op, "there is no value")
	}
	if err := v.Validate(); err != nil {
		return nil, nil, err
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	// Written, some characters of a key are escaped, and then it is not read again.
	if err := strictjson.Check(plain); err != nil {
		return nil, nil, fault.New(fault.Invalid, op, "a key has a character that cannot be kept")
	}
	return plain, v, nil
}

// Decode reads a body strictly, validates it and gives it in the form in which it
// is stored, with the value. Errors: Invalid, with the field's path.
func (d Definition) Decode(body []byte) (stored json.RawMessage, value any, err error) {
	return d.decode(body)
}

// Complete fills in what a value of Decode does not say and the other settings do, and gives
// it in the form in which it is stored. Errors: Internal.
func (d Definition) Complete(all *Snapshot, stored json.RawMessage, value any) (json.RawMessage, any, error) {
	if d.complete == nil {
		return stored, value, nil
	}
	value = d.complete(all, value)
	text, err := json.Marshal(value)
	return text, value, fault.Wrap("settings.Complete", err)
}

// Check asks the kind whether a value of Decode fits the settings there are.
func (d Definition) Check(all *Snapshot, id string, value any) error {
	if d.check == nil {
		return nil
	}
	return d.check(all, id, value)
}

// May tells whether p may make an item of a value of Decode.
func (d Definition) May(p identity.Principal, value any) bool { return d.may == nil || d.may(p, value) }

// Bound tells whether p may not change an item because what they may do themselves
// follows from it.
func (d Definition) Bound(p identity.Principal, all *Snapshot, id string) bool {
	return d.bound != nil && d.bound(p, all, id)
}

// Said tells whether customers are told, as our words, what a value of Decode says
// at a path.
func (d Definition) Said(value any, path string) bool { return d.said != nil && d.said(value, path) }

// Unused asks the kind whether an item may be archived.
func (d Definition) Unused(all *Snapshot, id string) error {
	if d.unused == nil {
		return nil
	}
	return d.unused(all, id)
}

// Label is the name that a body gives its item, for lists: its member name, or
// issuer; or "".
func (d Definition) Label(body json.RawMessage) string {
	var named struct{ Name, Issuer string }
	if json.Unmarshal(body, &named) != nil { // a member of another type is no name
		return ""
	}
	return cmp.Or(named.Name, named.Issuer)
}

// Initial is what a singleton is before anybody saved it, as revision 0.
func (d Definition) Initial() Item {
	return Item{Kind: d.Name, ID: SingletonID(d.Name), Body: d.initial}
}

// ValidID tells whether an item of this kind may have an id.
func (d Definition) ValidID(of string) bool {
	if d.Singleton {
		return of == SingletonID(d.Name)
	}
	return id.Valid(of)
}

// Registry is the kinds that there are. It never changes.
type Registry struct{ kinds map[string]Definition }

// NewRegistry makes one. Errors: Internal for a name or a type that comes twice,
// and for a definition that lacks something.
func NewRegistry(all ...Definition) (*Registry, error) {
	const op = "settings.NewRegistry"
	r := &Registry{kinds: make(map[string]Definition, len(all))}
	types := map[reflect.Type]string{}
	for _, d := range all {
		switch {
		case !validName(d.Name):
			return nil, fault.New(fault.Internal, op, "a kind is called %q", d.Name)
		case r.kinds[d.Name].Name != "" || types[d.Type] != "":
			return nil, fault.New(fault.Internal, op, "the kind %q, or its type, comes twice", d.Name)
		case d.read == "" || d.change == "":
			return nil, fault.New(fault.Internal, op, "nobody is said to read or change %q", d.Name)
		case d.Singleton && (d.Scope != House || d.initial == nil):
			return nil, fault.New(fault.Internal, op, "%q is a singleton of somebody, or without a beginning", d.Name)
		}
		r.kinds[d.Name], types[d.Type] = d, d.Name
	}
	return r, nil
}

func validName(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return name != "" && len(name) <= 32
}

// Find finds a kind. Errors: NotFound.
func (r *Registry) Find(kind string) (Definition, error) {
	if r != nil {
		if d, ok := r.kinds[kind]; ok {
			return d, nil
		}
	}
	return Definition{}, fault.New(fault.NotFound, "settings.Find", "there is no kind of that name")
}

// FourEyes tells whether a change of an item needs a second person: by its kind, or
// because one that does says by it what people may do.
func (r *Registry) FourEyes(d Definition, all *Snapshot, id string) bool {
	if d.FourEyes {
		return true
	}
	for _, other := range r.All() {
		if other.FourEyes && other.leans != nil && slices.Contains(other.leans(all), id) {
			return true
		}
	}
	return false
}

// All gives every kind by name.
func (r *Registry) All() []Definition {
	if r == nil {
		return nil
	}
	all := make([]Definition, 0, len(r.kinds))
	for _, name := range slices.Sorted(maps.Keys(r.kinds)) {
		all = append(all, r.kinds[name])
	}
	return all
}

// Each calls do with every text of a value that people may have written, and its
// path. Texts that are identifiers, and members tagged `guard:"-"` (keys that are
// public, addresses that are checked otherwise), are left out. It stops at the
// first error.
func Each(value any, do func(path, text string) error) error {
	return each(reflect.ValueOf(value), "", do)
}

func each(v reflect.Value, path string, do func(path, text string) error) error {
	switch v.Kind() {
	case reflect.String:
		if text := v.String(); text != "" && !id.Valid(text) {
			return do(path, text)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return each(v.Elem(), path, do)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := each(v.Index(i), join(path, fmt.Sprint(i)), do); err != nil {
				return err
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if err := each(key, path, do); err != nil {
				return err
			}
			if err := each(v.MapIndex(key), join(path, key.String()), do); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for f, field := range v.Fields() {
			if f.IsExported() && f.Tag.Get("guard") != "-" {
				name, _, _ := bytes.Cut([]byte(f.Tag.Get("json")), []byte(","))
				if err := each(field, join(path, cmp.Or(string(name), f.Name)), do); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
