package config_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
)

func TestDefaultsAreValid(t *testing.T) {
	got, err := config.Parse(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, config.Default()) {
		t.Errorf("an empty file changes something: %+v", got)
	}
}

func TestFileAndEnvironmentOverDefaults(t *testing.T) {
	file := `
listen: 0.0.0.0:443
trusted_proxies: [10.0.0.0/8, 192.0.2.1]
public_url: https://help.wallet.example
limits:
  sign_ins: {burst: 5, per: 90s}
identity:
  anonymous: false
  issuers:
    - {issuer: https://wallet.example, jwks_file: keys.json, algorithms: [EdDSA]}
tls: {cert_file: a.pem, key_file: b.pem}
log:
`
	got, err := config.Parse([]byte(file), []string{
		"HOME=/", "KEFU_LISTEN=[::1]:9000", "KEFU_DATABASE=postgres://kefu:geheim@db/kefu",
		"KEFU_ORIGINS_EMBED=https://a.example, https://b.example", "KEFU_LOG_LEVEL=debug",
		"KEFU_TESTDATA=x", "KEFU_MASTER_KEY=x", "KEFU_PORT_8080_TCP=tcp://1.2.3.4", "KEFU_TRACING_SAMPLE=0.5",
		"KEFU_ATTACHMENTS_MAX_BYTES=1", "KEFU_LIMITS_SIGN_INS_PER=2m",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Listen = "[::1]:9000"
	want.TrustedProxies = []string{"10.0.0.0/8", "192.0.2.1"}
	want.PublicURL = "https://help.wallet.example"
	want.Limits.SignIns = config.Rate{Burst: 5, Per: 2 * time.Minute}
	want.Identity.Anonymous = false
	want.Identity.Issuers = []config.Issuer{{Issuer: "https://wallet.example", JWKSFile: "keys.json", Algorithms: []string{"EdDSA"}}}
	want.TLS = config.TLS{CertFile: "a.pem", KeyFile: "b.pem"}
	want.Origins.Embed = []string{"https://a.example", "https://b.example"}
	want.Log.Level = "debug"
	want.Tracing.Sample = 0.5
	want.Attachments.MaxBytes = 1
	if dsn := got.Database.Reveal(); dsn != "postgres://kefu:geheim@db/kefu" {
		t.Errorf("database = %q", dsn)
	}
	want.Database = got.Database
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", got, got), "geheim") {
		t.Error("printing the configuration shows the password")
	}
}

// Each case names one mistake and the sentence that is told; none of the cases
// may cost a second sentence.
func TestEachMistakeIsOneSentence(t *testing.T) {
	cases := map[string]struct{ file, env, want string }{
		"not yaml":          {"a: [", "", "the file is not YAML: line 1: did not find expected node content. Compare the place with docs/kefu.sample.yaml."},
		"a link anywhere":   {"wallet: {link_origins: ['https://wallet.example/path']}", "", "wallet.link_origins.1 is \"https://wallet.example/path\", which is neither the origin of a page nor the scheme of an app's links. Write an origin such as https://wallet.example, or a scheme with its colon such as acmepay:."},
		"a script's link":   {"wallet: {link_origins: ['acmepay:', 'javascript:']}", "", "wallet.link_origins.2 is \"javascript:\", which is neither the origin of a page nor the scheme of an app's links. Write an origin such as https://wallet.example, or a scheme with its colon such as acmepay:."},
		"wallet over http":  {"wallet: {url: 'http://wallet.example/v1', secret_file: s}\nidentity: {issuers: [{issuer: w, jwks_file: k, algorithms: [EdDSA]}]}", "", "wallet.url is \"http://wallet.example/v1\", over which anyone on the way reads what customers own. Write an address that begins with https://."},
		"wallet of nobody":  {"wallet: {url: 'https://wallet.example/v1', secret_file: s}", "", "wallet.issuer is \"\", which is none of identity.issuers, so it is not known whose customers the wallet has. Write the iss claim of the wallet's tokens."},
		"wallet unsigned":   {"wallet: {url: 'https://wallet.example/v1'}\nidentity: {issuers: [{issuer: w, jwks_file: k, algorithms: [EdDSA]}]}", "", "wallet has a url and lacks key_id or secret_file, so no request could be signed. Give both; docs/wallet-api.md says how they are used."},
		"wallet too slow":   {"wallet: {timeout: 1h}", "", "wallet.timeout is 1h0m0s. Write something from 100ms to 30s."},
		"two documents":     {"data: x\n---\ndata: y", "", "the file holds more than one YAML document. Keep the first and remove the line --- and what follows."},
		"not a mapping":     {"- listen", "", "the file (line 1) must hold settings, each as name: value. Write it as docs/kefu.sample.yaml does."},
		"typo":              {"lisen: x:1", "", "lisen (line 1) is not a setting. Write listen if that is meant, or remove the line."},
		"typo in a section": {"log:\n  levle: info", "", "log.levle (line 2) is not a setting. Write level if that is meant, or remove the line."},
		"unlike anything":   {"tls: {zzzzzzzzz: 1}", "", "tls.zzzzzzzzz (line 1) is not a setting. Remove it; the settings here are cert_file, key_file."},
		"twice":             {"data: a\ndata: b", "", "data (line 2) stands here a second time. Keep one of the two."},
		"no name":           {"tls: {'': 1}", "", "tls (line 1) holds a value without a name. Write it as name: value, or remove the line."},
		"a list as a name":  {"[a]: 1", "", "the file (line 1) holds a value without a name. Write it as name: value, or remove the line."},
		"section as text":   {"log: debug", "", "log (line 1) must hold settings, each as name: value. Write it as docs/kefu.sample.yaml does."},
		"list as text":      {"trusted_proxies: 10.0.0.1", "", "trusted_proxies (line 1) must be a list. Write each entry on a line of its own that begins with a dash."},
		"text as list":      {"data: [a]", "", "data (line 1) must be one value. Write one text, in quotation marks if it contains : or #."},
		"bad duration":      {"shutdown: {grace: 30}", "", `shutdown.grace (line 1) is "30", which is no duration. Write a number with its unit, such as 30s, 5m or 2ms.`},
		"bad bool":          {"identity: {anonymous: maybe}", "", `identity.anonymous (line 1) is "maybe", which is neither true nor false. Write true or false.`},
		"bad number":        {"attachments: {max_bytes: 20MB}", "", `attachments.max_bytes (line 1) is "20MB", which is no whole number. Write a whole number in digits, without unit or separators.`},
		"bad share":         {"tracing: {sample: half}", "", `tracing.sample (line 1) is "half", which is no number. Write a number such as 0.25.`},
		"not a share":       {"tracing: {sample: .nan}", "", ``},
		"environment typo":  {"", "KEFU_LISTN=x", "KEFU_LISTN is not a setting. Write KEFU_LISTEN if that is meant, or remove the variable."},
		"environment value": {"", "KEFU_SHUTDOWN_GRACE=long", `shutdown.grace (from KEFU_SHUTDOWN_GRACE) is "long", which is no duration. Write a number with its unit, such as 30s, 5m or 2ms.`},
		"environment list":  {"", "KEFU_IDENTITY_ISSUERS=x", "KEFU_IDENTITY_ISSUERS cannot be given in the environment. Write identity.issuers in the configuration file."},
		"listen":            {"listen: 8080", "", `listen is "8080", which is no address to listen on. Write host:port, such as localhost:8080 or 0.0.0.0:8080.`},
		"port too big":      {"listen: ':70000'", "", `listen is ":70000", which is no address to listen on. Write host:port, such as localhost:8080 or 0.0.0.0:8080.`},
		"public url":        {"public_url: help.example", "", `public_url is "help.example", which is no web address. Write it as the browser shows it, such as https://help.wallet.example.`},
		"public url path":   {"public_url: https://a.example/kefu", "", "public_url has more than scheme, host and port. Write https://a.example."},
		"public url http":   {"public_url: http://a.example", "", "public_url is http, over which anyone on the way reads what customers write. Write https://a.example."},
		"data":              {"data: ' '", "", "data is empty. Name a folder, such as /var/lib/kefu."},
		"database":          {"database: mysql://root:geheim@x", "", "database is neither empty nor a PostgreSQL connection string. Write postgres://user@host/name, or nothing for SQLite in the data folder."},
		"proxy":             {"trusted_proxies: [proxy.local]", "", `trusted_proxies.1 is "proxy.local", which is neither an address nor a network. Write 10.0.0.7 or 10.0.0.0/24.`},
		"half a cert":       {"tls: {cert_file: a}", "", "tls has one of cert_file and key_file. Give both, or neither behind a proxy that ends TLS."},
		"same origin":       {"origins: {files: 'localhost:8080'}", "", "origins.files is the same host as public_url, so a file could read what staff see. Give each a host of its own."},
		"origin with path":  {"origins: {widget: a.example/x}", "", `origins.widget is "a.example/x", which is no host. Write a host with its port if it has one, such as widget.wallet.example.`},
		"embed":             {"origins: {embed: [https://a.example/]}", "", `origins.embed.1 is "https://a.example/", which is no origin. Write scheme and host without a path, such as https://wallet.example.`},
		"nobody may write":  {"identity: {anonymous: false}", "", "identity.issuers is empty while identity.anonymous is false, so nobody could write. Name the wallet as an issuer, or set identity.anonymous to true."},
		"no audience":       {"identity: {audience: ''}", "", "identity.audience is empty, so a token for another service would be accepted. Write a name that the wallet puts into its tokens, such as kefu."},
		"no keys":           {"identity: {issuers: [{issuer: a, algorithms: [EdDSA]}]}", "", "identity.issuers.1 needs exactly one of jwks_file and jwks_url. Say where the public keys are."},
		"keys over http":    {"identity: {issuers: [{issuer: a, jwks_url: 'http://a.example', algorithms: [EdDSA]}]}", "", `identity.issuers.1.jwks_url is "http://a.example", from which keys cannot be trusted. Write an address that begins with https://.`},
		"keys on this machine": {"identity: {issuers: [{issuer: a, jwks_url: 'http://localhost:9/k', algorithms: [EdDSA]}]}", "",
			`identity.issuers.1.jwks_url is "http://localhost:9/k", which is not on the public internet and will not be asked. Set identity.private_keys to true for a wallet inside your own network, or use jwks_file.`},
		"keys in the network": {"identity: {issuers: [{issuer: a, jwks_url: 'https://10.0.0.7/k', algorithms: [EdDSA]}]}", "",
			`identity.issuers.1.jwks_url is "https://10.0.0.7/k", which is not on the public internet and will not be asked. Set identity.private_keys to true for a wallet inside your own network, or use jwks_file.`},
		"private over http": {"identity: {private_keys: true, issuers: [{issuer: a, jwks_url: 'http://10.0.0.7/k', algorithms: [EdDSA]}]}", "",
			`identity.issuers.1.jwks_url is "http://10.0.0.7/k", from which keys cannot be trusted. Write an address that begins with https://.`},
		"level life":        {"identity: {level_life: 24h}", "", "identity.level_life is 24h0m0s. Write something from 1m to 12h."},
		"no unsent file":    {"attachments: {unsent_visitor: 1000}", "", "attachments.unsent_visitor is 1000. Write at least attachments.max_bytes (20971520), and at most 1099511627776."},
		"reads":             {"limits: {staff_reads: {burst: 0}}", "", "limits.staff_reads.burst is 0. Write a number from 1 to 1000000000."},
		"weak algorithm":    {"identity: {issuers: [{issuer: a, jwks_file: k, algorithms: [HS256]}]}", "", `identity.issuers.1.algorithms lists "HS256", which is not accepted. Write EdDSA or ES256.`},
		"issuer typo":       {"identity:\n  issuers:\n    - {isuer: a}", "", ""},
		"rate":              {"limits: {uploads: {burst: 0}}", "", "limits.uploads.burst is 0. Write a number from 1 to 1000000000."},
		"rate per":          {"limits: {uploads: {per: 48h}}", "", "limits.uploads.per is 48h0m0s. Write something from 1ms to 24h."},
		"media type":        {"attachments: {types: [png]}", "", `attachments.types.1 is "png", which is no media type. Write it as type/subtype in small letters, such as image/png.`},
		"scripts":           {"attachments: {types: [image/svg+xml]}", "", "attachments.types.1 is image/svg+xml, which can run scripts. Remove it."},
		"dead":              {"realtime: {heartbeat: 60s}", "", "realtime.dead_after is not longer than realtime.heartbeat, so every quiet socket would be closed. Write at least twice the heartbeat."},
		"queue":             {"committer: {queue_size: 10}", "", "committer.queue_size is smaller than committer.max_batch, which it could then never fill. Write at least 512."},
		"level":             {"log: {level: loud}", "", `log.level is "loud". Write debug, info, warn or error.`},
		"metrics in public": {"metrics: {listen: 'localhost:8080'}", "", "metrics.listen is the public address, where anyone could read the figures. Write an address of its own, such as localhost:9090."},
		"metrics anywhere":  {"metrics: {listen: 'localhost:0'}", "", "metrics.listen asks for any free port, which nobody could find. Write a port from 1 to 65535."},
		"collector":         {"tracing: {endpoint: 'localhost:4318'}", "", `tracing.endpoint is "localhost:4318", which is no collector's address. Write it as http://localhost:4318.`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse([]byte(c.file), []string{c.env})
			mistakes := mistakesOf(t, err)
			if strings.Contains(err.Error(), "geheim") {
				t.Error("a secret is quoted")
			}
			if c.want == "" {
				return
			}
			if len(mistakes) != 1 || mistakes[0].String() != c.want {
				t.Errorf("told:\n%s\nwant:\n%s", mistakes.Error(), c.want)
			}
		})
	}
}

func TestKeysInsideTheNetworkWhereTheyAreAllowed(t *testing.T) {
	for _, address := range []string{"http://localhost:9/k", "http://127.0.0.1/k", "https://10.0.0.7/k", "https://wallet.internal/k"} {
		text := "identity: {private_keys: true, issuers: [{issuer: a, jwks_url: '" + address + "', algorithms: [EdDSA]}]}"
		if c, err := config.Parse([]byte(text), nil); err != nil || !c.Identity.PrivateKeys {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func mistakesOf(t *testing.T, err error) config.Mistakes {
	t.Helper()
	var mistakes config.Mistakes
	if !errors.As(err, &mistakes) || len(mistakes) == 0 {
		t.Fatalf("want mistakes, got %v", err)
	}
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("code = %s", fault.CodeOf(err))
	}
	return mistakes
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	file := "lisen: x\nlog: {level: loud, format: xml}\nshutdown: {grace: soon}\ntracing: {sample: 7}\n"
	_, err := config.Parse([]byte(file), []string{"KEFU_NOPE=1"})
	var keys []string
	for _, m := range mistakesOf(t, err) {
		keys = append(keys, m.Key)
	}
	want := "lisen shutdown.grace KEFU_NOPE log.level log.format tracing.sample"
	if got := strings.Join(keys, " "); got != want {
		t.Errorf("told about %s, want %s", got, want)
	}
}

func TestLoadReadsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kefu.yaml")
	if err := os.WriteFile(path, []byte("data: elsewhere\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(path, nil)
	if err != nil || got.Data != "elsewhere" {
		t.Fatalf("data = %q, %v", got.Data, err)
	}
	if _, err := config.Load(path+".missing", nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("a missing file gives %v", err)
	}
	if _, err := config.Load(filepath.Dir(path), nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a folder gives %v", err)
	}
	long := append([]byte("#"), make([]byte, config.MaxFileBytes)...)
	if err := os.WriteFile(path, long, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(path, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a file of more than 1 MiB gives %v", err)
	}
}

func TestSampleIsCommittedAndChangesNothing(t *testing.T) {
	got, err := config.Parse([]byte(config.Sample()), nil)
	if err != nil {
		t.Fatal(err)
	}
	// An empty list and no list, an empty DSN and none are the same setting.
	want := config.Default()
	want.TrustedProxies, want.Origins.Embed, want.Identity.Issuers = []string{}, []string{}, []config.Issuer{}
	want.Staff.PasskeyRoles, want.Directory.ACR, want.Directory.AMR, want.Directory.Roles = []string{}, []string{}, []string{}, []config.GroupsRole{}
	got.Database = want.Database
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the sample changes the defaults:\n%+v\n%+v", got, want)
	}
	golden := filepath.Join("..", "..", "..", "docs", "kefu.sample.yaml")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(golden, []byte(config.Sample()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != config.Sample() {
		t.Error("docs/kefu.sample.yaml is out of date: run make generate")
	}
}

func TestEverySettingIsExplained(t *testing.T) {
	explain(t, reflect.TypeFor[config.Config](), "")
}

func explain(t *testing.T, kind reflect.Type, path string) {
	for i := range kind.NumField() {
		field := kind.Field(i)
		key, doc := field.Tag.Get("yaml"), field.Tag.Get("doc")
		if key == "" || !strings.HasSuffix(doc, ".") || len(doc) < 15 {
			t.Errorf("%s%s: yaml %q, doc %q: want a key and a sentence", path, field.Name, key, doc)
		}
		below := field.Type
		if below.Kind() == reflect.Slice {
			below = below.Elem()
		}
		if below.PkgPath() == kind.PkgPath() && below.Kind() == reflect.Struct {
			explain(t, below, path+field.Name+".")
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(config.Sample()), "KEFU_LISTEN=:1")
	f.Add([]byte("a: &a [*a]\n"), "KEFU_LOG=x")
	f.Add([]byte("<<: {listen: x}\nlimits: {sign_ins: {per: 1s}}"), "KEFU_\xff=\n")
	f.Add([]byte("'': x\n"), "KEFU_=")
	f.Fuzz(func(t *testing.T, file []byte, env string) {
		_, err := config.Parse(file, []string{env})
		if err == nil {
			return
		}
		for _, m := range mistakesOf(t, err) {
			if s := m.String(); strings.ContainsAny(s, "\n\r") || m.Key == "" || m.Wrong == "" || m.Instead == "" {
				t.Fatalf("no plain sentence: %q", s)
			}
		}
	})
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files")
	os.Exit(m.Run())
}

// How staff sign in is refused where it would let in nobody, or the wrong ones.
func TestHowStaffSignInIsChecked(t *testing.T) {
	const directory = "directory:\n  issuer: https://id.example\n  client_id: kefu\n"
	for name, test := range map[string]struct{ text, key string }{
		"a role nobody has":             {"staff:\n  passkey_roles: [boss]\n", "staff.passkey_roles.1"},
		"no time at all":                {"staff:\n  idle: 1s\n", "staff.idle"},
		"a session without end":         {"staff:\n  session_life: 9000h\n", "staff.session_life"},
		"an issuer over plain http":     {"directory:\n  issuer: http://id.example\n  client_id: kefu\n", "directory.issuer"},
		"an issuer inside":              {"directory:\n  issuer: https://10.0.0.1\n  client_id: kefu\n", "directory.issuer"},
		"no client":                     {"directory:\n  issuer: https://id.example\n", "directory.client_id"},
		"roles without a claim":         {directory + "  roles: [{value: a, role: agent}]\n", "directory.role_claim"},
		"a claim without roles":         {directory + "  role_claim: groups\n", "directory.role_claim"},
		"a group that makes owners":     {directory + "  role_claim: groups\n  roles: [{value: a, role: owner}]\n", "directory.roles.1.role"},
		"a group without a name":        {directory + "  role_claim: groups\n  roles: [{value: '', role: agent}]\n", "directory.roles.1.value"},
		"all is well, to see it can be": {directory + "  role_claim: groups\n  roles: [{value: a, role: agent}]\n", ""},
	} {
		_, err := config.Parse([]byte(test.text), nil)
		var mistakes config.Mistakes
		errors.As(err, &mistakes)
		if (test.key == "") != (err == nil) || (test.key != "" && (len(mistakes) == 0 || !strings.HasPrefix(mistakes[0].Key, test.key))) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
