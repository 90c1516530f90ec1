package flawed

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"kefu/internal/domain/attachment"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/httpsig"
)

// lax is what a wallet does not look at.
type lax struct {
	anything, present, anyBody, anyTime, again, anyComponents, anyKey, anyAlgorithm bool
	change                                                                          func(*http.Request, []byte) []byte // of what was signed well
}

// taking judges a request by itself, as laxly as it is told, and signs it anew for the
// server behind it.
func taking(next http.Handler, keys func() []httpsig.Key, now clock.Clock, l lax) http.Handler {
	var mu sync.Mutex
	seen := map[string]bool{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, wallet.MaxFileBytes))
		if err != nil {
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		all := keys()
		nonce, ok := l.admit(r, body, all, now())
		mu.Lock()
		ok = ok && (l.again || l.anything || l.present || !seen[nonce])
		seen[nonce] = true
		mu.Unlock()
		if ok {
			if l.change != nil {
				body = l.change(r, body)
			}
			sign(r, body, all[0], now())
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	})
}

// sign signs a request as it is now.
func sign(r *http.Request, body []byte, key httpsig.Key, now time.Time) {
	actor := r.Header.Get("Kefu-Actor")
	if actor == "" {
		actor = `{"kind":"staff","id":"somebody","purpose":"view"}`
	}
	r.Header.Set("Kefu-Actor", actor)
	headers := []httpsig.Header{{Name: "kefu-actor", Value: actor}}
	if r.Method == http.MethodPost {
		headers = append(headers, httpsig.Header{Name: "idempotency-key", Value: r.Header.Get("Idempotency-Key")})
	}
	signed := httpsig.Sign(httpsig.Request{Method: r.Method, Authority: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: body, Headers: headers}, key, now)
	r.Header.Set("Content-Digest", signed.ContentDigest)
	r.Header.Set("Signature-Input", signed.SignatureInput)
	r.Header.Set("Signature", signed.Signature)
}

// admit verifies a signature over what it says that it covers (RFC 9421).
func (l lax) admit(r *http.Request, body []byte, keys []httpsig.Key, now time.Time) (nonce string, ok bool) {
	if l.anything || (l.present && r.Header.Get("Signature") != "" && len(r.Header.Values("Kefu-Actor")) == 1) {
		return "", true
	}
	input := r.Header.Get("Signature-Input")
	m := regexp.MustCompile(`^kefu=(\(([^)]*)\);created=(\d+);keyid="([^"]*)";alg="([^"]*)";nonce="([^"]{22})")$`).FindStringSubmatch(input)
	if m == nil || len(r.Header.Values("Kefu-Actor")) > 1 {
		return "", false
	}
	must := `"@method" "@authority" "@path" "@query" "content-digest" "kefu-actor"`
	if r.Header.Get("Idempotency-Key") != "" {
		must += ` "idempotency-key"`
	}
	key := keys[0]
	for _, k := range keys {
		if k.ID == m[4] {
			key = k
		}
	}
	created, _ := strconv.ParseInt(m[3], 10, 64)
	age := now.Sub(time.Unix(created, 0))
	digest := r.Header.Get("Content-Digest")
	switch {
	case m[2] != must && !l.anyComponents, m[4] != key.ID && !l.anyKey, m[5] != "hmac-sha256" && !l.anyAlgorithm:
		return "", false
	case (age > httpsig.MaxAge || age < -httpsig.MaxAge) && !l.anyTime, digest != httpsig.Digest(body) && !l.anyBody:
		return "", false
	}
	values := map[string]string{
		"@method": r.Method, "@authority": strings.ToLower(r.Host), "@path": r.URL.EscapedPath(), "@query": "?" + r.URL.RawQuery, "content-digest": digest,
		"kefu-actor": r.Header.Get("Kefu-Actor"), "idempotency-key": r.Header.Get("Idempotency-Key"),
	}
	var base strings.Builder
	for _, name := range strings.Fields(m[2]) {
		fmt.Fprintf(&base, "%s: %s\n", name, values[strings.Trim(name, `"`)])
	}
	base.WriteString(`"@signature-params": ` + m[1])
	mac := hmac.New(sha256.New, key.Secret)
	mac.Write([]byte(base.String()))
	return m[6], r.Header.Get("Signature") == "kefu=:"+base64.StdEncoding.EncodeToString(mac.Sum(nil))+":"
}

// lenient reads a command as encoding/json does, and writes it anew.
func lenient(r *http.Request, body []byte) []byte {
	var c struct {
		wallet.Command
		Target string `json:"target,omitempty"`
	}
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, ":freeze") || json.Unmarshal(body, &c) != nil {
		return body
	}
	text, err := json.Marshal(c)
	if err != nil {
		return body
	}
	return text
}

// fileOf is what a file is.
func fileOf(body []byte) wallet.File {
	sum := sha256.Sum256(body)
	return wallet.File{Digest: hex.EncodeToString(sum[:]), Type: string(attachment.Sniff(body)), Size: int64(len(body))}
}

// filed changes what is said of a file that is given.
func filed(change func(*http.Request, *wallet.File, []byte)) func(*http.Request, []byte) []byte {
	return func(r *http.Request, body []byte) []byte {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/files") {
			return body
		}
		query := r.URL.Query()
		size, _ := strconv.ParseInt(query.Get("size"), 10, 64)
		f := wallet.File{Digest: query.Get("sha256"), Type: query.Get("type"), Size: size}
		keyed := r.Header.Get("Idempotency-Key") == f.Digest
		change(r, &f, body)
		if keyed {
			r.Header.Set("Idempotency-Key", f.Digest)
		}
		r.URL.RawQuery = url.Values{"sha256": {f.Digest}, "type": {f.Type}, "size": {strconv.FormatInt(f.Size, 10)}}.Encode()
		return body
	}
}

// recorder keeps an answer until it is changed.
type recorder struct {
	said
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *recorder) Write(body []byte) (int, error) {
	r.body = append(r.body, body...)
	return len(body), nil
}

// rewriting changes what is answered.
func rewriting(next http.Handler, change func(*said)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &recorder{said{request: r, status: http.StatusOK, header: http.Header{}}}
		next.ServeHTTP(answer, r)
		change(&answer.said)
		for name, values := range answer.header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.status)
		_, _ = w.Write(answer.body) // whoever asked may be gone
	})
}
