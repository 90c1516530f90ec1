package storage_test

import (
	"context"
	"errors"
	"net/netip"

	"kefu/internal/domain/apikey"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// programWith is a program whose key is for some scopes.
func programWith(scopes ...identity.Scope) identity.Principal {
	made := id.New()
	return identity.Principal{Kind: identity.Program, ID: made, Name: "Program", Scopes: identity.ScopesOf(scopes...), Session: made}
}

func newKey(scopes ...identity.Scope) apikey.New {
	made := id.New()
	return apikey.New{ID: made, Name: "Key " + made, Scopes: scopes, Digest: "digest of " + made}
}

// keyRules are about the keys of programs.
func keyRules() []rule {
	ctx := context.Background()
	made := func(sc *scene) apikey.New {
		n, maker, second := newKey(identity.WriteNotes), staffWith(identity.Owner), staffWith(identity.Owner)
		for _, p := range []identity.Principal{maker, second} {
			sc.must(sc.AddStaff(ctx, identity.SystemPart("test"), staff.New{Member: staff.Member{ID: p.ID, Email: p.ID, Name: "Owner", Role: identity.Owner}}))
		}
		err := sc.AddKey(ctx, maker, n)
		var pending *approval.PendingError
		if errors.As(err, &pending) { // others run the house in this scene too
			r, err := sc.Approval(ctx, second, pending.ID)
			sc.must(err)
			_, err = sc.Approve(ctx, second, pending.ID, r.Hash)
			sc.must(err)
			return n
		}
		sc.must(err)
		return n
	}
	return []rule{
		{"AddKey", "owner admin", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			n := newKey(identity.WriteNotes)
			err := sc.AddKey(ctx, p, n)
			var pending *approval.PendingError
			if errors.As(err, &pending) { // they may; a second person has to agree
				return sc.Withdraw(ctx, p, pending.ID)
			}
			if err == nil { // so that there is room for the others
				return sc.RevokeKey(ctx, p, n.ID)
			}
			return err
		}},
		{"ListKeys", "owner admin", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ListKeys(ctx, p, false, "", 10)
			return err
		}},
		{"RevokeKey", "owner admin", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			n := made(sc)
			if err := sc.RevokeKey(ctx, p, n.ID); err != nil {
				sc.must(sc.RevokeKey(ctx, staffWith(identity.Owner), n.ID))
				return err
			}
			_, err := sc.KeyBy(ctx, n.Digest, netip.Addr{})
			if !fault.Is(err, fault.Unauthenticated) {
				sc.Errorf("a revoked key: %v", err)
			}
			return nil
		}},
		{"OwnKey", "program bare", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.OwnKey(ctx, p)
			if fault.Is(err, fault.NotFound) { // the callers have no rows: they may, and there is nothing
				return nil
			}
			return err
		}},
	}
}
