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

//go:embed plans.yaml
var plans []byte

// item is one setting as the file has it.
type item struct {
	Kind  string
	ID    string
	Value map[string]any
}

func items() ([]item, error) { return itemsOf(house) }

func itemsOf(file []byte) (all []item, err error) {
	err = yaml.Unmarshal(file, &all)
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
func Settings() ([]settings.Change, error) { return changesOf(house) }

// Plans are what the demo's house offers, with a life or without.
func Plans() ([]settings.Change, error) { return changesOf(plans) }

func changesOf(file []byte) ([]settings.Change, error) {
	const op = "demolife.changesOf"
	all, err := itemsOf(file)
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
