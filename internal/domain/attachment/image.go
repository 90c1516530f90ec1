package attachment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"kefu/internal/platform/fault"
)

// Picture is an image that was written anew.
type Picture struct {
	Type          Type // WebP becomes JPEG or PNG; the others stay what they are
	Bytes         []byte
	Width, Height int
}

const (
	jpegQuality = 90
	// maxScans bounds the passes over a JPEG, each of which can cost the time of
	// the whole picture and take a few bytes. Encoders write at most a dozen.
	maxScans = 64
	// maxFrames and maxFramePixels (times MaxPixels) bound animations.
	maxFrames      = 2000
	maxFramePixels = 4
)

// Clean reads an image of type t and writes its picture anew, so that nothing
// else is left: no place or camera, no comment, no colour profile, no second
// file behind the first. A JPEG is turned as its EXIF orientation says before
// that is dropped; an animated GIF stays animated.
//
// Size is judged before anything is decoded. A decoder cannot be stopped half
// way, so at most Limits.Decoders run at once; the memory for r, at most
// Limits.MaxBytes, is the caller's to bound, by bounding the uploads under way.
//
// Errors: Invalid with the field "content" for what cannot be decoded; TooMany
// for too many bytes, pixels, frames or scans; Unavailable when ctx ended first.
func (i *Intake) Clean(ctx context.Context, t Type, r io.Reader) (Picture, error) {
	const op = "attachment.Clean"
	if !t.IsImage() {
		return Picture{}, fault.New(fault.Internal, op, "%s is not an image", t)
	}
	raw, err := io.ReadAll(&bounded{r: r, left: i.limits.MaxBytes})
	if err != nil {
		return Picture{}, fault.Wrap(op, err)
	}
	if err := i.judge(t, raw); err != nil {
		return Picture{}, err
	}
	select {
	case i.slots <- struct{}{}:
		defer func() { <-i.slots }()
	case <-ctx.Done():
		return Picture{}, fault.Wrap(op, ctx.Err())
	}
	if err := ctx.Err(); err != nil {
		return Picture{}, fault.Wrap(op, err)
	}
	return i.rewrite(t, raw)
}

// judge refuses what would take too much memory or time to decode.
func (i *Intake) judge(t Type, raw []byte) error {
	const op = "attachment.Clean"
	config, err := decodeConfig(t, raw)
	if err != nil || config.Width < 1 || config.Height < 1 {
		return damaged(t, err)
	}
	weight := int64(1)
	if config.ColorModel == color.NRGBA64Model || config.ColorModel == color.RGBA64Model {
		weight = 2
	}
	if t == JPEG {
		// Every scan has this marker, and compressed data never does.
		if n := bytes.Count(raw, []byte{0xff, 0xda}); n > maxScans {
			return fault.New(fault.TooMany, op, "the JPEG has %d scans, more than %d", n, maxScans)
		}
		if progressive(raw) {
			weight = 2
		}
	}
	if int64(config.Width)*int64(config.Height)*weight > int64(i.limits.MaxPixels) {
		return fault.New(fault.TooMany, op, "a picture of %d × %d is too large", config.Width, config.Height)
	}
	if t != GIF {
		return nil
	}
	frames, pixels := countFrames(raw)
	if frames > maxFrames || pixels > maxFramePixels*int64(i.limits.MaxPixels) {
		return fault.New(fault.TooMany, op, "an animation of %d frames with %d pixels is too large", frames, pixels)
	}
	return nil
}

// decodeConfig and decode take the type that was sniffed: a file is never tried
// as something else than it was judged by.
func decodeConfig(t Type, raw []byte) (image.Config, error) {
	r := bytes.NewReader(raw)
	switch t {
	case JPEG:
		return jpeg.DecodeConfig(r)
	case PNG:
		return png.DecodeConfig(r)
	case GIF:
		return gif.DecodeConfig(r)
	default:
		return webp.DecodeConfig(r)
	}
}

func decode(t Type, raw []byte) (image.Image, error) {
	r := bytes.NewReader(raw)
	switch t {
	case JPEG:
		picture, err := jpeg.Decode(r)
		if err != nil {
			return nil, err
		}
		return turn(picture, orientation(raw)), nil
	case PNG:
		return png.Decode(r)
	default:
		return webp.Decode(r)
	}
}

func (i *Intake) rewrite(t Type, raw []byte) (p Picture, err error) {
	// The decoders are for hostile input, yet one that panics must cost its
	// sender the upload and nobody else the server.
	defer func() {
		if failure := recover(); failure != nil {
			p, err = Picture{}, damaged(t, fault.OfPanic("attachment.rewrite", failure))
		}
	}()
	out := &boundedBuffer{left: i.limits.MaxBytes}
	if t == GIF {
		return rewriteGIF(raw, out)
	}
	picture, err := decode(t, raw)
	if err != nil {
		return Picture{}, damaged(t, err)
	}
	p = Picture{Type: t, Width: picture.Bounds().Dx(), Height: picture.Bounds().Dy()}
	if _, lossy := picture.(*image.YCbCr); t == WebP && lossy {
		p.Type = JPEG // a photograph, which would be several times larger as PNG
	} else if t == WebP {
		p.Type = PNG
	}
	if p.Type == JPEG {
		err = jpeg.Encode(out, picture, &jpeg.Options{Quality: jpegQuality})
	} else {
		err = png.Encode(out, picture)
	}
	if err != nil {
		return Picture{}, unwritten(t, err)
	}
	p.Bytes = out.Bytes()
	return p, nil
}

func rewriteGIF(raw []byte, out *boundedBuffer) (Picture, error) {
	animation, err := gif.DecodeAll(bytes.NewReader(raw))
	if err != nil {
		return Picture{}, damaged(GIF, err)
	}
	if err := gif.EncodeAll(out, animation); err != nil {
		return Picture{}, unwritten(GIF, err)
	}
	return Picture{Type: GIF, Bytes: out.Bytes(), Width: animation.Config.Width, Height: animation.Config.Height}, nil
}

func damaged(t Type, err error) error {
	return &fault.Error{
		Code: fault.Invalid, Op: "attachment.Clean", Field: "content",
		Message: fmt.Sprintf("the %s cannot be read", t), Err: err,
	}
}

// unwritten is the error for a picture that was read and cannot be written.
func unwritten(t Type, err error) error {
	if fault.Is(err, fault.TooMany) {
		return err
	}
	return damaged(t, err)
}

// boundedBuffer keeps what an encoder writes, up to so many bytes.
type boundedBuffer struct {
	bytes.Buffer
	left int64
}

// Write implements io.Writer.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, tooLarge()
	}
	return b.Buffer.Write(p)
}

// WriteByte implements io.ByteWriter, which the encoders prefer.
func (b *boundedBuffer) WriteByte(c byte) error {
	_, err := b.Write([]byte{c})
	return err
}

// ReadFrom and WriteString would pass the bound by.
func (b *boundedBuffer) ReadFrom(io.Reader) (int64, error) { return 0, errors.ErrUnsupported }

// WriteString implements io.StringWriter.
func (b *boundedBuffer) WriteString(s string) (int, error) { return b.Write([]byte(s)) }
