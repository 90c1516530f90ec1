package attachment_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"kefu/internal/domain/attachment"
)

func TestSniff(t *testing.T) {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`
	for name, c := range map[string]struct {
		head string
		want attachment.Type
	}{
		"JPEG":                     {"\xff\xd8\xff\xe0\x00\x10JFIF", attachment.JPEG},
		"PNG":                      {"\x89PNG\r\n\x1a\n\x00", attachment.PNG},
		"GIF":                      {"GIF89a\x01\x00", attachment.GIF},
		"GIF and JavaScript":       {"GIF89a=1;alert(1)//", attachment.GIF}, // Clean refuses it
		"WebP":                     {"RIFF\x10\x00\x00\x00WEBPVP8 ", attachment.WebP},
		"WAVE":                     {"RIFF\x10\x00\x00\x00WAVEfmt ", attachment.Binary},
		"RIFF cut":                 {"RIFF\x10\x00\x00\x00WEB", attachment.Binary},
		"PDF":                      {"%PDF-1.7\n%\xe2\xe3", attachment.PDF},
		"PDF and HTML":             {"%PDF-1.4\n<script>alert(1)</script>", attachment.PDF},
		"HTML and PDF":             {"<html><script>alert(1)</script>%PDF-1.4", attachment.Binary},
		"PDF later":                {"\n%PDF-1.4\x00", attachment.Binary},
		"text":                     {"Hello,\r\n\tworld", attachment.Text},
		"Chinese":                  {"退款没到账", attachment.Text},
		"byte order mark":          {"\ufeffhello", attachment.Text},
		"a number":                 {"< 5 and > 3", attachment.Text},
		"a heart":                  {"<3 you", attachment.Text},
		"text that names a tag":    {"I clicked on <b>pay</b>", attachment.Text},
		"JSON":                     {`{"error":"<html>"}`, attachment.Text},
		"NUL":                      {"hello\x00world", attachment.Binary},
		"escape":                   {"\x1b]0;x\x07", attachment.Binary},
		"C1 control":               {"a\u0085b", attachment.Binary},
		"Latin 1":                  {"caf\xe9", attachment.Binary},
		"Latin 1 inside":           {"caf\xe9 au lait", attachment.Binary},
		"UTF-16":                   {"\xff\xfeh\x00i\x00", attachment.Binary},
		"UTF-7 in ASCII":           {"+ADw-script+AD4-", attachment.Text}, // served as UTF-8
		"SVG":                      {svg, attachment.Binary},
		"SVG after blanks":         {" \n\t" + svg, attachment.Binary},
		"SVG after a mark":         {"\ufeff\u200b" + svg, attachment.Binary},
		"SVG after XML":            {`<?xml version="1.0"?>` + svg, attachment.Binary},
		"SVG after a comment":      {"<!-- hi -->" + svg, attachment.Binary},
		"SVG in capitals":          {"<SVG>", attachment.Binary},
		"HTML":                     {"<!DOCTYPE html><html>", attachment.Binary},
		"an element":               {"<img src=x onerror=alert(1)>", attachment.Binary},
		"closing element":          {"</p>", attachment.Binary},
		"PHP":                      {"<?php system('id');", attachment.Binary},
		"ASP":                      {"<% eval %>", attachment.Binary},
		"shell":                    {"#!/bin/sh\nrm -rf /", attachment.Binary},
		"batch":                    {"@ECHO OFF\r\ndel *", attachment.Binary},
		"PostScript":               {"%!PS-Adobe-3.0", attachment.Binary},
		"RTF":                      {`{\rtf1\ansi`, attachment.Binary},
		"web archive":              {"MIME-Version: 1.0\nContent-Type: multipart/related", attachment.Binary},
		"ELF":                      {"\x7fELF\x02\x01", attachment.Binary},
		"Windows program":          {"MZ\x90\x00\x03", attachment.Binary},
		"ZIP":                      {"PK\x03\x04\x14\x00", attachment.Binary},
		"HEIC":                     {"\x00\x00\x00\x18ftypheic", attachment.Binary},
		"PNG with a wrong ending":  {"\x89PNG\n\x1a\n", attachment.Binary},
		"JPEG's first two bytes":   {"\xff\xd8", attachment.Binary},
		"long text, cut character": {strings.Repeat("a", attachment.HeadLen-1) + "退款", attachment.Text},
		"binary behind the head":   {strings.Repeat("a", attachment.HeadLen) + "\x00", attachment.Text},
	} {
		if got := attachment.Sniff([]byte(c.head)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, s := range []string{"", "GIF89a", "<svg", " \u200b<a", "#!/bin/sh", "退款", "\xff\xd8\xff", "%PDF-", "RIFF1234WEBP"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		got := attachment.Sniff(head)
		if got != attachment.Text {
			return
		}
		text := strings.ToLower(strings.TrimSpace(string(head[:min(len(head), attachment.HeadLen)])))
		if strings.Contains(text, "\x00") || len(head) < attachment.HeadLen && !utf8.Valid(head) {
			t.Errorf("%q is taken for text", head)
		}
		for _, start := range []string{"<svg", "<html", "<script", "<!", "<?", "#!"} {
			if strings.HasPrefix(text, start) {
				t.Errorf("%q is taken for text", head)
			}
		}
	})
}
