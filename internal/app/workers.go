package app

import (
	"context"
	"time"

	"kefu/internal/connector/blob"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/report"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/upkeep"
	"kefu/internal/platform/heap"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/lifecycle"
	"kefu/internal/platform/metrics"
	"kefu/internal/storage"
)

// workers are the parts that run behind the listeners, in the order in which they
// start. They stop in the opposite order: the store commits what waits last.
func (a *App) workers() []lifecycle.Worker {
	a.Store.Listen(a.committed)
	every := func(name string, period time.Duration, do func(context.Context) error) lifecycle.Worker {
		return lifecycle.Worker{Name: name, Run: func(ctx context.Context) error { return upkeep.Every(ctx, period, a.Log, name, do) }}
	}
	all := []lifecycle.Worker{
		{Name: "store", Run: a.Store.Run},
		{Name: "the one server", Run: a.Store.WatchAlone},
		{Name: "settings", Run: a.settings.Run},
		{Name: "decisions", Run: a.restricting.Run},
		{Name: "first forms", Run: a.seedForms},
		{Name: "queue", Run: a.queue.Run},
		{Name: "audit heads", Run: a.runHeads},
		{Name: "search index", Run: a.indexer.Run},
		{Name: "jobs", Run: a.jobs.Run},
		{Name: "issuers' keys", Run: a.issuers.Run},
		every("snoozed conversations", 2*time.Second, upkeep.WakeSnoozed(a.Store, a.now)),
		every("expired rows", time.Minute, func(ctx context.Context) error { _, err := a.Store.Purge(ctx, 1000); return err }),
		{Name: "webhooks", Run: a.sender.Run},
		{Name: "acts in the wallet", Run: a.acts.Run},
		every("codes that are over", 10*time.Second, func(ctx context.Context) error { return a.Store.Expire(ctx, identity.SystemPart("contacts"), 1000) }),
		every("old decisions", 10*time.Minute, func(ctx context.Context) error {
			return a.Store.ForgetDecisions(ctx, identity.SystemPart("policy"), 10_000)
		}),
		every("emergency access", alarmEvery, a.alarm()),
		every("old acts", 10*time.Minute, a.acts.Sweep),
		every("counting acts", 10*time.Second, a.acts.Count),
		every("old deliveries", 10*time.Minute, a.purgeWebhooks),
		every("unsent attachments", 10*time.Minute, a.files.Sweep),
		every("unsent bytes", 10*time.Second, func(context.Context) error { a.metrics.Unsent(a.files.Bytes()); return nil }),
		every("attachments without a row", 6*time.Hour, a.sweepBlobs),
		every("search index upkeep", 6*time.Hour, a.index.Optimize),
		every("checkpoint", time.Second, a.Store.Checkpoint),
		every("packing of reports", time.Minute, a.packFacts),
		every("counting jobs", 10*time.Second, a.countJobs),
		every("index lag", time.Second, func(context.Context) error { a.metrics.IndexLag(a.indexer.Lag()); return nil }),
		every("lag of followers", 10*time.Second, a.measureFollowers),
		{Name: "clocks", Run: a.clocks.Run},
		{Name: "flows", Run: a.flows.Run},
		{Name: "failure codes", Run: a.doubts.Run},
		{Name: "cases", Run: a.cases.Work},
		{Name: "insiders", Run: a.insiders.Run},
		{Name: "erasures", Run: a.Privacy.Run},
		{Name: "memory", Run: heap.Trim},
	}
	return append(append(all, a.followerWorkers()...), a.noticeWorkers()...)
}

// LooseHours is how long facts are read one by one before they are packed: most of
// them change no more then.
const LooseHours = 2

// packFacts packs what reports read of the hours that are over.
func (a *App) packFacts(ctx context.Context) error {
	for {
		more, err := a.Store.PackFacts(ctx, a.now().UnixMicro()/report.HourMicros-LooseHours)
		if err != nil || !more {
			return err
		}
	}
}

// seedForms gives a new deployment its first forms, once what it writes is committed.
func (a *App) seedForms(ctx context.Context) error {
	if err := a.asking.Seed(ctx); err != nil && ctx.Err() == nil {
		a.Log.Warn("the first forms could not be made; they are at the next start", "error", err)
	}
	<-ctx.Done()
	return nil
}

// committed passes on what a commit did, in the order of commits.
func (a *App) committed(c event.Commit) {
	a.realtime.Committed(c)
	a.files.Committed(c)
	a.indexer.Committed(c)
	a.settings.Committed(c)
	real := a.insiders.Real(c)
	a.queue.Committed(real)
	a.followersCommitted(real)
	countMessages(a.metrics, c)
	if c.Jobs {
		a.jobs.Wake()
	}
}

// countMessages counts the messages of a commit by kind of author.
func countMessages(m *metrics.Metrics, c event.Commit) {
	for i := range c.Changed {
		for j := range c.Changed[i].Entries {
			if e := &c.Changed[i].Entries[j]; e.Kind == conversation.KindMessage {
				m.MessagesStored(string(e.Author.Kind), 1)
			}
		}
	}
}

func (a *App) countJobs(ctx context.Context) error {
	n, err := a.Store.CountJobs(ctx)
	if err == nil {
		a.metrics.Jobs(n.Waiting, n.Stuck, n.SetAside)
	}
	return err
}

// runHeads signs the end of the audit chain now and then, and once more at the
// end.
func (a *App) runHeads(ctx context.Context) error {
	last := int64(0)
	sign := func(ctx context.Context) error {
		link, err := a.Store.AuditHead(ctx)
		if err != nil || link.Seq == last {
			return err
		}
		line, err := a.signer.Sign(storage.AuditStream, a.now().UnixMicro(), link).Line()
		if err != nil {
			return err
		}
		if err := a.heads.Append(line); err != nil {
			return err
		}
		last = link.Seq
		return nil
	}
	if err := upkeep.Every(ctx, a.Config.Audit.HeadEvery, a.Log, "audit heads", sign); err != nil {
		return err
	}
	final, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return sign(final)
}

func (a *App) jobHandlers() map[string]upkeep.Handler {
	return map[string]upkeep.Handler{
		job.DestroyKeys: func(_ context.Context, j job.Job) error {
			refs := job.DecodeRefs(j.Payload)
			keys := make([]keyring.Ref, len(refs))
			for i, r := range refs {
				keys[i] = keyring.Ref(r)
			}
			return a.Ring.Destroy(keys...)
		},
		job.ForgetTexts: func(ctx context.Context, j job.Job) error { return a.indexer.Forget(ctx, job.DecodeRefs(j.Payload)) },
		job.TellAct:     func(ctx context.Context, j job.Job) error { return a.acts.TellJob(ctx, j) },
	}
}

// sweepBlobs removes the bytes that a crash left behind between an attachment's
// row and its file.
func (a *App) sweepBlobs(ctx context.Context) error {
	_, err := blob.Sweep(ctx, a.blobs, a.now().Add(-attaching.OrphanAge), a.Store.UnknownAttachments)
	return err
}
