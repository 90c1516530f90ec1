package storage_test

import (
	"context"
	"io/fs"
	"time"

	"kefu/content"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/casework"
)

func (s *scene) laws() *jurisdiction.Book {
	s.Helper()
	sub, err := fs.Sub(content.Jurisdictions, "jurisdictions")
	s.must(err)
	b, err := jurisdiction.Load(sub)
	s.must(err)
	return b
}

// openCase opens a case of the scene's customer, as somebody.
func (s *scene) openCase(p identity.Principal, about jurisdiction.Type) (*cases.Case, error) {
	s.Exec(s.T, "UPDATE case_file SET over_at = 1") // so that there is room
	return s.AddCase(context.Background(), p, cases.Head{ID: id.New(), Reference: "K-" + id.New()[:8], CustomerID: s.own.ID}, "", s.laws(),
		cases.Event{Kind: cases.Opened, Data: cases.Data{Type: about, Channel: "chat", Conversation: s.conv}})
}

func (s *scene) filed() *cases.Case { return s.filedAs(jurisdiction.Complaint) }

func (s *scene) filedAs(about jurisdiction.Type) *cases.Case {
	s.Helper()
	c, err := s.openCase(identity.SystemPart("cases"), about)
	s.must(err)
	return c
}

// caseRules are about disputes and complaints. The case is nobody's.
func caseRules() []rule {
	ctx := context.Background()
	sees := "own system " + workers
	return []rule{
		{"AddCase", sees, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.openCase(p, jurisdiction.Complaint)
			return err
		}},
		{"AddCase", sees + " privacy", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.openCase(p, jurisdiction.DataRequest)
			return err
		}},
		{"Case", sees, fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Case(ctx, p, sc.filed().ID)
			return err
		}},
		{"Case", sees + " privacy", fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Case(ctx, p, sc.filedAs(jurisdiction.DataRequest).ID)
			return err
		}},
		{"ExportCase", "supervisor owner", fault.NotFound, map[fault.Code]string{fault.Forbidden: "own system agent colleague second fraud disputes privacy"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.ExportCase(ctx, p, sc.filedAs(jurisdiction.DataRequest).ID)
			return err
		}},
		{"ChangeCase", "system " + workers + " privacy", fault.NotFound, map[fault.Code]string{fault.Conflict: "own"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.ChangeCase(ctx, p, sc.filedAs(jurisdiction.DataRequest).ID, casework.AnyRevision, sc.laws(), func(*cases.Case, int64) ([]cases.Event, error) {
				return []cases.Event{{Kind: cases.Noted, Data: cases.Data{Text: "for staff"}}}, nil
			})
			return err
		}},
		{"ExportCase", "supervisor owner", fault.NotFound, map[fault.Code]string{fault.Forbidden: "own system agent colleague second fraud disputes"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.ExportCase(ctx, p, sc.filed().ID)
			return err
		}},
		{"ChangeCase", "system " + workers, fault.NotFound, map[fault.Code]string{fault.Conflict: "own"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.ChangeCase(ctx, p, sc.filed().ID, casework.AnyRevision, sc.laws(), func(*cases.Case, int64) ([]cases.Event, error) {
				return []cases.Event{{Kind: cases.Noted, Data: cases.Data{Text: "for staff"}}}, nil
			})
			return err
		}},
		{"ChangeCase", "own system " + workers, fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			c := sc.filed()
			sc.Clock.Move(time.Second)
			_, err := sc.ChangeCase(ctx, p, c.ID, casework.AnyRevision, sc.laws(), func(*cases.Case, int64) ([]cases.Event, error) {
				return []cases.Event{{Kind: cases.Withdrawn, Data: cases.Data{Conversation: sc.conv, Entry: sc.asked, Reason: "they found it"}}}, nil
			})
			return err
		}},
		step("ListCases", "own other system privacy "+workers, func(sc *scene, p identity.Principal) error {
			sc.filed()
			all, err := sc.ListCases(ctx, p, cases.Query{List: cases.All, CustomerID: sc.own.ID, Limit: 1})
			if err == nil && p.Kind == identity.Customer && p.ID != sc.own.ID && len(all) > 0 {
				sc.Errorf("%s is given another's cases", p.Kind)
			}
			return err
		}),
		step("CountCases", "system privacy "+workers, func(sc *scene, p identity.Principal) error {
			_, err := sc.CountCases(ctx, p)
			return err
		}),
		{"KeptCases", sees + " privacy", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.KeptCases(ctx, p, sc.own.ID)
			return err
		}},
		step("CaseFigures", "supervisor owner disputes compliance", func(sc *scene, p identity.Principal) error {
			_, err := sc.CaseFigures(ctx, p, 0, 1)
			return err
		}),
		step("RingCases", "system", func(sc *scene, p identity.Principal) error {
			_, err := sc.RingCases(ctx, p, sc.laws(), 1)
			return err
		}),
		step("ReckonCases", "system", func(sc *scene, p identity.Principal) error {
			_, err := sc.ReckonCases(ctx, p, sc.laws(), 1)
			return err
		}),
	}
}
