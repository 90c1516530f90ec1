package e2e_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"kefu/client"
)

func TestHelpNamesEveryCommand(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"help"}, {"--help"}, {"-h"}} {
		out := run(t, nil, "", args...)
		if out.status != 0 {
			t.Errorf("kefu %v: status %d", args, out.status)
		}
		for _, command := range []string{"serve", "demo", "migrate", "doctor", "user", "keys", "jobs", "audit", "eval", "replay", "bench", "version"} {
			if !regexp.MustCompile(`(?m)^  ` + command + ` +\S`).MatchString(out.stdout) {
				t.Errorf("kefu %v does not name %s:\n%s", args, command, out.stdout)
			}
		}
	}
	for _, args := range [][]string{{"serve", "--help"}, {"demo", "-h"}, {"doctor", "--help"}, {"user", "add", "--help"}} {
		if out := run(t, nil, "", args...); out.status != 0 || !strings.Contains(out.stderr, "-data") {
			t.Errorf("kefu %v: status %d: %s", args, out.status, out.all())
		}
	}
	if out := run(t, nil, "", "version"); out.status != 0 || strings.TrimSpace(out.stdout) == "" {
		t.Errorf("kefu version: status %d: %s", out.status, out.all())
	}
}

func TestUnknownWordsAreRefusedInASentence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"frobnicate"}, `there is no command "frobnicate"`},
		{[]string{"serve", "--frobnicate"}, "flag provided but not defined"},
		{[]string{"audit"}, "usage: kefu audit verify"},
		{[]string{"bench", "everything"}, "usage: kefu bench"},
		{[]string{"user"}, "usage: kefu user"},
		{[]string{"keys"}, "usage: kefu keys"},
	} {
		if out := run(t, nil, "", c.args...); out.status == 0 || !strings.Contains(out.stderr, c.want) {
			t.Errorf("kefu %v: status %d: %s", c.args, out.status, out.all())
		}
	}
}

func TestEveryMistakeInTheConfigurationHasASentence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kefu.yaml")
	text := "listen: nowhere\npublic_url: http://help.example\ndatabase: mysql://root:hunter2hunter2@db/x\n" +
		"log:\n  level: loud\ncolour: blue\nidentity:\n  anonymous: false\nlimits:\n  uploads:\n    burst: many\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out := run(t, nil, "", "serve", "--config", file, "--data", t.TempDir())
	if out.status != 2 {
		t.Errorf("status %d", out.status)
	}
	for _, key := range []string{"colour", "listen", "public_url", "database", "log.level", "identity.issuers", "limits.uploads.burst"} {
		if !regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(key) + ` .*[^.]\. [A-Z].*\.$`).MatchString(out.stderr) {
			t.Errorf("no sentence about %s in:\n%s", key, out.stderr)
		}
	}
	clean(t, "a configuration with mistakes", out)
	if strings.Contains(out.all(), "hunter2hunter2") {
		t.Error("the database's password was printed")
	}
	missing := run(t, nil, "", "serve", "--config", file+".missing")
	if missing.status != 2 || !strings.Contains(missing.stderr, "kefu: there is no file ") {
		t.Errorf("a missing file: status %d: %s", missing.status, missing.all())
	}
	clean(t, "a missing file", missing)
}

// clean checks that what a person is told has no names of functions in it. The
// lines of the log may.
func clean(t *testing.T, what string, out output) {
	t.Helper()
	inner := regexp.MustCompile(`\b(app|audit|config|engine|headlog|identity|keyring|lifecycle|pages|realtime|search\w*|secret|session|signin|storage)\.[A-Za-z]+: |: failed(:|$)|goroutine \d|%!`)
	for line := range strings.Lines(out.all()) {
		if strings.HasPrefix(line, "{") {
			continue
		}
		if inner.MatchString(line) {
			t.Errorf("%s is told as for a programmer: %s", what, line)
		}
	}
}

func TestTheDoctorNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	sound := newServer(t, "")
	sound.start()
	runs := sound.runHere("", "doctor", "--listen", "localhost:"+sound.port)
	if runs.status != 0 || strings.Contains(runs.stdout, "BAD") || !strings.Contains(runs.stdout, "in use by a Kefu that runs") {
		t.Errorf("beside a running server: status %d:\n%s", runs.status, runs.all())
	}
	sound.stop()
	if out := sound.runHere("", "doctor", "--listen", "localhost:"+sound.port); out.status != 0 || !strings.Contains(out.stdout, "is free") {
		t.Errorf("after the server's end: status %d:\n%s", out.status, out.all())
	}
	stranger, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	go func() {
		for {
			conn, err := stranger.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, what, want string
		env, args        []string
	}{
		{"data that others may read", "data folder", "chmod 700", nil, []string{"--data", open}},
		{"data that cannot be made", "data folder", "cannot be made", nil, []string{"--data", "/proc/kefu/data"}},
		{"another master key", "keys", "wrong master key", []string{"KEFU_MASTER_KEY=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}, []string{"--data", sound.dir}},
		{"no database", "database", "PostgreSQL does not answer", []string{"KEFU_DATABASE=postgres://kefu:hunter2hunter2@127.0.0.1:1/kefu"}, []string{"--data", sound.dir}},
		{"a port that is taken", "listen", "by another program", nil, []string{"--data", sound.dir, "--listen", stranger.Addr().String()}},
		{"an address of elsewhere", "listen", "cannot listen on 192.0.2.1", nil, []string{"--data", sound.dir, "--listen", "192.0.2.1:80"}},
	} {
		out := run(t, c.env, "", append([]string{"doctor"}, c.args...)...)
		line := regexp.MustCompile(`(?m)^BAD +` + c.what + ` .*$`).FindString(out.stdout)
		if out.status != 1 || line == "" || !strings.Contains(line, c.want) || strings.Count(out.stdout, "BAD ") != 1 {
			t.Errorf("%s: status %d:\n%s", c.name, out.status, out.all())
		}
		if strings.Contains(out.all(), "hunter2hunter2") {
			t.Errorf("%s: a password was printed", c.name)
		}
		clean(t, c.name, out)
	}
}

func TestStaffAreManagedBesideARunningServer(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		s := newServer(t, database)
		s.start()
		added := s.runHere("violet-otter-crane-9251\n", "user", "add", "--email", "Dana@kefu.demo", "--name", "Dana Scully", "--role", "agent")
		if added.status != 0 || !strings.Contains(added.stdout, "added ") || !strings.Contains(added.stdout, "otpauth://") {
			t.Fatalf("user add: status %d: %s", added.status, added.all())
		}
		list := func() string { return s.runHere("", "user", "list").stdout }
		if !regexp.MustCompile(`(?m)^dana@kefu.demo +agent +Dana Scully$`).MatchString(list()) {
			t.Errorf("user list:\n%s", list())
		}
		for _, c := range []struct {
			stdin, want string
			args        []string
		}{
			{"violet-otter-crane-9251\n", "taken", []string{"add", "--email", "dana@kefu.demo", "--name", "Dana Again"}},
			{"violet-otter-crane-9251\n", "role is unknown", []string{"add", "--email", "x@kefu.demo", "--name", "X Y", "--role", "boss"}},
			{"12345678\n", "password is refused", []string{"add", "--email", "x@kefu.demo", "--name", "X Y"}},
			{"", "no password on standard input", []string{"add", "--email", "x@kefu.demo", "--name", "X Y"}},
			{"", "nobody has the e-mail address", []string{"disable", "nobody@kefu.demo"}},
			{"", "nobody has the e-mail address", []string{"reset", "nobody@kefu.demo"}},
			{"12345678\n", "password is refused", []string{"reset", "dana@kefu.demo"}},
			{"", "role is unknown", []string{"role", "dana@kefu.demo", "boss"}},
			{"", "the role is missing", []string{"role", "dana@kefu.demo"}},
			{"", "user add|list|reset|role|disable|enable|code", []string{"promote", "dana@kefu.demo"}},
			{"violet-otter-crane-9251\n", `no use for "auditor"`, []string{"add", "--name", "X Y", "x@kefu.demo", "auditor"}},
		} {
			out := s.runHere(c.stdin, append([]string{"user"}, c.args...)...)
			if out.status == 0 || !strings.Contains(out.stderr, c.want) {
				t.Errorf("user %v: status %d: %s", c.args, out.status, out.all())
			}
			clean(t, fmt.Sprint("user ", c.args), out)
		}
		mei := talk(t, client.Config{Target: client.Target{URL: s.base()}, Role: "desk", Token: s.deskToken("agent")})
		if out := s.runHere("", "user", "disable", "mei@kefu.demo"); out.status != 0 {
			t.Errorf("user disable: %s", out.all())
		}
		mei.until("the end of a disabled agent's connection", func() bool { return mei.ending == "revoked" })
		if out := s.runHere("", "user", "role", "dana@kefu.demo", "supervisor"); out.status != 0 || !regexp.MustCompile(`(?m)^dana@kefu.demo +supervisor `).MatchString(list()) {
			t.Errorf("user role: %s\n%s", out.all(), list())
		}
		reset := s.runHere("marble-lantern-4-osprey\n", "user", "reset", "dana@kefu.demo")
		if reset.status != 0 || !strings.Contains(reset.stdout, "otpauth://") || strings.Contains(reset.all(), "marble-lantern") {
			t.Errorf("user reset: status %d: %s", reset.status, reset.all())
		}
		if !regexp.MustCompile(`(?m)^mei@kefu.demo .* disabled$`).MatchString(list()) {
			t.Errorf("user list after disabling:\n%s", list())
		}
		if out := s.runHere("", "user", "enable", "mei@kefu.demo"); out.status != 0 || strings.Contains(list(), "disabled") {
			t.Errorf("user enable: %s\n%s", out.all(), list())
		}
	})
}

func TestADataFolderHasOneServer(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		s := newServer(t, database)
		s.start()
		second := run(t, s.environment(), "", "demo", "--data", s.dir, "--listen", "localhost:"+freePort(t))
		if second.status != 1 || !strings.Contains(second.stderr, "kefu: another server uses the data folder "+s.dir) {
			t.Errorf("a second server: status %d: %s", second.status, second.all())
		}
		clean(t, "a second server", second)
		k := s.customer("one-server", client.WebSocket)
		conv := k.begin()
		k.say(conv, "the first one still works")
		s.kill()
		s.start() // the lock of a killed server is nobody's
		k.say(conv, "and so does the next")
		if demo := s.demo(); len(demo.Staff) == 0 || demo.Staff[0].TOTPSecret == "" {
			t.Error("the second start lost the demo's people")
		}
	})
}

func TestAPortThatIsTakenIsNamed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	out := run(t, nil, "", "serve", "--data", filepath.Join(t.TempDir(), "data"), "--listen", taken.Addr().String())
	if out.status != 1 || !strings.Contains(out.stderr, "cannot listen on "+taken.Addr().String()) {
		t.Errorf("status %d: %s", out.status, out.all())
	}
	clean(t, "a port that is taken", out)
}

func TestServeRunsAnEmptyFolderAndEndsWell(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		dir, port := filepath.Join(t.TempDir(), "data"), freePort(t)
		file := filepath.Join(t.TempDir(), "kefu.yaml")
		text := fmt.Sprintf("listen: localhost:%s\npublic_url: http://localhost:%s\ndata: %s\n", port, port, dir)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		command := exec.Command(os.Getenv(binaryVariable), "serve", "--config", file)
		command.Env = append(os.Environ(), "KEFU_DATABASE="+database)
		var printed lockedBuffer
		command.Stdout, command.Stderr = &printed, &printed
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		t.Cleanup(func() { _ = command.Process.Kill() })
		for end := time.Now().Add(answerLimit); ; time.Sleep(10 * time.Millisecond) {
			response, err := http.Get("http://localhost:" + port + "/healthz")
			if err == nil {
				_ = response.Body.Close()
				if response.StatusCode == http.StatusOK {
					break
				}
			}
			if time.Now().After(end) {
				t.Fatalf("the server is not ready: %s", printed.bytes())
			}
		}
		for end := time.Now().Add(answerLimit); !strings.Contains(string(printed.bytes()), "kefu doctor") && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond) // it is said as soon as the store commits
		}
		for _, told := range []string{"Nobody can answer here yet", "/desk/#invitation=", "user add --config " + file + " --role owner", "/desk/", "origins.embed", "identity.issuers", "public_url"} {
			if !strings.Contains(string(printed.bytes()), told) {
				t.Errorf("the set-up does not tell %q: %s", told, printed.bytes())
			}
		}
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if err != nil || strings.Contains(string(printed.bytes()), `"level":"ERROR"`) {
				t.Errorf("the server's end: %v: %s", err, printed.bytes())
			}
		case <-time.After(answerLimit):
			t.Errorf("the server did not end: %s", printed.bytes())
		}
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the data folder: %v, %v", info, err)
		}
		if out := run(t, []string{"KEFU_DATABASE=" + database, "KEFU_DATA=" + dir}, "", "audit", "verify"); out.status != 0 || !strings.Contains(out.stdout, "the chain is whole") {
			t.Errorf("audit verify: status %d: %s", out.status, out.all())
		}
	})
}

func TestAuditVerifySaysWhyItCannotLook(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nothing")
	out := run(t, nil, "", "audit", "verify", "--json", "--data", dir)
	if out.status != 1 || out.stdout != "" || !strings.Contains(out.stderr, "kefu: the master key file "+dir) {
		t.Errorf("status %d: %s", out.status, out.all())
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a command that only reads has made a data folder")
	}
}

func TestMigrateMakesTheSchemaOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		env := []string{"KEFU_DATABASE=" + database, "KEFU_DATA=" + filepath.Join(t.TempDir(), "data")}
		for range 2 {
			if out := run(t, env, "", "migrate"); out.status != 0 || !strings.Contains(out.stdout, "has the schema") {
				t.Errorf("status %d: %s", out.status, out.all())
			}
		}
	})
}

// Few agents and a short queue: every freed agent is offered what waits, and no two
// get the same. How long that takes is looked at elsewhere.
func TestTheBenchOfRoutingRunsToItsEnd(t *testing.T) {
	t.Parallel()
	out := run(t, []string{"KEFU_DATABASE="}, "", "bench", "route", "--agents", "3", "--waiting", "6", "--turns", "9", "--rate", "40")
	var result map[string]float64
	if err := json.Unmarshal([]byte(out.stdout), &result); err != nil || out.status != 0 {
		t.Fatalf("status %d: %v: %s", out.status, err, out.all())
	}
	if result["offers"] < 12 || result["doubled"] != 0 || result["offer_p50_ms"] <= 0 || result["disk_sync_max_ms"] <= 0 {
		t.Errorf("%v\n%s", result, out.stderr)
	}
}
