package insiderapi

import (
	"context"

	"kefu/internal/domain/insider"
	"kefu/internal/web/api"
)

// Decoy is a customer who does not exist.
type Decoy struct {
	CustomerID     string `json:"customer_id"`
	ConversationID string `json:"conversation_id"`
	Name           string `json:"name"`
	MadeBy         string `json:"made_by,omitempty"`
	MadeAt         int64  `json:"made_at"`
	RetiredAt      int64  `json:"retired_at,omitempty" doc:"none: it stands"`
	Touched        int    `json:"touched" doc:"how often somebody touched it"`
}

// DecoyList is all of them, the newest first.
type DecoyList struct {
	Items []Decoy `json:"items" nullable:"false"`
}

// MadeDecoy is one that was just made.
type MadeDecoy struct {
	CustomerID string `json:"customer_id"`
}

type (
	decoysInput    struct{ api.Caller }
	decoysOutput   struct{ Body DecoyList }
	makeDecoyInput struct {
		api.Caller
		Body struct {
			Name     string   `json:"name" minLength:"1" maxLength:"80" doc:"as staff see it"`
			Topic    string   `json:"topic,omitempty" maxLength:"120"`
			Language string   `json:"language" enum:"en,zh-CN"`
			Words    []string `json:"words" nullable:"false" minItems:"1" maxItems:"20" doc:"what was said: the customer first, then by turns"`
			DaysAgo  int      `json:"days_ago" minimum:"1" maximum:"365" doc:"when the conversation was resolved"`
		}
	}
	makeOutput       struct{ Body MadeDecoy }
	retireDecoyInput struct {
		api.Caller
		ID string `path:"id" doc:"of the customer"`
	}
)

const day = int64(86_400_000_000)

func (r *routes) decoys(ctx context.Context, in *decoysInput) (*decoysOutput, error) {
	all, err := r.Store.Decoys(ctx, in.Who())
	if err != nil {
		return nil, err
	}
	out := &decoysOutput{Body: DecoyList{Items: []Decoy{}}}
	for _, c := range all {
		out.Body.Items = append(out.Body.Items, Decoy{CustomerID: c.Customer, ConversationID: c.Conversation, Name: c.Name, MadeBy: c.MadeBy, MadeAt: c.MadeAt, RetiredAt: c.RetiredAt, Touched: c.Touched})
	}
	return out, nil
}

func (r *routes) make(ctx context.Context, in *makeDecoyInput) (*makeOutput, error) {
	b := in.Body
	customer, err := r.Decoys.Add(ctx, in.Who(), insider.NewCanary{Name: b.Name, Topic: b.Topic, Language: b.Language, Words: b.Words, Ago: int64(b.DaysAgo) * day})
	return &makeOutput{Body: MadeDecoy{CustomerID: customer}}, err
}

func (r *routes) retire(ctx context.Context, in *retireDecoyInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Store.RetireDecoy(ctx, in.Who(), in.ID)
}
