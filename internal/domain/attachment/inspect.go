package attachment

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
)

// segments calls see with marker and payload of each segment of a JPEG (ITU
// T.81 annex B) before its first scan, until see gives false.
func segments(raw []byte, see func(marker byte, payload []byte) bool) {
	for at := 2; ; {
		next := bytes.IndexByte(raw[min(at, len(raw)):], 0xff)
		if next < 0 {
			return
		}
		at += next
		for at < len(raw) && raw[at] == 0xff {
			at++
		}
		if at >= len(raw) {
			return
		}
		marker := raw[at]
		at++
		switch {
		case marker == 0, marker == 1, marker >= 0xd0 && marker <= 0xd7:
			continue // no payload
		case marker == 0xd9, marker == 0xda, at+2 > len(raw):
			return
		}
		end := at + int(binary.BigEndian.Uint16(raw[at:]))
		if end < at+2 || end > len(raw) || !see(marker, raw[at+2:end]) {
			return
		}
		at = end
	}
}

// progressive tells a JPEG that is decoded in several passes, for which the
// decoder keeps all coefficients.
func progressive(raw []byte) bool {
	found := false
	segments(raw, func(marker byte, _ []byte) bool {
		found = found || marker == 0xc2
		return !found
	})
	return found
}

// orientation is the EXIF orientation of a JPEG (CIPA DC-008, tag 0x0112): 1 to
// 8, and 1, which is upright, when there is none or it makes no sense.
func orientation(raw []byte) int {
	found := 1
	segments(raw, func(marker byte, payload []byte) bool {
		tiff, ok := bytes.CutPrefix(payload, []byte("Exif\x00\x00"))
		if marker != 0xe1 || !ok {
			return true
		}
		found = tiffOrientation(tiff)
		return false
	})
	return found
}

// tiffOrientation looks through the first directory of a TIFF file.
func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// turn gives the picture as a viewer that heeds the orientation shows it.
func turn(picture image.Image, orientation int) image.Image {
	if orientation <= 1 || orientation > 8 {
		return picture
	}
	b := picture.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	at := colourAt(picture)
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch orientation {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			out.SetRGBA(tx, ty, at(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

// colourAt reads pixels without the allocation of image.Image.At.
func colourAt(picture image.Image) func(x, y int) color.RGBA {
	switch p := picture.(type) {
	case *image.YCbCr:
		return func(x, y int) color.RGBA {
			c := p.YCbCrAt(x, y)
			r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			return color.RGBA{r, g, b, 0xff}
		}
	case *image.Gray:
		return func(x, y int) color.RGBA {
			v := p.GrayAt(x, y).Y
			return color.RGBA{v, v, v, 0xff}
		}
	default:
		return func(x, y int) color.RGBA {
			return color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)
		}
	}
}

// countFrames walks the blocks of a GIF (GIF89a specification, section 12) and
// gives its frames and their pixels, without decompressing any. It takes every
// step as image/gif does, so that the decoder never meets a frame that was not
// counted; what breaks off there is counted as far as it goes.
func countFrames(raw []byte) (frames int, pixels int64) {
	if len(raw) < 13 {
		return 0, 0
	}
	at := 13 + tableLen(raw[10])
	for at < len(raw) {
		switch raw[at] {
		case 0x21: // extension
			if at = skipExtension(raw, at+1); at < 0 {
				return frames, pixels
			}
		case 0x2c: // frame: place and size, colours, code size, sub-blocks
			if at+10 > len(raw) {
				return frames, pixels
			}
			frames++
			width := int64(binary.LittleEndian.Uint16(raw[at+5:]))
			pixels += width * int64(binary.LittleEndian.Uint16(raw[at+7:]))
			at = skipSubBlocks(raw, at+10+tableLen(raw[at+9])+1)
		default:
			return frames, pixels
		}
	}
	return frames, pixels
}

// tableLen is the length of the colour table that the flags announce.
func tableLen(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// skipExtension gives the place after the extension whose label is at the given
// one, or -1 when the decoder refuses it.
func skipExtension(raw []byte, at int) int {
	if at+1 >= len(raw) {
		return -1
	}
	switch raw[at] {
	case 0x01: // plain text: 13 bytes, then sub-blocks
		return skipSubBlocks(raw, at+1+13)
	case 0xf9: // graphic control: 6 bytes
		return at + 1 + 6
	case 0xfe: // comment
		return skipSubBlocks(raw, at+1)
	case 0xff: // application: a block of any length, then sub-blocks
		return skipSubBlocks(raw, at+2+int(raw[at+1]))
	default:
		return -1
	}
}

func skipSubBlocks(raw []byte, at int) int {
	for at < len(raw) && raw[at] != 0 {
		at += 1 + int(raw[at])
	}
	return at + 1
}
