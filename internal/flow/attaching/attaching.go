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
	"kefu/internal/platform/config"
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
	UnsentAttachments(ctx context.Context, limit int) ([]conversation.StoredAttachment, error)
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
	// Free is how many bytes the disk still takes.
	Free() (int64, error)
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
	// Uploads under way, each with up to Limits.MaxBytes in memory; more wait. Staff
	// have places of their own, and no network has all of the others'.
	AtOnce, StaffAtOnce, NetworkAtOnce int
	Unsent                             Unsent
	MinFree                            int64  // bytes of the disk that are not for files
	LinkKey                            []byte // 32 bytes, a subkey of the key ring
}

// OptionsOf are the operator's choices as the settings say them; LinkKey is still
// to be set.
func OptionsOf(a config.Attachments, l config.Limits) Options {
	o := Options{
		Limits: attachment.DefaultLimits(), Uploads: ratelimit.Of(l.Uploads), Senders: l.Keys,
		AtOnce: 8, StaffAtOnce: 4, NetworkAtOnce: 2,
		Unsent:  Unsent{Visitor: a.UnsentVisitor, Sender: a.UnsentSender, Network: a.UnsentNetwork, Total: a.UnsentTotal},
		MinFree: a.MinFree,
	}
	o.Limits.MaxBytes, o.Limits.Types = a.MaxBytes, nil
	for _, t := range a.Types {
		o.Limits.Types = append(o.Limits.Types, attachment.Type(t))
	}
	return o
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
	places  *places
	unsent  *unsent
	minFree int64
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
		places: newPlaces(o), unsent: newUnsent(o.Unsent), minFree: o.MinFree, limit: o.Limits.MaxBytes, links: links,
	}, nil
}

// Incoming is a file that somebody uploads.
type Incoming struct {
	Name    string    // the sender's; need not be clean
	Network string    // it comes from; "" is counted as none
	Bytes   int64     // that it has at most, where that is known; 0 otherwise
	Body    io.Reader // read to its end or to the limit
}

// Upload takes in a file that p will send with a message.
//
// Errors: Forbidden; TooMany for a file that is too large, or a
// *intake.LimitedError after too many or too much; Invalid with the field "type"
// or "content" for a file that is not taken; Unavailable, also when all unsent
// files together or the disk leave no room.
func (s *Service) Upload(ctx context.Context, p identity.Principal, in Incoming) (conversation.Attachment, error) {
	const op = "attaching.Upload"
	if !policy.Allow(p, policy.UploadAttachment, policy.Object{}) {
		return conversation.Attachment{}, fault.New(fault.Forbidden, op, "%s may not upload", p.Kind)
	}
	if wait := s.uploads.Allow(p.ID, 1, s.Clock()); wait > 0 {
		return conversation.Attachment{}, s.limited("uploads", wait)
	}
	if p.Kind == identity.Staff {
		in.Network = "" // an office shares one
	}
	room, err := s.makeRoom(p, in)
	if err != nil {
		return conversation.Attachment{}, err
	}
	defer s.unsent.give(room) // of what is left of it
	leave, err := s.places.enter(ctx, p, in.Network)
	switch {
	case err != nil && ctx.Err() == nil:
		return conversation.Attachment{}, s.limited("uploads_at_once", placeRetry)
	case err != nil:
		return conversation.Attachment{}, fault.Wrap(op, ctx.Err())
	}
	defer leave()
	kept, err := s.take(ctx, p, in)
	if err == nil {
		s.unsent.settle(room, kept.ID, kept.Size)
	}
	return kept, err
}

// limited says that a sender must wait, and counts it.
func (s *Service) limited(name string, wait time.Duration) error {
	if s.Limited != nil {
		s.Limited(name)
	}
	return &intake.LimitedError{RetryAfter: wait}
}

// makeRoom sets aside what a file may need. A sender who has too much unsent is
// asked to wait; where everybody has, or the disk is nearly full, files are
// refused for the sake of the messages.
func (s *Service) makeRoom(p identity.Principal, in Incoming) (*share, error) {
	const op = "attaching.makeRoom"
	need := s.limit
	if in.Bytes > 0 {
		need = min(need, in.Bytes)
	}
	free, err := s.Blobs.Free()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if free-s.unsent.underWay() < s.minFree+need {
		_ = s.limited("free_space", 0)
		return nil, fault.New(fault.Unavailable, op, "the disk of the attachments has %d bytes left: files are refused so that messages go on", free)
	}
	room, refused := s.unsent.take(p, in.Network, need, s.Clock())
	switch refused {
	case "":
		return room, nil
	case unsentTotal:
		_ = s.limited(refused, 0)
		return nil, fault.New(fault.Unavailable, op, "too many files wait for the messages they are sent with")
	default:
		return nil, s.limited(refused, unsentRetry)
	}
}

// take reads, judges, cleans and keeps a file.
func (s *Service) take(ctx context.Context, p identity.Principal, in Incoming) (conversation.Attachment, error) {
	const op = "attaching.take"
	// The guard sees the name as it was written as well: the rules for names take
	// out what it knows some secrets by.
	clean, err := s.Clean(ctx, in.Name)
	if err != nil {
		return conversation.Attachment{}, fault.Wrap(op, err)
	}
	file, err := s.accept.Accept(ctx, clean, in.Body)
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
	maxSweep     = 5000 // files of one Sweep
	// OrphanAge is how long an upload may wait for the message it is sent with.
	OrphanAge = 6 * time.Hour
	// What a client is told to wait for a place, and for unsent files to be sent.
	placeRetry  = 5 * time.Second
	unsentRetry = time.Minute
)

// Sweep removes files that were uploaded, or claimed for a message that was then
// refused, more than OrphanAge ago and never sent, with their keys.
func (s *Service) Sweep(ctx context.Context) error {
	const op = "attaching.Sweep"
	before := s.Clock().Add(-OrphanAge).UnixMicro()
	defer s.recount(ctx)
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
