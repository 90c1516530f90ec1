package configuring_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/configuring"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// clean stands for the guard: what holds "hunter2" is not clean.
func clean(_ context.Context, text string) (string, error) {
	return strings.ReplaceAll(text, "hunter2", "‹password›"), nil
}

func service(t *testing.T, store configuring.Store) *configuring.Service {
	t.Helper()
	kinds, err := configuring.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	return configuring.New(configuring.Deps{Store: store, Kinds: kinds, Clean: clean})
}

func lead() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor, Session: id.New()}
}

func team(name string, revision int64, of string) settings.Change {
	return settings.Change{Kind: "team", ID: of, Revision: revision, Body: []byte(`{"name":"` + name + `"}`)}
}

func names(s *settings.Snapshot) string {
	var all []string
	for _, e := range settings.All[routing.Team](s) {
		all = append(all, e.Value.Name)
	}
	return strings.Join(all, " ")
}

func TestWhatIsSavedIsInTheSnapshotAtOnceAndAfterARestart(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := t.Context()
		first := d.Open(t)
		s := service(t, first.Store)
		var told []string
		s.Listen(func(snap *settings.Snapshot) { told = append(told, names(snap)) })
		one := id.New()
		if _, err := s.Save(ctx, lead(), team("Cards", 0, one)); err != nil || names(s.Snapshot()) != "Cards" {
			t.Fatalf("%v, %q", err, names(s.Snapshot()))
		}
		if _, err := s.Save(ctx, lead(), team("cards", 0, id.New())); fault.ReasonOf(err) != settings.Taken {
			t.Errorf("the same name twice: %v", err)
		}
		if _, err := s.Archive(ctx, lead(), "team", one, 1, true); err != nil || names(s.Snapshot()) != "" {
			t.Errorf("archived: %v, %q", err, names(s.Snapshot()))
		}
		if _, err := s.Save(ctx, lead(), team("cards", 0, id.New())); err != nil {
			t.Errorf("the name of an archived team: %v", err)
		}
		if _, err := s.Archive(ctx, lead(), "team", one, 2, false); fault.ReasonOf(err) != settings.Taken {
			t.Errorf("back into use beside one of its name: %v", err)
		}
		if strings.Join(told, "|") != "Cards||cards" {
			t.Errorf("listeners were told of %q", told)
		}
		first.Stop()
		again := service(t, d.Open(t).Store)
		if err := again.Load(ctx); err != nil || names(again.Snapshot()) != "cards" {
			t.Errorf("after a restart: %v, %q", err, names(again.Snapshot()))
		}
		if e, ok := settings.Find[routing.Team](again.Snapshot(), one); !ok || !e.Archived {
			t.Errorf("the archived team is %+v", e)
		}
	})
}

func TestASecretIsRefusedAndNotStored(t *testing.T) {
	d := storagetest.New(t, engine.SQLite)
	s := service(t, d.Open(t).Store)
	_, err := s.Save(t.Context(), lead(), team("Ask for hunter2", 0, id.New()))
	if fault.FieldOf(err) != "name" || fault.ReasonOf(err) != settings.Secret {
		t.Errorf("%v", err)
	}
	var n int
	d.Scan(t, "SELECT COUNT(*) FROM setting_revision WHERE body LIKE '%hunter2%'", &n)
	if n != 0 {
		t.Error("a secret was stored")
	}
}

func TestOfManyWhoChangeOneRevisionOneDoes(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		store := d.Open(t).Store
		s, other := service(t, store), service(t, store) // two processes, as far as settings go
		one := id.New()
		if _, err := s.Save(t.Context(), lead(), team("Zero", 0, one)); err != nil {
			t.Fatal(err)
		}
		var done sync.WaitGroup
		results := make([]error, 12)
		for i := range results {
			done.Go(func() {
				by := []*configuring.Service{s, other}[i%2]
				_, results[i] = by.Save(t.Context(), lead(), team("Name "+id.New()[:4], 1, one))
			})
		}
		done.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else if !fault.Is(err, fault.Conflict) || fault.FieldOf(err) != "revision" {
				t.Error(err)
			}
		}
		history, err := s.History(t.Context(), lead(), "team", one, 0, 10)
		if won != 1 || err != nil || len(history) != 2 {
			t.Errorf("%d won; the history is %+v, %v", won, history, err)
		}
		var records int
		for e, err := range store.AuditEntries(t.Context(), identity.SystemPart("test")) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Action == "setting.save" && e.Object.ID == "team/"+one {
				records++
			}
		}
		if records != 2 {
			t.Errorf("%d records of two changes", records)
		}
	})
}

func TestAnOldRevisionComesBack(t *testing.T) {
	s := service(t, storagetest.New(t, engine.SQLite).Open(t).Store)
	ctx, by, one := t.Context(), lead(), id.New()
	for i, name := range []string{"First", "Second"} {
		if _, err := s.Save(ctx, by, team(name, int64(i), one)); err != nil {
			t.Fatal(err)
		}
	}
	if it, err := s.Restore(ctx, by, "team", one, 2, 1); err != nil || it.Revision != 3 || names(s.Snapshot()) != "First" {
		t.Errorf("%+v %v", it, err)
	}
	for _, from := range []int64{0, -1, 9} {
		if _, err := s.Restore(ctx, by, "team", one, 3, from); !fault.Is(err, fault.NotFound) {
			t.Errorf("from %d: %v", from, err)
		}
	}
	if _, err := s.Restore(ctx, by, "team", one, 2, 1); !fault.Is(err, fault.Conflict) {
		t.Errorf("at an older revision: %v", err)
	}
}

func TestChangesAreLimited(t *testing.T) {
	s := service(t, storagetest.New(t, engine.SQLite).Open(t).Store)
	by := lead()
	var limited *intake.LimitedError
	for i := 0; ; i++ {
		_, err := s.Save(t.Context(), by, settings.Change{Kind: "team", ID: "no id"})
		if errors.As(err, &limited) {
			break
		}
		if i > 1000 {
			t.Fatal("there is no limit")
		}
	}
	if limited.RetryAfter <= 0 {
		t.Errorf("wait %v", limited.RetryAfter)
	}
}

// memory is a store of nothing but a version, which fails when it is told to.
type memory struct {
	configuring.Store
	lock    sync.Mutex
	version int64
	reads   int
	err     error
}

func (m *memory) SettingsVersion(context.Context) (int64, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.reads++
	return m.version, m.err
}

func (m *memory) HouseSettings(context.Context, identity.Principal) ([]settings.Item, int64, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	return []settings.Item{{Kind: "team", ID: "t", Revision: 1, Body: []byte(`{"name":"T"}`)}}, m.version, m.err
}

func (m *memory) set(version int64, err error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.version, m.err = version, err
}

// What another process changed is seen soon, and a store that fails leaves what was
// read last.
func TestTheSnapshotFollowsOtherProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		s := service(t, store)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		store.set(5, nil)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s.Snapshot().Version != 5 || names(s.Snapshot()) != "T" {
			t.Errorf("version %d with %q", s.Snapshot().Version, names(s.Snapshot()))
		}
		store.set(6, fault.New(fault.Unavailable, "test", "gone"))
		time.Sleep(10 * time.Second)
		if s.Snapshot().Version != 5 {
			t.Error("a failure changed the settings")
		}
		store.set(6, nil)
		s.Committed(event.Commit{})
		synctest.Wait()
		if s.Snapshot().Version != 5 {
			t.Error("a commit of something else made it look")
		}
		s.Committed(event.Commit{Settings: []string{"team"}})
		synctest.Wait()
		if s.Snapshot().Version != 6 {
			t.Error("a commit of a setting did not make it look")
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Where webhooks lead is checked when it is saved, too.
func TestAWebhookIsSavedWithHTTPS(t *testing.T) {
	d := storagetest.New(t, engine.SQLite)
	store := d.Open(t, func(o *storage.Options) {
		kinds, err := configuring.KindsOf(configuring.Place{LoopbackHooks: true})
		if err != nil {
			t.Fatal(err)
		}
		o.Settings = kinds
	}).Store
	hook := func(address string) settings.Change {
		return settings.Change{Kind: "webhook", ID: id.New(), Body: []byte(`{"name":"` + id.New() + `","url":"` + address + `","events":["message.sent"]}`)}
	}
	owner := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Owner, Session: id.New()}
	for address, want := range map[string]string{"https://crm.example/": "", "http://localhost:9/": "", "http://crm.example/": "url"} {
		if _, err := service(t, store).Save(t.Context(), owner, hook(address)); fault.FieldOf(err) != want || (want == "") != (err == nil) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestWhatCustomersAreToldAsksForNothing(t *testing.T) {
	p := storagetest.New(t, engine.SQLite).Open(t)
	kinds, err := configuring.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	s := configuring.New(configuring.Deps{Store: p.Store, Kinds: kinds, Clean: clean, Worded: func(path, text string) error {
		if strings.Contains(text, "PIN") {
			return fault.InvalidFor("test", path, settings.AsksSecret, "asks")
		}
		return nil
	}})
	macro := func(more string) settings.Change {
		return settings.Change{Kind: "macro", ID: id.New(), Body: []byte(`{"name":"n","texts":[{"language":"en","text":"Your PIN?"}]` + more + `}`)}
	}
	if _, err := s.Save(t.Context(), lead(), macro("")); fault.FieldOf(err) != "texts.0.text" || fault.ReasonOf(err) != settings.AsksSecret {
		t.Errorf("an answer: %v", err)
	}
	if _, err := s.Save(t.Context(), lead(), macro(`,"note":true`)); err != nil {
		t.Errorf("a note: %v", err)
	}
	if _, err := s.Save(t.Context(), lead(), team("PIN desk", 0, id.New())); err != nil {
		t.Errorf("a team: %v", err)
	}
}
