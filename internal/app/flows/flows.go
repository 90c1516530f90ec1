// Package flows puts together what customers do for themselves, for package app: the
// flows and failure codes that the program brings along, and the room that walks
// people through them.
package flows

import (
	"io/fs"
	"log/slog"

	"kefu/content"
	"kefu/internal/domain/danger"
	"kefu/internal/domain/failure"
	"kefu/internal/domain/rewarding"
	definitions "kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/proposing"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
)

// Parts are what the room stands on.
type Parts struct {
	Store    selfservice.Store
	Intake   selfservice.Intake
	Wallet   selfservice.Wallet // nil: there is none
	Reads    subjects.Deps      // what flows may ask for beside the wallet
	Failures *failure.Table
	Config   config.Wallet
	Issuer   string
	Clock    clock.Clock
	Log      *slog.Logger
	Limited  func(limit string)
}

// New makes the room. Errors: Invalid for flows, codes or rules that are not whole.
func New(p Parts) (*selfservice.Service, error) {
	const op = "flows.New"
	folder := func(of fs.FS, name string) fs.FS {
		sub, err := fs.Sub(of, name)
		if err != nil { // the names below are whole
			return of
		}
		return sub
	}
	texts := folder(content.Flows, "flows")
	words, err := rewarding.Load(content.Points)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	p.Reads.Loyalty.Words = words
	asked, err := subjects.All(p.Reads)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	all, err := definitions.Load(texts, asked.Declared())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	rules, err := proposing.Load(folder(texts, "proposals"), all)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return selfservice.New(selfservice.Deps{
		Store: p.Store, Intake: p.Intake, Wallet: p.Wallet, Failures: p.Failures, Flows: all, Reads: asked, Rules: rules, Clock: p.Clock, Log: p.Log, Limited: p.Limited,
	}, selfservice.Options{Issuer: p.Issuer, Suggest: p.Config.Suggest}), nil
}

// Dangers are the words by which somebody in danger is found, for the flows that there
// are. Errors: Invalid.
func Dangers(flows *selfservice.Service) (*danger.Words, error) {
	const op = "flows.Dangers"
	var ids []string
	for _, d := range flows.Flows.All() {
		ids = append(ids, d.ID)
	}
	files, err := fs.Sub(content.Danger, "danger")
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	words, err := danger.Load(files, ids)
	return words, fault.Wrap(op, err)
}
