package attachment_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"kefu/internal/domain/attachment"
	"kefu/internal/platform/fault"
)

// planted stands for everything that must not survive cleaning.
const planted = "PLANTED-31.2304N-121.4737E"

func intake(t testing.TB, change func(*attachment.Limits)) *attachment.Intake {
	t.Helper()
	l := attachment.DefaultLimits()
	if change != nil {
		change(&l)
	}
	i, err := attachment.NewIntake(l)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// quarters is a picture with another colour in each corner.
func quarters(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, c := range corners() {
		x, y := i%2*w/2, i/2*h/2
		draw.Draw(p, image.Rect(x, y, x+w/2, y+h/2), image.NewUniform(c), image.Point{}, draw.Src)
	}
	return p
}

// corners are the colours of quarters: upper left and right, lower left and right.
func corners() []color.RGBA {
	return []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}
}

func jpegOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is an APP1 segment with an orientation and, behind it, planted text.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	tiff := []byte("MM\x00*")
	if order.String() == "LittleEndian" {
		tiff = []byte("II*\x00")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range [][2]uint16{{0x010f, 7}, {0x0112, orientation}} {
		tiff = order.AppendUint16(order.AppendUint16(tiff, entry[0]), 3)
		tiff = order.AppendUint16(order.AppendUint32(tiff, 1), entry[1])
		tiff = append(tiff, 0, 0)
	}
	return app1("Exif\x00\x00" + string(tiff) + planted)
}

func app1(payload string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(payload)+2)), payload...)
}

// afterStart puts segments behind the first two bytes of a JPEG.
func afterStart(raw []byte, segments ...[]byte) []byte {
	return append(append(bytes.Clone(raw[:2]), bytes.Join(segments, nil)...), raw[2:]...)
}

func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// pngHeader is the start of a PNG of that size and no more.
func pngHeader(w, h uint32, depth, colour byte) []byte {
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(size, depth, colour, 0, 0, 0))...)
}

func decode64(t testing.TB, s string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The smallest WebP files of each kind, of one pixel.
const (
	webpLossy    = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"
	webpLossless = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
	webpAlpha    = "UklGRkoAAABXRUJQVlA4WAoAAAAQAAAAAAAAAAAAQUxQSAwAAAARBxAR/Q9ERP8DAABWUDggGAAAABQBAJ0BKgEAAQAAAP4AAA3AAP7mtQAAAA=="
	webpAnimated = "UklGRlIAAABXRUJQVlA4WAoAAAASAAAAAAAAAAAAQU5JTQYAAAD/////AABBTk1GJgAAAAAAAAAAAAAAAAAAAGQAAABWUDhMDQAAAC8AAAAQBxAREYiI/gcA"
)

func accept(i *attachment.Intake, name string, raw []byte) (attachment.File, []byte, error) {
	f, err := i.Accept(context.Background(), name, bytes.NewReader(raw))
	if err != nil {
		return f, nil, err
	}
	out, err := io.ReadAll(f.Body)
	return f, out, err
}

func TestNothingButThePictureIsLeft(t *testing.T) {
	i := intake(t, nil)
	photo, shot := jpegOf(t, quarters(64, 32)), pngOf(t, quarters(64, 32))
	text := chunk("tEXt", []byte("Comment\x00"+planted))
	end := len(shot) - 12 // before IEND
	webpRaw := decode64(t, webpLossless)
	for name, c := range map[string]struct {
		file string
		raw  []byte
		want attachment.Type
		name string
	}{
		"EXIF":           {"a.jpg", afterStart(photo, exif(binary.BigEndian, 1)), attachment.JPEG, "a.jpg"},
		"XMP":            {"a.jpg", afterStart(photo, app1("http://ns.adobe.com/xap/1.0/\x00<x>"+planted)), attachment.JPEG, "a.jpg"},
		"JPEG comment":   {"a.jpg", afterStart(photo, append([]byte{0xff, 0xfe, 0, byte(len(planted) + 2)}, planted...)), attachment.JPEG, "a.jpg"},
		"behind a JPEG":  {"a.jpg", append(bytes.Clone(photo), "PK\x03\x04"+planted...), attachment.JPEG, "a.jpg"},
		"PNG text":       {"a.png", append(append(bytes.Clone(shot[:end]), text...), shot[end:]...), attachment.PNG, "a.png"},
		"PNG eXIf":       {"a.png", append(append(bytes.Clone(shot[:33]), chunk("eXIf", []byte(planted))...), shot[33:]...), attachment.PNG, "a.png"},
		"behind a PNG":   {"a.html", append(bytes.Clone(shot), "<script>"+planted...), attachment.PNG, "a.html.png"},
		"behind a WebP":  {"a.webp", append(bytes.Clone(webpRaw), "EXIF"+planted...), attachment.PNG, "a.png"},
		"lossless WebP":  {"a.webp", webpRaw, attachment.PNG, "a.png"},
		"lossy WebP":     {"a.webp", decode64(t, webpLossy), attachment.JPEG, "a.jpg"},
		"WebP, alpha":    {"a.webp", decode64(t, webpAlpha), attachment.PNG, "a.png"},
		"GIF comment":    {"a.gif", gifWith(t, "\x21\xfe\x1a"+planted+"\x00"), attachment.GIF, "a.gif"},
		"behind a GIF":   {"a.gif", append(gifWith(t, ""), planted...), attachment.GIF, "a.gif"},
		"GIF plain text": {"a.gif", gifWith(t, "\x21\x01\x0c"+strings.Repeat("\x00", 12)+"\x1a"+planted+"\x00"), attachment.GIF, "a.gif"},
	} {
		f, out, err := accept(i, c.file, c.raw)
		if err != nil || f.Type != c.want || f.Name != c.name {
			t.Errorf("%s: %q, %s, %v", name, f.Name, f.Type, err)
			continue
		}
		if got := attachment.Sniff(out); got != c.want {
			t.Errorf("%s: what is left is %s", name, got)
		}
		for _, mark := range []string{"PLANTED", "Exif", "PK\x03", "script", "adobe"} {
			if bytes.Contains(out, []byte(mark)) {
				t.Errorf("%s: %q is left", name, mark)
			}
		}
	}
}

// gifWith is an animation of two frames with an extension in front of them.
func gifWith(t testing.TB, extension string) []byte {
	t.Helper()
	palette := color.Palette{color.Black, color.White}
	a, b := image.NewPaletted(image.Rect(0, 0, 8, 4), palette), image.NewPaletted(image.Rect(0, 0, 8, 4), palette)
	b.SetColorIndex(1, 1, 1)
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, &gif.GIF{Image: []*image.Paletted{a, b}, Delay: []int{7, 9}, LoopCount: 3}); err != nil {
		t.Fatal(err)
	}
	raw := out.Bytes()
	at := 13
	if flags := raw[10]; flags&0x80 != 0 {
		at += 3 << (flags&7 + 1)
	}
	return append(append(bytes.Clone(raw[:at]), extension...), raw[at:]...)
}

func TestAnimationStaysAnimated(t *testing.T) {
	_, out, err := accept(intake(t, nil), "a.gif", gifWith(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(out))
	if err != nil || len(g.Image) != 2 || g.Delay[0] != 7 || g.Delay[1] != 9 || g.LoopCount != 3 || g.Image[1].ColorIndexAt(1, 1) == g.Image[0].ColorIndexAt(1, 1) {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestOrientationIsAppliedBeforeItIsDropped(t *testing.T) {
	// Which corner of the stored picture is seen at upper left, upper right,
	// lower left and lower right (CIPA DC-008, section 4.6.5.1).
	seen := map[uint16][4]int{
		1: {0, 1, 2, 3}, 2: {1, 0, 3, 2}, 3: {3, 2, 1, 0}, 4: {2, 3, 0, 1},
		5: {0, 2, 1, 3}, 6: {2, 0, 3, 1}, 7: {3, 1, 2, 0}, 8: {1, 3, 0, 2},
		0: {0, 1, 2, 3}, 9: {0, 1, 2, 3},
	}
	i := intake(t, nil)
	for orientation, want := range seen {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			_, out, err := accept(i, "a.jpg", afterStart(jpegOf(t, quarters(64, 32)), exif(order, orientation)))
			if err != nil {
				t.Fatal(err)
			}
			p, err := jpeg.Decode(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			w, h := p.Bounds().Dx(), p.Bounds().Dy()
			if tall := orientation >= 5 && orientation <= 8; tall != (h > w) || w*h != 64*32 {
				t.Errorf("%d: %d × %d", orientation, w, h)
			}
			for corner, from := range want {
				r, g, b, _ := p.At(corner%2*(w-9)+4, corner/2*(h-9)+4).RGBA()
				c := corners()[from]
				if far(r, c.R) || far(g, c.G) || far(b, c.B) {
					t.Errorf("%d, %s: corner %d is %x %x %x, want %v", orientation, order, corner, r>>8, g>>8, b>>8, c)
				}
			}
		}
	}
}

func far(got uint32, want uint8) bool {
	d := int(got>>8) - int(want)
	return d < -24 || d > 24
}

func TestGreyPictureIsTurnedToo(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 32, 16))
	draw.Draw(grey, image.Rect(0, 0, 16, 16), image.White, image.Point{}, draw.Src)
	_, out, err := accept(intake(t, nil), "a.jpg", afterStart(jpegOf(t, grey), exif(binary.BigEndian, 6)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := jpeg.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	top, _, _, _ := p.At(8, 4).RGBA()
	bottom, _, _, _ := p.At(8, 28).RGBA()
	if far(top, 255) || far(bottom, 0) || p.Bounds().Dx() != 16 {
		t.Errorf("top %x, bottom %x, %v", top, bottom, p.Bounds())
	}
}

func TestOddExifIsUpright(t *testing.T) {
	tail := jpegOf(t, quarters(16, 16))
	good := exif(binary.BigEndian, 6)
	for name, segments := range map[string][][]byte{
		"none":               {},
		"cut directory":      {app1("Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\x01")},
		"cut header":         {app1("Exif\x00\x00MM")},
		"directory far away": {app1("Exif\x00\x00MM\x00*\xff\xff\xff\xff")},
		"other APP1":         {app1("http://ns.adobe.com/xap/1.0/\x00")},
		"length zero":        {{0xff, 0xe1, 0, 0}, good},
		"length beyond":      {{0xff, 0xe1, 0xff, 0xff}},
	} {
		if got := attachment.Orientation(afterStart(tail, segments...)); got != 1 {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := attachment.Orientation(afterStart(tail, app1("other"), []byte{0xff, 0xff}, good)); got != 6 {
		t.Errorf("behind another segment and fill bytes: %d", got)
	}
}

// bombs is pictures that are small to send and large to decode.
func bombs(t testing.TB) map[string][]byte {
	huge := jpegOf(t, quarters(16, 16))
	at := bytes.Index(huge, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint32(huge[at+5:], 0xffffffff)                                         // height and width
	frame := "\x2c\x00\x00\x00\x00\x40\x1f\x80\x0c\x80\x00\x00\x00\xff\xff\xff\x02\x01\x00\x00" // 8000 × 3200
	return map[string][]byte{
		"PNG of 50,000 × 50,000":    pngHeader(50_000, 50_000, 8, 6),
		"PNG just too large":        pngHeader(5001, 5000, 8, 2),
		"PNG of 2^31":               pngHeader(1<<31-1, 1, 1, 0),
		"16-bit PNG":                pngHeader(5000, 2501, 16, 6),
		"JPEG of 65,535 × 65,535":   huge,
		"JPEG with 65 scans":        append(jpegOf(t, quarters(16, 16)), bytes.Repeat([]byte{0xff, 0xda, 0, 8}, 65)...),
		"WebP of 16,384 × 16,384":   []byte("RIFF\x12\x00\x00\x00WEBPVP8L\x05\x00\x00\x00\x2f\xff\xff\xff\x0f\x00"),
		"GIF with a large canvas":   []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00;"),
		"GIF with 4 large frames":   []byte("GIF89a\x40\x1f\x80\x0c\x00\x00\x00" + strings.Repeat(frame, 4) + ";"),
		"GIF with 2,001 frames":     []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" + strings.Repeat("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00", 2001) + ";"),
		"GIF hiding its frames":     []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x21\x01\x00;" + strings.Repeat("\x00", 11) + "\x00" + strings.Repeat("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00", 2001) + ";"),
		"GIF hiding them otherwise": []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x21\xff\x00\x01;\x00" + strings.Repeat("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00", 2001) + ";"),
	}
}

func TestBombsAreRefusedBeforeTheyAreDecoded(t *testing.T) {
	i := intake(t, nil)
	for name, raw := range bombs(t) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := accept(i, "x", raw)
		runtime.ReadMemStats(&after)
		if !fault.Is(err, fault.TooMany) {
			t.Errorf("%s: %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
			t.Errorf("%s: took %d bytes of memory", name, used)
		}
	}
}

func TestProgressiveJPEGCountsTwice(t *testing.T) {
	i := intake(t, func(l *attachment.Limits) { l.MaxPixels = 300 })
	raw := jpegOf(t, quarters(16, 16))
	if _, _, err := accept(i, "a.jpg", raw); err != nil {
		t.Error(err)
	}
	raw[bytes.Index(raw, []byte{0xff, 0xc0})+1] = 0xc2
	if _, _, err := accept(i, "a.jpg", raw); !fault.Is(err, fault.TooMany) {
		t.Errorf("progressive: %v", err)
	}
}

func TestDamagedPicturesAreRefused(t *testing.T) {
	i := intake(t, nil)
	photo, shot := jpegOf(t, quarters(64, 64)), pngOf(t, quarters(64, 64))
	animation := gifWith(t, "")
	for name, raw := range map[string][]byte{
		"GIF and JavaScript": []byte("GIF89a/*\x01\x00*/=1;alert(1)//"),
		"GIF, only a header": []byte("GIF89a"),
		"JPEG cut":           photo[:len(photo)/2],
		"JPEG, only a start": []byte("\xff\xd8\xff"),
		"PNG cut":            shot[:len(shot)/2],
		"PNG, bad checksum":  append(append(bytes.Clone(shot[:45]), shot[45]^1), shot[46:]...),
		"PNG, no picture":    pngHeader(8, 8, 8, 6),
		"PNG of no width":    pngHeader(0, 8, 8, 6),
		"GIF cut":            animation[:len(animation)-8],
		"WebP cut":           decode64(t, webpLossy)[:30],
		"animated WebP":      decode64(t, webpAnimated),
		"HTML in a JPEG":     []byte("\xff\xd8\xff<html><script>alert(1)</script>"),
		"SVG in a WebP":      []byte("RIFF\x00\x00\x00\x00WEBP<svg onload=alert(1)>"),
	} {
		f, _, err := accept(i, "a", raw)
		if !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "content" || f != (attachment.File{}) {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

func TestAcceptByContentOnly(t *testing.T) {
	i := intake(t, nil)
	for name, c := range map[string]struct {
		file, raw, want string
		kind            attachment.Type
	}{
		"text":             {"log.txt", "line 1\nline 2", "log.txt", attachment.Text},
		"htaccess":         {"\u200b.htaccess", "AddType x-httpd-php .txt", "htaccess.txt", attachment.Text},
		"PDF polyglot":     {"a.html", "%PDF-1.4\n<script>alert(1)</script>", "a.html.pdf", attachment.PDF},
		"long text":        {"a.txt", strings.Repeat("客服 ", 5000), "a.txt", attachment.Text},
		"exactly the head": {"a.txt", strings.Repeat("x", attachment.HeadLen), "a.txt", attachment.Text},
	} {
		f, out, err := accept(i, c.file, []byte(c.raw))
		if err != nil || f.Name != c.want || f.Type != c.kind || string(out) != c.raw {
			t.Errorf("%s: %q, %s, %d bytes, %v", name, f.Name, f.Type, len(out), err)
		}
	}
	for name, raw := range map[string]string{
		"SVG sent as image/svg+xml; x": "<svg onload=alert(1)>", "HTML named .png": "<!doctype html><script>", "program": "MZ\x90\x00",
		"shell": "#!/bin/sh", "ZIP": "PK\x03\x04",
	} {
		if _, _, err := accept(i, "photo.png", []byte(raw)); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "type" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := accept(i, "a", nil); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "content" {
		t.Errorf("empty: %v", err)
	}
	all := intake(t, func(l *attachment.Limits) { l.Types = []attachment.Type{attachment.Binary} })
	if f, out, err := accept(all, "a.svg", []byte("<svg/>")); err != nil || f.Type != attachment.Binary || f.Name != "a.svg.bin" || string(out) != "<svg/>" {
		t.Errorf("where binaries are taken: %+v, %q, %v", f, out, err)
	}
	if _, _, err := accept(all, "a.png", pngOf(t, quarters(4, 4))); fault.FieldOf(err) != "type" {
		t.Errorf("a picture where only binaries are taken: %v", err)
	}
}

func TestSizeIsBounded(t *testing.T) {
	i := intake(t, func(l *attachment.Limits) { l.MaxBytes = 5000 })
	for size, ok := range map[int]bool{1: true, 4999: true, 5000: true, 5001: false, 100_000: false} {
		if _, out, err := accept(i, "a.txt", bytes.Repeat([]byte("x"), size)); ok && (err != nil || len(out) != size) || !ok && !fault.Is(err, fault.TooMany) {
			t.Errorf("%d bytes: %d, %v", size, len(out), err)
		}
	}
	source, noise := rand.NewPCG(1, 2), image.NewGray(image.Rect(0, 0, 100, 100))
	for n := range noise.Pix {
		noise.Pix[n] = byte(source.Uint64())
	}
	if _, _, err := accept(i, "a.png", pngOf(t, noise)); !fault.Is(err, fault.TooMany) {
		t.Errorf("a picture too large to send: %v", err)
	}
	growing := jpegOf(t, noise)
	tight := intake(t, func(l *attachment.Limits) { l.MaxBytes = int64(len(growing) - 1) })
	if _, err := tight.Clean(t.Context(), attachment.JPEG, bytes.NewReader(growing)); !fault.Is(err, fault.TooMany) {
		t.Errorf("one byte too many: %v", err)
	}
	small := jpegLow(t, noise)
	tight = intake(t, func(l *attachment.Limits) { l.MaxBytes = int64(len(small)) })
	if p, err := tight.Clean(t.Context(), attachment.JPEG, bytes.NewReader(small)); !fault.Is(err, fault.TooMany) {
		t.Errorf("a picture that grows beyond the limit: %d bytes, %v", len(p.Bytes), err)
	}
}

func jpegLow(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 20}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadErrorsAndWaitingEnd(t *testing.T) {
	i := intake(t, func(l *attachment.Limits) { l.Decoders = 1 })
	dead := errors.New("the line is dead")
	shot := pngOf(t, quarters(200, 200))
	for _, head := range [][]byte{nil, shot[:100], shot[:len(shot)-1]} {
		if _, err := i.Accept(t.Context(), "a.png", io.MultiReader(bytes.NewReader(head), iotest.ErrReader(dead))); !errors.Is(err, dead) {
			t.Errorf("after %d bytes: %v", len(head), err)
		}
	}
	release := i.Busy()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := i.Accept(ctx, "a.png", bytes.NewReader(shot)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("waiting for a decoder: %v", err)
	}
	release()
	if _, err := i.Accept(t.Context(), "a.png", bytes.NewReader(shot)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := i.Clean(t.Context(), attachment.PDF, nil); !fault.Is(err, fault.Internal) {
		t.Errorf("a PDF as picture: %v", err)
	}
}

func TestNewIntakeRefusesWhatCannotBe(t *testing.T) {
	for name, change := range map[string]func(*attachment.Limits){
		"bytes":    func(l *attachment.Limits) { l.MaxBytes = 0 },
		"pixels":   func(l *attachment.Limits) { l.MaxPixels = -1 },
		"decoders": func(l *attachment.Limits) { l.Decoders = 0 },
		"SVG":      func(l *attachment.Limits) { l.Types = []attachment.Type{"image/svg+xml"} },
		"case":     func(l *attachment.Limits) { l.Types = []attachment.Type{"image/PNG"} },
	} {
		l := attachment.DefaultLimits()
		change(&l)
		if _, err := attachment.NewIntake(l); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add(jpegOf(f, quarters(16, 16)))
	f.Add(afterStart(jpegOf(f, quarters(16, 8)), exif(binary.LittleEndian, 6)))
	f.Add(pngOf(f, quarters(16, 16)))
	f.Add(gifWith(f, ""))
	for _, s := range []string{webpLossy, webpLossless, webpAlpha, webpAnimated} {
		f.Add(decode64(f, s))
	}
	i := intake(f, func(l *attachment.Limits) { l.MaxPixels, l.MaxBytes = 10_000, 100_000 })
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, out, err := accept(i, "x", raw)
		if err != nil || !file.Type.IsImage() {
			return
		}
		if got := attachment.Sniff(out); got != file.Type {
			t.Errorf("%s became %s", file.Type, got)
		}
		if _, _, err := accept(i, "x", out); err != nil && !fault.Is(err, fault.TooMany) {
			t.Errorf("what was written cannot be read: %v", err)
		}
	})
}

// FuzzCountFrames holds the count against the decoder: one frame that the
// decoder meets and the count does not is a way round the bounds.
func FuzzCountFrames(f *testing.F) {
	f.Add(gifWith(f, ""))
	f.Add(gifWith(f, "\x21\xfe\x02hi\x00\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"))
	f.Add(gifWith(f, "\x21\x01\x00;"+strings.Repeat("\x00", 12)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 5000 {
			return
		}
		config, err := gif.DecodeConfig(bytes.NewReader(raw))
		if err != nil || config.Width*config.Height > 10_000 {
			return
		}
		g, err := gif.DecodeAll(bytes.NewReader(raw))
		if err != nil {
			return
		}
		want := int64(0)
		for _, p := range g.Image {
			want += int64(len(p.Pix))
		}
		if frames, pixels := attachment.CountFrames(raw); frames != len(g.Image) || pixels != want {
			t.Errorf("%x: %d frames, %d pixels; the decoder has %d and %d", raw, frames, pixels, len(g.Image), want)
		}
	})
}

func BenchmarkClean12MegapixelJPEG(b *testing.B) {
	p := image.NewRGBA(image.Rect(0, 0, 4000, 3000))
	for n := range p.Pix {
		p.Pix[n] = byte(n>>8 ^ n>>3)
	}
	raw, i := afterStart(jpegOf(b, p), exif(binary.BigEndian, 6)), intake(b, nil)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.Clean(b.Context(), attachment.JPEG, bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	}
}
