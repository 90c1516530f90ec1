package demolife

import (
	_ "embed"
	"encoding/json"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

//go:embed settings.yaml
var house []byte

// Settings are what the demo's house has set up, in the order to save them.
func Settings() ([]settings.Change, error) {
	const op = "demolife.Settings"
	var all []struct {
		Kind  string
		ID    string
		Value map[string]any
	}
	if err := yaml.Unmarshal(house, &all); err != nil {
		return nil, fault.Wrap(op, err)
	}
	changes := make([]settings.Change, len(all))
	for i, one := range all {
		body, err := json.Marshal(one.Value)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		at := settings.SingletonID(one.Kind)
		if one.ID != "" {
			at = id.From("demo " + one.Kind + " " + one.ID)
		}
		changes[i] = settings.Change{Kind: one.Kind, ID: at, Body: body}
	}
	return changes, nil
}
