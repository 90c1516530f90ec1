package configuring

import (
	"kefu/internal/domain/action"
	"kefu/internal/domain/desk"
	"kefu/internal/domain/failure"
	"kefu/internal/domain/form"
	"kefu/internal/domain/goodwill"
	"kefu/internal/domain/look"
	"kefu/internal/domain/official"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/product"
	"kefu/internal/domain/restriction"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/rule"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/trust"
	"kefu/internal/domain/webhook"
	"kefu/internal/domain/wrapup"
)

// Kinds are all kinds of settings that there are, a line for each. Errors:
// Internal when two of them have the same name or type.
func Kinds() (*settings.Registry, error) { return KindsOf(Place{}) }

// Place is what kinds have to know of where the server runs.
type Place struct {
	LoopbackHooks bool           // webhooks may lead to this machine, by plain http
	Codes         *failure.Table // of failed payments, which what an operator says has to fit; nil: none
}

// KindsOf is Kinds for a server in a place.
func KindsOf(here Place) (*settings.Registry, error) {
	return settings.NewRegistry(
		action.Definition(),
		failure.OwnKind(here.Codes),
		form.Definition(),
		goodwill.Kind(),
		look.Definition(),
		desk.MacroKind(),
		desk.ViewKind(),
		official.Definition(),
		official.ReportsKind(),
		organisation.Kind(),
		product.PlanKind(),
		product.ClaimKind(),
		routing.TeamKind(),
		webhook.EndpointKind(here.LoopbackHooks),
		rule.Kind(),
		sla.CalendarKind(),
		sla.AvailabilityKind(),
		sla.TargetKind(),
		trust.EmbeddingKind(),
		trust.IssuerKind(),
		restriction.CertificateKind(),
		restriction.Kind(),
		restriction.TrainingKind(),
		routing.RulesKind(),
		wrapup.CodeKind(),
		wrapup.Kind(),
	)
}
