// Package filing checks how a wallet takes files of its customers, and what becomes of
// those that a command names.
package filing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/id"
	"kefu/internal/walletcheck/further"
)

// Probe is the wallet that is checked.
type Probe interface {
	// Takes are the files that it names in its capability document; nil: none.
	Takes() *wallet.FileLimits
	Does(a wallet.Act) error   // a Skip where it does not
	Writes(a wallet.Act) error // a Skip where nothing may be changed
	Customers() (one, other string)
	// Give gives a file, signed well but for the query that is said to be signed.
	Give(g Given, into any) error
	RefusedFile(g Given, status int, code string) error
	Target(a wallet.Act) (wallet.Command, error)
	Command(c wallet.Command) (wallet.Operation, error)
	Settled(o wallet.Operation) (wallet.Operation, error)
	Disputes() ([]wallet.Dispute, error)
}

// Given is a file as it is given.
type Given struct {
	Path        string
	Key         string
	Type        string // Content-Type
	Content     []byte
	SignedQuery string // in the place of that of the path; "" for that one
}

// Check is one check.
type Check struct {
	ID, What, Why string
	Run           func(Probe) error
}

type skip = further.Skip

func key() string { return "verify-" + id.New() }

// paper is a small text that nobody has given before.
func paper() []byte { return []byte("kefu connector verify\n" + key() + "\n") }

func of(content []byte) wallet.File {
	sum := sha256.Sum256(content)
	return wallet.File{Digest: hex.EncodeToString(sum[:]), Type: "text/plain", Size: int64(len(content))}
}

// given is a file as Kefu hands it over.
func given(customer string, f wallet.File, content []byte) Given {
	query := url.Values{"sha256": {f.Digest}, "type": {f.Type}, "size": {strconv.FormatInt(f.Size, 10)}}.Encode()
	return Given{Path: "/customers/" + customer + "/files?" + query, Key: f.Digest, Type: f.Type, Content: content}
}

func mine(p Probe) string {
	one, _ := p.Customers()
	return one
}

// refusal wants an operation that failed for a reason.
func refusal(o wallet.Operation, err error, why wallet.Refusal) error {
	if err == nil && (o.State != wallet.OpFailed || o.Refusal != why) {
		err = fmt.Errorf("it is %s %s, where %s was to be the reason", o.State, o.Refusal, why)
	}
	return err
}

// nobody is an id that no customer has.
const nobody = "nobody-verify-0000000000"

// Checks lists them all.
func Checks() []Check { return append(taking(), adding()...) }

// takes skips a check of files where the wallet takes none, or no text.
func takes(p Probe) error {
	if p.Takes() == nil || !slices.Contains(p.Takes().Types, "text/plain") {
		return skip("the wallet takes no files, or no text")
	}
	return p.Does(wallet.AddEvidence)
}

// stored gives the wallet a file.
func stored(p Probe, customer string, content []byte) (wallet.File, error) {
	f := of(content)
	var told wallet.Stored
	err := p.Give(given(customer, f, content), &told)
	if err == nil {
		err = told.Validate()
	}
	if err == nil && (told.CustomerID != customer || told.File != f) {
		err = fmt.Errorf("another file is told of, or another customer")
	}
	return f, err
}

// taking is how strictly files are taken. None of these is kept.
func taking() []Check {
	const meant = "what speaks for a customer is what they gave, byte for byte"
	refused := func(id, what, why string, status int, code string, make func(p Probe, content []byte) Given) Check {
		return Check{"files." + id, what, why, func(p Probe) error {
			if err := takes(p); err != nil {
				return err
			}
			return p.RefusedFile(make(p, paper()), status, code)
		}}
	}
	named := func(change func(*wallet.File)) func(Probe, []byte) Given {
		return func(p Probe, content []byte) Given {
			f := of(content)
			change(&f)
			return given(mine(p), f, content)
		}
	}
	return []Check{
		refused("digest", "refuses a file whose digest is not that of its bytes", meant, 400, "invalid", named(func(f *wallet.File) { f.Digest = strings.Repeat("0", 64) })),
		refused("size", "refuses a file whose size is not that of its bytes", meant, 400, "invalid", named(func(f *wallet.File) { f.Size++ })),
		refused("key", "refuses a file under another key than its digest", "a lost answer is asked for by what the file is", 400, "invalid", func(p Probe, content []byte) Given {
			c := given(mine(p), of(content), content)
			c.Key = key()
			return c
		}),
		refused("type", "refuses a type that it does not name", "what nobody can look at is no evidence", 415, "media_type", func(p Probe, content []byte) Given {
			c := given(mine(p), of(content), content)
			c.Type = "text/html"
			return c
		}),
		refused("posing", "refuses a file that is not what its type says", "what is opened as a picture must be one", 415, "media_type", func(p Probe, content []byte) Given {
			if !slices.Contains(p.Takes().Types, "image/png") { // then a text poses as what it does take
				return given(mine(p), of(content), append([]byte("\x89PNG\r\n\x1a\n"), content...))
			}
			f := of(content)
			f.Type = "image/png"
			return given(mine(p), f, content)
		}),
		refused("nobody", "answers 404 not_found for a file of nobody", "else Kefu takes nobody for a wallet that does not answer", 404, "not_found", func(_ Probe, content []byte) Given {
			return given(nobody, of(content), content)
		}),
		refused("signed", "refuses a file whose address is not the one that was signed", "else somebody on the way says whose it is", 401, "signature", func(p Probe, content []byte) Given {
			c := given(mine(p), of(content), content)
			c.SignedQuery = "sha256=" + strings.Repeat("0", 64)
			return c
		}),
		{"files.large", "refuses a file that is larger than it names", "a wallet that says what it takes is not filled up", func(p Probe) error {
			if err := takes(p); err != nil {
				return err
			}
			if p.Takes().MaxBytes >= wallet.MaxFileBytes {
				return skip("it takes what is as large as the contract allows")
			}
			content := []byte(strings.Repeat("x", int(p.Takes().MaxBytes)+1))
			return p.RefusedFile(given(mine(p), of(content), content), 413, "too_large")
		}},
	}
}

// adding gives the wallet files, and what they are for.
func adding() []Check {
	const theirs = "else one customer's papers stand in another's dispute"
	wrote := func(id, what, why string, run func(p Probe, c wallet.Command) error) Check {
		return Check{"evidence." + id, what, why, func(p Probe) error {
			if err := p.Writes(wallet.AddEvidence); err != nil {
				return err
			}
			if err := takes(p); err != nil {
				return err
			}
			c, err := p.Target(wallet.AddEvidence)
			if err != nil {
				return err
			}
			c.DryRun, c.Key = false, key()
			return run(p, c)
		}}
	}
	return []Check{
		wrote("given", "takes a file that it has, and tells the same of it", "no answer came, and Kefu gives it again", func(p Probe, _ wallet.Command) error {
			content := paper()
			if _, err := stored(p, mine(p), content); err != nil {
				return err
			}
			_, err := stored(p, mine(p), content)
			return err
		}),
		wrote("missing", "refuses to add a file that it was not given", "what is believed to be there is missed when it is decided", func(p Probe, c wallet.Command) error {
			c.Files = []wallet.Evidence{{Kind: "receipt", File: of(paper())}}
			o, err := p.Command(c)
			return refusal(o, err, wallet.FileMissing)
		}),
		{"evidence.refund", "refuses to ask for a refund with a file that it was not given", "what the shop is believed to see is missed when it decides", func(p Probe) error {
			if err := p.Writes(wallet.RequestRefund); err != nil {
				return err
			}
			if err := takes(p); err != nil {
				return err
			}
			c, err := p.Target(wallet.RequestRefund)
			if err != nil {
				return err
			}
			c.DryRun, c.Key, c.Files = false, key(), []wallet.Evidence{{Kind: "receipt", File: of(paper())}}
			o, err := p.Command(c)
			return refusal(o, err, wallet.FileMissing)
		}},
		wrote("other", "refuses to add a file that another customer gave", theirs, func(p Probe, c wallet.Command) error {
			_, other := p.Customers()
			f, err := stored(p, other, paper())
			if err != nil {
				return err
			}
			c.Files = []wallet.Evidence{{Kind: "receipt", File: f}}
			o, err := p.Command(c)
			return refusal(o, err, wallet.FileMissing)
		}),
		wrote("told", "tells with the dispute of a file that was added, once, and takes it once", "people see what is there, and nobody gives it twice", func(p Probe, c wallet.Command) error {
			return evidenced(p, c)
		}),
		wrote("over", "adds nothing to a dispute that is decided", "whoever believes that it is looked at waits in vain", func(p Probe, c wallet.Command) error {
			all, err := p.Disputes()
			if err != nil {
				return err
			}
			i := slices.IndexFunc(all, func(d wallet.Dispute) bool { return d.State.Over() })
			if i < 0 {
				return skip("no dispute of the customer is decided")
			}
			f, err := stored(p, mine(p), paper())
			if err != nil {
				return err
			}
			c.Target, c.Files = all[i].ID, []wallet.Evidence{{Kind: "receipt", File: f}}
			o, err := p.Command(c)
			return refusal(o, err, wallet.NotEligible)
		}),
	}
}

// evidenced adds a file for real, and then once more.
func evidenced(p Probe, c wallet.Command) error {
	f, err := stored(p, mine(p), paper())
	if err != nil {
		return err
	}
	c.Files = []wallet.Evidence{{Kind: "receipt", File: f}}
	o, err := p.Command(c)
	if err != nil {
		return err
	}
	if o, err = p.Settled(o); err != nil {
		return err
	}
	if o.State != wallet.OpSucceeded {
		return fmt.Errorf("it is %s %s", o.State, o.Refusal)
	}
	if err := once(p, c); err != nil {
		return err
	}
	again, err := p.Command(c)
	if err == nil && again.ID != o.ID {
		err = fmt.Errorf("another operation was made under the same key")
	}
	if err != nil {
		return err
	}
	c.Key = key()
	again, err = p.Command(c)
	if err := refusal(again, err, wallet.AlreadyDone); err != nil {
		return err
	}
	return once(p, c)
}

// once wants a file to stand in its dispute one time.
func once(p Probe, c wallet.Command) error {
	all, err := p.Disputes()
	if err != nil {
		return err
	}
	there := 0
	for _, d := range all {
		for _, e := range d.Files {
			if d.ID == c.Target && e == c.Files[0] {
				there++
			}
		}
	}
	if there != 1 {
		return fmt.Errorf("the dispute has it %d times", there)
	}
	return nil
}
