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

// item is one setting as the file has it.
type item struct {
	Kind  string
	ID    string
	Value map[string]any
}

func items() (all []item, err error) {
	err = yaml.Unmarshal(house, &all)
	return all, fault.Wrap("demolife.items", err)
}

// at is the id of the item: the same every time.
func (i item) at() string {
	if i.ID == "" {
		return settings.SingletonID(i.Kind)
	}
	return id.From("demo " + i.Kind + " " + i.ID)
}

// Settings are what the demo's house has set up, in the order to save them.
func Settings() ([]settings.Change, error) {
	const op = "demolife.Settings"
	all, err := items()
	if err != nil {
		return nil, err
	}
	changes := make([]settings.Change, len(all))
	for i, one := range all {
		body, err := json.Marshal(one.Value)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		changes[i] = settings.Change{Kind: one.Kind, ID: one.at(), Body: body}
	}
	return changes, nil
}
