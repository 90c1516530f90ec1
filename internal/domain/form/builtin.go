package form

import (
	_ "embed"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

//go:embed builtin.json
var builtin []byte

// Builtin are the forms that a new deployment begins with, in English and Chinese.
// Errors: Invalid, when what is built in is no form.
func Builtin() ([]Form, error) {
	const op = "form.Builtin"
	var forms []Form
	if err := strictjson.Decode(builtin, &forms); err != nil {
		return nil, fault.Wrap(op, err)
	}
	for _, f := range forms {
		if err := f.Validate(); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	return forms, nil
}
