package e2e_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// reply is the answer to a request.
type reply struct {
	status int
	body   []byte
}

// browser makes requests to a server under all its names.
func browser() *http.Client {
	return &http.Client{Timeout: answerLimit, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("localhost", port))
		},
	}}
}

// call makes one request. A body that is no reader is sent as JSON.
func (s *server) call(method, path, token string, body any, header http.Header) reply {
	s.t.Helper()
	var reader io.Reader
	contentType := ""
	switch b := body.(type) {
	case nil:
	case io.Reader:
		reader = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		reader, contentType = bytes.NewReader(raw), "application/json"
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), answerLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.base()+path, reader)
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	client := browser()
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{response.StatusCode, raw}
}

// upload sends a file as a browser does.
func (s *server) upload(path, token, name, text string) reply {
	s.t.Helper()
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	part, err := writer.CreateFormFile("file", name)
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = io.WriteString(part, text)
	if err := writer.Close(); err != nil {
		s.t.Fatal(err)
	}
	return s.call(http.MethodPost, path, token, &form, http.Header{"Content-Type": {writer.FormDataContentType()}})
}

// walletToken is a token of the demo's wallet with the wallet's own words in it.
func (s *server) walletToken(subject, name, lang string) string {
	s.t.Helper()
	demo := s.demo()
	var text string
	if err := json.Unmarshal(demo.Issuer.PrivateKey, &text); err != nil {
		s.t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		s.t.Fatal("the issuer's key is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		s.t.Fatal(err)
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": demo.Issuer.Name, "aud": demo.Issuer.Audience, "sub": subject, "name": name, "lang": lang,
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "jti": uuid.NewString(),
	})
	token.Header["kid"] = demo.Issuer.KID
	signed, err := token.SignedString(key.(ed25519.PrivateKey))
	if err != nil {
		s.t.Fatal(err)
	}
	return signed
}

// collector is a receiver of traces (OTLP over HTTP).
func collector(t *testing.T) (endpoint string, received *lockedBuffer) {
	t.Helper()
	received = &lockedBuffer{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			plain, err := gzip.NewReader(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			body = plain
		}
		fmt.Fprintln(received, r.URL, r.Header)
		_, _ = io.Copy(received, body)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(receiver.Close)
	return receiver.URL, received
}

// words are all texts of a JSON document, as a person would read them.
func words(raw []byte) string {
	var document any
	if json.Unmarshal(raw, &document) != nil {
		return string(raw)
	}
	var out bytes.Buffer
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			out.WriteString(v + "\n")
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for key, one := range v {
				out.WriteString(key + "\n")
				walk(one)
			}
		}
	}
	walk(document)
	return out.String()
}
