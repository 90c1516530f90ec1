package attaching

import (
	"context"
	"slices"
	"sync"
	"time"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// Unsent bounds the files that were uploaded and that no message has sent yet, in
// bytes. Whoever may upload may forget to send, or mean to fill the disk. What a run of a
// flow has is bounded there.
type Unsent struct {
	Visitor int64 // of one visitor
	Sender  int64 // of one customer or member of staff
	Network int64 // of all visitors and customers of one network
	Total   int64 // of everybody; visitors may have half of it, and an eighth is staff's alone
}

// maxUnsent bounds the files that are read back from the store.
const maxUnsent = 200_000

// leastShare is what even the smallest file counts for: it costs a row, two keys
// and a block of the disk.
const leastShare = 64 << 10

// The names of the limits, for figures.
const (
	unsentSender  = "unsent_sender"
	unsentNetwork = "unsent_network"
	unsentTotal   = "unsent_total"
)

// unsent keeps account of unsent files. It is of this process: Recall reads what
// an earlier one left, whose networks nobody knows any more.
type unsent struct {
	limits Unsent
	most   int // files read back from the store

	mu        sync.Mutex
	files     map[string]*share // by the file's id
	bySender  map[string]int64
	byNetwork map[string]int64
	total     int64
	visitors  int64 // of total
	staff     int64 // of total
	coming    int64 // of total: set aside for uploads under way
}

// share is what one file, or one upload under way, counts for.
type share struct {
	sender, network string
	kind            identity.Kind
	bytes           int64
	at              int64
	settled         bool
}

func newUnsent(limits Unsent) *unsent {
	return &unsent{limits: limits, most: maxUnsent, files: map[string]*share{}, bySender: map[string]int64{}, byNetwork: map[string]int64{}}
}

// take sets bytes aside for an upload, or names the limit that has no room.
func (u *unsent) take(p identity.Principal, network string, bytes int64, now time.Time) (room *share, refused string) {
	s := &share{sender: p.ID, network: network, kind: p.Kind, bytes: max(bytes, leastShare), at: now.UnixMicro()}
	u.mu.Lock()
	defer u.mu.Unlock()
	own := u.limits.Sender
	if s.kind == identity.Visitor {
		own = u.limits.Visitor
	}
	switch {
	case u.bySender[s.sender]+s.bytes > max(own, leastShare):
		return nil, unsentSender
	case network != "" && u.byNetwork[network]+s.bytes > max(u.limits.Network, leastShare):
		return nil, unsentNetwork
	case u.total+s.bytes > u.limits.Total,
		s.kind != identity.Staff && u.total-u.staff+s.bytes > u.limits.Total-u.limits.Total/8,
		s.kind == identity.Visitor && u.visitors+s.bytes > u.limits.Total/2:
		return nil, unsentTotal
	}
	u.count(s, 1)
	u.coming += s.bytes
	return s, ""
}

// count adds or takes away what a share counts for. The caller holds the lock.
func (u *unsent) count(s *share, sign int64) {
	bytes := sign * s.bytes
	u.total += bytes
	switch s.kind {
	case identity.Visitor:
		u.visitors += bytes
	case identity.Staff:
		u.staff += bytes
	}
	add(u.bySender, s.sender, bytes)
	if s.network != "" {
		add(u.byNetwork, s.network, bytes)
	}
}

func add(to map[string]int64, key string, bytes int64) {
	if to[key] += bytes; to[key] <= 0 {
		delete(to, key)
	}
}

// settle makes what was set aside the share of a file of a size.
func (u *unsent) settle(s *share, id string, size int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.coming -= s.bytes
	u.count(s, -1)
	s.bytes, s.settled = max(size, leastShare), true
	u.count(s, 1)
	u.files[id] = s
}

// give gives back what was set aside for an upload that left no file.
func (u *unsent) give(s *share) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !s.settled {
		u.coming -= s.bytes
		u.count(s, -1)
	}
}

// underWay is what uploads under way may still take of the disk.
func (u *unsent) underWay() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.coming
}

// end ends the account of files that a message has sent, or that a run has.
func (u *unsent) end(ids []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, id := range ids {
		if s := u.files[id]; s != nil {
			u.count(s, -1)
			delete(u.files, id)
		}
	}
}

// keepOnly ends the account of files that are not among those that are there, of
// those that were uploaded between two times.
func (u *unsent) keepOnly(there map[string]bool, after, before int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, s := range u.files {
		if s.at > after && s.at < before && !there[id] {
			u.count(s, -1)
			delete(u.files, id)
		}
	}
}

// settled is how long after its beginning an upload has a row for sure, or none.
const settled = time.Hour

// recount ends the account of files that are gone. What is still unsent counts on,
// however old it is: a claim for a message begins its time anew.
func (s *Service) recount(ctx context.Context) {
	files, err := s.Store.UnsentAttachments(ctx, s.unsent.most)
	if err != nil {
		s.Log.Warn("unsent files were not counted anew", "error", err)
		return
	}
	there := make(map[string]bool, len(files))
	for _, f := range files {
		there[f.ID] = true
	}
	after := int64(0)
	if len(files) == s.unsent.most { // of what is older nobody knows
		after = files[len(files)-1].CreatedAt
	}
	s.unsent.keepOnly(there, after, s.Clock().Add(-settled).UnixMicro())
}

// Bytes is how much was uploaded and not sent yet, uploads under way included.
func (s *Service) Bytes() int64 {
	s.unsent.mu.Lock()
	defer s.unsent.mu.Unlock()
	return s.unsent.total
}

// Recall counts the unsent files that an earlier process took in. Call it once,
// before the first Upload.
func (s *Service) Recall(ctx context.Context) error {
	files, err := s.Store.UnsentAttachments(ctx, s.unsent.most)
	if err != nil {
		return fault.Wrap("attaching.Recall", err)
	}
	u := s.unsent
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, f := range files {
		kept := &share{
			sender: f.UploaderID, kind: f.UploaderKind, bytes: max(f.Size, leastShare), at: f.CreatedAt, settled: true,
		}
		u.files[f.ID] = kept
		u.count(kept, 1)
	}
	return nil
}

// Committed tells which files were sent, or given to a run. The store calls it with each
// commit.
func (s *Service) Committed(c event.Commit) {
	over := slices.Clone(c.Held)
	for i := range c.Changed {
		for j := range c.Changed[i].Entries {
			for _, f := range c.Changed[i].Entries[j].Content.Attachments {
				over = append(over, f.ID)
			}
		}
	}
	if len(over) > 0 {
		s.unsent.end(over)
	}
}
