package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kefu/internal/app/issuing"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/sharedkeys"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/glance"
	"kefu/ui"
)

// Finding is one thing that Examine looked at: a fact, what is wrong and what to
// do about it in a sentence, or a hint at what runs and may not be meant so.
type Finding struct {
	What  string
	Fact  string
	Wrong string
	Hint  string
}

// hint is an error that is none.
type hint string

// Error implements error.
func (h hint) Error() string { return string(h) }

// Machine is what Examine asks the machine that it runs on.
type Machine struct {
	Now     clock.Clock
	FreeMiB func(dir string) (uint64, error) // on the volume of a folder, for who is not root
}

// ThisMachine is the one that this program runs on.
func ThisMachine() Machine {
	return Machine{Now: clock.System, FreeMiB: func(dir string) (uint64, error) {
		var stat syscall.Statfs_t
		err := syscall.Statfs(dir, &stat)
		return stat.Bavail * uint64(stat.Bsize) >> 20, err
	}}
}

// Examine looks at everything a server needs, without changing it.
func Examine(ctx context.Context, c config.Config, m Machine) []Finding {
	checks := []struct {
		what string
		look func(context.Context, config.Config) (string, error)
	}{
		{"data folder", examineData}, {"disk", m.examineDisk}, {"keys", examineKeys}, {"key folder", examinePlaces},
		{"database", examineDatabase}, {"staff", examineStaff}, {"jobs", examineJobs}, {"identity", examineIdentity}, {"address", examineAddress}, {"shared keys", examineSharedKeys},
		{"wallet pages", examineEmbedding}, {"listen", examineListen}, {"clock", m.examineClock}, {"pages", examinePages},
	}
	findings := make([]Finding, 0, len(checks))
	for _, check := range checks {
		limited, cancel := context.WithTimeout(ctx, 15*time.Second)
		fact, err := check.look(limited, c)
		cancel()
		f := Finding{What: check.what, Fact: fact}
		var advice hint
		switch {
		case errors.As(err, &advice):
			f.Fact, f.Hint = "", string(advice)
		case err != nil:
			f.Fact, f.Wrong = "", fault.Sentence(err)
		}
		findings = append(findings, f)
	}
	return findings
}

func examineData(_ context.Context, c config.Config) (string, error) {
	info, err := os.Stat(c.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return examineMissing(c.Data)
	}
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s can be read by others (mode %o); run chmod 700 on it", c.Data, mode)
	}
	probe := filepath.Join(c.Data, ".doctor")
	if err := os.WriteFile(probe, []byte("x"), 0o600); err != nil {
		return "", fmt.Errorf("%s cannot be written: %w; check its owner and the disk", c.Data, err)
	}
	if err := os.Remove(probe); err != nil {
		return "", err
	}
	files, err := os.ReadDir(c.Data)
	for _, file := range files {
		if info, err := file.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
			return "", fmt.Errorf("%s in %s can be read by others (mode %o); run chmod go= on it", file.Name(), c.Data, info.Mode().Perm())
		}
	}
	return c.Data + " can be written", err
}

// examinePlaces tells when the key pads lie where a copy of the database takes
// them along.
func examinePlaces(_ context.Context, c config.Config) (string, error) {
	var data, keys syscall.Stat_t
	if syscall.Stat(c.Data, &data) != nil || syscall.Stat(keysFolder(c), &keys) != nil {
		return "none yet", nil
	}
	if data.Dev == keys.Dev && engine.Of(c.Database.Reveal()) == engine.SQLite {
		return "", hint("the key pads lie on the disk of the database: one copy of that disk holds what was erased and its keys; name another place in keys.folder")
	}
	return keysFolder(c) + " is not on the disk of the database", nil
}

// look looks into the database; known is false before the first start, and where
// the database's own line says what is wrong with it.
func look(ctx context.Context, c config.Config) (g glance.Glance, known bool) {
	g, err := glance.Look(ctx, c.Database.Reveal(), c.Data)
	return g, err == nil
}

func examineStaff(ctx context.Context, c config.Config) (string, error) {
	g, known := look(ctx, c)
	switch {
	case !known:
		return "nobody before the first start", nil
	case g.AbleStaff == 0:
		return "", hint("nobody can sign in yet; add the first person with kefu user add --role owner --name NAME EMAIL")
	}
	return fmt.Sprintf("%d can sign in", g.AbleStaff), nil
}

func examineJobs(ctx context.Context, c config.Config) (string, error) {
	g, known := look(ctx, c)
	switch n := g.Jobs; {
	case !known:
		return "none before the first start", nil
	case n.Stuck+n.SetAside > 0:
		return "", fmt.Errorf("%d jobs keep failing and %d were set aside, so words may wait to be erased: mend what the log says of them, then run kefu jobs retry", n.Stuck, n.SetAside)
	default:
		return fmt.Sprintf("%d wait to be done", n.Waiting), nil
	}
}

// examineAddress looks whether browsers could reach the three hosts.
func examineAddress(ctx context.Context, c config.Config) (string, error) {
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return "", err // the configuration was checked
	}
	o := originsOf(public, c.Origins)
	if onlyHere(c.PublicURL) {
		return "", hint("public_url is " + c.PublicURL + ", which works on this machine alone; set it to the address that browsers show")
	}
	for _, host := range []string{o.public, o.widget, o.files} {
		name := (&url.URL{Host: host}).Hostname()
		if _, err := net.DefaultResolver.LookupHost(ctx, name); err != nil {
			return "", hint("the name " + name + " is not found from here; desk, window and files each need theirs in DNS and in the certificate")
		}
	}
	return strings.Join([]string{o.public, o.widget, o.files}, ", "), nil
}

func examineSharedKeys(_ context.Context, c config.Config) (string, error) {
	if c.Wallet.URL == "" {
		return "no wallet is connected", nil
	}
	keys, err := sharedkeys.Read(c.Wallet.SecretFile, c.Wallet.KeyID)
	return sharedkeys.Describe(keys), err
}

func examineEmbedding(_ context.Context, c config.Config) (string, error) {
	if len(c.Origins.Embed) == 0 {
		return "", hint("the configuration names no page that may embed the window; list those of your wallet in origins.embed, or on the desk under Settings")
	}
	if c.Wallet.URL != "" && len(c.Wallet.Links) == 0 {
		return "", hint("wallet.link_origins names no place, so a customer who has to confirm something finds no way into the wallet's app; name its origin or the scheme of its links")
	}
	return strings.Join(c.Origins.Embed, ", ") + " may embed the window", nil
}

// examineMissing tells whether the first start could make the folder dir.
func examineMissing(dir string) (string, error) {
	parent, err := filepath.Abs(dir)
	for err == nil || errors.Is(err, fs.ErrNotExist) {
		next := filepath.Dir(parent)
		if next == parent {
			break
		}
		parent = next
		if _, err = os.Stat(parent); err == nil {
			break
		}
	}
	probe, err := os.MkdirTemp(parent, ".kefu-doctor-")
	if err != nil {
		return "", fmt.Errorf("%s does not exist and cannot be made in %s: %w", dir, parent, errors.Unwrap(err))
	}
	return dir + " does not exist yet; the first start makes it", os.Remove(probe)
}

// minFreeMiB is what must be free on each volume.
const minFreeMiB = 1024

func (m Machine) examineDisk(_ context.Context, c config.Config) (string, error) {
	least := uint64(math.MaxUint64)
	tombstones := orIn(keysFolder(c), c.Keys.Tombstones, "destroyed.log")
	for _, dir := range []string{c.Data, keysFolder(c), filepath.Dir(tombstones), filepath.Dir(HeadsPath(c))} {
		if _, err := os.Stat(dir); err != nil {
			dir = "."
		}
		free, err := m.FreeMiB(dir)
		if err != nil {
			return "", err
		}
		if free < minFreeMiB {
			return "", fmt.Errorf("only %d MiB are free in %s; messages are refused when the disk is full, so make room", free, dir)
		}
		least = min(least, free)
	}
	return fmt.Sprintf("%d GiB free", least>>10), nil
}

func examineKeys(_ context.Context, c config.Config) (string, error) {
	if _, err := os.Stat(keysFolder(c)); errors.Is(err, fs.ErrNotExist) {
		return "none yet; the first start makes them", nil
	}
	ring, err := openRing(c, keyring.Options{ReadOnly: true, LookOnly: true})
	if err != nil {
		return "", err
	}
	files, err := checkRing(c, ring)
	return fmt.Sprintf("the master key opens every key file (%d)", files), errors.Join(err, ring.Close())
}

func examineDatabase(ctx context.Context, c config.Config) (string, error) {
	if engine.Of(c.Database.Reveal()) == engine.SQLite {
		if _, err := os.Stat(filepath.Join(c.Data, "kefu.db")); errors.Is(err, fs.ErrNotExist) {
			return "SQLite; the first start makes it", nil
		}
	}
	version, err := engine.Probe(ctx, c.Database.Reveal(), c.Data)
	return version, err
}

func examineIdentity(ctx context.Context, c config.Config) (string, error) {
	if err := issuing.Check(ctx, c.Identity, issuing.Client(c.Identity)); err != nil {
		return "", err
	}
	if len(c.Identity.Issuers) == 0 && !c.Identity.Anonymous {
		return "", errors.New("no issuer is configured and visitors are not let in, so nobody can write; set identity.issuers")
	}
	return fmt.Sprintf("%d issuers, visitors let in: %v", len(c.Identity.Issuers), c.Identity.Anonymous), nil
}

func examineListen(ctx context.Context, c config.Config) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	switch {
	case err == nil:
		return c.Listen + " is free", l.Close()
	case !errors.Is(err, syscall.EADDRINUSE):
		return "", fmt.Errorf("cannot listen on %s: %w", c.Listen, errors.Unwrap(err))
	case answersAsKefu(ctx, c):
		return c.Listen + " is in use by a Kefu that runs", nil
	default:
		return "", fmt.Errorf("%s is in use by another program; end it, or listen elsewhere", c.Listen)
	}
}

// answersAsKefu tells whether the liveness page of a Kefu is served where this
// one would listen.
func answersAsKefu(ctx context.Context, c config.Config) bool {
	scheme := "http"
	if c.TLS.CertFile != "" {
		scheme = "https"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+c.Listen+"/livez", nil)
	if err != nil {
		return false
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // nothing is sent, and nothing is believed
	}}
	answer, err := client.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusServiceUnavailable
}

// clockSlack is how far a file may have been written in the future.
const clockSlack = time.Minute

// examineClock refuses a clock that stands before this program was written, or
// before something that Kefu wrote: tokens and timers would be judged wrongly.
func (m Machine) examineClock(_ context.Context, c config.Config) (string, error) {
	now := m.Now().UTC()
	if now.Year() < 2026 {
		return "", fmt.Errorf("the clock says %s; set it, for example with NTP", now.Format(time.RFC3339))
	}
	for _, path := range []string{filepath.Join(c.Data, engine.File), HeadsPath(c)} {
		info, err := os.Stat(path)
		if err == nil && info.ModTime().Sub(now) > clockSlack {
			return "", fmt.Errorf("the clock says %s, and %s was written at %s; set it, for example with NTP",
				now.Format(time.RFC3339), path, info.ModTime().UTC().Format(time.RFC3339))
		}
	}
	return now.Format(time.RFC3339), nil
}

func examinePages(context.Context, config.Config) (string, error) {
	for _, page := range []string{"desk/index.html", "widget/loader.js"} {
		if _, err := fs.Stat(ui.Dist(), page); err != nil {
			return "", errors.New("this program was built without its pages; build it with make build")
		}
	}
	return "window and desk are inside this program", nil
}
