package app

import (
	"fmt"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/config"
)

// What the configuration calls a role is one, and every role can be named there; owners
// are made by owners, and by no directory.
func TestTheConfigurationKnowsTheRoles(t *testing.T) {
	const directory = "directory:\n  issuer: https://id.example\n  client_id: kefu\n  role_claim: groups\n  roles: [{value: a, role: %s}]\n"
	for _, role := range identity.Roles() {
		if _, err := config.Parse(fmt.Appendf(nil, "staff:\n  passkey_roles: [%s]\n", role), nil); err != nil {
			t.Errorf("a passkey of a %s: %v", role, err)
		}
		if _, err := config.Parse(fmt.Appendf(nil, directory, role), nil); (err == nil) != (role != identity.Owner) {
			t.Errorf("a %s by the directory: %v", role, err)
		}
	}
}
