package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/field"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/reveal"
	"kefu/internal/flow/lookup"
	"kefu/internal/web/walletview"
)

// Wallet looks things up in the operator's wallet.
type Wallet interface {
	Customer(ctx context.Context, p identity.Principal, customerID string) (lookup.Summary, error)
	Transactions(ctx context.Context, p identity.Principal, customerID string, q wallet.Query) (wallet.Page, error)
	Transaction(ctx context.Context, p identity.Principal, customerID, id string) (wallet.Transaction, error)
	Reveal(ctx context.Context, p identity.Principal, a lookup.Ask) (lookup.Revealed, error)
}

type walletOutput struct{ Body walletview.WalletView }

type transactionsInput struct {
	InCustomer
	// The filters stand in the body: addresses of requests are logged by proxies.
	Body struct {
		States   []string `json:"states,omitempty" nullable:"false" maxItems:"23"`
		Kinds    []string `json:"kinds,omitempty" nullable:"false" maxItems:"12"`
		From     int64    `json:"from,omitempty" doc:"microseconds since 1970 UTC"`
		To       int64    `json:"to,omitempty"`
		Min      string   `json:"min,omitempty" maxLength:"76" doc:"a decimal number, whatever the currency"`
		Max      string   `json:"max,omitempty" maxLength:"76"`
		Currency string   `json:"currency,omitempty" maxLength:"12"`
		Text     string   `json:"text,omitempty" maxLength:"200" doc:"in the name of the counterparty or merchant"`
		Cursor   string   `json:"cursor,omitempty" maxLength:"200"`
		Limit    int      `json:"limit,omitempty" minimum:"1" maximum:"100" default:"20"`
	}
}

type transactionsOutput struct{ Body walletview.Page }

type inTransaction struct {
	InCustomer
	Transaction string `path:"transaction" doc:"the wallet's id of the transaction"`
}

type transactionOutput struct{ Body walletview.Transaction }

type revealInput struct {
	InCustomer
	Body struct {
		Conversation string `json:"conversation" minLength:"1" maxLength:"64" doc:"for which the field is needed: the caller's own, or for supervisors any"`
		Field        string `json:"field" enum:"customer.name,customer.email,customer.phone,customer.username,account.number,transaction.counterparty,transaction.counterparty_account,transaction.note"`
		Object       string `json:"object,omitempty" maxLength:"64" doc:"the account or transaction that the field is of; of an email, phone or username its place among the handles, from 0"`
		Reason       string `json:"reason" enum:"identify_customer,trace_payment,contact_customer,report_fraud,correct_data,other"`
		Text         string `json:"text" minLength:"8" maxLength:"200" doc:"why, in words; kept as long as the audit chain"`
	}
}

// RevealedField is one field unmasked, to be hidden again when its time is over.
type RevealedField struct {
	Value     string `json:"value"`
	ExpiresAt int64  `json:"expires_at"`
}

type revealOutput struct{ Body RevealedField }

func (a *API) addWallet() {
	tags := []string{"wallet"}
	add(a, huma.Operation{
		OperationID: "wallet", Method: http.MethodGet, Path: "/v1/customers/{id}/wallet",
		Summary: "Read a customer's side of the wallet, masked", Tags: tags,
	}, a.walletOf)
	add(a, huma.Operation{
		OperationID: "wallet-transactions", Method: http.MethodPost, Path: "/v1/customers/{id}/wallet/transactions",
		Summary: "List a customer's transactions, the newest first", Tags: tags, Metadata: Reading(),
	}, a.walletTransactions)
	add(a, huma.Operation{
		OperationID: "wallet-transaction", Method: http.MethodGet, Path: "/v1/customers/{id}/wallet/transactions/{transaction}",
		Summary: "Read one transaction with its history", Tags: tags,
	}, a.walletTransaction)
	add(a, huma.Operation{
		OperationID: "wallet-reveal", Method: http.MethodPost, Path: "/v1/customers/{id}/wallet/reveal",
		Summary: "Reveal one masked field, for a reason", Tags: tags,
	}, a.walletReveal)
}

func (a *API) walletOf(ctx context.Context, in *InCustomer) (*walletOutput, error) {
	sum, err := a.Wallet.Customer(ctx, in.who(), in.ID)
	if err != nil {
		return nil, err
	}
	return &walletOutput{Body: walletview.OfSummary(sum)}, nil
}

func (a *API) walletTransactions(ctx context.Context, in *transactionsInput) (*transactionsOutput, error) {
	b := in.Body
	q := wallet.Query{
		From: wallet.Time(b.From), To: wallet.Time(b.To), Min: b.Min, Max: b.Max, Currency: b.Currency, Text: b.Text, Cursor: b.Cursor, Limit: b.Limit,
	}
	for _, s := range b.States {
		q.States = append(q.States, wallet.State(s))
	}
	for _, k := range b.Kinds {
		q.Kinds = append(q.Kinds, wallet.Kind(k))
	}
	page, err := a.Wallet.Transactions(ctx, in.who(), in.ID, q)
	if err != nil {
		return nil, err
	}
	return &transactionsOutput{Body: walletview.OfPage(page, wallet.At(a.Clock()))}, nil
}

func (a *API) walletTransaction(ctx context.Context, in *inTransaction) (*transactionOutput, error) {
	t, err := a.Wallet.Transaction(ctx, in.who(), in.ID, in.Transaction)
	if err != nil {
		return nil, err
	}
	return &transactionOutput{Body: walletview.OfTransaction(t, wallet.At(a.Clock()))}, nil
}

func (a *API) walletReveal(ctx context.Context, in *revealInput) (*revealOutput, error) {
	b := in.Body
	got, err := a.Wallet.Reveal(ctx, in.who(), lookup.Ask{
		CustomerID: in.ID, Conversation: b.Conversation, Field: field.Name(b.Field), Object: b.Object, Reason: reveal.Reason{Code: b.Reason, Text: b.Text},
	})
	if err != nil {
		return nil, err
	}
	return &revealOutput{Body: RevealedField{Value: got.Value, ExpiresAt: got.ExpiresAt.UnixMicro()}}, nil
}
