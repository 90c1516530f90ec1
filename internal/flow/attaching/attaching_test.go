package attaching_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/connector/blob"
	"kefu/internal/domain/attachment"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

const card = "4111 1111 1111 1111"

// blobs is the real blob store as the flow sees it.
type blobs struct{ *blob.Local }

func (b blobs) Open(ctx context.Context, id string, key keyring.Key) (attaching.Content, error) {
	return b.Local.Open(ctx, id, key)
}

// shop is the service over the real stores.
type shop struct {
	t     *testing.T
	d     *storagetest.Deployment
	p     *storagetest.Process
	door  *intake.Service
	blobs *blob.Local
	dir   string
	files *attaching.Service
	// What a service is made with, when it is something else than usual.
	disk    attaching.Blobs
	limited func(string)
}

var detector = sync.OnceValues(guard.New)

func open(t *testing.T, change ...func(*attaching.Options)) *shop {
	t.Helper()
	s := &shop{t: t, d: storagetest.New(t, engine.SQLite)}
	s.p, s.dir = s.d.Open(t), filepath.Join(s.d.Dir, "attachments")
	var err error
	if s.blobs, err = blob.OpenLocal(s.dir, s.d.Clock.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.blobs.Close() })
	found, err := detector()
	if err != nil {
		t.Fatal(err)
	}
	s.door = intake.New(s.p.Store, found, intake.LimitsOf(config.Default().Limits, config.Default().Attachments), s.d.Clock.Now, nil)
	s.files = s.service(s.p.Store, change...)
	return s
}

func (s *shop) service(store attaching.Store, change ...func(*attaching.Options)) *attaching.Service {
	s.t.Helper()
	o := attaching.OptionsOf(config.Default().Attachments, config.Default().Limits)
	o.LinkKey = bytes.Repeat([]byte{7}, attaching.LinkKeySize)
	o.Uploads = ratelimit.Limit{Burst: 1000, Per: time.Second}
	for _, c := range change {
		c(&o)
	}
	var disk attaching.Blobs = blobs{s.blobs}
	if s.disk != nil {
		disk = s.disk
	}
	service, err := attaching.New(attaching.Deps{
		Store: store, Keys: s.p.Ring, Blobs: disk, Clean: s.door.Clean, Clock: s.d.Clock.Now, Log: slog.New(slog.DiscardHandler), Limited: s.limited,
	}, o)
	if err != nil {
		s.t.Fatal(err)
	}
	return service
}

func customer() identity.Principal {
	return identity.Principal{Kind: identity.Customer, ID: id.New(), Level: identity.AL1, Session: id.New()}
}

func agent() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Agent, Session: id.New()}
}

func (s *shop) upload(p identity.Principal, name, content string) conversation.Attachment {
	s.t.Helper()
	kept, err := s.files.Upload(s.t.Context(), p, attaching.Incoming{Name: name, Body: strings.NewReader(content)})
	if err != nil {
		s.t.Fatal(err)
	}
	return kept
}

func (s *shop) begin(p identity.Principal) string {
	s.t.Helper()
	state, err := s.door.Start(s.t.Context(), p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
	if err != nil {
		s.t.Fatal(err)
	}
	return state.ID
}

func (s *shop) send(p identity.Principal, conv string, note bool, ids ...string) error {
	s.t.Helper()
	answer := make(chan intake.Said, 1)
	m := intake.Message{ConversationID: conv, ClientID: id.New(), AttachmentIDs: ids, Note: note}
	if err := s.door.Send(s.t.Context(), p, m, func(said intake.Said) { answer <- said }); err != nil {
		return err
	}
	return (<-answer).Err
}

// read gives what a reader gets of a file, by a link.
func (s *shop) read(p identity.Principal, fileID string) (attaching.File, string, error) {
	s.t.Helper()
	link, err := s.files.Link(s.t.Context(), p, fileID)
	if err != nil {
		return attaching.File{}, "", err
	}
	return s.follow(link.Token)
}

func (s *shop) follow(token string) (attaching.File, string, error) {
	s.t.Helper()
	file, err := s.files.Open(s.t.Context(), token)
	if err != nil {
		return file, "", err
	}
	text, err := io.ReadAll(file.Content)
	if err := errors.Join(err, file.Content.Close()); err != nil {
		s.t.Fatal(err)
	}
	return file, string(text), nil
}

// kept is how many blobs there are.
func (s *shop) kept() int {
	s.t.Helper()
	list, err := s.blobs.List(s.t.Context(), "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(list)
}

func wantCode(t *testing.T, what string, err error, want fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != want {
		t.Errorf("%s: err = %v, want %q", what, err, want)
	}
}

func picture(t *testing.T, encode func(io.Writer, image.Image) error) string {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, 32, 16))
	for i := range p.Pix {
		p.Pix[i] = 0xc0
	}
	p.Set(3, 3, color.RGBA{255, 0, 0, 255})
	var b bytes.Buffer
	if err := encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func encodeJPEG(w io.Writer, p image.Image) error { return jpeg.Encode(w, p, nil) }

func TestAFileIsWhatItsBytesAre(t *testing.T) {
	s := open(t)
	who := customer()
	for _, c := range []struct {
		name, content, wantName string
		want                    attachment.Type
	}{
		{"photo.exe", picture(t, png.Encode), "photo.exe.png", attachment.PNG},
		{"photo.png", picture(t, encodeJPEG), "", attachment.JPEG},
		{"../../etc/passwd", "just words", "passwd.txt", attachment.Text},
		{"账单.pdf", "%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n", "账单.pdf", attachment.PDF},
	} {
		kept := s.upload(who, c.name, c.content)
		if kept.Type != string(c.want) || !id.Valid(kept.ID) || kept.Size <= 0 || (c.wantName != "" && kept.Name != c.wantName) {
			t.Errorf("%s is kept as %+v, want %s", c.name, kept, c.wantName)
		}
		file, content, err := s.read(who, kept.ID)
		if err != nil || file.Type != c.want || file.Name != kept.Name || int64(len(content)) != kept.Size {
			t.Errorf("%s is read as %+v with %d bytes, err = %v", c.name, file, len(content), err)
		}
		if c.want == attachment.PDF && content != c.content {
			t.Errorf("%s was changed to %q", c.name, content)
		}
	}
}

func TestWhatIsNotTaken(t *testing.T) {
	s := open(t, func(o *attaching.Options) { o.Limits.MaxBytes = 3 << 20 })
	who := customer()
	for name, c := range map[string]struct {
		who     identity.Principal
		content string
		want    fault.Code
		field   string
	}{
		"nothing":        {who, "", fault.Invalid, "content"},
		"a page":         {who, "<!DOCTYPE html><script>alert(1)</script>", fault.Invalid, "type"},
		"a drawing":      {who, `<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, fault.Invalid, "type"},
		"a program":      {who, "\x7fELF\x02\x01\x01\x00\x00\x00", fault.Invalid, "type"},
		"half a picture": {who, picture(t, png.Encode)[:60], fault.Invalid, "content"},
		"too much":       {who, "%PDF-1.7\n" + strings.Repeat("x", 3<<20), fault.TooMany, ""},
		"a long text":    {who, strings.Repeat("words ", 2<<20/6+10), fault.TooMany, ""},
		"broken late":    {who, strings.Repeat("words ", 3000) + "\xff\xfe", fault.Invalid, "content"},
		"by nobody":      {identity.Principal{}, "words", fault.Forbidden, ""},
		"by a part":      {identity.SystemPart("guard"), "words", fault.Forbidden, ""},
		"by an auditor":  {identity.Principal{Kind: identity.Staff, ID: "x", Role: identity.Auditor}, "words", fault.Forbidden, ""},
		"by an admin":    {identity.Principal{Kind: identity.Staff, ID: "x", Role: identity.Admin}, "words", fault.Forbidden, ""},
	} {
		kept, err := s.files.Upload(t.Context(), c.who, attaching.Incoming{Name: "a.txt", Body: strings.NewReader(c.content)})
		if fault.CodeOf(err) != c.want || fault.FieldOf(err) != c.field || kept.ID != "" {
			t.Errorf("%s: kept %+v, err = %v, want %q for %q", name, kept, err, c.want, c.field)
		}
	}
	if n := s.kept(); n != 0 {
		t.Errorf("%d blobs were left behind", n)
	}
	_, err := s.files.Upload(t.Context(), who, attaching.Incoming{Name: "a.pdf", Body: io.MultiReader(strings.NewReader("%PDF-1.7\n"), failing{})})
	if !errors.Is(err, io.ErrUnexpectedEOF) || s.kept() != 0 {
		t.Errorf("a connection that breaks: err = %v, %d blobs", err, s.kept())
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAPictureIsThePictureAlone(t *testing.T) {
	s := open(t)
	who := customer()
	plain := picture(t, encodeJPEG)
	exif := "Exif\x00\x00PLANTED-31.2304N-121.4737E"
	content := plain[:2] + "\xff\xe1" + string([]byte{0, byte(len(exif) + 2)}) + exif + plain[2:]
	if _, err := jpeg.Decode(strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	_, got, err := s.read(who, s.upload(who, "where.jpg", content).ID)
	if err != nil || strings.Contains(got, "PLANTED") || strings.Contains(got, "Exif") {
		t.Errorf("what was planted is still there, err = %v", err)
	}
	if p, err := jpeg.Decode(strings.NewReader(got)); err != nil || p.Bounds().Dx() != 32 {
		t.Errorf("the picture is gone: %v", err)
	}
}

func TestTheGuardSeesNamesAndTexts(t *testing.T) {
	s := open(t)
	who := customer()
	kept := s.upload(who, "card "+card+".txt", "hello\nmy card is "+card+"\nbye\n")
	file, content, err := s.read(who, kept.ID)
	if err != nil || strings.Contains(kept.Name+file.Name+content, "4111") || !strings.HasPrefix(content, "hello\nmy card is ") || !strings.HasSuffix(content, "\nbye\n") {
		t.Errorf("kept %+v, the text is %q, err = %v", kept, content, err)
	}
	if !strings.HasSuffix(kept.Name, ".txt") || int64(len(content)) != kept.Size {
		t.Errorf("kept %+v with %d bytes", kept, len(content))
	}
	// Neither the words nor the name are on the disk in the clear.
	for _, dir := range []string{s.dir, s.d.Dir} {
		err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if bytes.Contains(text, []byte("my card is")) || bytes.Contains(text, []byte("4111 1111")) {
				t.Errorf("%s holds the words", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhoMayReadAFile(t *testing.T) {
	s := open(t)
	anna, bob, mei := customer(), customer(), agent()
	conv := s.begin(anna)
	sent, unsent, internal, answer := s.upload(anna, "a.txt", "anna's"), s.upload(anna, "b.txt", "unsent"), s.upload(mei, "c.txt", "noted"), s.upload(mei, "d.txt", "answered")
	wantCode(t, "another's file", s.send(bob, s.begin(bob), false, unsent.ID), fault.NotFound)
	for note, file := range map[bool]string{true: internal.ID, false: answer.ID} {
		if err := s.send(mei, conv, note, file); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.send(anna, conv, false, sent.ID); err != nil {
		t.Fatal(err)
	}
	role := func(r identity.Role) identity.Principal {
		return identity.Principal{Kind: identity.Staff, ID: id.New(), Role: r, Session: id.New()}
	}
	for name, c := range map[string]struct {
		who   identity.Principal
		file  string
		wants fault.Code
	}{
		"one's own": {anna, sent.ID, ""}, "one's own, unsent": {anna, unsent.ID, ""}, "an agent's answer": {anna, answer.ID, ""},
		"an agent's note": {anna, internal.ID, fault.NotFound}, "another customer": {bob, sent.ID, fault.NotFound},
		"another customer, the answer": {bob, answer.ID, fault.NotFound}, "another customer, unsent": {bob, unsent.ID, fault.NotFound},
		"an agent": {mei, sent.ID, ""}, "a note to an agent": {agent(), internal.ID, ""}, "a supervisor": {role(identity.Supervisor), sent.ID, ""},
		"an admin": {role(identity.Admin), sent.ID, fault.NotFound}, "an auditor": {role(identity.Auditor), sent.ID, fault.NotFound},
		"nobody": {identity.Principal{}, sent.ID, fault.NotFound}, "no such file": {mei, id.New(), fault.NotFound}, "no id": {mei, "../x", fault.NotFound},
	} {
		_, _, err := s.read(c.who, c.file)
		wantCode(t, name, err, c.wants)
	}
}

func TestALinkIsForOneReaderAndAWhile(t *testing.T) {
	s := open(t)
	anna := customer()
	kept := s.upload(anna, "a.txt", "words")
	link, err := s.files.Link(t.Context(), anna, kept.ID)
	if err != nil || !link.ExpiresAt.Equal(s.d.Clock.Now().Add(attaching.LinkLife)) {
		t.Fatalf("link until %v, err = %v", link.ExpiresAt, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(link.Token)
	if err != nil || bytes.Contains(raw, []byte(anna.ID)) || bytes.Contains(raw, []byte(kept.ID)) {
		t.Errorf("the token tells whom it is for, err = %v", err)
	}
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 0x10
		_, _, err := s.follow(base64.RawURLEncoding.EncodeToString(changed))
		if !fault.Is(err, fault.NotFound) {
			t.Fatalf("byte %d changed: err = %v", i, err)
		}
	}
	for _, token := range []string{"", "x", link.Token + "AAAA", link.Token[:len(link.Token)-4], link.Token + "=", strings.Repeat("A", 200)} {
		_, _, err := s.follow(token)
		wantCode(t, "a token that is none", err, fault.NotFound)
	}
	other := s.service(s.p.Store, func(o *attaching.Options) { o.LinkKey = bytes.Repeat([]byte{8}, attaching.LinkKeySize) })
	_, err = other.Open(t.Context(), link.Token)
	wantCode(t, "another server's token", err, fault.NotFound)
	s.d.Clock.Move(attaching.LinkLife - time.Second)
	if _, text, err := s.follow(link.Token); err != nil || text != "words" {
		t.Errorf("a second before its end: %q, err = %v", text, err)
	}
	s.d.Clock.Move(time.Second)
	_, _, err = s.follow(link.Token)
	wantCode(t, "at its end", err, fault.NotFound)
}

func TestALinkEndsWithItsReadersAccess(t *testing.T) {
	s := open(t)
	ctx, part := t.Context(), identity.SystemPart("test")
	anna, bob := customer(), customer()
	kept := s.upload(anna, "a.txt", "words")
	link := func(p identity.Principal) string {
		t.Helper()
		l, err := s.files.Link(ctx, p, kept.ID)
		if err != nil {
			t.Fatal(err)
		}
		return l.Token
	}
	alive := func(token string) bool {
		t.Helper()
		_, _, err := s.follow(token)
		if err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("err = %v", err)
		}
		return err == nil
	}
	member := func() (identity.Principal, string) {
		t.Helper()
		p := agent()
		err := s.p.AddStaff(ctx, part, staff.New{Member: staff.Member{ID: p.ID, Email: p.ID + "@kefu.test", Name: "M", Alias: "M", Role: identity.Agent}, PasswordHash: "x", TOTPSecret: "x"})
		if err != nil {
			t.Fatal(err)
		}
		digest := id.New()
		if err := s.p.OpenSession(ctx, staff.Session{Digest: digest, ID: p.Session, StaffID: p.ID, ExpiresAt: s.d.Clock.Micros() + 1e9}, 1); err != nil {
			t.Fatal(err)
		}
		return p, digest
	}
	mei, session := member()
	ben, _ := member()
	meis, bens, annas := link(mei), link(ben), link(anna)
	if err := s.p.CloseSession(ctx, mei, session); err != nil {
		t.Fatal(err)
	}
	if alive(meis) || !alive(bens) || !alive(annas) {
		t.Error("the end of one session ended the wrong links")
	}
	supervisor := identity.Supervisor
	if err := s.p.ChangeStaff(ctx, part, ben.ID, staff.Change{Role: &supervisor}); err != nil {
		t.Fatal(err)
	}
	if alive(bens) || !alive(annas) {
		t.Error("a change of role ended the wrong links")
	}
	if err := s.p.RevokeCustomer(ctx, part, bob.ID); err != nil {
		t.Fatal(err)
	}
	if !alive(annas) {
		t.Error("another customer's end ended it")
	}
	if err := s.p.RevokeCustomer(ctx, part, anna.ID); err != nil {
		t.Fatal(err)
	}
	if alive(annas) {
		t.Error("a revoked customer still reads")
	}
	if !alive(link(anna)) {
		t.Error("what was revoked before a link was made ends it")
	}
}

func TestSweepingWhatWasNeverSent(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	anna := customer()
	conv := s.begin(anna)
	orphan, sent, redacted := s.upload(anna, "a.txt", "orphan"), s.upload(anna, "b.txt", "sent"), s.upload(anna, "c.txt", "redacted")
	for _, file := range []string{sent.ID, redacted.ID} {
		if err := s.send(anna, conv, false, file); err != nil {
			t.Fatal(err)
		}
	}
	link, err := s.files.Link(ctx, agent(), redacted.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.door.Do(ctx, anna, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: 2}}); err != nil {
		t.Fatal(err)
	}
	s.d.Clock.Move(attaching.OrphanAge - time.Second)
	young := s.upload(anna, "d.txt", "young")
	if err := s.files.Sweep(ctx); err != nil || s.kept() != 4 {
		t.Errorf("a second too early: %d blobs, err = %v", s.kept(), err)
	}
	s.destroyKeys()
	link, err = s.files.Link(ctx, agent(), redacted.ID)
	if err == nil {
		_, _, err = s.follow(link.Token)
	}
	wantCode(t, "a file whose message was redacted", err, fault.NotFound)
	s.d.Clock.Move(2 * time.Second)
	if err := s.files.Sweep(ctx); err != nil || s.kept() != 2 {
		t.Errorf("%d blobs are left, want the sent and the young one, err = %v", s.kept(), err)
	}
	s.destroyKeys()
	for file, want := range map[string]fault.Code{orphan.ID: fault.NotFound, redacted.ID: fault.NotFound, sent.ID: "", young.ID: ""} {
		_, _, err := s.read(anna, file)
		wantCode(t, file, err, want)
	}
	wantCode(t, "sending what was swept", s.send(anna, conv, false, orphan.ID), fault.NotFound)
	if err := s.files.Sweep(ctx); err != nil || s.kept() != 2 {
		t.Errorf("swept again: %d blobs, err = %v", s.kept(), err)
	}
}

// destroyKeys does what the worker of jobs does.
func (s *shop) destroyKeys() {
	s.t.Helper()
	jobs, err := s.p.ClaimJobs(s.t.Context(), 100, 1_000_000)
	if err != nil || len(jobs) == 0 {
		s.t.Fatalf("%d jobs, err = %v", len(jobs), err)
	}
	for _, j := range jobs {
		for _, ref := range job.DecodeRefs(j.Payload) {
			if err := s.p.Ring.Destroy(keyring.Ref(ref)); err != nil {
				s.t.Fatal(err)
			}
		}
		if err := s.p.FinishJob(s.t.Context(), j); err != nil {
			s.t.Fatal(err)
		}
	}
}

// full is the real store, which takes in no file.
type full struct{ *storage.Store }

func (full) AddAttachment(context.Context, identity.Principal, conversation.StoredAttachment) error {
	return fault.New(fault.Unavailable, "test", "full")
}

func TestAFileThatCannotBeNotedIsNotKept(t *testing.T) {
	s := open(t)
	files := s.service(full{s.p.Store})
	_, err := files.Upload(t.Context(), customer(), attaching.Incoming{Name: "a.txt", Body: strings.NewReader("words")})
	wantCode(t, "full", err, fault.Unavailable)
	if n := s.kept(); n != 0 {
		t.Errorf("%d blobs were left behind", n)
	}
}

func TestUploadsAreLimited(t *testing.T) {
	s := open(t, func(o *attaching.Options) {
		o.Uploads, o.AtOnce = ratelimit.Limit{Burst: 2, Per: time.Minute}, 1
	})
	anna := customer()
	for range 2 {
		s.upload(anna, "a.txt", "words")
	}
	_, err := s.files.Upload(t.Context(), anna, attaching.Incoming{Name: "a.txt", Body: strings.NewReader("words")})
	var limited *intake.LimitedError
	if !errors.As(err, &limited) || !fault.Is(err, fault.TooMany) || limited.RetryAfter != 30*time.Second {
		t.Errorf("err = %v, %+v", err, limited)
	}
	s.upload(customer(), "a.txt", "another's")
	s.d.Clock.Move(30 * time.Second)
	s.upload(anna, "a.txt", "words")
	// While one is under way, the next waits, and gives up with its caller.
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := s.files.Upload(context.Background(), customer(), attaching.Incoming{Name: "a.txt", Body: reader})
		ended <- err
	}()
	if _, err := writer.Write([]byte("be")); err != nil { // it has the only place now
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = s.files.Upload(ctx, customer(), attaching.Incoming{Name: "a.txt", Body: strings.NewReader("words")})
	wantCode(t, "no place", err, fault.Unavailable)
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the first: err = %v", err)
	}
}

func TestOptionsThatCannotBeUsed(t *testing.T) {
	for name, change := range map[string]func(*attaching.Options){
		"no key": func(o *attaching.Options) { o.LinkKey = nil }, "a short key": func(o *attaching.Options) { o.LinkKey = o.LinkKey[1:] },
		"no size": func(o *attaching.Options) { o.Limits.MaxBytes = 0 }, "an unknown type": func(o *attaching.Options) { o.Limits.Types = []attachment.Type{"x/y"} },
	} {
		o := attaching.OptionsOf(config.Default().Attachments, config.Default().Limits)
		o.LinkKey = make([]byte, attaching.LinkKeySize)
		change(&o)
		_, err := attaching.New(attaching.Deps{}, o)
		wantCode(t, name, err, fault.Invalid)
	}
}
