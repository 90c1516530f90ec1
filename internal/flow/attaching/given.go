package attaching

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
)

// Given is a file that somebody uploaded and gives for something else than a message.
type Given struct {
	conversation.Attachment
	Digest string // SHA-256 of the bytes that are kept, in lower-case hexadecimal
}

// Given tells of a file that p uploaded and has sent nowhere. Errors: NotFound, also for
// one of anybody else's.
func (s *Service) Given(ctx context.Context, p identity.Principal, id string) (Given, error) {
	const op = "attaching.Given"
	stored, err := s.Store.Attachment(ctx, p, id)
	if err != nil {
		return Given{}, fault.Wrap(op, err)
	}
	if stored.UploaderID != p.ID || stored.UploaderKind != p.Kind || stored.ConversationID != "" {
		return Given{}, fault.New(fault.NotFound, op, "the file is not theirs to give, or was sent")
	}
	content, err := s.open(ctx, stored)
	if err != nil {
		return Given{}, fault.Wrap(op, err)
	}
	defer content.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return Given{}, fault.Wrap(op, err)
	}
	return Given{Attachment: stored.Attachment, Digest: hex.EncodeToString(sum.Sum(nil))}, nil
}

// Content is a whole file, for whoever may read it. Errors: NotFound; TooMany when it has
// more bytes than most.
func (s *Service) Content(ctx context.Context, p identity.Principal, id string, most int64) ([]byte, error) {
	const op = "attaching.Content"
	stored, err := s.Store.Attachment(ctx, p, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if stored.Size > most {
		return nil, fault.New(fault.TooMany, op, "the file has more than %d bytes", most)
	}
	content, err := s.open(ctx, stored)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer content.Close()
	bytes, err := io.ReadAll(io.LimitReader(content, most))
	return bytes, fault.Wrap(op, err)
}

// open opens the bytes of a file. Errors: NotFound when they or their key are gone.
func (s *Service) open(ctx context.Context, a conversation.StoredAttachment) (Content, error) {
	key, err := s.Keys.Key(keyring.Ref(a.BlobRef))
	if err != nil {
		return nil, err
	}
	return s.Blobs.Open(ctx, a.ID, key)
}
