package egress

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxAge is how long an answer may be kept, by its Cache-Control and Age (RFC
// 9111 section 4.2): 0 when it does not say or must not be kept.
func MaxAge(h http.Header) time.Duration {
	age := time.Duration(0)
	for _, part := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			age = seconds(strings.Trim(value, `"`))
		}
	}
	return max(0, age-seconds(h.Get("Age")))
}

// seconds reads a number of seconds; one beyond a year is a year.
func seconds(text string) time.Duration {
	const most = 365 * 24 * 3600
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, most)) * time.Second
}
