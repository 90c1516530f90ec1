package trust

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// MaxOrigins is how many pages may hold the window.
const MaxOrigins = 50

// Embedding is the wallet's pages that may hold the window, beside those that the
// configuration names.
type Embedding struct {
	Origins []string `json:"origins" nullable:"false" maxItems:"50" doc:"scheme and host, such as https://wallet.example"`
}

// EmbeddingKind is its definition.
func EmbeddingKind() settings.Definition {
	return settings.Define(settings.Kind[Embedding]{
		Name: "embedding", Singleton: true, FourEyes: true, Read: policy.ReadSetup, Change: policy.ChangeSetup,
		Default: Embedding{Origins: []string{}},
	})
}

// Validate implements settings.Value.
func (e Embedding) Validate() error {
	const op = "trust.Embedding.Validate"
	if len(e.Origins) > MaxOrigins {
		return fault.InvalidFor(op, "origins", settings.TooMany, "are more than %d", MaxOrigins)
	}
	for i, origin := range e.Origins {
		field := fmt.Sprintf("origins.%d", i)
		if reason := whatIsWrongWithOrigin(origin); reason != "" {
			return fault.InvalidFor(op, field, reason, "is no origin")
		}
		if slices.Contains(e.Origins[:i], origin) {
			return fault.InvalidFor(op, field, settings.Taken, "is there twice")
		}
	}
	return nil
}

// whatIsWrongWithOrigin wants scheme and host alone (RFC 6454 section 6.2), in the
// characters that a content security policy takes for a source. Plain http is for a
// page on the very machine.
func whatIsWrongWithOrigin(origin string) string {
	if origin == "" {
		return settings.Missing
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || len(origin) > 260 || origin != u.Scheme+"://"+u.Host || u.Hostname() == "" {
		return settings.Malformed
	}
	if strings.Trim(u.Host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") != "" {
		return settings.Malformed
	}
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return NotHTTPS
	}
	return ""
}
