package config

import (
	"fmt"
	"mime"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/platform/applink"
	"kefu/internal/platform/logging"
)

// checker collects what is wrong. A key that could not even be read is not
// judged again by the default that stands in its place.
type checker struct {
	mistakes Mistakes
	unread   map[string]bool
}

func (c *checker) add(key, wrong, instead string) {
	if !c.unread[key] {
		c.mistakes = append(c.mistakes, Mistake{key, wrong, instead})
	}
}

func validate(config Config, earlier Mistakes) Mistakes {
	c := &checker{unread: map[string]bool{}}
	for _, m := range earlier {
		key, _, _ := strings.Cut(m.Key, " (from ")
		c.unread[key] = true
	}
	c.reach(config)
	c.identity(config.Identity)
	c.wallet(config.Wallet, config.Identity)
	c.law(config.Cases.Jurisdiction)
	c.staff(config.Staff)
	c.directory(config.Directory)
	c.limits(config.Limits)
	c.attachments(config.Attachments)
	c.realtime(config.Realtime)
	c.durability(config)
	c.observability(config)
	return c.mistakes
}

// reach judges addresses, origins, proxies and certificates.
func (c *checker) reach(config Config) {
	c.hostPort("listen", config.Listen)
	c.publicURL(config.PublicURL)
	if strings.TrimSpace(config.Data) == "" {
		c.add("data", "is empty", "Name a folder, such as /var/lib/kefu")
	}
	c.database(config.Database)
	for i, proxy := range config.TrustedProxies {
		_, prefixErr := netip.ParsePrefix(proxy)
		_, addrErr := netip.ParseAddr(proxy)
		if prefixErr != nil && addrErr != nil {
			c.add(item("trusted_proxies", i), "is "+quote(proxy)+", which is neither an address nor a network",
				"Write 10.0.0.7 or 10.0.0.0/24")
		}
	}
	if (config.TLS.CertFile == "") != (config.TLS.KeyFile == "") {
		c.add("tls", "has one of cert_file and key_file", "Give both, or neither behind a proxy that ends TLS")
	}
	c.origins(config)
}

func (c *checker) hostPort(key, value string) {
	host, port, err := net.SplitHostPort(value)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || strings.ContainsAny(host, " /@") {
		c.add(key, "is "+quote(value)+", which is no address to listen on", "Write host:port, such as localhost:8080 or 0.0.0.0:8080")
	} else if n == 0 && key != "listen" {
		c.add(key, "asks for any free port, which nobody could find", "Write a port from 1 to 65535")
	}
}

func (c *checker) publicURL(value string) {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https"):
		c.add("public_url", "is "+quote(value)+", which is no web address", "Write it as the browser shows it, such as https://help.wallet.example")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		c.add("public_url", "has more than scheme, host and port", "Write "+u.Scheme+"://"+u.Host)
	case u.Scheme == "http" && !isLocal(u.Hostname()):
		c.add("public_url", "is http, over which anyone on the way reads what customers write", "Write https://"+u.Host)
	}
}

// isLocal tells names of this machine, where http is safe and passkeys work.
func isLocal(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (err == nil && ip.IsLoopback())
}

// database never quotes its value: it may hold a password.
func (c *checker) database(dsn logging.Redacted) {
	text := dsn.Reveal()
	switch {
	case text == "", strings.Contains(text, "=") && !strings.Contains(text, "://"):
	case strings.HasPrefix(text, "postgres://"), strings.HasPrefix(text, "postgresql://"):
		if _, err := url.Parse(text); err != nil {
			c.add("database", "is no readable address", "Write postgres://user:password@host:5432/name, with special characters of the password percent-encoded")
		}
	default:
		c.add("database", "is neither empty nor a PostgreSQL connection string", "Write postgres://user@host/name, or nothing for SQLite in the data folder")
	}
}

func (c *checker) origins(config Config) {
	public := ""
	if u, err := url.Parse(config.PublicURL); err == nil {
		public = u.Host
	}
	hosts := map[string]string{public: "public_url"}
	for _, o := range []struct{ key, host string }{
		{"origins.widget", config.Origins.Widget}, {"origins.files", config.Origins.Files},
	} {
		if o.host == "" {
			continue
		}
		if u, err := url.Parse("//" + o.host); err != nil || u.Host != o.host {
			c.add(o.key, "is "+quote(o.host)+", which is no host", "Write a host with its port if it has one, such as widget.wallet.example")
		} else if other, taken := hosts[o.host]; taken {
			c.add(o.key, "is the same host as "+other+", so a file could read what staff see", "Give each a host of its own")
		}
		hosts[o.host] = o.key
	}
	for i, origin := range config.Origins.Embed {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || origin != u.Scheme+"://"+u.Host {
			c.add(item("origins.embed", i), "is "+quote(origin)+", which is no origin", "Write scheme and host without a path, such as https://wallet.example")
		}
	}
}

func (c *checker) identity(identity Identity) {
	if identity.Audience == "" {
		c.add("identity.audience", "is empty, so a token for another service would be accepted", "Write a name that the wallet puts into its tokens, such as kefu")
	}
	c.between("identity.session_life", identity.SessionLife, time.Minute, 12*time.Hour)
	c.between("identity.visitor_life", identity.VisitorLife, time.Hour, 365*24*time.Hour)
	c.between("identity.level_life", identity.LevelLife, time.Minute, 12*time.Hour)
	c.between("identity.claim_horizon", identity.ClaimHorizon, 0, 24*time.Hour)
	c.between("identity.recheck_every", identity.RecheckEvery, time.Second, 5*time.Minute)
	if !identity.Anonymous && len(identity.Issuers) == 0 {
		c.add("identity.issuers", "is empty while identity.anonymous is false, so nobody could write", "Name the wallet as an issuer, or set identity.anonymous to true")
	}
	seen := map[string]bool{}
	for i, issuer := range identity.Issuers {
		key := item("identity.issuers", i)
		if seen[issuer.Issuer] {
			c.add(key+".issuer", "is "+quote(issuer.Issuer)+" a second time", "Put all keys of one issuer into one key set")
		}
		seen[issuer.Issuer] = true
		c.issuer(key, issuer, identity.PrivateKeys)
	}
}

func (c *checker) issuer(key string, issuer Issuer, private bool) {
	if issuer.Issuer == "" {
		c.add(key+".issuer", "is empty", "Write the iss claim of the wallet's tokens")
	}
	if (issuer.JWKSFile == "") == (issuer.JWKSURL == "") {
		c.add(key, "needs exactly one of jwks_file and jwks_url", "Say where the public keys are")
	}
	if issuer.JWKSURL != "" {
		c.keysAddress(key+".jwks_url", issuer.JWKSURL, private)
	}
	known := []string{"EdDSA", "ES256"}
	if len(issuer.Algorithms) == 0 {
		c.add(key+".algorithms", "is empty", "List what the wallet signs with, such as EdDSA")
	}
	for _, a := range issuer.Algorithms {
		if !slices.Contains(known, a) {
			c.add(key+".algorithms", "lists "+quote(a)+", which is not accepted", "Write "+strings.Join(known, " or "))
		}
	}
}

// keysAddress judges where an issuer's keys are fetched from, as package egress
// will: what a name leads to is seen only then.
func (c *checker) keysAddress(key, address string, private bool) {
	c.innerAddress(key, address, private, "Set identity.private_keys to true for a wallet inside your own network, or use jwks_file")
}

// innerAddress judges an address that is asked, and may be in the operator's own
// network where private says so; else instead tells what to do.
func (c *checker) innerAddress(key, address string, private bool, instead string) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		c.add(key, "is "+quote(address)+", which is no web address", "Write an address that begins with https://")
		return
	}
	ip, ipErr := netip.ParseAddr(u.Hostname())
	loopback := u.Hostname() == "localhost" || (ipErr == nil && ip.Unmap().IsLoopback())
	inside := loopback || (ipErr == nil && ip.Unmap().IsPrivate())
	switch {
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback):
		c.add(key, "is "+quote(address)+", from which keys cannot be trusted", "Write an address that begins with https://")
	case inside && !private:
		c.add(key, "is "+quote(address)+", which is not on the public internet and will not be asked",
			instead)
	}
}

// law checks the form alone: which packs there are is known to whoever reads them.
func (c *checker) law(id string) {
	if strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || len(id) > 24 {
		c.add("cases.jurisdiction", "is "+quote(id)+", which is no name of a jurisdiction", "Write us, eu, uk or cn, or leave it empty")
	}
}

func (c *checker) wallet(w Wallet, identity Identity) {
	c.between("wallet.timeout", w.Timeout, 100*time.Millisecond, 30*time.Second)
	c.count("wallet.concurrent", int64(w.Concurrent), 1, 1000)
	c.count("wallet.reveals.burst", int64(w.Reveals.Burst), 1, 1000)
	c.between("wallet.reveals.per", w.Reveals.Per, time.Minute, 24*time.Hour)
	if len(w.Links) > applink.Max {
		c.add("wallet.link_origins", "names more than "+strconv.Itoa(applink.Max)+" places", "Name only where the wallet's own links lead")
	}
	for i, place := range w.Links {
		if _, err := applink.Read([]string{place}); err != nil {
			c.add(item("wallet.link_origins", i), "is "+quote(place)+", which is neither the origin of a page nor the scheme of an app's links", "Write an origin such as https://wallet.example, or a scheme with its colon such as acmepay:")
		}
	}
	if w.URL == "" {
		return
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		c.add("wallet.url", "is "+quote(w.URL)+", which is no address of an API", "Write it as https://wallet.example/support/v1")
	} else if u.Scheme != "https" && !(w.Private && u.Scheme == "http" && isLocal(u.Hostname())) {
		c.add("wallet.url", "is "+quote(w.URL)+", over which anyone on the way reads what customers own", "Write an address that begins with https://")
	}
	if w.KeyID == "" || w.SecretFile == "" {
		c.add("wallet", "has a url and lacks key_id or secret_file, so no request could be signed", "Give both; docs/wallet-api.md says how they are used")
	}
	named := w.Issuer == "" && len(identity.Issuers) == 1
	for _, i := range identity.Issuers {
		named = named || i.Issuer == w.Issuer
	}
	if !named {
		c.add("wallet.issuer", "is "+quote(w.Issuer)+", which is none of identity.issuers, so it is not known whose customers the wallet has", "Write the iss claim of the wallet's tokens")
	}
}

// roles are those of staff, but for owners, whom no directory names.
func roles() []string {
	return []string{
		"admin", "supervisor", "second_line", "agent", "fraud_analyst", "disputes_agent", "outside_agent", "quality_reviewer",
		"planner", "knowledge_editor", "privacy_officer", "compliance_officer", "auditor",
	}
}

// staff judges how staff sign in.
func (c *checker) staff(s Staff) {
	c.between("staff.idle", s.Idle, time.Minute, 12*time.Hour)
	c.between("staff.session_life", s.SessionLife, 5*time.Minute, 7*24*time.Hour)
	for i, role := range s.PasskeyRoles {
		c.oneOf(item("staff.passkey_roles", i), role, append(roles(), "owner")...)
	}
}

// directory judges the operator's directory.
func (c *checker) directory(d Directory) {
	if d.Issuer == "" {
		return
	}
	c.innerAddress("directory.issuer", d.Issuer, d.Private, "Set directory.private to true for one inside your own network")
	if d.ClientID == "" {
		c.add("directory.client_id", "is missing", "Register Kefu at the directory and write the name that it got")
	}
	if (d.RoleClaim == "") != (len(d.Roles) == 0) {
		c.add("directory.role_claim", "and directory.roles belong together", "Set both, or neither")
	}
	for i, r := range d.Roles {
		c.oneOf(item("directory.roles", i)+".role", r.Role, roles()...)
		if r.Value == "" {
			c.add(item("directory.roles", i)+".value", "is empty", "Name a value of "+quote(d.RoleClaim))
		}
	}
}

func (c *checker) limits(l Limits) {
	for _, rate := range []struct {
		key string
		Rate
	}{
		{"anonymous_messages", l.AnonymousMessages}, {"customer_messages", l.CustomerMessages},
		{"agent_messages", l.AgentMessages}, {"visitor_starts", l.VisitorStarts},
		{"customer_starts", l.CustomerStarts}, {"new_visitors", l.NewVisitors},
		{"connections", l.Connections}, {"sign_ins", l.SignIns}, {"uploads", l.Uploads},
		{"staff_reads", l.StaffReads}, {"key_requests", l.KeyRequests},
	} {
		c.count("limits."+rate.key+".burst", int64(rate.Burst), 1, 1_000_000_000)
		c.between("limits."+rate.key+".per", rate.Per, time.Millisecond, 24*time.Hour)
	}
	c.count("limits.keys", int64(l.Keys), 1000, 10_000_000)
}

func (c *checker) attachments(a Attachments) {
	c.count("attachments.max_bytes", a.MaxBytes, 1, 1<<30)
	c.count("attachments.max_per_message", int64(a.MaxPerMessage), 1, 10)
	for _, share := range []struct {
		key         string
		value       int64
		within      string
		least, most int64
	}{
		{"unsent_visitor", a.UnsentVisitor, "max_bytes", a.MaxBytes, 1 << 40},
		{"unsent_sender", a.UnsentSender, "max_bytes", a.MaxBytes, 1 << 40},
		{"unsent_network", a.UnsentNetwork, "unsent_visitor", a.UnsentVisitor, 1 << 40},
		{"unsent_total", a.UnsentTotal, "unsent_network, twice", 2 * a.UnsentNetwork, 1 << 50},
	} {
		if share.value < share.least || share.value > share.most {
			c.add("attachments."+share.key, fmt.Sprintf("is %d", share.value),
				fmt.Sprintf("Write at least attachments.%s (%d), and at most %d", share.within, share.least, share.most))
		}
	}
	c.count("attachments.min_free", a.MinFree, 0, 1<<50)
	for i, kind := range a.Types {
		parsed, parameters, err := mime.ParseMediaType(kind)
		if err != nil || parsed != kind || len(parameters) > 0 || strings.Count(kind, "/") != 1 {
			c.add(item("attachments.types", i), "is "+quote(kind)+", which is no media type", "Write it as type/subtype in small letters, such as image/png")
		} else if kind == "image/svg+xml" || kind == "text/html" {
			c.add(item("attachments.types", i), "is "+kind+", which can run scripts", "Remove it")
		}
	}
}

func (c *checker) realtime(r Realtime) {
	c.count("realtime.max_frame_bytes", int64(r.MaxFrameBytes), 1<<10, 1<<20)
	c.count("realtime.buffer_events", int64(r.BufferEvents), 8, 1<<16)
	c.count("realtime.buffer_bytes", int64(r.BufferBytes), 1<<14, 1<<26)
	c.count("realtime.max_connections", int64(r.MaxConnections), 1, 1_000_000)
	c.between("realtime.heartbeat", r.Heartbeat, time.Second, 5*time.Minute)
	c.between("realtime.dead_after", r.DeadAfter, 2*time.Second, time.Hour)
	if r.DeadAfter <= r.Heartbeat {
		c.add("realtime.dead_after", "is not longer than realtime.heartbeat, so every quiet socket would be closed", "Write at least twice the heartbeat")
	}
}

// durability judges the committer and the audit chain.
func (c *checker) durability(config Config) {
	c.between("committer.max_delay", config.Committer.MaxDelay, 0, 50*time.Millisecond)
	c.count("committer.max_batch", int64(config.Committer.MaxBatch), 1, 1<<16)
	c.count("committer.queue_size", int64(config.Committer.QueueSize), 1, 1<<20)
	if config.Committer.QueueSize < config.Committer.MaxBatch {
		c.add("committer.queue_size", "is smaller than committer.max_batch, which it could then never fill", "Write at least "+strconv.Itoa(config.Committer.MaxBatch))
	}
	c.between("audit.head_every", config.Audit.HeadEvery, time.Second, time.Hour)
	c.count("insiders.reveals_per_hour", int64(config.Insiders.Reveals), 1, 1000)
	c.count("insiders.customers_per_quarter", int64(config.Insiders.Distinct), 1, 1000)
	c.count("insiders.listed_per_hour", int64(config.Insiders.Listed), 50, 5000)
	c.count("insiders.further_per_hour", int64(config.Insiders.Further), 50, 5000)
	c.count("insiders.program_customers_per_quarter", int64(config.Insiders.Programs), 1, 5000)
	c.count("insiders.ahead_per_hour", int64(config.Insiders.Ahead), 10, 5000)
}

func (c *checker) observability(config Config) {
	c.oneOf("log.level", config.Log.Level, "debug", "info", "warn", "error")
	c.oneOf("log.format", config.Log.Format, logging.JSON, logging.Text)
	if config.Metrics.Listen != "" {
		c.hostPort("metrics.listen", config.Metrics.Listen)
		if config.Metrics.Listen == config.Listen {
			c.add("metrics.listen", "is the public address, where anyone could read the figures", "Write an address of its own, such as localhost:9090")
		}
	}
	if config.Tracing.Endpoint != "" {
		u, err := url.Parse(config.Tracing.Endpoint)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			c.add("tracing.endpoint", "is "+quote(config.Tracing.Endpoint)+", which is no collector's address", "Write it as http://localhost:4318")
		}
	}
	if !(config.Tracing.Sample >= 0 && config.Tracing.Sample <= 1) {
		c.add("tracing.sample", "is not between 0 and 1", "Write a share such as 0.01 for one in a hundred")
	}
	c.between("webhooks.timeout", config.Webhooks.Timeout, time.Second, 25*time.Second)
	c.between("shutdown.grace", config.Shutdown.Grace, time.Second, 10*time.Minute)
}

func (c *checker) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		last := len(allowed) - 1
		c.add(key, "is "+quote(value), "Write "+strings.Join(allowed[:last], ", ")+" or "+allowed[last])
	}
}

func (c *checker) between(key string, value, least, most time.Duration) {
	if value < least || value > most {
		c.add(key, "is "+value.String(), fmt.Sprintf("Write something from %s to %s", short(least), short(most)))
	}
}

func (c *checker) count(key string, value, least, most int64) {
	if value < least || value > most {
		c.add(key, fmt.Sprintf("is %d", value), fmt.Sprintf("Write a number from %d to %d", least, most))
	}
}

// item is the key of a list's entry, counted from 1.
func item(key string, index int) string { return fmt.Sprintf("%s.%d", key, index+1) }

// short writes a duration without the zero parts that String adds: 24h, not 24h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
