package flowcheck

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"
	"path/filepath"

	"kefu/internal/connector/blob"
	"kefu/internal/domain/attachment"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/attaching"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
	"kefu/internal/storage"
)

// shelf lets the house read its files without knowing how they are kept.
type shelf struct{ *blob.Local }

// Open implements attaching.Blobs.
func (s shelf) Open(ctx context.Context, id string, key keyring.Key) (attaching.Content, error) {
	return s.Local.Open(ctx, id, key)
}

// filing is where the customers of a house upload files: with the limits of a new Kefu,
// but for how many there may be.
func filing(dir string, store *storage.Store, ring *keyring.Ring, clean func(context.Context, string) (string, error), clock *Clock) (*attaching.Service, *blob.Local, error) {
	blobs, err := blob.OpenLocal(filepath.Join(dir, "attachments"), clock.Now)
	if err != nil {
		return nil, nil, err
	}
	key := sha256.Sum256([]byte(dir)) // nobody asks for a link
	const room = 1 << 30
	files, err := attaching.New(attaching.Deps{Store: store, Keys: ring, Blobs: shelf{blobs}, Clean: clean, Clock: clock.Now, Log: slog.New(slog.DiscardHandler)}, attaching.Options{
		Limits: attachment.DefaultLimits(), Uploads: wide(), Senders: 1000, AtOnce: 4, StaffAtOnce: 1, NetworkAtOnce: 4,
		Unsent: attaching.Unsent{Visitor: room, Sender: room, Network: room, Total: room}, LinkKey: key[:],
	})
	return files, blobs, err
}

// give uploads a file and gives it to a run. What is not taken in is a problem that the
// window shows, and no flow hears of it.
func (h *house) give(ctx context.Context, who identity.Principal, run, op string, f *golden.Paper) (seen flow.Seen, err error) {
	if f == nil {
		return seen, fault.New(fault.Invalid, "flowcheck.give", "there is no file")
	}
	content := f.Bytes()
	kept, err := h.files.Upload(ctx, who, attaching.Incoming{Name: f.Name, Bytes: int64(len(content)), Body: bytes.NewReader(content)})
	if fault.Is(err, fault.TooMany) || fault.Is(err, fault.Invalid) {
		refused := golden.Refused(err)
		if seen, err = h.Get(ctx, who, run); err == nil && len(seen.Views) > 0 {
			seen.Views[len(seen.Views)-1].Problem = refused
		}
		return seen, err
	}
	if err != nil {
		return seen, err
	}
	in := selfservice.Input{Do: selfservice.Give, Text: f.Want, File: &selfservice.FileFact{ID: kept.ID}}
	return h.Answer(ctx, who, run, op, "", in)
}

// given is the id of a file that a run has, by its name.
func given(seen flow.Seen, name string) string {
	for _, v := range seen.Views {
		if v.Files == nil {
			continue
		}
		for _, f := range v.Files.Given {
			if f.Name == name {
				return f.ID
			}
		}
	}
	return ""
}
