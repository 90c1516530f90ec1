package window

import (
	"context"
	"net/http"
	"strconv"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/web/walletview"
)

// Transactions gives customers their own.
type Transactions interface {
	Own(ctx context.Context, p identity.Principal, q wallet.Query) (wallet.Page, error)
	OwnOne(ctx context.Context, p identity.Principal, id string) (wallet.Transaction, error)
}

// Ask answers whoever holds the session of an open connection, or refuses.
type Ask func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error))

const ownPage = 20 // transactions of one page, unless less is asked for

// transactions serves GET /rt/wallet/transactions: a page, or with ?id= the one.
func (d Deps) transactions(w http.ResponseWriter, r *http.Request) {
	d.Ask(w, r, func(ctx context.Context, p identity.Principal) (any, error) {
		if query := r.URL.Query(); len(query) == 1 && len(query["id"]) == 1 { // the one that the wallet's page asked about, however old
			one, err := d.Wallet.OwnOne(ctx, p, query.Get("id"))
			if err != nil {
				return nil, err
			}
			return walletview.OfOwn(wallet.Page{Items: []wallet.Transaction{one}}, wallet.At(d.Clock())), nil
		}
		q, err := ownQuery(r)
		if err != nil {
			return nil, err
		}
		page, err := d.Wallet.Own(ctx, p, q)
		if err != nil {
			return nil, err
		}
		return walletview.OfOwn(page, wallet.At(d.Clock())), nil
	})
}

// ownQuery reads what a window may ask for.
func ownQuery(r *http.Request) (wallet.Query, error) {
	const op = "window.ownQuery"
	q := wallet.Query{Limit: ownPage}
	for name, given := range r.URL.Query() {
		if len(given) != 1 {
			return q, fault.InvalidField(op, name, "is given twice")
		}
		switch name {
		case "cursor":
			q.Cursor = given[0]
		case "limit":
			n, err := strconv.Atoi(given[0])
			if err != nil || n < 1 || n > 50 {
				return q, fault.InvalidField(op, name, "is not one of 1 to 50")
			}
			q.Limit = n
		default:
			return q, fault.InvalidField(op, name, "is unknown")
		}
	}
	return q, nil
}
