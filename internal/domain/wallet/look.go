package wallet

// Link is the bridge from a customer of Kefu's to the wallet's, as far as somebody
// may cross it.
type Link struct {
	CustomerID string // Kefu's
	WalletID   string // the wallet's
	Case       string // the conversation that a member of staff looks for; "" for the customer
	Language   string // of that conversation (BCP 47), "" when nobody said
	Open       bool   // whether that conversation goes on: it is not resolved
	Untold     bool   // whether they may see what the customer must not hear
}

// ActiveFor is how long after its last word a closed conversation lets staff look
// into the wallet, in microseconds: 30 days.
const ActiveFor = 30 * 24 * 3600 * 1_000_000
