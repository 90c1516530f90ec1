// Package houses holds the policies under which the adversary of package safety tries
// things: that of a new house, one with rules of its own, one that pays nothing, and one
// that lets everything be.
package houses

import (
	"slices"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
)

// The houses, by their places in Policies.
const (
	New     = iota // as it comes
	Careful        // one with rules of its own
	Closed         // one that pays nothing at present
)

// Policies are those of the houses.
func Policies() []action.Policy {
	closed := action.Default()
	closed.Rules = append([]action.PolicyRule{{ID: "closed", Acts: []wallet.Act{wallet.RequestRefund, wallet.GrantCredit, wallet.RequestRetrieval, wallet.RedeemPoints}, Code: "closed"}}, closed.Rules...)
	careful := action.Policy{Rules: []action.PolicyRule{
		{ID: "slow down", Acts: wallet.Acts(), If: `facts.day_count >= 20`, Code: "too_many"},
		{ID: "make safe", Acts: []wallet.Act{wallet.Freeze, wallet.BlockInstrument, wallet.RevokeSessions, wallet.RevokeDevice, wallet.StopRecovery}, Allow: true, Level: 1},
		{ID: "new device", Acts: []wallet.Act{wallet.RequestRefund}, If: `facts.new_device`, Code: "new_device"},
		{ID: "much by one", Acts: []wallet.Act{wallet.RequestRefund}, If: `facts.actor == "staff" && facts.staff_total + facts.amount > 100.0`, Allow: true, Level: 2, FourEyes: true},
		{ID: "refund", Acts: []wallet.Act{wallet.RequestRefund}, Allow: true, Level: 2},
		{ID: "unfreeze", Acts: []wallet.Act{wallet.Unfreeze}, Allow: true, Level: 3, FourEyes: true},
		{ID: "bring back", Acts: []wallet.Act{wallet.RequestRetrieval}, Allow: true, Level: 2, FourEyes: true},
		{ID: "dispute", Acts: []wallet.Act{wallet.OpenDispute, wallet.AddEvidence}, Allow: true, Level: 2},
	}}
	return []action.Policy{action.Default(), careful, closed}
}

// Unproven are the policies of the houses without what they ask of somebody who redeems much
// or has just changed what proves them.
func Unproven() []action.Policy {
	all := Policies()
	for i := range all {
		all[i].Rules = slices.DeleteFunc(slices.Clone(all[i].Rules), func(r action.PolicyRule) bool {
			return r.Level > 1 && len(r.Acts) == 1 && r.Acts[0] == wallet.RedeemPoints
		})
	}
	return all
}

// Anything is the policy of a house that has none.
func Anything() action.Policy {
	var all action.Policy
	for _, a := range wallet.Acts() {
		all.Rules = append(all.Rules, action.PolicyRule{ID: string(a), Acts: []wallet.Act{a}, Allow: true, Level: int(max(action.Least(a), identity.AL1))})
	}
	return all
}
