// Package asking says which forms customers are shown, and checks what they
// answered. Forms are settings; which transaction an id means is the wallet's to
// say. Taking the answers in is package intake's.
package asking

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/look"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/configuring"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Transactions finds what customers refer to.
type Transactions interface {
	// Reference is a transaction of the customer themselves. Errors: NotFound,
	// Unavailable.
	Reference(ctx context.Context, p identity.Principal, id string) (wallet.Reference, error)
}

// Service is the use case. It is safe for concurrent use.
type Service struct {
	settings *configuring.Service
	wallet   Transactions
	reads    func(ctx context.Context, r wallet.Reading) bool // nil: nobody knows
}

// New makes a Service. Without a wallet no transaction can be referred to.
func New(settings *configuring.Service, wallet Transactions) *Service {
	return &Service{settings: settings, wallet: wallet}
}

// UseReadings says what the wallet tells, by which topics are shown; call it before anybody is served.
func (s *Service) UseReadings(reads func(ctx context.Context, r wallet.Reading) bool) {
	s.reads = reads
}

// Seed gives a deployment that has no forms, not even archived ones, those that
// are built in.
func (s *Service) Seed(ctx context.Context) error {
	const op = "asking.Seed"
	system := identity.SystemPart("setup")
	for _, archived := range []bool{false, true} {
		there, err := s.settings.List(ctx, system, "form", settings.Query{Archived: archived, Limit: 1})
		if err != nil || len(there) > 0 {
			return fault.Wrap(op, err)
		}
	}
	forms, err := form.Builtin()
	if err != nil {
		return err
	}
	for _, f := range forms {
		body, err := json.Marshal(f)
		if err != nil {
			return fault.Wrap(op, err)
		}
		_, err = s.settings.Save(ctx, system, settings.Change{Kind: "form", ID: id.From("form " + f.ID), Body: body})
		if err != nil && !fault.Is(err, fault.Conflict) { // another process was first
			return fault.Wrap(op, err)
		}
	}
	return nil
}

// Version changes with every setting, and with what the wallet tells, and so with whatever
// Shown gives.
func (s *Service) Version(ctx context.Context) string {
	all := s.settings.Snapshot()
	version := strconv.FormatInt(all.Version, 10)
	for _, f := range with(all, nil) {
		if !s.fits(ctx, f.Value) {
			version += "." + f.Value.ID
		}
	}
	return version
}

// fits tells whether a topic is anything for the wallet that there is.
func (s *Service) fits(ctx context.Context, f form.Form) bool {
	return f.Needs == "" || s.reads == nil || s.reads(ctx, f.Needs)
}

// Greeting is the window's first line in a language; "" for its own words.
func (s *Service) Greeting(lang string) string {
	return greeting(settings.One[look.Look](s.settings.Snapshot()), lang)
}

func greeting(l look.Look, lang string) string {
	base, _, _ := strings.Cut(lang, "-")
	return cmp.Or(l.Greeting[lang], l.Greeting[base]) // in another language it would greet nobody
}

// Shown are the forms that customers may choose from, in a language, in their order.
func (s *Service) Shown(ctx context.Context, lang string) []form.Shown {
	forms := slices.DeleteFunc(with(s.settings.Snapshot(), nil), func(f settings.Entry[form.Form]) bool { return !s.fits(ctx, f.Value) })
	return shown(forms, lang)
}

func shown(forms []settings.Entry[form.Form], lang string) []form.Shown {
	forms = slices.SortedStableFunc(slices.Values(forms), func(a, b settings.Entry[form.Form]) int {
		return cmp.Or(cmp.Compare(a.Value.Order, b.Value.Order), cmp.Compare(a.Value.ID, b.Value.ID))
	})
	all := make([]form.Shown, 0, len(forms))
	for _, f := range forms {
		all = append(all, f.Value.Show(f.Revision, lang))
	}
	return all
}

// Fill implements intake.Forms. Answers to a form as it was are taken where they
// fit it as it is.
func (s *Service) Fill(ctx context.Context, p identity.Principal, given form.Submission) (form.Filled, conversation.Route, error) {
	const op = "asking.Fill"
	forms := with(s.settings.Snapshot(), nil)
	i := slices.IndexFunc(forms, func(e settings.Entry[form.Form]) bool { return e.Value.ID == given.Form })
	if i < 0 {
		return form.Filled{}, conversation.Route{}, fault.New(fault.Conflict, op, "there is no form %q any more", given.Form)
	}
	f, revision := forms[i].Value, forms[i].Revision
	references, err := s.references(ctx, p, given)
	if err != nil {
		return form.Filled{}, conversation.Route{}, err
	}
	filled, err := f.Fill(given, references)
	if err != nil && given.Revision != revision {
		return form.Filled{}, conversation.Route{}, fault.New(fault.Conflict, op, "the form has changed: %v", err)
	}
	if err != nil {
		return form.Filled{}, conversation.Route{}, err
	}
	filled.Revision = revision
	return filled, conversation.Route{
		Topic: cmp.Or(f.Topic, filled.Title), Tags: f.Tags, Skills: f.Skills, Priority: conversation.Priority(f.Priority), Person: f.Person,
	}, nil
}

// mostReferences bounds what one form asks of the wallet.
const mostReferences = 3

func (s *Service) references(ctx context.Context, p identity.Principal, given form.Submission) (map[string]wallet.Reference, error) {
	const op = "asking.references"
	ids := given.Transactions()
	if len(ids) > mostReferences {
		return nil, fault.InvalidField(op, "answers", "name more than %d transactions", mostReferences)
	}
	found := map[string]wallet.Reference{}
	for _, one := range ids {
		if s.wallet == nil {
			break // Fill says which answer names it
		}
		ref, err := s.wallet.Reference(ctx, p, one)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		found[one] = ref
	}
	return found, nil
}
