package conversation

// OfferRef names help that is offered in a conversation: a flow that its customer may
// begin there.
type OfferRef struct {
	Flow string `json:"flow"`
}

// OfferAuthor signs what Kefu offers because of what somebody wrote.
const OfferAuthor = "danger"

// maxFlow bounds the id of a flow, in bytes.
const maxFlow = 8

// offer puts help below what the customer just wrote, or what Kefu tells them. It answers nobody: whoever waits for
// a person goes on waiting.
func (o *Outcome) offer(flow string) {
	if flow == "" || len(flow) > maxFlow {
		return
	}
	o.Entries = append(o.Entries, Entry{Kind: KindOffer, Author: Author{Kind: BySystem, ID: OfferAuthor}, Content: Content{Offer: &OfferRef{Flow: flow}}})
}
