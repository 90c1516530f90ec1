package condition

import (
	"slices"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// growing are the functions of the string library that make a text many times as
// long as what they are given. CEL counts a call when it is over: two of them nested
// take all memory before anybody counts.
func growing() []string { return []string{"replace", "join", "format", "strings.quote"} }

// refused says why an expression could take more time or memory than its cost
// tells, or "". Beside the functions of growing these are lists of lists, which hold
// themselves a thousand times over for nothing, and are then compared one by one.
func refused(checked *cel.Ast) (why string) {
	tree := checked.NativeRep()
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch {
		case e.Kind() == ast.CallKind && slices.Contains(growing(), e.AsCall().FunctionName()):
			why = e.AsCall().FunctionName() + " is not there for conditions"
		case e.Kind() == ast.ListKind && len(e.AsList().Elements()) == 0: // of nothing yet
		case !flat(tree.GetType(e.ID())):
			why = "lists and maps hold single values of one type"
		}
	}))
	return why
}

// flat tells whether a type holds no lists or maps in a list or a map.
func flat(t *types.Type) bool {
	if t == nil || (t.Kind() != types.ListKind && t.Kind() != types.MapKind) {
		return true
	}
	return !slices.ContainsFunc(t.Parameters(), func(of *types.Type) bool {
		switch of.Kind() {
		case types.BoolKind, types.BytesKind, types.DoubleKind, types.DurationKind, types.IntKind, types.StringKind, types.TimestampKind, types.UintKind:
			return false
		default:
			return true
		}
	})
}

// costs counts the calls that CEL takes for one unit whatever they are given: as
// much as it counts itself for like ones. It implements interpreter.ActualCostEstimator.
type costs struct{}

const perElement = 10 // units for an element that a list is made longer by

// CallCost implements interpreter.ActualCostEstimator; nil: as CEL counts it.
func (costs) CallCost(function, overload string, args []ref.Val, _ ref.Val) *uint64 {
	var units uint64
	switch {
	case overload == overloads.AddList:
		units = perElement * min(sizeOf(args[0]), sizeOf(args[1]))
	case function == "mentions": // folds the text, then looks for each word, which is quick
		units = sizeOf(args[0])/10 + sizeOf(args[1])*(1+sizeOf(args[0])/100)
	case function == "indexOf" || function == "lastIndexOf":
		units = (1 + sizeOf(args[0])/10) * (1 + sizeOf(args[1])/10)
	case slices.Contains([]string{"charAt", "lowerAscii", "upperAscii", "trim", "reverse", "substring", "split"}, function):
		units = sizeOf(args[0]) / 10
	default:
		return nil
	}
	units++
	return &units
}

func sizeOf(v ref.Val) uint64 {
	if sized, ok := v.(traits.Sizer); ok {
		if n, ok := sized.Size().(types.Int); ok && n > 0 {
			return uint64(n)
		}
	}
	return 0
}
