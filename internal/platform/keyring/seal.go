package keyring

import (
	"errors"
	"fmt"

	"kefu/internal/platform/fault"
)

// Overhead is how many bytes a sealed value is longer than its plaintext: one
// for the version and 16 for the tag.
const Overhead = 1 + tagLen

// sealVersion is the first byte of every sealed value: 1 is AES-256-GCM.
const sealVersion = 1

// DestroyedError is in the chain of the error when the key of a value was
// destroyed: the value is erased and no repair brings it back.
type DestroyedError struct{ Ref Ref }

// Error implements error.
func (e *DestroyedError) Error() string { return fmt.Sprintf("key %d was destroyed", e.Ref) }

// IsDestroyed tells whether err says that a value was erased.
func IsDestroyed(err error) bool {
	var d *DestroyedError
	return errors.As(err, &d)
}

// Seal encrypts plaintext under a key of its own, appends the result to dst and
// gives the reference that must be stored with it. The same aad (what the value
// belongs to, such as its conversation and sequence number) must be given to
// open it, so that a value moved to another row does not open.
//
// The nonce is fixed: GCM asks that no nonce is used twice under one key, and
// each key here encrypts one value. Its first byte is the version, so a changed
// version byte does not open either.
func (r *Ring) Seal(dst, plaintext, aad []byte) (sealed []byte, ref Ref, err error) {
	ref, key, err := r.Next()
	if err != nil {
		return nil, 0, err
	}
	nonce := [12]byte{sealVersion}
	dst = append(dst, sealVersion)
	return newAEAD(key[:]).Seal(dst, nonce[:], plaintext, aad), ref, nil
}

// Open decrypts a value that Seal made and appends it to dst. It reads the key
// from the pad each time, so that a key destroyed by another process is gone
// here at once.
//
// Errors: NotFound, for which IsDestroyed is true, when the value was erased;
// Internal when value, reference, aad or pad do not fit together.
func (r *Ring) Open(dst, sealed []byte, ref Ref, aad []byte) ([]byte, error) {
	const op = "keyring.Open"
	key, err := r.key(ref)
	if err != nil {
		return nil, err
	}
	if len(sealed) < Overhead || sealed[0] != sealVersion {
		return nil, fault.New(fault.Internal, op, "what is stored under key %d is not a sealed value", ref)
	}
	nonce := [12]byte{sealVersion}
	plain, err := newAEAD(key[:]).Open(dst, nonce[:], sealed[1:], aad)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "what is stored under key %d was changed or belongs elsewhere", ref)
	}
	return plain, nil
}

func errClosed() error {
	return fault.New(fault.Unavailable, "keyring", "the key ring is closed")
}
