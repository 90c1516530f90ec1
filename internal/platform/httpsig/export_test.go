package httpsig

import "encoding/base64"

// MACOf signs covered components with given parameters, for RFC 9421's own example.
func MACOf(secret []byte, covered []Header, params string) string {
	return base64.StdEncoding.EncodeToString(sum(secret, base(covered, params)))
}
