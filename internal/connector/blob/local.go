package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
)

// Local keeps each blob in a file of its own below one folder: the blob
// k3v9… is k3/v9/k3v9…, so that no folder grows long.
type Local struct {
	root *os.Root // keeps even a planted link from leading outside the folder
	sync func(*os.File) error
}

const (
	tempFolder = "tmp"
	// tempLife is how long an unfinished file is taken for an upload under way.
	tempLife = time.Hour
)

// OpenLocal opens the store in dir, making the folder when it is not there, and
// removes what uploads that never ended have left. The file system must know
// hard links.
func OpenLocal(dir string, now clock.Clock) (*Local, error) {
	const op = "blob.OpenLocal"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(op, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	l := &Local{root: root, sync: (*os.File).Sync}
	if err = l.mkdir(tempFolder); err == nil {
		err = l.removeTemps(now().Add(-tempLife))
	}
	if err != nil {
		return nil, fault.Wrap(op, errors.Join(err, root.Close()))
	}
	return l, nil
}

// ownerFile names the database whose rows name the blobs.
const ownerFile = "deployment"

// Claim says whose blobs these are, and gives them to deployment when they are
// nobody's yet.
func (l *Local) Claim(deployment string) (owner string, err error) {
	const op = "blob.Claim"
	data, err := l.root.ReadFile(ownerFile)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return strings.TrimSpace(string(data)), fault.Wrap(op, err)
	}
	temp := filepath.Join(tempFolder, id.New())
	defer l.root.Remove(temp)
	f, err := l.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", wrap(op, err)
	}
	_, err = f.WriteString(deployment + "\n")
	if err == nil {
		err = l.sync(f)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = l.root.Link(temp, ownerFile)
	}
	if err == nil {
		err = l.syncFolder(".")
	}
	return deployment, wrap(op, err)
}

// Close lets go of the folder.
func (l *Local) Close() error { return fault.Wrap("blob.Close", l.root.Close()) }

// Free is how many bytes the disk still takes from this user.
func (l *Local) Free() (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(l.root.Name(), &stat); err != nil {
		return 0, fault.Wrap("blob.Free", err)
	}
	return int64(stat.Bavail) * int64(stat.Bsize), nil
}

// Put implements Store. The file is written and made durable under another
// name, then linked to its own, which fails when that is taken.
func (l *Local) Put(ctx context.Context, blobID string, key keyring.Key, r io.Reader, limit int64) (int64, error) {
	const op = "blob.Put"
	file, err := place(op, blobID)
	if err != nil {
		return 0, err
	}
	if _, err := l.root.Lstat(file); err == nil {
		return 0, taken(blobID)
	}
	temp := filepath.Join(tempFolder, id.New())
	defer l.root.Remove(temp)
	size, err := l.write(ctx, temp, blobID, key, r, limit)
	if err != nil {
		return 0, wrap(op, err)
	}
	if err := l.publish(temp, file); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return 0, taken(blobID)
		}
		return 0, wrap(op, err)
	}
	return size, nil
}

func (l *Local) write(ctx context.Context, temp, blobID string, key keyring.Key, r io.Reader, limit int64) (int64, error) {
	f, err := l.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	size, err := seal(ctx, f, r, key, blobID, limit)
	if err == nil {
		err = l.sync(f)
	}
	return size, errors.Join(err, f.Close())
}

// publish gives a durable file its name and makes the name durable. Every
// folder on the way is synced even when it was there already: another upload
// may have made it a moment ago.
func (l *Local) publish(temp, file string) error {
	second := filepath.Dir(file)
	first := filepath.Dir(second)
	for _, folder := range []string{first, second} {
		if err := l.mkdir(folder); err != nil {
			return err
		}
	}
	if err := l.root.Link(temp, file); err != nil {
		return err
	}
	if err := l.syncFolder(second); err != nil {
		// Whether the name lasts is unknown, so it may not be told that it does.
		return errors.Join(err, l.root.Remove(file))
	}
	return nil
}

// mkdir makes a folder of the root and makes its name durable.
func (l *Local) mkdir(folder string) error {
	if err := l.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return l.syncFolder(filepath.Dir(folder))
}

func (l *Local) syncFolder(folder string) error {
	d, err := l.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(l.sync(d), d.Close())
}

// Open implements Store.
func (l *Local) Open(ctx context.Context, blobID string, key keyring.Key) (Content, error) {
	const op = "blob.Open"
	file, err := place(op, blobID)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.Wrap(op, err)
	}
	f, err := l.root.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, op, "there is no blob %s", blobID)
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fault.Wrap(op, errors.Join(err, f.Close()))
	}
	return openContent(f, info.Size(), blobID, key)
}

// Delete implements Store.
func (l *Local) Delete(ctx context.Context, blobID string) error {
	const op = "blob.Delete"
	file, err := place(op, blobID)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fault.Wrap(op, err)
	}
	err = l.root.Remove(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(op, err)
	}
	// Also when it was gone: the call that removed it may have failed to sync.
	err = l.syncFolder(filepath.Dir(file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fault.Wrap(op, err)
}

// List implements Store.
func (l *Local) List(ctx context.Context, after string, limit int) ([]Entry, error) {
	const op = "blob.List"
	limit = min(max(limit, 1), MaxPage)
	var out []Entry
	firsts, err := l.names(".", 2, prefix(after, 2))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	for _, first := range firsts {
		seconds, err := l.names(first, 2, within(after, first))
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		for _, second := range seconds {
			if err := ctx.Err(); err != nil {
				return nil, fault.Wrap(op, err)
			}
			if out, err = l.appendFiles(out, first, second, after, limit); err != nil {
				return nil, fault.Wrap(op, err)
			}
			if len(out) == limit {
				return out, nil
			}
		}
	}
	return out, nil
}

// appendFiles adds the blobs of one folder that come after the given one.
func (l *Local) appendFiles(out []Entry, first, second, after string, limit int) ([]Entry, error) {
	folder := filepath.Join(first, second)
	ids, err := l.names(folder, id.Len, after)
	if err != nil {
		return nil, err
	}
	for _, name := range ids {
		if len(out) == limit {
			break
		}
		if name <= after || !id.Valid(name) || !strings.HasPrefix(name, first+second) {
			continue
		}
		info, err := l.root.Lstat(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			out = append(out, Entry{ID: name, Stored: info.ModTime().UTC()})
		}
	}
	return out, nil
}

// names lists what a folder holds, sorted: names of the given length from the
// given one on.
func (l *Local) names(folder string, length int, from string) ([]string, error) {
	d, err := l.root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	all, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(name string) bool { return len(name) != length || name < from })
	slices.Sort(all)
	return all, nil
}

func (l *Local) removeTemps(before time.Time) error {
	temps, err := l.names(tempFolder, id.Len, "")
	if err != nil {
		return err
	}
	for _, name := range temps {
		temp := filepath.Join(tempFolder, name)
		info, err := l.root.Lstat(temp)
		if err == nil && info.ModTime().Before(before) {
			err = l.root.Remove(temp)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// place is the file of a blob within the folder.
func place(op, blobID string) (string, error) {
	if !id.Valid(blobID) {
		return "", fault.New(fault.Invalid, op, "that is no identifier")
	}
	return filepath.Join(blobID[:2], blobID[2:4], blobID), nil
}

func prefix(s string, n int) string { return s[:min(n, len(s))] }

// within is from which second-level folder of first a list goes on.
func within(after, first string) string {
	if len(after) > 2 && after[:2] == first {
		return prefix(after[2:], 2)
	}
	return ""
}

func taken(blobID string) error {
	return fault.New(fault.Conflict, "blob.Put", "there is a blob %s already", blobID)
}

// wrap is fault.Wrap that tells a full disk from a defect.
func wrap(op string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, io.ErrShortWrite) {
		return &fault.Error{Code: fault.Unavailable, Op: op, Message: "there is no space left", Err: err}
	}
	return fault.Wrap(op, err)
}
