// Package condition is the language in which operators say when something is to
// happen: CEL over facts that whoever evaluates gives, without anything that changes,
// asks or takes long. Rules of automation, the policy for what may be done in a
// wallet, and the branches of flows are all written in it. A condition is checked
// when it is saved or loaded, and stopped when it costs too much.
package condition

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
	"golang.org/x/text/unicode/norm"

	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

const (
	maxBytes        = 2000
	maxDepth        = 30
	maxNodes        = 400
	maxRegexProgram = 1000
	maxCost         = 200_000     // of one evaluation, in the units of CEL's cost model: a few milliseconds
	maxTime         = time.Second // what the cost bounds takes far less; a slow machine must not decide what happens
)

// The reasons why a condition could not be worked out.
const (
	CostsTooMuch = "costs_too_much"
	FailsOnFacts = "fails_on_facts" // such as the sixth tag of a conversation that has two
)

// Language is CEL's standard functions, the string library and mentions, over the
// facts of one kind of occasion. It costs some milliseconds to make and is safe for
// concurrent use.
type Language struct{ env *cel.Env }

// Facts are what conditions may ask about, by name: structs whose fields carry `cel`
// tags, strings, numbers, times. Only the types are looked at.
type Facts map[string]any

// New makes the language of some facts. Errors: Internal for a type that CEL has not.
func New(facts Facts) (*Language, error) {
	const op = "condition.New"
	options := []cel.EnvOption{
		ext.Strings(ext.StringsVersion(4)),
		cel.Function("mentions", cel.MemberOverload("string_mentions_list", []*cel.Type{cel.StringType, cel.ListType(cel.StringType)}, cel.BoolType,
			cel.BinaryBinding(mentions))),
		cel.ParserExpressionSizeLimit(maxBytes),
		cel.ParserRecursionLimit(maxDepth),
		cel.ExpressionNodeLimit(maxNodes),
		cel.ExpressionNestingDepthLimit(maxDepth),
		cel.RegexProgramSizeLimit(maxRegexProgram),
	}
	natives := []any{ext.ParseStructTags(true)}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		kind, native, err := typeOf(facts[name])
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if native != nil {
			natives = append(natives, native)
		}
		options = append(options, cel.Variable(name, kind))
	}
	if len(natives) > 1 {
		options = append([]cel.EnvOption{ext.NativeTypes(natives...)}, options...)
	}
	env, err := cel.NewEnv(options...)
	return &Language{env: env}, fault.Wrap(op, err)
}

// typeOf is the type of a fact in CEL, and the Go type where it is a struct.
func typeOf(fact any) (*cel.Type, reflect.Type, error) {
	t := reflect.TypeOf(fact)
	switch {
	case t == reflect.TypeFor[time.Time]():
		return cel.TimestampType, nil, nil
	case t == nil:
	case t.Kind() == reflect.Struct:
		return cel.ObjectType(t.String()), t, nil
	case t.Kind() == reflect.String:
		return cel.StringType, nil, nil
	case t.Kind() == reflect.Bool:
		return cel.BoolType, nil, nil
	case t.Kind() == reflect.Int64:
		return cel.IntType, nil, nil
	case t.Kind() == reflect.Float64:
		return cel.DoubleType, nil, nil
	case t == reflect.TypeFor[map[string]string]():
		return cel.MapType(cel.StringType, cel.StringType), nil, nil
	case t == reflect.TypeFor[[]string]():
		return cel.ListType(cel.StringType), nil, nil
	case t == reflect.TypeFor[map[string]any]():
		return cel.MapType(cel.StringType, cel.DynType), nil, nil
	}
	return nil, nil, fault.New(fault.Internal, "condition.typeOf", "a fact has a type that conditions do not know: %v", t)
}

// mentions tells whether a text holds one of some words, whatever their case and
// width are written in: "退款" and "refund" alike.
func mentions(text, words ref.Val) ref.Val {
	folded := fold(string(text.(types.String)))
	it := words.(traits.Lister).Iterator()
	for it.HasNext() == types.True {
		word, ok := it.Next().(types.String)
		if !ok {
			return types.NewErr("mentions takes a list of words")
		}
		if w := fold(string(word)); w != "" && strings.Contains(folded, w) {
			return types.True
		}
	}
	return types.False
}

func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// Condition is an expression that was checked. The zero value always holds.
type Condition struct {
	program cel.Program
	text    string
}

// Text is the expression as it was written.
func (c Condition) Text() string { return c.text }

// Compile checks an expression; an empty one always holds. Errors: Invalid for the
// field "if", saying where and why.
func (l *Language) Compile(text string) (Condition, error) {
	const op = "condition.Compile"
	if strings.TrimSpace(text) == "" {
		return Condition{}, nil
	}
	if len(text) > maxBytes {
		return Condition{}, fault.InvalidFor(op, "if", settings.TooLong, "is longer than %d bytes", maxBytes)
	}
	ast, issues := l.env.Compile(text)
	if issues != nil && issues.Err() != nil {
		first := issues.Errors()[0]
		return Condition{}, fault.InvalidFor(op, "if", settings.Malformed, "line %d, column %d: %s", first.Location.Line(), first.Location.Column()+1, first.Message)
	}
	if ast.OutputType() != cel.BoolType {
		return Condition{}, fault.InvalidFor(op, "if", settings.Malformed, "must be true or false, and is %s", ast.OutputType())
	}
	if why := refused(ast); why != "" {
		return Condition{}, fault.InvalidFor(op, "if", settings.Malformed, "%s", why)
	}
	program, err := l.env.Program(ast, cel.EvalOptions(cel.OptOptimize, cel.OptPartialEval), cel.CostLimit(maxCost), cel.CostTracking(costs{}), cel.InterruptCheckFrequency(100))
	if err != nil {
		return Condition{}, fault.InvalidFor(op, "if", settings.Malformed, "cannot be worked out: %s", err)
	}
	return Condition{program: program, text: text}, nil
}

// Holds works the condition out over facts of the types that its language was made
// for; structs are given as pointers. Errors: Invalid when it fails on these facts or
// costs too much, with the reason as the message. CEL's own words are left out, since
// they may quote what people wrote.
func (c Condition) Holds(ctx context.Context, facts map[string]any) (bool, error) {
	holds, _, err := c.HoldsWithout(ctx, facts)
	return holds, err
}

// Unknown names a field of a fact that nobody told.
type Unknown struct{ Fact, Field string }

// HoldsWithout is Holds where some fields were not told: it tells as well whether the
// answer is the same whatever they are. Where it is not, it neither holds nor does not.
// Errors: as Holds.
func (c Condition) HoldsWithout(ctx context.Context, facts map[string]any, untold ...Unknown) (holds, known bool, err error) {
	const op = "condition.Holds"
	if c.program == nil {
		return true, true, nil
	}
	var input any = facts
	if len(untold) > 0 {
		patterns := make([]*cel.AttributePatternType, len(untold))
		for i, u := range untold {
			patterns[i] = cel.AttributePattern(u.Fact).QualString(u.Field)
		}
		if input, err = cel.PartialVars(facts, patterns...); err != nil {
			return false, false, fault.InvalidField(op, "if", FailsOnFacts)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	out, _, err := c.program.ContextEval(ctx, input)
	switch {
	case err == nil && types.IsUnknown(out):
		return false, false, nil
	case err == nil:
		return out == types.True, true, nil
	case ctx.Err() != nil || strings.Contains(err.Error(), "cost limit exceeded"):
		return false, false, fault.InvalidField(op, "if", CostsTooMuch)
	default:
		return false, false, fault.InvalidField(op, "if", FailsOnFacts)
	}
}
