package rule

import (
	"context"
	"reflect"
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

// Facts are what a condition may ask about. The names in the tags are those that
// operators write.
type Facts struct {
	Conversation Conversation
	Message      Message
	Customer     Customer
	At           time.Time // the time of the occasion
}

// Conversation is the conversation as it stands on the occasion.
type Conversation struct {
	Channel  string   `cel:"channel"`
	Language string   `cel:"language"`
	Status   string   `cel:"status"`
	Priority string   `cel:"priority"`
	Topic    string   `cel:"topic"`
	Team     string   `cel:"team"`
	Tags     []string `cel:"tags"`
	Assigned bool     `cel:"assigned"`
	Reopened int64    `cel:"reopened"` // how often
	Messages int64    `cel:"messages"` // of the customer, this one included
}

// Message is what was written on the occasion, secrets removed; empty where nothing
// was written.
type Message struct {
	Text        string   `cel:"text"`
	Attachments int64    `cel:"attachments"`
	Secrets     []string `cel:"secrets"` // the classes of what was removed
}

// Customer is who asks.
type Customer struct {
	SignedIn bool `cel:"signed_in"` // the wallet vouched for them
}

const (
	maxConditionBytes = 2000
	maxDepth          = 30
	maxNodes          = 400
	maxRegexProgram   = 1000
	maxCost           = 200_000     // of one evaluation, in the units of CEL's cost model: a few milliseconds
	maxTime           = time.Second // what the cost bounds takes far less; a slow machine must not decide what a rule does
)

// Condition is an expression that was checked.
type Condition struct {
	program cel.Program
	text    string
}

// environment is the language: CEL's standard functions, the string library, and
// mentions. It costs some milliseconds to make and is made anew for each set of
// rules, which changes seldom.
func environment() (*cel.Env, error) {
	return cel.NewEnv(
		ext.NativeTypes(ext.ParseStructTags(true), reflect.TypeFor[Conversation](), reflect.TypeFor[Message](), reflect.TypeFor[Customer]()),
		ext.Strings(ext.StringsVersion(4)),
		cel.Variable("conversation", cel.ObjectType("rule.Conversation")),
		cel.Variable("message", cel.ObjectType("rule.Message")),
		cel.Variable("customer", cel.ObjectType("rule.Customer")),
		cel.Variable("at", cel.TimestampType),
		cel.Function("mentions", cel.MemberOverload("string_mentions_list", []*cel.Type{cel.StringType, cel.ListType(cel.StringType)}, cel.BoolType,
			cel.BinaryBinding(mentions))),
		cel.ParserExpressionSizeLimit(maxConditionBytes),
		cel.ParserRecursionLimit(maxDepth),
		cel.ExpressionNodeLimit(maxNodes),
		cel.ExpressionNestingDepthLimit(maxDepth),
		cel.RegexProgramSizeLimit(maxRegexProgram),
	)
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

func compile(text string) (Condition, error) {
	env, err := environment()
	if err != nil {
		return Condition{}, fault.Wrap("rule.compile", err)
	}
	return compileIn(env, text)
}

// compileIn checks an expression. Errors: Invalid, saying where and why.
func compileIn(env *cel.Env, text string) (Condition, error) {
	const op = "rule.compile"
	if strings.TrimSpace(text) == "" {
		return Condition{}, nil
	}
	if len(text) > maxConditionBytes {
		return Condition{}, fault.InvalidFor(op, "if", settings.TooLong, "is longer than %d bytes", maxConditionBytes)
	}
	ast, issues := env.Compile(text)
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
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost), cel.CostTracking(costs{}), cel.InterruptCheckFrequency(100))
	if err != nil {
		return Condition{}, fault.InvalidFor(op, "if", settings.Malformed, "cannot be worked out: %s", err)
	}
	return Condition{program: program, text: text}, nil
}

// The reasons why a condition could not be worked out.
const (
	CostsTooMuch = "costs_too_much"
	FailsOnFacts = "fails_on_facts" // such as the sixth tag of a conversation that has two
)

// Holds works the condition out; an empty one always holds. Errors: Invalid when
// it fails on these facts or costs too much, with the reason as the message. CEL's
// own words are left out, since they may quote what people wrote.
func (c Condition) Holds(ctx context.Context, f *Facts) (bool, error) {
	const op = "rule.Holds"
	if c.program == nil {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	out, _, err := c.program.ContextEval(ctx, map[string]any{
		"conversation": &f.Conversation, "message": &f.Message, "customer": &f.Customer, "at": f.At,
	})
	switch {
	case err == nil:
		return out == types.True, nil
	case ctx.Err() != nil || strings.Contains(err.Error(), "cost limit exceeded"):
		return false, fault.InvalidField(op, "if", CostsTooMuch)
	default:
		return false, fault.InvalidField(op, "if", FailsOnFacts)
	}
}
