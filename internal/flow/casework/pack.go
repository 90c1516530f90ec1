package casework

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/evidence"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// maxPacked bounds the files of one pack, in bytes, and its audit records.
const (
	maxPacked  = 256 << 20
	maxRecords = 2000
)

// packedCase is a case as it stands in a pack, with times that need no reckoning.
type packedCase struct {
	ID           string          `json:"id"`
	Reference    string          `json:"reference"`
	Customer     string          `json:"customer"`
	Type         string          `json:"type"`
	Jurisdiction string          `json:"jurisdiction"`
	Version      int             `json:"version"`
	Reviewer     string          `json:"reviewer"`
	Stage        cases.Stage     `json:"stage"`
	NoticedAt    string          `json:"first_notice"`
	Decision     *cases.Decision `json:"decision,omitempty"`
	Deadlines    []packedClock   `json:"deadlines"`
	Events       []packedEvent   `json:"events"`
}

type packedClock struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	State   string `json:"state"`
	Start   string `json:"start"`
	Due     string `json:"due,omitempty"`
	Ended   string `json:"ended,omitempty"`
	Period  string `json:"period"`
	Source  string `json:"source"`
	Checked string `json:"checked"`
}

type packedEvent struct {
	Seq        int64      `json:"seq"`
	Kind       cases.Kind `json:"kind"`
	At         string     `json:"at"`
	HappenedAt string     `json:"happened_at"`
	ByKind     string     `json:"by_kind"`
	By         string     `json:"by"`
	Files      []string   `json:"files,omitempty"` // where they are in this pack
	Data       cases.Data `json:"data"`
}

type packedRecord struct {
	Seq      int64  `json:"seq"`
	At       string `json:"at"`
	Actor    string `json:"actor"`
	Action   string `json:"action"`
	Previous string `json:"previous"` // the hash of the record before
	Hash     string `json:"hash"`
}

func when(us int64) string {
	if us == 0 {
		return ""
	}
	return clock.FromMicros(us).UTC().Format(time.RFC3339Nano)
}

// Pack writes a case out as a signed file: what happened, its deadlines with their
// sources, the letters, the files that were brought, and what the audit chain has of it.
// open is told the case's reference before anything is written. Errors: NotFound;
// Forbidden for who may not take a case out of the house; TooMany for too many bytes.
func (s *Service) Pack(ctx context.Context, p identity.Principal, caseID string, open func(reference string) io.Writer) error {
	const op = "casework.Pack"
	c, err := s.Store.ExportCase(ctx, p, caseID)
	if err != nil {
		return err
	}
	seen, err := s.words(ctx, s.seen(c))
	if err != nil {
		return err
	}
	w := evidence.NewWriter(open(c.Reference), evidence.Manifest{Case: c.ID, Reference: c.Reference, MadeAt: evidence.Stamp(s.Clock()), MadeBy: p.ID}, s.Signer)
	names, err := s.packFiles(ctx, p, w, seen)
	if err != nil {
		return err
	}
	if err := packLetters(w, seen); err != nil {
		return err
	}
	records, err := s.packRecords(ctx, c.ID)
	if err != nil {
		return err
	}
	for name, what := range map[string]any{"case.json": packed(seen, names), "audit.json": records} {
		if err := addJSON(w, name, what); err != nil {
			return err
		}
	}
	if err := w.Add("README.txt", strings.NewReader(packReadme)); err != nil {
		return err
	}
	return fault.Wrap(op, w.Close())
}

const packReadme = `This is a case of customer service, as it was kept.

case.json      what happened, in its order, with the deadlines and their sources
letters/       what the customer was written
files/         what was brought
audit.json     the records of the audit chain about this case
manifest.json  the digest (SHA-256) of each of these files

The file as a whole is signed (Ed25519) with the key of the house's audit chain.
"kefu evidence verify FILE" proves offline that no byte is another one; the house tells
its public key by "kefu evidence key".
`

func addJSON(w *evidence.Writer, name string, what any) error {
	text, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		return fault.Wrap("casework.addJSON", err)
	}
	return w.Add(name, bytes.NewReader(append(text, '\n')))
}

// packFiles puts the files in, and gives where each is. One that is gone, as when its
// message was removed, is named in the case and is not there.
func (s *Service) packFiles(ctx context.Context, p identity.Principal, w *evidence.Writer, c Seen) (map[string]string, error) {
	names := map[string]string{}
	left := int64(maxPacked)
	for _, e := range c.Events {
		for _, f := range e.Files {
			if names[f.ID] != "" || s.File == nil {
				continue
			}
			if left -= f.Size; left < 0 {
				return nil, fault.New(fault.TooMany, "casework.packFiles", "the files of the case have more than %d bytes", maxPacked)
			}
			content, err := s.File(ctx, p, f.ID)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			name := fmt.Sprintf("files/%02d-%s", len(names)+1, plainName(f.Name))
			err = w.Add(name, content)
			if closed := content.Close(); err == nil {
				err = closed
			}
			if err != nil {
				return nil, err
			}
			names[f.ID] = name
		}
	}
	return names, nil
}

// plainName is a name that every file system takes.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`\/:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	for len(plain) > 150 {
		_, size := utf8.DecodeLastRuneInString(plain)
		plain = plain[:len(plain)-size]
	}
	if plain == "" || plain == "." || plain == ".." {
		return "file"
	}
	return plain
}

func packLetters(w *evidence.Writer, c Seen) error {
	n := 0
	for _, e := range c.Events {
		if e.Kind != cases.Written && e.Kind != cases.Resent {
			continue
		}
		n++
		text := e.Title + "\n" + when(e.At) + "\n\n" + e.Text + "\n"
		if err := w.Add(fmt.Sprintf("letters/%02d-%s-%s.txt", n, e.Letter, e.Kind), strings.NewReader(text)); err != nil {
			return err
		}
	}
	return nil
}

// packRecords are the newest records of the audit chain about a case, the oldest first.
func (s *Service) packRecords(ctx context.Context, caseID string) ([]packedRecord, error) {
	out := []packedRecord{}
	q := audit.Query{Object: caseID, Limit: 200}
	for len(out) < maxRecords {
		page, err := s.Store.AuditPage(ctx, s.who, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Records {
			r := &page.Records[i]
			out = append(out, packedRecord{r.Seq, when(r.At), strings.TrimSpace(r.Actor.Type + " " + r.Actor.ID), r.Action, r.Prev.String(), r.Hash().String()})
		}
		if page.Next == 0 {
			break
		}
		q.Before = page.Next
	}
	slices.Reverse(out)
	return out, nil
}

func packed(c Seen, names map[string]string) packedCase {
	out := packedCase{
		ID: c.ID, Reference: c.Reference, Customer: c.CustomerID, Type: string(c.Type), Jurisdiction: c.Jurisdiction, Version: c.Version, Stage: c.Stage, NoticedAt: when(c.NoticedAt),
		Decision: c.Decision, Deadlines: []packedClock{}, Events: []packedEvent{},
	}
	if c.Pack != nil {
		out.Reviewer = c.Pack.Reviewer
	}
	for i := range c.Clocks {
		out.Deadlines = append(out.Deadlines, packedClockOf(&c.Clocks[i]))
	}
	for _, e := range c.Events {
		x := packedEvent{Seq: e.Seq, Kind: e.Kind, At: when(e.At), HappenedAt: when(e.When), ByKind: e.By.Kind.String(), By: e.By.ID, Data: e.Data}
		for _, f := range e.Files {
			if name := names[f.ID]; name != "" {
				x.Files = append(x.Files, name)
			}
		}
		out.Events = append(out.Events, x)
	}
	return out
}

func packedClockOf(r *jurisdiction.Reckoned) packedClock {
	return packedClock{
		ID: r.Key(), Title: r.Title.In("en"), State: string(r.State), Start: when(r.Start), Due: when(r.Due), Ended: when(r.Ended),
		Period: fmt.Sprintf("%d %s", r.Applied.Amount, r.Applied.Unit), Source: r.Cite.Source, Checked: string(r.Cite.Checked),
	}
}
