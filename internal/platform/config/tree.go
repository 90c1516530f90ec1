package config

import (
	"time"

	"kefu/internal/platform/logging"
)

// Config is every setting of one Kefu server. Each field's doc tag is the
// sentence that the sample file shows above it.
type Config struct {
	Listen         string           `yaml:"listen" doc:"Address on which the server listens, as host:port."`
	PublicURL      string           `yaml:"public_url" doc:"Address at which staff and customers reach the server, as a browser shows it; passkeys and links are bound to it."`
	Data           string           `yaml:"data" doc:"Folder for the SQLite database, attachments, keys and the signed audit heads."`
	Database       logging.Redacted `yaml:"database" doc:"PostgreSQL connection string, such as postgres://kefu@db.internal/kefu; empty keeps everything in a SQLite file in the data folder."`
	TrustedProxies []string         `yaml:"trusted_proxies" doc:"Addresses or networks of the reverse proxies whose X-Forwarded-For is believed; nobody else's is. Whether a browser speaks https is taken from public_url alone."`
	TLS            TLS              `yaml:"tls" doc:"Kefu's own certificate; leave both empty behind a proxy that ends TLS."`
	Origins        Origins          `yaml:"origins" doc:"Each of the desk, the widget frame and the attachments lives on an origin of its own, so that none can read another."`
	Identity       Identity         `yaml:"identity" doc:"How customers prove who they are."`
	Wallet         Wallet           `yaml:"wallet" doc:"The operator's wallet, which agents look into and customers choose transactions from; docs/wallet-api.md says what it answers."`
	Cases          Cases            `yaml:"cases" doc:"Disputes and complaints, and the deadlines that a law sets for them."`
	Staff          Staff            `yaml:"staff" doc:"How staff sign in."`
	Directory      Directory        `yaml:"directory" doc:"The operator's own directory of people, over OpenID Connect; without an issuer there is none."`
	Limits         Limits           `yaml:"limits" doc:"How much one sender may do; the answer to more is \"try later\", never a lost message."`
	Attachments    Attachments      `yaml:"attachments" doc:"What customers and agents may attach."`
	Realtime       Realtime         `yaml:"realtime" doc:"Sockets of windows and desks."`
	Committer      Committer        `yaml:"committer" doc:"The group committer, which makes many waiting messages durable in one transaction."`
	Audit          Audit            `yaml:"audit" doc:"The tamper-evident record of writes and of reads of personal data."`
	Insiders       Insiders         `yaml:"insiders" doc:"What follows from how members of staff look at customers."`
	Keys           Keys             `yaml:"keys" doc:"The master key and the key pads, under which message bodies and attachments are encrypted and whose destruction erases them."`
	Log            Log              `yaml:"log" doc:"What the server writes about itself on standard error."`
	Metrics        Metrics          `yaml:"metrics" doc:"Figures for Prometheus."`
	Webhooks       Webhooks         `yaml:"webhooks" doc:"How other systems are told what happens; which ones is set on screen."`
	Tracing        Tracing          `yaml:"tracing" doc:"Traces for OpenTelemetry; they never hold words or names."`
	Shutdown       Shutdown         `yaml:"shutdown" doc:"How the server stops."`
}

// TLS names the server's own certificate.
type TLS struct {
	CertFile string `yaml:"cert_file" doc:"File with the certificate chain, PEM."`
	KeyFile  string `yaml:"key_file" doc:"File with the private key, PEM."`
}

// Origins separates what a browser must keep apart.
type Origins struct {
	Widget string   `yaml:"widget" doc:"Host of the widget frame; empty means widget. in front of the public URL's host."`
	Files  string   `yaml:"files" doc:"Host of the attachments; empty means files. in front of the public URL's host."`
	Embed  []string `yaml:"embed" doc:"Origins of the wallet's pages that may embed the widget, such as https://wallet.example."`
}

// Identity says whom the server believes about customers.
type Identity struct {
	Anonymous    bool          `yaml:"anonymous" doc:"Whether a visitor may write without a signed identity."`
	Audience     string        `yaml:"audience" doc:"The audience that every identity token must name, so that a token made for another service is refused."`
	SessionLife  time.Duration `yaml:"session_life" doc:"How long a window that a token opened lives on without a new token, at most."`
	VisitorLife  time.Duration `yaml:"visitor_life" doc:"How long an anonymous visitor's browser may come back to its conversations; a change counts for browsers that are new."`
	LevelLife    time.Duration `yaml:"level_life" doc:"How long an assurance level above the lowest (the token's aal) holds, from the token's auth_time or else its iat; the window goes on at the lowest."`
	ClaimHorizon time.Duration `yaml:"claim_horizon" doc:"Age up to which a visitor's conversations become theirs when they sign in; older ones may be somebody else's on a shared computer."`
	RecheckEvery time.Duration `yaml:"recheck_every" doc:"How often an open socket's token is looked at again."`
	PrivateKeys  bool          `yaml:"private_keys" doc:"Whether a jwks_url may lead into a private network: for a wallet inside the operator's own, or on this machine, where plain http will do. Link-local addresses stay refused."`
	Issuers      []Issuer      `yaml:"issuers" doc:"Who may sign identity tokens; at least one is needed when anonymous is false."`
}

// Issuer is one signer of identity tokens (RFC 7519) and where its keys are
// (RFC 7517).
type Issuer struct {
	Issuer     string   `yaml:"issuer" doc:"The iss claim of this signer's tokens."`
	Audience   string   `yaml:"audience" doc:"The aud claim, where it differs from identity.audience."`
	JWKSFile   string   `yaml:"jwks_file" doc:"File with the signer's public keys; read again when it changes."`
	JWKSURL    string   `yaml:"jwks_url" doc:"Address of the signer's public keys, https only; instead of jwks_file. It must be on the public internet unless identity.private_keys is true."`
	Algorithms []string `yaml:"algorithms" doc:"Signature algorithms that are accepted from this signer: EdDSA (Ed25519), ES256, or both."`
}

// Wallet is where the operator's wallet is asked, and how much of it is shown.
type Wallet struct {
	URL        string        `yaml:"url" doc:"Where the wallet's support API begins, such as https://wallet.example/support/v1, https only; empty means that there is none."`
	Issuer     string        `yaml:"issuer" doc:"Whose customers the wallet knows: the iss claim of identity.issuers; may be empty where there is one issuer."`
	KeyID      string        `yaml:"key_id" doc:"The name by which the wallet knows a secret that stands in secret_file without a name."`
	SecretFile string        `yaml:"secret_file" doc:"File with the secrets shared with the wallet, one a line as KEYID SECRET, at least 32 characters that nobody can guess; the first signs, all verify, 4 at most. A secret alone has the name of key_id. Read again when it changes."`
	Links      []string      `yaml:"link_origins" doc:"Where links of the wallet's may lead, with which customers confirm something in its app: origins such as https://wallet.example, and the schemes of an app's links such as acmepay:. A link that leads elsewhere is not shown to anybody."`
	Timeout    time.Duration `yaml:"timeout" doc:"How long one question to the wallet may take, before it counts as not answered."`
	Concurrent int           `yaml:"concurrent" doc:"Most questions to the wallet at one time."`
	Private    bool          `yaml:"private" doc:"Whether the wallet may be in a private network: the operator's own, or on this machine, where plain http will do."`
	Reveals    Rate          `yaml:"reveals" doc:"Masked fields that one agent may reveal."`
	Suggest    bool          `yaml:"suggest" doc:"Whether the window may look at the recent payments of a signed-in customer to propose help before anything is typed. A customer's own yes or no, which the wallet tells among their flags, comes first."`
}

// Cases says which law counts for cases.
type Cases struct {
	Jurisdiction string `yaml:"jurisdiction" doc:"Whose law counts for a case of which nobody has said otherwise: us, eu, uk or cn; empty means that an agent says so each time, and that no deadline runs before."`
}

// Staff says how staff sign in.
type Staff struct {
	Idle         time.Duration `yaml:"idle" doc:"How long a desk may be left alone before it locks, and a session may go unused before it ends."`
	SessionLife  time.Duration `yaml:"session_life" doc:"How long a session lives at most."`
	Passwords    bool          `yaml:"passwords" doc:"Whether a password with a code of an authenticator app opens a session; false leaves passkeys, and the directory if there is one."`
	PasskeyRoles []string      `yaml:"passkey_roles" doc:"Roles that must sign in with a passkey, such as owner and admin: a password opens nothing to them but the page on which they add their first one. What the directory asks for is its own affair."`
}

// Directory is a provider of OpenID Connect, at which staff may sign in. Its redirect
// address is public_url with /sso/callback behind it.
type Directory struct {
	Issuer     string       `yaml:"issuer" doc:"The issuer's address, https only; what it says of itself is read below it. The address to send people back to is public_url with /sso/callback behind it."`
	ClientID   string       `yaml:"client_id" doc:"Our name at the directory."`
	SecretFile string       `yaml:"secret_file" doc:"File with our secret at the directory; empty for a client without one."`
	Label      string       `yaml:"label" doc:"What the button on the sign-in page calls it, such as Acme ID."`
	Scopes     []string     `yaml:"scopes" doc:"What is asked for beside openid; an address is needed to find somebody the first time."`
	ACR        []string     `yaml:"acr" doc:"Levels of a sign-in at the directory that count (the acr claim); empty takes any."`
	AMR        []string     `yaml:"amr" doc:"Methods of which one must have been used there (the amr claim), such as hwk or mfa; empty takes any."`
	RoleClaim  string       `yaml:"role_claim" doc:"Claim whose values decide the role at every sign-in, such as groups; empty leaves roles as they are set here. Who has no such value is not let in; owners stay owners."`
	Roles      []GroupsRole `yaml:"roles" doc:"Which value of role_claim gives which role; of several the one with the most rights."`
	Private    bool         `yaml:"private" doc:"Whether the directory may be inside a private network, or on this machine, where plain http will do."`
}

// GroupsRole gives a role to a group of the directory.
type GroupsRole struct {
	Value string `yaml:"value" doc:"A value of the claim."`
	Role  string `yaml:"role" doc:"The role it gives; never owner: owners name owners."`
}

// Limits bounds what one sender may do.
type Limits struct {
	AnonymousMessages Rate `yaml:"anonymous_messages" doc:"Messages of one anonymous visitor."`
	CustomerMessages  Rate `yaml:"customer_messages" doc:"Messages of one identified customer."`
	AgentMessages     Rate `yaml:"agent_messages" doc:"Messages and notes of one agent, or of one program by its API key."`
	VisitorStarts     Rate `yaml:"visitor_starts" doc:"Conversations that one anonymous visitor begins."`
	CustomerStarts    Rate `yaml:"customer_starts" doc:"Conversations that one identified customer begins."`
	NewVisitors       Rate `yaml:"new_visitors" doc:"New anonymous visitors from one network address; thousands share that of a mobile carrier."`
	Connections       Rate `yaml:"connections" doc:"New sockets from one network address. Those of staff, customers and visitors who show that they were here before do not count against one another: each of them may open as many."`
	SignIns           Rate `yaml:"sign_ins" doc:"Staff sign-in attempts from one network address for one account; for all accounts, for an office shares an address, it may make six times as many."`
	Uploads           Rate `yaml:"uploads" doc:"Attachments of one sender."`
	StaffReads        Rate `yaml:"staff_reads" doc:"Requests of one member of staff that read: lists, conversations, searches."`
	KeyRequests       Rate `yaml:"key_requests" doc:"Requests of one API key, of every kind."`
	Keys              int  `yaml:"keys" doc:"How many senders each limit remembers at once; the least recent is forgotten first."`
}

// Rate is a token bucket: at most Burst at once, refilled evenly over Per.
type Rate struct {
	Burst int           `yaml:"burst" doc:"How many at once."`
	Per   time.Duration `yaml:"per" doc:"Time in which that many become free again."`
}

// Attachments bounds uploads.
type Attachments struct {
	MaxBytes      int64    `yaml:"max_bytes" doc:"Largest attachment in bytes."`
	MaxPerMessage int      `yaml:"max_per_message" doc:"Most attachments of one message, 10 at the most."`
	Types         []string `yaml:"types" doc:"Media types that are accepted, judged by content and not by name."`
	UnsentVisitor int64    `yaml:"unsent_visitor" doc:"Bytes of files that one anonymous visitor may have uploaded and not sent with a message yet. What is not sent within six hours is removed; what was given in a flow counts no more, and has a bound of its own: 200 MiB in all flows of one customer."`
	UnsentSender  int64    `yaml:"unsent_sender" doc:"The same of one identified customer or one agent."`
	UnsentNetwork int64    `yaml:"unsent_network" doc:"The same of all visitors and customers of one network address."`
	UnsentTotal   int64    `yaml:"unsent_total" doc:"The same of everybody; visitors may take half of it, and an eighth is kept for staff."`
	MinFree       int64    `yaml:"min_free" doc:"Bytes that must stay free on the disk of the attachments: below, files are refused and messages go on."`
}

// Realtime bounds sockets.
type Realtime struct {
	MaxFrameBytes  int           `yaml:"max_frame_bytes" doc:"Largest frame a client may send, in bytes."`
	BufferEvents   int           `yaml:"buffer_events" doc:"Events that wait for one slow reader before it is told to read again from the database."`
	BufferBytes    int           `yaml:"buffer_bytes" doc:"Bytes that wait for one slow reader, likewise."`
	Heartbeat      time.Duration `yaml:"heartbeat" doc:"How often a quiet socket is asked whether it is still there."`
	DeadAfter      time.Duration `yaml:"dead_after" doc:"Silence after which a socket is closed."`
	MaxConnections int           `yaml:"max_connections" doc:"Most sockets of this server; more are answered \"try later\"."`
}

// Committer bounds the group committer.
type Committer struct {
	MaxDelay  time.Duration `yaml:"max_delay" doc:"How long a commit may wait for company under load, which saves work; a lone message never waits."`
	MaxBatch  int           `yaml:"max_batch" doc:"Most requests of one transaction."`
	QueueSize int           `yaml:"queue_size" doc:"Most requests that wait; beyond, their callers wait."`
}

// Audit says where the audit chain is witnessed.
type Audit struct {
	HeadsFile string        `yaml:"heads_file" doc:"File outside the database that receives the signed heads; empty means audit.heads in the data folder. Another disk is better."`
	HeadEvery time.Duration `yaml:"head_every" doc:"How often a head is signed; what comes after the last one is reported as unproven."`
}

// Insiders says what rules may do by themselves.
type Insiders struct {
	Act      bool `yaml:"act" doc:"Whether a hard rule, such as a decoy that somebody opened, throttles or suspends at once; otherwise everything is left to a person. What a comparison of days shows always is."`
	Reveals  int  `yaml:"reveals_per_hour" doc:"Revealed fields of one member of staff within an hour, beyond which a rule holds."`
	Distinct int  `yaml:"customers_per_quarter" doc:"Customers whom one member of staff opens within a quarter of an hour, beyond which a rule holds."`
	Listed   int  `yaml:"listed_per_hour" doc:"Conversations, cases and customers that lists and searches showed one member of staff within an hour, each counted once, beyond which a rule holds."`
	Further  int  `yaml:"further_per_hour" doc:"Of those, the ones that stood on further pages of a list alone, beyond which a rule holds."`
	Ahead    int  `yaml:"ahead_per_hour" doc:"Customers whom the desk read ahead for one member of staff within an hour and who were not opened, beyond which a rule holds where they are ten times as many as were opened that day."`
	Programs int  `yaml:"program_customers_per_quarter" doc:"Customers whom one API key reads within a quarter of an hour, beyond which a rule holds. A key that passes it reads nothing until two people have judged it."`
}

// Keys says where the keys are, apart from what they encrypt.
type Keys struct {
	MasterFile string `yaml:"master_file" doc:"File with the master key; empty means master.key in the data folder, made at the first start. The environment variable KEFU_MASTER_KEY holds the key itself and wins."`
	Folder     string `yaml:"folder" doc:"Folder of the key pads; empty means keys in the data folder. It must never share a backup with the database, or erased words come back with it."`
	Tombstones string `yaml:"tombstones" doc:"File that lists destroyed keys, so that a restored pad forgets them again; empty means destroyed.log in keys.folder. Another disk is better."`
}

// Log is how the server writes about itself.
type Log struct {
	Level  string `yaml:"level" doc:"Least level that is written: debug, info, warn or error."`
	Format string `yaml:"format" doc:"Form of a line: json or text."`
}

// Metrics is where Prometheus finds the figures.
type Metrics struct {
	Listen string `yaml:"listen" doc:"Address on which /metrics is served, apart from the public one; empty serves none."`
}

// Webhooks is how other systems are told.
type Webhooks struct {
	Private bool          `yaml:"private" doc:"Whether a webhook may lead into a private network: to a system inside the operator's own, or on this machine, where plain http will do. Link-local addresses stay refused."`
	Timeout time.Duration `yaml:"timeout" doc:"How long a receiver may take to answer one delivery."`
}

// Tracing is where traces are sent.
type Tracing struct {
	Endpoint string  `yaml:"endpoint" doc:"Address of an OTLP/HTTP collector, such as http://localhost:4318; empty sends none."`
	Sample   float64 `yaml:"sample" doc:"Share of requests that are traced, from 0 to 1."`
}

// Shutdown bounds a graceful stop.
type Shutdown struct {
	Grace time.Duration `yaml:"grace" doc:"How long running work may take to end before the server stops without it."`
}

// Default is the configuration of a server that nobody configured: one machine,
// SQLite, anonymous visitors welcome, reachable from that machine only.
func Default() Config {
	return Config{
		Listen:    "localhost:8080",
		PublicURL: "http://localhost:8080",
		Data:      "data",
		Identity: Identity{
			Anonymous: true, Audience: "kefu",
			SessionLife: 12 * time.Hour, VisitorLife: 30 * 24 * time.Hour, LevelLife: 10 * time.Minute,
			ClaimHorizon: 30 * time.Minute, RecheckEvery: time.Minute,
		},
		Wallet:    Wallet{Links: []string{}, Timeout: 4 * time.Second, Concurrent: 16, KeyID: "kefu", Reveals: Rate{Burst: 20, Per: time.Hour}},
		Staff:     Staff{Idle: 15 * time.Minute, SessionLife: 12 * time.Hour, Passwords: true},
		Directory: Directory{Label: "your organisation", Scopes: []string{"profile", "email"}},
		Limits: Limits{
			AnonymousMessages: Rate{Burst: 20, Per: 10 * time.Second},
			CustomerMessages:  Rate{Burst: 40, Per: 10 * time.Second},
			AgentMessages:     Rate{Burst: 200, Per: 10 * time.Second},
			VisitorStarts:     Rate{Burst: 5, Per: time.Hour},
			CustomerStarts:    Rate{Burst: 30, Per: time.Hour},
			NewVisitors:       Rate{Burst: 120, Per: time.Minute},
			Connections:       Rate{Burst: 300, Per: time.Minute},
			SignIns:           Rate{Burst: 10, Per: 5 * time.Minute},
			Uploads:           Rate{Burst: 10, Per: time.Minute},
			StaffReads:        Rate{Burst: 200, Per: 20 * time.Second},
			KeyRequests:       Rate{Burst: 600, Per: time.Minute},
			Keys:              200_000,
		},
		Attachments: Attachments{
			MaxBytes: 20 << 20, MaxPerMessage: 10,
			Types:         []string{"image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf", "text/plain"},
			UnsentVisitor: 40 << 20, UnsentSender: 200 << 20, UnsentNetwork: 400 << 20, UnsentTotal: 4 << 30, MinFree: 1 << 30,
		},
		Realtime: Realtime{
			MaxFrameBytes: 64 << 10, BufferEvents: 256, BufferBytes: 1 << 20,
			Heartbeat: 25 * time.Second, DeadAfter: time.Minute, MaxConnections: 20_000,
		},
		Committer: Committer{MaxDelay: time.Millisecond, MaxBatch: 512, QueueSize: 16_384},
		Audit:     Audit{HeadEvery: 10 * time.Second},
		Insiders:  Insiders{Act: true, Reveals: 12, Distinct: 25, Listed: 1_200, Further: 500, Ahead: 400, Programs: 500},
		Log:       Log{Level: "info", Format: "json"},
		Webhooks:  Webhooks{Timeout: 15 * time.Second},
		Tracing:   Tracing{Sample: 0.01},
		Shutdown:  Shutdown{Grace: 20 * time.Second},
	}
}
