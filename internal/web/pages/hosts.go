package pages

import (
	"net/http"
	"strings"
)

// Hosts serves each host by a handler of its own. A request for any other host
// is answered 421 (RFC 9110, section 15.5.20): a foreign name that was pointed
// at this server reads nothing here (DNS rebinding). always answers whatever the
// host is, for health checks by address; what it has no pattern for goes on.
func Hosts(always *http.ServeMux, byHost map[string]http.Handler) http.Handler {
	named := make(map[string]http.Handler, len(byHost))
	for host, handler := range byHost {
		named[strings.ToLower(host)] = handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := always.Handler(r); pattern != "" {
			always.ServeHTTP(w, r)
			return
		}
		handler, ok := named[strings.ToLower(r.Host)]
		if !ok {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "This server does not answer under that name. Its own is in the setting public_url.", http.StatusMisdirectedRequest)
			return
		}
		handler.ServeHTTP(w, r)
	})
}
