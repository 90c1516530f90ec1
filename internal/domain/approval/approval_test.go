package approval_test

import (
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
)

func who(id string, role identity.Role) identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id, Role: role}
}

func runs(p identity.Principal) bool { return policy.Allow(p, policy.ChangeSetup, policy.Object{}) }

func request() approval.Request {
	r := approval.Request{ID: "r", Kind: approval.SaveSetting, Subject: "setting/door/a", Payload: []byte(`{}`), MakerID: "maker", State: approval.Pending, ExpiresAt: 100}
	r.Hash = approval.HashOf(r.Kind, r.Subject, r.Payload)
	return r
}

func TestWhoMayDecideWhen(t *testing.T) {
	second := who("second", identity.Admin)
	for name, c := range map[string]struct {
		p      identity.Principal
		change func(*approval.Request)
		now    int64
		want   fault.Code
		field  string
	}{
		"a second person":           {second, nil, 99, "", ""},
		"its maker":                 {who("maker", identity.Owner), nil, 0, fault.Forbidden, ""},
		"nobody":                    {identity.Principal{}, nil, 0, fault.Forbidden, ""},
		"a supervisor":              {who("second", identity.Supervisor), nil, 0, fault.Forbidden, ""},
		"an auditor":                {who("second", identity.Auditor), nil, 0, fault.Forbidden, ""},
		"a part of Kefu":            {identity.SystemPart("cli"), nil, 0, fault.Forbidden, ""},
		"a customer of that id":     {identity.Principal{Kind: identity.Customer, ID: "second"}, nil, 0, fault.Forbidden, ""},
		"too late":                  {second, nil, 100, fault.Conflict, "state"},
		"after it was rejected":     {second, func(r *approval.Request) { r.State = approval.Rejected }, 0, fault.Conflict, "state"},
		"after it was executed":     {second, func(r *approval.Request) { r.State = approval.Executed }, 0, fault.Conflict, "state"},
		"of another payload":        {second, func(r *approval.Request) { r.Payload = []byte(`{"a":1}`) }, 0, fault.Conflict, "hash"},
		"about another thing":       {second, func(r *approval.Request) { r.Subject = "setting/door/b" }, 0, fault.Conflict, "hash"},
		"of nobody, like an orphan": {second, func(r *approval.Request) { r.MakerID = "" }, 0, fault.Forbidden, ""},
	} {
		r := request()
		seen := r.Hash
		if c.change != nil {
			c.change(&r)
		}
		if err := r.CheckApprove(c.p, c.now, seen, runs); fault.CodeOf(err) != c.want || fault.FieldOf(err) != c.field {
			t.Errorf("%s approves: %v, want %q %q", name, err, c.want, c.field)
		}
		want := c.want
		if c.field == "hash" {
			want = "" // what is rejected need not be read to the end
		}
		if err := r.CheckReject(c.p, c.now, "no", runs); fault.CodeOf(err) != want {
			t.Errorf("%s rejects: %v, want %q", name, err, want)
		}
	}
	for _, reason := range []string{"", strings.Repeat("x", approval.MaxReason+1)} {
		if err := request().CheckReject(second, 0, reason, runs); fault.FieldOf(err) != "reason" {
			t.Errorf("rejected with %d characters: %v", len(reason), err)
		}
	}
}

func TestOnlyItsMakerTakesItBack(t *testing.T) {
	for id, want := range map[string]fault.Code{"maker": "", "second": fault.Forbidden} {
		if err := request().CheckWithdraw(who(id, identity.Owner), 0); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := request().CheckWithdraw(who("maker", identity.Owner), 100); !fault.Is(err, fault.Conflict) {
		t.Errorf("too late: %v", err)
	}
}

func TestApproversHoldTheRight(t *testing.T) {
	if got := approval.Approvers(runs); !slices.Equal(got, []identity.Role{identity.Owner, identity.Admin}) {
		t.Errorf("%v", got)
	}
	owner := func(p identity.Principal) bool { return policy.Allow(p, policy.NameOwner, policy.Object{}) }
	if got := approval.Approvers(owner); !slices.Equal(got, []identity.Role{identity.Owner}) {
		t.Errorf("%v", got)
	}
}

// No two requests share a hash by moving text from one part to the next.
func TestAHashIsOfOneRequest(t *testing.T) {
	seen := map[string]bool{}
	for _, parts := range [][3]string{{"a", "b", "c"}, {"ab", "", "c"}, {"", "ab", "c"}, {"a", "bc", ""}, {"a", "b", "c "}} {
		hash := approval.HashOf(parts[0], parts[1], []byte(parts[2]))
		if seen[hash] || len(hash) != 64 {
			t.Errorf("%q has the hash %s", parts, hash)
		}
		seen[hash] = true
	}
}
