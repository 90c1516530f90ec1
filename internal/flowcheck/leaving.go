package flowcheck

import "fmt"

// leaves are stages of closing an account (FL5).
func leaves() map[string]stage {
	nothing := func(*scene) {}
	return map[string]stage{
		"FL5-14": {set: nothing},
	}
}

// beyondLeaving says of the others why nobody comes there: who begins in the demo's wallet
// has money, points, cards and mandates of their own, which these conversations do not
// have. What the wallet does is tried where it stands (internal/connector/demowallet).
func beyondLeaving(all map[string]string) {
	for n := 1; n <= 26; n++ {
		id := fmt.Sprintf("FL5-%02d", n)
		if _, staged := leaves()[id]; !staged {
			all[id] = "whoever is new there has money, points and cards of their own in the way"
		}
	}
	all["FL5-22"] = "what is kept of a customer is the house's and not the wallet's"
	all["FL5-17"] = "a wallet that is asked in process is always there to say how an account's end stands"
}
