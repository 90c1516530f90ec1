package golden

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"io"
	"strconv"
	"strings"

	"kefu/internal/domain/attachment"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/attaching"
	"kefu/internal/platform/fault"
)

// Paper is a file that somebody gives: a picture of its own, or a text, or bytes of a kind.
type Paper struct {
	Want string `yaml:"want"`           // what it is
	Name string `yaml:"name"`           //
	Type string `yaml:"type"`           // png, pdf, text, page, nothing
	Text string `yaml:"text,omitempty"` // of a text; of others, what tells two apart
	MB   int    `yaml:"mb,omitempty"`   // how large it is, of a text or PDF
}

// Bytes are the file's.
func (f Paper) Bytes() []byte {
	var b bytes.Buffer
	switch f.Type {
	case "png":
		sum := sha256.Sum256([]byte(f.Text))
		picture := image.NewRGBA(image.Rect(0, 0, 8, 8))
		for i := range 64 {
			picture.Set(i%8, i/8, color.RGBA{sum[i%32], sum[(i+7)%32], sum[(i+13)%32], 255})
		}
		if err := png.Encode(&b, picture); err != nil {
			panic(err) // a small picture in memory always encodes
		}
	case "pdf":
		b.WriteString("%PDF-1.7\n" + f.Text)
	case "page":
		b.WriteString("<!doctype html><script>" + f.Text + "</script>")
	case "text":
		b.WriteString(f.Text)
	}
	b.WriteString(strings.Repeat("x", max(f.MB<<20-b.Len(), 0)))
	return b.Bytes()
}

// counter is where files are uploaded, with the rules of the real one and no disk.
type counter struct {
	clean   func(ctx context.Context, text string) (string, error)
	of      map[string]attaching.Given
	refused string // why the last one was not taken
}

// take takes a file in, or says why not.
func (d *counter) take(ctx context.Context, f *Paper) (id, refused string) {
	rules, err := attachment.NewIntake(attachment.DefaultLimits())
	if err != nil || f == nil {
		return "", "no_file"
	}
	name, err := d.clean(ctx, f.Name)
	if err != nil {
		return "", Refused(err)
	}
	taken, err := rules.Accept(ctx, name, bytes.NewReader(f.Bytes()))
	var content []byte
	if err == nil {
		content, err = io.ReadAll(taken.Body)
	}
	if err == nil && taken.Type == attachment.Text {
		var text string
		text, err = d.clean(ctx, string(content))
		content = []byte(text)
	}
	if err != nil {
		return "", Refused(err)
	}
	sum := sha256.Sum256(content)
	id = "file-" + strconv.Itoa(len(d.of)+1)
	d.of[id] = attaching.Given{
		Attachment: conversation.Attachment{ID: id, Name: taken.Name, Type: string(taken.Type), Size: int64(len(content))}, Digest: hex.EncodeToString(sum[:]),
	}
	return id, ""
}

// Refused is why a file was not taken where it was uploaded, before any flow heard of it.
func Refused(err error) string {
	if fault.Is(err, fault.TooMany) {
		return "upload: too_large"
	}
	return "upload: " + fault.FieldOf(err)
}

// named is the id of a file by its name.
func (d *counter) named(name string) string {
	for id, f := range d.of {
		if f.Name == name {
			return id
		}
	}
	return ""
}

// Given implements selfservice.Files.
func (d *counter) Given(_ context.Context, _ identity.Principal, id string) (attaching.Given, error) {
	f, there := d.of[id]
	if !there {
		return f, fault.New(fault.NotFound, "golden.Given", "there is no such file")
	}
	return f, nil
}
