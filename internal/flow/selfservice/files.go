package selfservice

import (
	"context"
	"slices"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/attaching"
	"kefu/internal/platform/fault"
)

// Files are what people uploaded.
type Files interface {
	// Given tells of a file that p uploaded and has sent nowhere. Errors: NotFound.
	Given(ctx context.Context, p identity.Principal, id string) (attaching.Given, error)
}

// maxRaces is how often a file is given anew because somebody else changed the run.
const maxRaces = 4

// file finds out what a file is that somebody gives, and why it is not taken, "" when it
// is. Errors: NotFound; Invalid where no files are asked for.
func (s *Service) file(ctx context.Context, p identity.Principal, d *selfservice.Definition, rec selfservice.Record, in selfservice.Input) (selfservice.Input, error) {
	const op = "selfservice.file"
	g := d.Asks(rec.Run)
	if g == nil || s.Files == nil {
		return in, fault.InvalidField(op, "do", "no files are asked for")
	}
	given, err := s.Files.Given(ctx, p, in.File.ID)
	if err != nil {
		return in, err
	}
	f := selfservice.FileFact{ID: given.ID, Want: in.Text, Name: given.Name, Type: given.Type, Size: given.Size, Digest: given.Digest, At: s.Clock()}
	if p.Kind == identity.Staff {
		f.Staff = p.ID
	}
	f = f.Named()
	in.File, in.Text = &f, ""
	if takes := s.able(ctx).Files; takes != nil && d.ToWallet(g) { // what the wallet cannot take is said now, and not when it is to be done
		switch {
		case f.Size > takes.MaxBytes:
			in.Text = "file_too_large"
		case !takes.Takes(wallet.File{Digest: f.Digest, Type: f.Type, Size: f.Size}):
			in.Text = "wrong_type"
		}
	}
	return in, nil
}

// bounded are views of which the last, where it asks for files that are for the wallet, says
// how large one may be there: a larger one is refused before anybody uploads it.
func (s *Service) bounded(ctx context.Context, d *selfservice.Definition, rec selfservice.Record, views []selfservice.View) []selfservice.View {
	g, n := d.Asks(rec.Run), len(views)
	if g == nil || n == 0 || views[n-1].Files == nil || !d.ToWallet(g) {
		return views
	}
	takes := s.able(ctx).Files
	if takes == nil {
		return views
	}
	views = slices.Clone(views)
	shown := *views[n-1].Files
	shown.Bytes = takes.MaxBytes
	views[n-1].Files = &shown
	return views
}

// refuses tells whether a run asks for files that are for the wallet, which takes none, or
// of which nobody knows that it does.
func (s *Service) refuses(ctx context.Context, d *selfservice.Definition, rec selfservice.Record) bool {
	g := d.Asks(rec.Run)
	return g != nil && rec.State == selfservice.Asking && d.ToWallet(g) && s.able(ctx).Files == nil
}

// notTaken goes on from a step that asks for what the wallet does not take, as the flow
// says, or to a person, who then has what was given. Nobody comes back to the step.
func (s *Service) notTaken(d *selfservice.Definition, rec selfservice.Record, op string) (selfservice.Record, error) {
	now, run := s.Clock(), rec.Run
	run.State = selfservice.Working
	if n := len(run.Trail); n > 0 && run.Trail[n-1].Step == run.Step {
		run.Trail = run.Trail[: n-1 : n-1]
	}
	turn, err := selfservice.Resume(d, run, selfservice.Result{Step: run.Step, Outcome: "not_taken"}, now)
	if err != nil {
		return rec, err
	}
	return still(rec).After(turn, op != "", op, now), nil
}

// still is what is to be seen of a run to which a file is added, or of which one is taken
// away: all that was told before, and the step anew.
func still(rec selfservice.Record) selfservice.Record {
	if n := len(rec.Views); n > 0 && rec.Views[n-1].Step == rec.Step {
		rec.Views = rec.Views[: n-1 : n-1]
	}
	return rec
}
