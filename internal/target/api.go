package target

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	apiTimeout = 30 * time.Second
	maxAnswer  = 16 << 20 // bytes
)

// API is the desk's REST interface over one kept-alive connection a caller.
type API struct {
	Base  string
	Token string // bearer token; secret
	http  *http.Client
}

// NewAPI makes an API at a base address.
func NewAPI(base string) *API {
	return &API{Base: base, http: &http.Client{
		Timeout:   apiTimeout,
		Transport: &http.Transport{DialContext: dialLoopback, MaxIdleConnsPerHost: 16},
	}}
}

// Close ends the kept-alive connections.
func (a *API) Close() { a.http.CloseIdleConnections() }

// Get reads path into the answer; nil discards it.
func (a *API) Get(ctx context.Context, path string, answer any) error {
	return a.do(ctx, http.MethodGet, path, nil, answer)
}

// Post sends body as JSON.
func (a *API) Post(ctx context.Context, path string, body, answer any) error {
	return a.send(ctx, http.MethodPost, path, body, answer)
}

// Put sends body as JSON.
func (a *API) Put(ctx context.Context, path string, body, answer any) error {
	return a.send(ctx, http.MethodPut, path, body, answer)
}

func (a *API) send(ctx context.Context, method, path string, body, answer any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	return a.do(ctx, method, path, raw, answer)
}

func (a *API) do(ctx context.Context, method, path string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, a.Base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if a.Token != "" {
		request.Header.Set("Authorization", "Bearer "+a.Token)
	}
	response, err := a.http.Do(request)
	if err != nil {
		return fmt.Errorf("target: %s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("target: %s %s: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("target: %s %s: status %d", method, path, response.StatusCode)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("target: %s %s: %w", method, path, err)
	}
	return nil
}
