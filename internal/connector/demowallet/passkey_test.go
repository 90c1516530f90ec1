package demowallet_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/proof"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/passkey/passkeytest"
	"kefu/internal/storage/books"
	"kefu/internal/storage/storagetest"
)

const (
	walletHome = "http://wallet.localhost:8081"
	walletApp  = "http://127.0.0.1:8081"
)

// holder is a customer with a wallet that knows passkeys, at a time that can be moved.
type holder struct {
	*house
	t     *testing.T
	later atomic.Int64
}

func holding(t *testing.T, store func(now func() time.Time) *books.Store) *holder {
	t.Helper()
	h := &holder{t: t}
	now := func() time.Time { return clockAt().Add(time.Duration(h.later.Load())) }
	h.house = on(t, store(now), now, func(o *demowallet.Options) { o.Link, o.Named = walletApp, walletHome })
	must(t, h.Seed(context.Background(), []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt", Language: "en"}, {ID: "cust-sara", Name: "Sara Haddad", Language: "en"}}))
	return h
}

func holdingOn(t *testing.T, d *storagetest.Deployment) *holder {
	return holding(t, func(func() time.Time) *books.Store { return d.Books(t) })
}

func lightly(t *testing.T) *holder {
	return holding(t, func(now func() time.Time) *books.Store { return storagetest.Books(t, now) })
}

func (h *holder) wait(d time.Duration) { h.later.Add(int64(d)) }

// device is an authenticator with a passkey of a customer's, and the handle it knows them by.
type device struct {
	*passkeytest.Device
	handle string
	id     string
}

// agree has a customer say yes to a change of their passkeys.
func (h *holder) agree(customer string, c proof.Change) string {
	h.t.Helper()
	ask, err := h.AskChange(context.Background(), customer, c)
	must(h.t, err)
	if ask == "" {
		return ""
	}
	got, err := h.Answer(context.Background(), customer, ask, true, "")
	must(h.t, err)
	if got.State != wallet.AskApproved {
		h.t.Fatalf("a yes to a change: %+v", got)
	}
	return ask
}

func (h *holder) remove(customer, key string) {
	h.t.Helper()
	must(h.t, h.RemovePasskey(context.Background(), customer, key, h.agree(customer, proof.Change{Remove: key})))
}

func (h *holder) register(customer, name string) device {
	h.t.Helper()
	agreed := h.agree(customer, proof.Change{Name: name})
	q, err := h.AskNewPasskey(context.Background(), customer, name, agreed)
	must(h.t, err)
	d := passkeytest.New(walletHome)
	made, err := h.AddPasskey(context.Background(), customer, name, agreed, d.Register(q))
	must(h.t, err)
	handle, err := base64.RawURLEncoding.DecodeString(q.Handle)
	must(h.t, err)
	return device{d, string(handle), made.ID}
}

// wanted is what Kefu asks a proof of.
func (h *holder) wanted(act wallet.Act, level int, methods ...string) wallet.Ask {
	h.t.Helper()
	return wallet.Ask{
		Key: "key-" + id.New(), CustomerID: "cust-anna", Case: "conv-1", Act: act, Target: "t-1", Amount: euro(h.t, "45.00"), Level: level, Nonce: id.New(), Methods: methods,
	}
}

// ask has Kefu ask for a proof.
func (h *holder) ask(level int, methods ...string) (wallet.Ask, wallet.Asked) {
	h.t.Helper()
	return h.askFor(wallet.RequestRefund, level, methods...)
}

func (h *holder) askFor(act wallet.Act, level int, methods ...string) (wallet.Ask, wallet.Asked) {
	h.t.Helper()
	a := h.wanted(act, level, methods...)
	asked, err := h.Ask(context.Background(), wallet.Actor{}, a)
	must(h.t, err)
	return a, asked
}

func (h *holder) question(ask string) passkey.Question {
	h.t.Helper()
	q, err := h.AskPasskey(context.Background(), "cust-anna", ask)
	must(h.t, err)
	return q
}

func (h *holder) believed(a wallet.Ask, asked wallet.Asked) (assurance.Assertion, error) {
	h.t.Helper()
	raw, err := h.Keys(context.Background())
	must(h.t, err)
	keys, err := identity.ParseKeySet(raw)
	must(h.t, err)
	return assurance.Verify(asked.Assertion, keys, assurance.Wanted{
		Issuer: "https://wallet.test", Audience: "kefu-test", Subject: a.CustomerID, Case: a.Case, Act: a.Act, Target: a.Target, Amount: a.Amount, Level: identity.Level(a.Level), Nonce: a.Nonce,
	}, h.Now())
}

// A passkey proves exactly what was asked, in the place of the app's push, on both engines.
func TestAPasskeyProvesWhatWasAsked(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		proveByPasskey(t, holdingOn(t, d))
	})
}

func proveByPasskey(t *testing.T, h *holder) {
	t.Helper()
	ctx := context.Background()
	if _, asked := h.ask(2); !strings.HasPrefix(asked.Link, walletApp) {
		t.Errorf("without a passkey it is asked at %s", asked.Link)
	}
	own := h.register("cust-anna", "Laptop")
	h.register("cust-anna", "Key ring")
	h.wait(assurance.CoolDown)
	a, asked := h.ask(2)
	if !strings.HasPrefix(asked.Link, walletHome+"/?") || !strings.Contains(asked.Link, asked.ID) || asked.Method != "app_push" {
		t.Errorf("it is asked by %s at %s", asked.Method, asked.Link)
	}
	waiting, err := h.Waitings(ctx, "cust-anna")
	if i := slices.IndexFunc(waiting, func(w proof.Waiting) bool { return w.ID == asked.ID }); err != nil || i < 0 || !waiting[i].Passkey {
		t.Fatalf("the app shows %+v: %v", waiting, err)
	}
	q := h.question(asked.ID)
	if len(q.Allow) != 2 || q.Domain != "wallet.localhost" {
		t.Errorf("the browser is asked for %+v", q)
	}
	done, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(q, own.handle))
	must(t, err)
	if done.State != wallet.AskApproved || done.Method != "passkey" {
		t.Fatalf("%+v", done)
	}
	shown, err := h.believed(a, done)
	if err != nil || len(shown.Methods) != 1 || shown.Methods[0] != "passkey" || shown.Level != identity.AL3 {
		t.Errorf("%+v %v", shown, err)
	}
	for name, change := range map[string]func(*wallet.Ask){
		"another case":   func(a *wallet.Ask) { a.Case = "conv-2" },
		"another act":    func(a *wallet.Ask) { a.Act = wallet.OpenDispute },
		"another target": func(a *wallet.Ask) { a.Target = "t-2" },
		"another sum":    func(a *wallet.Ask) { a.Amount = euro(t, "45.01") },
		"another nonce":  func(a *wallet.Ask) { a.Nonce = "n" },
	} {
		other := a
		change(&other)
		if _, err := h.believed(other, done); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("it was believed for %s: %v", name, err)
		}
	}
	list, err := h.Passkeys(ctx, "cust-anna")
	if err != nil || len(list) != 2 || list[0].UsedAt != 0 && list[1].UsedAt != 0 {
		t.Errorf("%+v %v", list, err)
	}
	factors, err := h.Factors(ctx, wallet.Actor{}, "cust-anna")
	must(t, err)
	found := 0
	for _, f := range factors {
		must(t, f.Validate())
		if f.ID == list[0].ID || f.ID == list[1].ID {
			found++
		}
	}
	told, err := h.Notices(ctx, 0, 100)
	must(t, err)
	changed := 0
	for _, n := range told.Items {
		if n.Type == wallet.FactorChanged && n.CustomerID == "cust-anna" {
			changed++
		}
	}
	if found != 2 || changed != 2 {
		t.Errorf("%d factors are shown, and %d notices told of them", found, changed)
	}
}

// Whatever is not the answer to the question of the moment proves nothing, and what could
// have been guessed counts as a try.
func TestForgedAnswersProveNothing(t *testing.T) {
	h := lightly(t)
	ctx := context.Background()
	own, removed, sara := h.register("cust-anna", "Laptop"), h.register("cust-anna", "Lost telephone"), h.register("cust-sara", "Sara's")
	h.wait(assurance.CoolDown)
	flip := func(a passkey.Answer) passkey.Answer {
		a.Signature = strings.Map(func(r rune) rune { return map[rune]rune{'A': 'B', 'B': 'A'}[r] }, a.Signature[:4]) + a.Signature[4:]
		return a
	}
	old := map[string]any{}
	_, before := h.ask(2)
	oldQuestion := h.question(before.ID)
	old["answer"] = own.Sign(oldQuestion, own.handle)
	h.remove("cust-anna", removed.id)
	for name, answer := range map[string]func(q passkey.Question) passkey.Answer{
		"of another page": func(q passkey.Question) passkey.Answer {
			return own.At("http://wallet.localhost.evil.example").Sign(q, own.handle)
		},
		"of the page without name":  func(q passkey.Question) passkey.Answer { return own.At(walletApp).Sign(q, own.handle) },
		"of nobody verified":        func(q passkey.Question) passkey.Answer { return own.Unverified().Sign(q, own.handle) },
		"to another question":       func(passkey.Question) passkey.Answer { return old["answer"].(passkey.Answer) },
		"with another signature":    func(q passkey.Question) passkey.Answer { return flip(own.Sign(q, own.handle)) },
		"by another customer":       func(q passkey.Question) passkey.Answer { return sara.Sign(q, sara.handle) },
		"by another in her name":    func(q passkey.Question) passkey.Answer { return sara.Sign(q, own.handle) },
		"by a passkey taken away":   func(q passkey.Question) passkey.Answer { return removed.Sign(q, own.handle) },
		"by a passkey never made":   func(q passkey.Question) passkey.Answer { return passkeytest.New(walletHome).Sign(q, own.handle) },
		"of nothing":                func(passkey.Question) passkey.Answer { return passkey.Answer{} },
		"of a new passkey instead":  func(q passkey.Question) passkey.Answer { return passkeytest.New(walletHome).Register(q) },
		"with a count that stands":  nil,
		"with a count that is less": nil,
	} {
		_, asked := h.ask(2)
		q := h.question(asked.ID)
		var given passkey.Answer
		switch {
		case answer != nil:
			given = answer(q)
		default:
			given = h.copied(&own, q, strings.HasSuffix(name, "less"))
		}
		got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, given)
		if err != nil || got.State != wallet.AskPending || got.Assertion != "" {
			t.Errorf("an answer %s: %+v %v", name, got, err)
		}
		if _, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(q, own.handle)); !fault.Is(err, fault.Conflict) {
			t.Errorf("after an answer %s the question was open: %v", name, err)
		}
		q = h.question(asked.ID) // the right one, which also takes the tries back
		if got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(q, own.handle)); err != nil || got.State != wallet.AskApproved {
			t.Fatalf("after an answer %s the right one: %+v %v", name, got, err)
		}
	}
}

// copied answers with a copy of a passkey that has signed less often than the original.
func (h *holder) copied(own *device, q passkey.Question, less bool) passkey.Answer {
	h.t.Helper()
	ctx := context.Background()
	behind := *own
	behind.Device = own.Copy()
	for range 3 { // the original goes on
		_, asked := h.ask(2)
		if got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(h.question(asked.ID), own.handle)); err != nil || got.State != wallet.AskApproved {
			h.t.Fatalf("%+v %v", got, err)
		}
	}
	if !less {
		for range 2 {
			behind.Sign(q, own.handle)
		}
	}
	return behind.Sign(q, own.handle)
}

func TestAQuestionIsGoodOnceAndNotForLong(t *testing.T) {
	h := lightly(t)
	ctx := context.Background()
	own := h.register("cust-anna", "Laptop")
	h.wait(assurance.CoolDown)
	_, asked := h.ask(2)
	if _, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, passkey.Answer{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("an answer that nobody asked for: %v", err)
	}
	first := h.question(asked.ID)
	h.question(asked.ID)
	if got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(first, own.handle)); err != nil || got.State != wallet.AskPending {
		t.Errorf("an answer to the question before: %+v %v", got, err)
	}
	second := h.question(asked.ID)
	h.wait(passkey.Life)
	if _, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(second, own.handle)); !fault.Is(err, fault.Conflict) {
		t.Errorf("an answer too late: %v", err)
	}
	third := h.question(asked.ID)
	answer := own.Sign(third, own.handle)
	if got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, answer); err != nil || got.State != wallet.AskApproved {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, answer); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same answer again: %v", err)
	}
	_, other := h.ask(2)
	h.question(other.ID)
	if got, err := h.AnswerByPasskey(ctx, "cust-anna", other.ID, answer); err != nil || got.State != wallet.AskPending {
		t.Errorf("the same answer for something else: %+v %v", got, err)
	}
	h.wait(assurance.Life)
	if _, err := h.AskPasskey(ctx, "cust-anna", other.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("a proof that is over was asked for: %v", err)
	}
	if _, err := h.AskPasskey(ctx, "cust-sara", asked.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	for i := range assurance.MaxTries - 1 { // the one before counts
		_, asked := h.ask(2)
		if asked.State == wallet.AskLocked {
			t.Fatalf("locked after %d", i)
		}
		q := h.question(asked.ID)
		got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.At(walletApp).Sign(q, own.handle))
		must(t, err)
		if i == assurance.MaxTries-2 && got.State != wallet.AskLocked {
			t.Errorf("after %d tries it is %s", i+1, got.State)
		}
	}
}

// What moves money or takes something away, and the best proof, are by a passkey that is
// known for three days.
func TestAYoungPasskeyProvesLess(t *testing.T) {
	h := lightly(t)
	ctx := context.Background()
	own := h.register("cust-anna", "Laptop")
	harmless := []wallet.Act{wallet.Freeze, wallet.AddEvidence, wallet.RequestInspection, wallet.NotifyCustomer}
	for _, act := range wallet.Acts() {
		a, asked := h.askFor(act, 2)
		q, err := h.AskPasskey(ctx, "cust-anna", asked.ID)
		if !slices.Contains(harmless, act) {
			if !fault.Is(err, fault.NotFound) || !strings.HasPrefix(asked.Link, walletApp) {
				t.Errorf("a young passkey may prove %s: %v, asked at %s", act, err, asked.Link)
			}
			continue
		}
		must(t, err)
		done, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(q, own.handle))
		must(t, err)
		if shown, err := h.believed(a, done); err != nil || shown.Level != identity.AL2 {
			t.Errorf("%s: %+v %v", act, shown, err)
		}
		a.Level = 3
		if _, err := h.believed(a, done); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s was believed for a better proof: %v", act, err)
		}
	}
	if _, err := h.Ask(ctx, wallet.Actor{}, h.wanted(wallet.RequestRefund, 2, "passkey")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a young passkey alone was asked to move money: %v", err)
	}
	_, asked := h.ask(3)
	if _, err := h.AskPasskey(ctx, "cust-anna", asked.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a young passkey may prove the most: %v", err)
	}
	h.wait(assurance.CoolDown)
	young := h.register("cust-anna", "Another")
	a, asked := h.ask(3)
	q := h.question(asked.ID)
	if len(q.Allow) != 1 {
		t.Errorf("%d passkeys may prove the most", len(q.Allow))
	}
	if got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, young.Sign(q, own.handle)); err != nil || got.State != wallet.AskPending {
		t.Errorf("the young one: %+v %v", got, err)
	}
	got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(h.question(asked.ID), own.handle))
	must(t, err)
	if shown, err := h.believed(a, got); err != nil || shown.Level != identity.AL3 {
		t.Errorf("%+v %v", shown, err)
	}
}

// With nothing but a passkey it is asked by passkey, and a yes alone proves nothing.
func TestAPasskeyMayBeAllThereIs(t *testing.T) {
	h := lightly(t)
	ctx := context.Background()
	own := h.register("cust-anna", "Laptop")
	h.wait(assurance.CoolDown)
	_, asked := h.ask(2, "passkey")
	if asked.Method != "passkey" {
		t.Fatalf("%+v", asked)
	}
	if got, err := h.Answer(ctx, "cust-anna", asked.ID, true, ""); err != nil || got.State != wallet.AskPending {
		t.Errorf("a yes without the passkey: %+v %v", got, err)
	}
	if got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(h.question(asked.ID), own.handle)); err != nil || got.State != wallet.AskApproved {
		t.Errorf("%+v %v", got, err)
	}
	_, asked = h.ask(2, "passkey")
	q := h.question(asked.ID)
	h.remove("cust-anna", own.id)
	if err := h.RemovePasskey(ctx, "cust-anna", own.id, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if got, err := h.AnswerByPasskey(ctx, "cust-anna", asked.ID, own.Sign(q, own.handle)); err != nil || got.State != wallet.AskPending {
		t.Errorf("after it was removed: %+v %v", got, err)
	}
	if _, err := h.Ask(ctx, wallet.Actor{}, wallet.Ask{Key: "k", CustomerID: "cust-anna", Case: "c", Act: wallet.RequestRefund, Level: 2, Nonce: "n", Methods: []string{"passkey"}}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("asked for a passkey that is not there: %v", err)
	}
	if got, err := h.Answer(ctx, "cust-anna", asked.ID, false, ""); err != nil || got.State != wallet.AskDeclined {
		t.Errorf("a no: %+v %v", got, err)
	}
}

func TestPasskeysAreMade(t *testing.T) {
	h := lightly(t)
	ctx := context.Background()
	yes := h.agree("cust-anna", proof.Change{Name: "Late"})
	q, err := h.AskNewPasskey(ctx, "cust-anna", "Late", yes)
	must(t, err)
	fresh := passkeytest.New(walletHome)
	for name, try := range map[string]func() error{
		"somebody else": func() error {
			_, err := h.AddPasskey(ctx, "cust-sara", "Late", h.agree("cust-sara", proof.Change{Name: "Late"}), fresh.Register(q))
			return err
		},
		"nobody":       func() error { _, err := h.AskNewPasskey(ctx, "cust-eve", "x", ""); return err },
		"without name": func() error { _, err := h.AddPasskey(ctx, "cust-anna", " ", yes, fresh.Register(q)); return err },
	} {
		if err := try(); err == nil {
			t.Errorf("%s: a passkey was made", name)
		}
	}
	if _, err := h.AddPasskey(ctx, "cust-anna", "Late", yes, fresh.At("https://evil.example").Register(q)); !fault.Is(err, fault.Invalid) {
		t.Errorf("of another page: %v", err)
	}
	if _, err := h.AddPasskey(ctx, "cust-anna", "Late", yes, fresh.Register(q)); !fault.Is(err, fault.Conflict) {
		t.Errorf("a question that was answered: %v", err)
	}
	q, err = h.AskNewPasskey(ctx, "cust-anna", "Late", yes)
	must(t, err)
	h.wait(passkey.Life)
	if _, err := h.AddPasskey(ctx, "cust-anna", "Late", yes, fresh.Register(q)); !fault.Is(err, fault.Conflict) {
		t.Errorf("too late: %v", err)
	}
	for range 10 {
		h.register("cust-anna", "One more")
	}
	if _, err := h.AskNewPasskey(ctx, "cust-anna", "x", h.agree("cust-anna", proof.Change{Name: "x"})); !fault.Is(err, fault.Conflict) {
		t.Errorf("more than there is place for: %v", err)
	}
	list, err := h.Passkeys(ctx, "cust-anna")
	if err != nil || len(list) != 10 {
		t.Fatalf("%d %v", len(list), err)
	}
	text, err := json.Marshal(list)
	must(t, err)
	if strings.Contains(string(text), "Schmidt") {
		t.Error("a passkey holds its owner's name")
	}
	without := open(t)
	person(t, without, "bo", "1.00")
	if _, err := without.AskNewPasskey(ctx, "bo", "x", ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("a wallet without a name: %v", err)
	}
}

// A passkey comes and goes only with a yes of its owner to exactly that, good once and
// not for long; and whoever looks sees that it did.
func TestAPasskeyChangesOnlyWithAYes(t *testing.T) {
	h := lightly(t)
	ctx := context.Background()
	own := h.register("cust-anna", "Laptop")
	pending, err := h.AskChange(ctx, "cust-anna", proof.Change{Name: "Eve's"})
	must(t, err)
	waiting, err := h.Waitings(ctx, "cust-anna")
	if err != nil || len(waiting) != 1 || waiting[0].Act != proof.AddingPasskey || waiting[0].Name != "Eve's" || waiting[0].Passkey {
		t.Errorf("the app shows %+v: %v", waiting, err)
	}
	declined, err := h.AskChange(ctx, "cust-anna", proof.Change{Name: "Eve's"})
	must(t, err)
	_, err = h.Answer(ctx, "cust-anna", declined, false, "")
	must(t, err)
	_, refund := h.ask(2)
	_, err = h.Answer(ctx, "cust-anna", refund.ID, true, "")
	must(t, err)
	used := h.agree("cust-anna", proof.Change{Name: "Eve's"})
	q, err := h.AskNewPasskey(ctx, "cust-anna", "Eve's", used)
	must(t, err)
	second, err := h.AddPasskey(ctx, "cust-anna", "Eve's", used, passkeytest.New(walletHome).Register(q))
	must(t, err)
	late := h.agree("cust-anna", proof.Change{Name: "Eve's"})
	lateGone := h.agree("cust-anna", proof.Change{Remove: own.id})
	h.wait(assurance.Life)
	fresh := h.agree("cust-anna", proof.Change{Name: "Eve's"})
	q, err = h.AskNewPasskey(ctx, "cust-anna", "Eve's", fresh) // the question stands; only the yes is missing
	must(t, err)
	for name, yes := range map[string]string{
		"none": "", "pending": pending, "declined": declined, "of a refund": refund.ID, "used": used, "too late": late, "too late, to remove": lateGone,
		"of another passkey": h.agree("cust-anna", proof.Change{Name: "Mine"}), "of another customer": h.agree("cust-sara", proof.Change{Name: "Eve's"}),
		"to remove": h.agree("cust-anna", proof.Change{Remove: second.ID}),
	} {
		if _, err := h.AskNewPasskey(ctx, "cust-anna", "Eve's", yes); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a browser was asked with a yes that is %s: %v", name, err)
		}
		if _, err := h.AddPasskey(ctx, "cust-anna", "Eve's", yes, passkeytest.New(walletHome).Register(q)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a passkey was added with a yes that is %s: %v", name, err)
		}
		if err := h.RemovePasskey(ctx, "cust-anna", own.id, yes); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a passkey was removed with a yes that is %s: %v", name, err)
		}
	}
	if _, err := h.Ask(ctx, wallet.Actor{}, h.wanted(proof.AddingPasskey, 2)); !fault.Is(err, fault.Invalid) {
		t.Errorf("customer service asked for a passkey: %v", err)
	}
	if _, err := h.Asked(ctx, wallet.Actor{}, "cust-anna", used); !fault.Is(err, fault.NotFound) {
		t.Errorf("customer service reads of a passkey: %v", err)
	}
	h.remove("cust-anna", own.id)
	changes, err := h.PasskeyChanges(ctx, "cust-anna")
	at := wallet.At(h.Now())
	if err != nil || len(changes) != 3 || changes[0] != (proof.Changed{Name: "Laptop", Removed: true, At: at}) || changes[2].Removed || changes[2].At == 0 {
		t.Errorf("the page shows %+v: %v", changes, err)
	}
	told, err := h.Notices(ctx, 0, 500)
	must(t, err)
	for _, n := range told.Items {
		if strings.HasPrefix(n.Object, "own-") {
			t.Errorf("customer service is told of %+v", n)
		}
	}
	for range 5 {
		if _, err = h.AskChange(ctx, "cust-anna", proof.Change{Name: "More"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err = h.AskChange(ctx, "cust-anna", proof.Change{Name: "More"}); !fault.Is(err, fault.TooMany) {
		t.Errorf("questions without end: %v", err)
	}
}

// Who has nothing yet to prove themselves by makes the first passkey without, and it
// proves nothing more until it is known.
func TestTheFirstThingToProveByNeedsNoProof(t *testing.T) {
	h := lightly(t)
	ctx := context.Background()
	person(t, h.house, "bo", "1.00")
	own := h.register("bo", "Telephone")
	if ask, err := h.AskChange(ctx, "bo", proof.Change{Name: "Another"}); err != nil || ask != "" {
		t.Errorf("asked by a young passkey: %q %v", ask, err)
	}
	h.wait(assurance.CoolDown)
	ask, err := h.AskChange(ctx, "bo", proof.Change{Remove: own.id})
	must(t, err)
	if err := h.RemovePasskey(ctx, "bo", own.id, ""); !fault.Is(err, fault.Forbidden) {
		t.Errorf("removed without a proof: %v", err)
	}
	q, err := h.AskPasskey(ctx, "bo", ask)
	must(t, err)
	got, err := h.AnswerByPasskey(ctx, "bo", ask, own.Sign(q, own.handle))
	if err != nil || got.State != wallet.AskApproved {
		t.Fatalf("%+v %v", got, err)
	}
	must(t, h.RemovePasskey(ctx, "bo", own.id, ask))
}
