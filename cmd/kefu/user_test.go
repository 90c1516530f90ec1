package main

import (
	"strings"
	"testing"

	"kefu/internal/domain/identity"
)

func TestWhatUserIsTold(t *testing.T) {
	for _, c := range []struct {
		args, email, name string
		role              identity.Role
	}{
		{"add --name Ingrid --role auditor i@x", "i@x", "Ingrid", identity.Auditor},
		{"add i@x --role auditor --name Ingrid", "i@x", "Ingrid", identity.Auditor},
		{"add --email i@x", "i@x", "", identity.Agent},
		{"role i@x auditor", "i@x", "", identity.Auditor},
		{"role --email i@x auditor", "i@x", "", identity.Auditor},
		{"role i@x --role auditor", "i@x", "", identity.Auditor},
		{"disable i@x --data d", "i@x", "", ""},
		{"list", "", "", ""},
	} {
		u, _, err := parseUser(strings.Fields(c.args))
		if err != nil || u.member.Email != c.email || u.member.Role != c.role || u.member.Name != c.name {
			t.Errorf("%s: %+v, err = %v", c.args, u.member, err)
		}
	}
}

// What is left over is refused: it was to say something, such as a lesser role.
func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	for _, args := range []string{
		"", "create i@x", "add --name Ingrid i@x auditor", "add", "list i@x", "list --email i@x", "disable", "disable a@x b@x",
		"role i@x", "role i@x auditor agent", "role i@x auditor --role agent", "reset --role owner i@x", "disable --name N i@x", "code a@x b@x",
		"add --email a@x b@x",
	} {
		if _, _, err := parseUser(strings.Fields(args)); err == nil || usageOr(err) != 2 {
			t.Errorf("kefu user %s is taken: err = %v", args, err)
		}
	}
}
