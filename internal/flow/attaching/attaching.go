// Package attaching takes in the files that people send, and gives them back
// through links that work for one reader and a few minutes. A file is judged by
// its bytes, pictures are written anew, the secret guard sees names and texts,
// and what is kept is encrypted under a key that can be destroyed. Which message
// a file belongs to is intake's business.
package attaching

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/attachment"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/ratelimit"
)

// Store is what attaching needs of the store.
type Store interface {
	AddAttachment(ctx context.Context, p identity.Principal, a conversation.StoredAttachment) error
	Attachment(ctx context.Context, p identity.Principal, id string) (conversation.StoredAttachment, error)
	OrphanAttachments(ctx context.Context, before int64, limit int) ([]conversation.StoredAttachment, error)
	ForgetAttachment(ctx context.Context, id string, before int64) error
	LastPosition(ctx context.Context) (int64, error)
	RevocationsSince(ctx context.Context, pos int64) ([]event.Revocation, int64, error)
}

// Keys gives out keys and finds them again.
type Keys interface {
	Next() (keyring.Ref, keyring.Key, error)
	Key(ref keyring.Ref) (keyring.Key, error)
}

// Blobs keeps bytes, encrypted.
type Blobs interface {
	Put(ctx context.Context, id string, key keyring.Key, r io.Reader, limit int64) (int64, error)
	Open(ctx context.Context, id string, key keyring.Key) (Content, error)
	Delete(ctx context.Context, id string) error
}

// Content is the decrypted content of a file.
type Content interface {
	io.ReadSeekCloser
	Size() int64
}

// Options are the operator's choices.
type Options struct {
	Limits  attachment.Limits
	Uploads ratelimit.Limit // of one sender
	Senders int             // remembered at once
	AtOnce  int             // uploads under way, each with up to Limits.MaxBytes in memory; more wait
	LinkKey []byte          // 32 bytes, a subkey of the key ring
}

// DefaultOptions are those of docs/protocol.md; LinkKey is still to be set.
func DefaultOptions() Options {
	return Options{
		Limits: attachment.DefaultLimits(), Uploads: ratelimit.Limit{Burst: 10, Per: time.Minute},
		Senders: 200_000, AtOnce: 8,
	}
}

// maxGuardedBytes is the longest text the guard looks through; longer ones are
// refused, since nobody could say what is in them.
const maxGuardedBytes = 2 << 20

// Deps are what a Service works with.
type Deps struct {
	Store Store
	Keys  Keys
	Blobs Blobs
	Clean func(context.Context, string) (string, error) // takes secrets out of a text: intake's
	Clock clock.Clock
	Log   *slog.Logger
	// Limited is told the name of a limit that refused an upload; may be nil.
	Limited func(limit string)
}

// Service takes files in and gives them back. It is safe for concurrent use.
type Service struct {
	Deps
	accept  *attachment.Intake
	uploads *ratelimit.Limiter
	slots   chan struct{}
	limit   int64
	links   *sealer
}

// New makes a Service. Errors: Invalid for limits or a key that cannot be used.
func New(d Deps, o Options) (*Service, error) {
	const op = "attaching.New"
	accept, err := attachment.NewIntake(o.Limits)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	links, err := newSealer(o.LinkKey)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return &Service{
		Deps: d, accept: accept, uploads: ratelimit.New(o.Uploads, o.Senders),
		slots: make(chan struct{}, max(o.AtOnce, 1)), limit: o.Limits.MaxBytes, links: links,
	}, nil
}

// Upload takes in a file that p will send with a message. name is the sender's
// and need not be clean; r is read to its end or to the limit.
//
// Errors: Forbidden; TooMany for a file that is too large, or a
// *intake.LimitedError after too many; Invalid with the field "type" or
// "content" for a file that is not taken; Unavailable.
func (s *Service) Upload(ctx context.Context, p identity.Principal, name string, r io.Reader) (conversation.Attachment, error) {
	const op = "attaching.Upload"
	if !policy.Allow(p, policy.UploadAttachment, policy.Object{}) {
		return conversation.Attachment{}, fault.New(fault.Forbidden, op, "%s may not upload", p.Kind)
	}
	if wait := s.uploads.Allow(p.ID, 1, s.Clock()); wait > 0 {
		if s.Limited != nil {
			s.Limited("uploads")
		}
		return conversation.Attachment{}, &intake.LimitedError{RetryAfter: wait}
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return conversation.Attachment{}, fault.Wrap(op, ctx.Err())
	}
	// The guard sees the name as it was written as well: the rules for names take
	// out what it knows some secrets by.
	clean, err := s.Clean(ctx, name)
	if err != nil {
		return conversation.Attachment{}, fault.Wrap(op, err)
	}
	file, err := s.accept.Accept(ctx, clean, r)
	if err != nil {
		return conversation.Attachment{}, fault.Wrap(op, err)
	}
	if clean, err = s.Clean(ctx, file.Name); err != nil {
		return conversation.Attachment{}, fault.Wrap(op, err)
	}
	file.Name = attachment.CleanName(clean, file.Type) // what the guard left passes the rules again
	if file.Type == attachment.Text {
		if file.Body, err = s.guarded(ctx, file.Body); err != nil {
			return conversation.Attachment{}, err
		}
	}
	return s.keep(ctx, p, file)
}

// guarded is a text without its secrets.
func (s *Service) guarded(ctx context.Context, body io.Reader) (io.Reader, error) {
	const op = "attaching.guarded"
	text, err := io.ReadAll(io.LimitReader(body, maxGuardedBytes+1))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if len(text) > maxGuardedBytes {
		return nil, fault.New(fault.TooMany, op, "a text of more than %d bytes cannot be looked through", maxGuardedBytes)
	}
	if !utf8.Valid(text) {
		return nil, fault.InvalidField(op, "content", "the text is not valid UTF-8 throughout")
	}
	clean, err := s.Clean(ctx, string(text))
	clear(text)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return strings.NewReader(clean), nil
}

// keep stores the bytes and then the row that names them. A failure between the
// two leaves a blob that nothing names, whose key nothing names either.
func (s *Service) keep(ctx context.Context, p identity.Principal, f attachment.File) (conversation.Attachment, error) {
	const op = "attaching.keep"
	ref, key, err := s.Keys.Next()
	if err != nil {
		return conversation.Attachment{}, fault.Wrap(op, err)
	}
	kept := conversation.Attachment{ID: id.New(), Name: f.Name, Type: string(f.Type)}
	if kept.Size, err = s.Blobs.Put(ctx, kept.ID, key, f.Body, s.limit); err != nil {
		return conversation.Attachment{}, fault.Wrap(op, err)
	}
	err = s.Store.AddAttachment(ctx, p, conversation.StoredAttachment{Attachment: kept, BlobRef: int64(ref)})
	if err == nil {
		return kept, nil
	}
	// The row may be there all the same when ctx ended while it was committed;
	// nobody knows its id then, and Sweep removes it.
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	if left := s.Blobs.Delete(clean, kept.ID); left != nil {
		s.Log.Warn("a blob without a row was left behind", "attachment", kept.ID, "error", left)
	}
	return conversation.Attachment{}, fault.Wrap(op, err)
}

const (
	cleanTimeout = 10 * time.Second
	sweepPage    = 100
	maxSweep     = 1000 // files of one Sweep
	// OrphanAge is how long an upload may wait for the message it is sent with.
	OrphanAge = 24 * time.Hour
)

// Sweep removes files that were uploaded, or claimed for a message that was then
// refused, more than OrphanAge ago and never sent, with their keys.
func (s *Service) Sweep(ctx context.Context) error {
	const op = "attaching.Sweep"
	before := s.Clock().Add(-OrphanAge).UnixMicro()
	for removed := 0; removed < maxSweep; {
		orphans, err := s.Store.OrphanAttachments(ctx, before, sweepPage)
		if err != nil {
			return fault.Wrap(op, err)
		}
		for _, orphan := range orphans {
			err := s.Store.ForgetAttachment(ctx, orphan.ID, before)
			if fault.Is(err, fault.NotFound) {
				continue // it was sent meanwhile
			}
			if err != nil {
				return fault.Wrap(op, err)
			}
			if err := s.Blobs.Delete(ctx, orphan.ID); err != nil {
				return fault.Wrap(op, err)
			}
			removed++
		}
		if len(orphans) < sweepPage {
			return nil
		}
	}
	return nil
}
