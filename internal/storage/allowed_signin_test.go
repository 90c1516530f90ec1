package storage_test

import (
	"context"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// signInRules are about how staff sign in. What is their own is theirs whatever
// their role; who must use a passkey and has none yet has no role, and adds one.
func signInRules() []rule {
	ctx := context.Background()
	const anyStaff = workers + " outsider editor admin auditor roleless" + apart
	invite := func(role identity.Role) func(*scene, identity.Principal) error {
		return func(sc *scene, p identity.Principal) error {
			return sc.Invite(ctx, p, staff.Invitation{ID: id.New(), Digest: id.New(), Kind: staff.InviteMember, Email: id.New() + "@example.org", Role: role})
		}
	}
	// A member of staff who is one in the database too, with the caller's rights.
	own := func(name string, refused fault.Code, call func(*scene, identity.Principal) error) rule {
		return rule{name, anyStaff, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			if err := call(sc, p); !fault.Is(err, refused) { // the callers are no accounts: theirs is not found
				return err
			}
			return nil
		}}
	}
	return []rule{
		{"ConversationsBefore", "own other visitor", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ConversationsBefore(ctx, p, conversation.Before{LastActivity: 1}, 1)
			return err
		}},
		{"EndWindow", "visitor other own", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.EndWindow(ctx, p, id.New(), nil) }},
		{"AuditPage", "owner auditor system program compliance", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.AuditPage(ctx, p, audit.Query{Limit: 1})
			return err
		}},
		{"AuditSince", "owner auditor system program compliance", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.AuditSince(ctx, p, 0)
			return err
		}},
		own("Account", fault.NotFound, func(sc *scene, p identity.Principal) error {
			_, err := sc.Account(ctx, p, 1)
			return err
		}),
		own("AddPasskey", fault.Internal, func(sc *scene, p identity.Principal) error {
			return sc.AddPasskey(ctx, p, staff.Passkey{ID: id.New(), Credential: id.New(), PublicKey: []byte{}}, staff.Once{})
		}),
		own("RenamePasskey", fault.NotFound, func(sc *scene, p identity.Principal) error { return sc.RenamePasskey(ctx, p, id.New(), "x") }),
		own("RemovePasskey", fault.NotFound, func(sc *scene, p identity.Principal) error { return sc.RemovePasskey(ctx, p, id.New()) }),
		own("SetPasskeyOnly", fault.NotFound, func(sc *scene, p identity.Principal) error { return sc.SetPasskeyOnly(ctx, p, false) }),
		own("ChangePassword", fault.NotFound, func(sc *scene, p identity.Principal) error {
			return sc.ChangePassword(ctx, p, staff.Reset{TOTPSecret: "t"}, 0)
		}),
		own("ProveSession", "", func(sc *scene, p identity.Principal) error {
			return sc.ProveSession(ctx, p, staff.Session{Method: staff.ByPasskey}, 0)
		}),
		own("EndSession", fault.NotFound, func(sc *scene, p identity.Principal) error { return sc.EndSession(ctx, p, id.New()) }),
		own("EndOtherSessions", "", func(sc *scene, p identity.Principal) error { return sc.EndOtherSessions(ctx, p) }),
		{"Invite", "admin owner system", fault.Forbidden, nil, invite(identity.Agent)},
		{"Invite", "owner system", fault.Forbidden, nil, invite(identity.Owner)},
		{"Invite", "admin owner system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			who := id.New()
			sc.must(sc.AddStaff(ctx, identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: who, Email: who, Name: "Who", Role: identity.Agent}}))
			return sc.Invite(ctx, p, staff.Invitation{ID: id.New(), Digest: id.New(), Kind: staff.ResetMember, StaffID: who})
		}},
		{"Invitations", "admin owner system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Invitations(ctx, p)
			return err
		}},
		{"RevokeInvitation", "admin owner system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			i := staff.Invitation{ID: id.New(), Digest: id.New(), Kind: staff.InviteMember, Email: id.New() + "@example.org", Role: identity.Agent}
			sc.must(sc.Invite(ctx, identity.SystemPart("test"), i))
			return sc.RevokeInvitation(ctx, p, i.ID)
		}},
	}
}
