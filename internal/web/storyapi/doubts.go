package storyapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/web/api"
)

// Doubter tells of which codes it is not certain what they stand for.
type Doubter interface {
	Open(ctx context.Context, p identity.Principal) (open []failure.Noted, full bool, err error)
}

// CodeDoubt is a rail's own code of which it is not certain what it stands for.
type CodeDoubt struct {
	Rail    string    `json:"rail" doc:"whose code it is; empty for payments that never began"`
	Code    string    `json:"code" doc:"as it came, without what looked like a secret; empty where the wallet told none"`
	Kind    string    `json:"kind" enum:"unknown,disagrees" doc:"nothing says what it stands for; or the wallet says otherwise than the table"`
	Said    string    `json:"said" doc:"by the wallet"`
	Mapped  string    `json:"mapped,omitempty" doc:"by the table"`
	Times   int64     `json:"times" doc:"failed payments with it"`
	FirstAt time.Time `json:"first_at"`
	LastAt  time.Time `json:"last_at"`
	Example string    `json:"example" doc:"reference of a payment, masked"`
}

type doubtsOutput struct {
	Body struct {
		Items []CodeDoubt `json:"items" nullable:"false"`
		Full  bool        `json:"full" doc:"there is no room for more: what comes beside is not listed"`
	}
}

// DoubtRoutes gives the operation, for api.Deps.More.
func DoubtRoutes(d Doubter) func(*api.API) {
	return func(a *api.API) {
		api.Add(a, huma.Operation{
			OperationID: "failure-code-doubts", Method: http.MethodGet, Path: "/v1/failure-codes/doubts",
			Summary: "List codes of failed payments of which it is not certain what they stand for", Tags: []string{"settings"},
		}, func(ctx context.Context, in *struct{ api.Caller }) (*doubtsOutput, error) {
			open, full, err := d.Open(ctx, in.Who())
			if err != nil {
				return nil, err
			}
			out := &doubtsOutput{}
			out.Body.Items, out.Body.Full = make([]CodeDoubt, len(open)), full
			for i, n := range open {
				out.Body.Items[i] = CodeDoubt{
					Rail: n.Rail, Code: n.Code, Kind: n.Kind(), Said: string(n.Said), Mapped: string(n.Mapped), Times: n.Times,
					FirstAt: n.FirstAt.Std(), LastAt: n.LastAt.Std(), Example: n.Example,
				}
			}
			return out, nil
		})
	}
}
