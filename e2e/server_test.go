package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kefu/internal/target"
)

// server is a demo in a folder of its own, which can be started again and again.
type server struct {
	t        *testing.T
	dir      string
	database string
	port     string
	env      []string
	log      string // file
	process  *target.Process
}

// newServer prepares a server; start starts it. It logs everything, and its
// limits are out of the way unless env says otherwise.
func newServer(t *testing.T, database string, env ...string) *server {
	t.Helper()
	s := &server{t: t, dir: filepath.Join(t.TempDir(), "data"), database: database, env: openLimits()}
	s.env = append(s.env, "KEFU_LOG_LEVEL=debug")
	s.env = append(s.env, env...)
	s.log = filepath.Join(filepath.Dir(s.dir), "server.log")
	s.port = freePort(t)
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the end of the server's log:\n%s", tail(s.logged(), 6000))
		}
	})
	return s
}

// nextPort is where the search for a free port goes on, so that tests beside
// each other do not find the same.
var nextPort atomic.Uint32

// freePort is a port that nobody listens on, and neither on the next one. It is
// below those that the system gives to outgoing connections.
func freePort(t *testing.T) string {
	t.Helper()
	const first, count = 10_000, 5_000 // pairs, up to 19,999
	nextPort.CompareAndSwap(0, rand.Uint32N(count)+1)
	for range count {
		port := first + 2*(nextPort.Add(1)%count)
		if free(port) && free(port+1) {
			return strconv.Itoa(int(port))
		}
	}
	t.Fatal("there are no two free ports side by side")
	return ""
}

func free(port uint32) bool {
	for _, host := range []string{"127.0.0.1", "localhost"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(int(port))))
		if err != nil {
			return false
		}
		_ = listener.Close()
	}
	return true
}

// openLimits let a test say as much as it likes.
func openLimits() []string {
	var env []string
	for _, limit := range []string{"ANONYMOUS_MESSAGES", "CUSTOMER_MESSAGES", "AGENT_MESSAGES", "VISITOR_STARTS", "CUSTOMER_STARTS", "NEW_VISITORS", "CONNECTIONS", "SIGN_INS", "STAFF_READS", "UPLOADS"} {
		env = append(env, "KEFU_LIMITS_"+limit+"_BURST=1000000", "KEFU_LIMITS_"+limit+"_PER=1s")
	}
	return env
}

func tail(text string, n int) string { return text[max(0, len(text)-n):] }

func (s *server) base() string { return "http://localhost:" + s.port }

func (s *server) argv(command string) []string {
	argv := []string{os.Getenv(binaryVariable), command, "--listen", "localhost:" + s.port, "--data", s.dir}
	if command == "demo" {
		argv = append(argv, "--bare") // what the tests find is what they wrote
	}
	return argv
}

func (s *server) environment() []string {
	return append([]string{"KEFU_DATABASE=" + s.database, "KEFU_PUBLIC_URL=" + s.base(), "KEFU_MASTER_KEY="}, s.env...)
}

// start starts the server, waits until it is ready and gives the time it took.
func (s *server) start() time.Duration {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	log, err := os.OpenFile(s.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	began := time.Now()
	s.process, err = target.Start(ctx, target.Command{Argv: s.argv("demo"), Env: s.environment(), Health: s.base() + "/healthz"}, log)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, tail(s.logged(), 4000))
	}
	return time.Since(began)
}

// kill ends the server at once, as a loss of power would.
func (s *server) kill() {
	if s.process != nil {
		s.process.Kill()
		s.process = nil
	}
}

// stop asks the server to end and gives the time it took.
func (s *server) stop() time.Duration {
	s.t.Helper()
	began := time.Now()
	if err := syscall.Kill(s.process.PID(), syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.process.Ended():
	case <-time.After(30 * time.Second):
		s.t.Fatal("the server did not stop within 30 s")
	}
	s.process = nil
	return time.Since(began)
}

func (s *server) logged() string {
	text, err := os.ReadFile(s.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	return string(text)
}

// demo reads the identities of the demo.
func (s *server) demo() *target.Demo {
	s.t.Helper()
	demo, err := target.Load(s.dir, target.Issuer{})
	if err != nil {
		s.t.Fatal(err)
	}
	return demo
}

// desk signs a member of staff in.
func (s *server) desk(role string) *target.API {
	s.t.Helper()
	api := target.NewAPI(s.base())
	s.t.Cleanup(api.Close)
	token, err := s.demo().SignIn(s.t.Context(), api, role)
	if err != nil {
		s.t.Fatal(err)
	}
	api.Token = token
	return api
}

// deskToken gives the session of a member of staff to a client.
func (s *server) deskToken(role string) func(context.Context) (string, error) {
	token := s.desk(role).Token
	return func(context.Context) (string, error) { return token, nil }
}

// output is what a command printed, and how it ended.
type output struct {
	stdout, stderr string
	status         int
}

func (o output) all() string { return o.stdout + o.stderr }

// run runs a command of the program to its end.
func run(t *testing.T, env []string, stdin string, args ...string) output {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Getenv(binaryVariable), args...)
	command.Env = append(os.Environ(), env...)
	command.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return output{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// runHere runs a command on the data of a server.
func (s *server) runHere(stdin string, args ...string) output {
	s.t.Helper()
	return run(s.t, append(s.environment(), "KEFU_DATA="+s.dir, "KEFU_LOG_LEVEL=warn"), stdin, args...)
}

// lockedBuffer is written by one goroutine and read by another.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.text.Bytes())
}
