package api_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"kefu/internal/flow/configuring"
	"kefu/internal/web/accessapi"
	"kefu/internal/web/api"
	"kefu/internal/web/approvalapi"
	"kefu/internal/web/auditapi"
	"kefu/internal/web/caseapi"
	"kefu/internal/web/emergencyapi"
	"kefu/internal/web/flowapi"
	"kefu/internal/web/hookapi"
	"kefu/internal/web/insiderapi"
	"kefu/internal/web/keyapi"
	"kefu/internal/web/privacyapi"
	"kefu/internal/web/queueapi"
	"kefu/internal/web/reportapi"
	"kefu/internal/web/rightsapi"
	"kefu/internal/web/ruleapi"
	"kefu/internal/web/searchapi"
	"kefu/internal/web/session"
	"kefu/internal/web/storyapi"
	"kefu/internal/web/trustapi"
	"kefu/internal/web/windowapi"
)

//go:generate go test kefu/internal/web/api -run TestTheDocumentIsUpToDate -update

func document(t testing.TB) *api.API {
	t.Helper()
	carrier, err := session.New(session.Options{PublicURL: origin})
	check(t, err)
	kinds, err := configuring.Kinds()
	check(t, err)
	return api.New(api.Deps{
		Carrier: carrier, Kinds: kinds, More: []func(*api.API){
			queueapi.Routes(queueapi.Deps{}), accessapi.Routes(accessapi.Deps{}), auditapi.Routes(auditapi.Deps{}),
			approvalapi.Routes(nil), reportapi.Routes(nil), rightsapi.Routes(nil, nil), hookapi.Routes(nil), keyapi.Routes(keyapi.Deps{}), windowapi.Routes(nil, ""), searchapi.Routes(nil), ruleapi.Routes(nil), flowapi.Routes(nil), caseapi.Routes(nil), privacyapi.Routes(privacyapi.Deps{}), trustapi.Routes(nil, nil), insiderapi.Routes(insiderapi.Deps{}), emergencyapi.Routes(emergencyapi.Deps{}),
			storyapi.Routes(nil, nil),
		},
	}, api.Options{})
}

func TestTheDocumentIsUpToDate(t *testing.T) {
	text, err := document(t).Document()
	check(t, err)
	golden := filepath.Join("..", "..", "..", "api", "openapi.yaml")
	if flag.Lookup("update").Value.String() == "true" {
		check(t, os.MkdirAll(filepath.Dir(golden), 0o755))
		check(t, os.WriteFile(golden, text, 0o644))
	}
	committed, err := os.ReadFile(golden)
	check(t, err)
	if string(committed) != string(text) {
		t.Error("api/openapi.yaml is out of date: run make generate")
	}
}
