package lines

import (
	"encoding/json"
	"slices"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
)

// Approval stands among kinds of settings for what waits for a second person.
const Approval = "approval"

// Changed is the frame that tells a desk what changed beside conversations, as far as
// somebody may read it there; nil when there is nothing to tell. mayRead judges kinds
// of settings; without it none is told of.
func Changed(who identity.Principal, what []string, mayRead func(who identity.Principal, kind string) bool) []byte {
	if who.Kind != identity.Staff {
		return nil
	}
	told := slices.DeleteFunc(slices.Clone(what), func(one string) bool {
		if one == Approval {
			return !policy.Allow(who, policy.ReadApprovals, policy.Object{})
		}
		return mayRead == nil || !mayRead(who, one)
	})
	if len(told) == 0 {
		return nil
	}
	frame, _ := json.Marshal(struct {
		T    string   `json:"t"`
		What []string `json:"what"`
	}{"changed", told}) // of texts alone: it cannot fail
	return frame
}
