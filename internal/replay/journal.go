package replay

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// record is one line of a journal: what a client was going to send, what was
// acknowledged to it, and what it was handed.
type record struct {
	Op       string `json:"op"` // start, send, stored, drop or event
	Customer string `json:"customer,omitempty"`
	Conv     string `json:"conv,omitempty"`
	ID       string `json:"id,omitempty"` // client_msg_id
	Seq      int64  `json:"seq,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Author   string `json:"author,omitempty"`
	Of       int64  `json:"of,omitempty"` // the entry that an edit or redaction is about
	Text     string `json:"text,omitempty"`
	Rewrote  bool   `json:"rewrote,omitempty"` // stored said that Text replaces what was sent
	Code     string `json:"code,omitempty"`
}

// journal is an append-only file of one client. A record is on the disk when
// write returns.
type journal struct {
	mu   sync.Mutex
	file *os.File
}

func newJournal(dir, name string) (*journal, error) {
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("replay: opening a journal: %w", err)
	}
	return &journal{file: file}, nil
}

func (j *journal) write(r record) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("replay: journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("replay: journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("replay: journal: %w", err)
	}
	return nil
}

func (j *journal) close() { _ = j.file.Close() }

// readJournals reads every journal of one side back from the disk.
func readJournals(dir, pattern string) ([][]record, error) {
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	all := make([][]record, 0, len(names))
	for _, name := range names {
		records, err := readJournal(name)
		if err != nil {
			return nil, err
		}
		all = append(all, records)
	}
	return all, nil
}

func readJournal(name string) ([]record, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	defer file.Close()
	var records []record
	decoder := json.NewDecoder(bufio.NewReader(file))
	for {
		var r record
		if err := decoder.Decode(&r); err == io.EOF {
			return records, nil
		} else if err != nil {
			return nil, fmt.Errorf("replay: %s: %w", filepath.Base(name), err)
		}
		records = append(records, r)
	}
}
