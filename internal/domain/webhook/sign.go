package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"kefu/internal/platform/fault"
)

// The headers of a delivery, as the Standard Webhooks specification names them
// (version 1, "Webhook Headers").
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

const (
	secretPrefix    = "whsec_"
	signaturePrefix = "v1,"

	// MinSecretBytes and MaxSecretBytes are what the specification allows.
	MinSecretBytes = 24
	MaxSecretBytes = 64
)

// Tolerance is how far the time of a delivery may be from the receiver's clock.
const Tolerance = 5 * time.Minute

// Secret signs deliveries to one endpoint. It is written as whsec_ and base64.
type Secret []byte

// ParseSecret reads a written secret. Errors: Invalid, without the secret.
func ParseSecret(text string) (Secret, error) {
	const op = "webhook.ParseSecret"
	encoded, found := strings.CutPrefix(text, secretPrefix)
	if !found {
		return nil, fault.New(fault.Invalid, op, "the secret does not begin with %s", secretPrefix)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	// The decoder passes over line ends, and one secret must have one spelling.
	if err != nil || strings.ContainsAny(encoded, "\r\n") || len(raw) < MinSecretBytes || len(raw) > MaxSecretBytes {
		return nil, fault.New(fault.Invalid, op, "the secret is not %d to %d bytes in base64", MinSecretBytes, MaxSecretBytes)
	}
	return raw, nil
}

// Text writes a secret as its receiver is given it.
func (s Secret) Text() string { return secretPrefix + base64.StdEncoding.EncodeToString(s) }

// Sign is the value of HeaderSignature: one signature for each secret, so that a
// receiver that knows only the old or only the new one accepts the delivery while
// a secret is being replaced.
func Sign(secrets []Secret, id string, at time.Time, body []byte) string {
	parts := make([]string, len(secrets))
	for i, s := range secrets {
		parts[i] = signaturePrefix + base64.StdEncoding.EncodeToString(mac(s, id, at, body))
	}
	return strings.Join(parts, " ")
}

// Verify tells whether one of the signatures was made with the secret, and not
// longer ago than Tolerance, nor later than that. It is what a receiver does; the
// examples and the tests use it.
func Verify(s Secret, id, timestamp, signatures string, body []byte, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return false
	}
	at := time.Unix(seconds, 0)
	if age := now.Sub(at); age > Tolerance || age < -Tolerance {
		return false
	}
	want := mac(s, id, at, body)
	for signature := range strings.FieldsSeq(signatures) {
		encoded, found := strings.CutPrefix(signature, signaturePrefix)
		if !found {
			continue // of a version that this receiver does not know
		}
		got, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil && subtle.ConstantTimeCompare(got, want) == 1 {
			return true
		}
	}
	return false
}

func mac(s Secret, id string, at time.Time, body []byte) []byte {
	h := hmac.New(sha256.New, s)
	h.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	h.Write(body)
	return h.Sum(nil)
}
