// Package target is what the measuring commands and the replay have in common:
// a server as a child process whose processor time and memory can be read, and
// the identities of the demo (demo.json) with which a program signs in to it as
// any customer or member of staff.
package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	healthEvery    = time.Millisecond
	stopTimeout    = 15 * time.Second
	ticksPerSecond = 100 // USER_HZ, fixed for user space on Linux (proc(5))
)

// Command says how to start a server and where it is then found.
type Command struct {
	Argv   []string // the program first
	Env    []string // NAME=value, added to this process's environment
	Window string   // base address of the window's protocol
	Desk   string   // base address of the desk's protocol and the API
	Health string   // address that answers 200 once it is ready

	Metrics string // address of its figures for Prometheus, or ""
}

// Process is a running child. It is not for concurrent use, but for Kill.
type Process struct {
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the child has been waited for
	err    error
	health string
}

// Start starts the child, with its output on log, and waits until it is
// healthy. On Linux it is killed when this process ends.
func Start(ctx context.Context, command Command, log io.Writer) (*Process, error) {
	if len(command.Argv) == 0 {
		return nil, errors.New("target: no command to start")
	}
	cmd := exec.Command(command.Argv[0], command.Argv[1:]...)
	cmd.Env = append(os.Environ(), command.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attended()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("target: starting %s: %w", command.Argv[0], err)
	}
	p := &Process{cmd: cmd, ended: make(chan struct{}), health: command.Health}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	if err := p.healthy(ctx); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

func (p *Process) healthy(ctx context.Context) error {
	client := &http.Client{Transport: &http.Transport{DialContext: dialLoopback}, Timeout: stopTimeout}
	defer client.CloseIdleConnections()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.health, nil)
		if err != nil {
			return fmt.Errorf("target: %w", err)
		}
		if response, err := client.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("target: the server did not become healthy at %s: %w", p.health, ctx.Err())
		case <-p.ended:
			return fmt.Errorf("target: the server ended before it was healthy: %w", p.exit())
		case <-time.After(healthEvery):
		}
	}
}

func (p *Process) exit() error {
	if p.err == nil {
		return errors.New("status 0")
	}
	return p.err
}

// PID is the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the child with SIGKILL and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Stop asks the child to end and kills it when it does not within 15 s.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		p.Kill()
	}
}

// Ended is closed when the child is gone.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// CPU is the processor time, user and system, that the child has used.
func (p *Process) CPU() (time.Duration, error) { return CPUOf(p.PID()) }

// CPUOf is the processor time of a process (proc(5), fields 14 and 15 of stat),
// to 10 ms.
func CPUOf(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("target: %w", err)
	}
	_, after, _ := strings.Cut(string(raw), ") ") // the name may hold spaces
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, errors.New("target: /proc/PID/stat is shorter than expected")
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("target: /proc/PID/stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// RSS is the child's resident memory in bytes.
func (p *Process) RSS() (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.PID()))
	if err != nil {
		return 0, fmt.Errorf("target: %w", err)
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0, errors.New("target: /proc/PID/statm is shorter than expected")
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// CPUOfNamed is the processor time of every process of a name, for a database
// server on the same machine.
func CPUOfNamed(name string) time.Duration {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	var total time.Duration
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err != nil || strings.TrimSpace(string(comm)) != name {
			continue
		}
		if used, err := CPUOf(pid); err == nil {
			total += used
		}
	}
	return total
}

// Ports that systems give to outgoing connections begin at 32,768 on Linux, and
// higher elsewhere: one below is not taken between the look and its use.
const (
	firstPort = 20_000
	ports     = 12_000
)

// FreeAddress is a loopback address that nobody listens on, with the next port
// free as well (the demo's page takes it).
func FreeAddress() (string, error) {
	const tries = 50
	for range tries {
		port := firstPort + rand.IntN(ports)
		if free(port) && free(port+1) {
			return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
		}
	}
	return "", errors.New("target: no two free ports side by side")
}

// dialLoopback dials names below localhost without a resolver (RFC 6761).
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil && strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("localhost", port)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, address)
}

func free(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	return err == nil && l.Close() == nil
}
