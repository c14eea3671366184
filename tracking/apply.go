// Package tracking makes the links of a message lead over us, so that we learn of clicks, adds the image by which we
// learn of opens, and tells people's opens and clicks from those of machines.
//
// It is used for messages only whose recipients agreed to that (gate.Verdict.Track). The text part of a mail is left
// alone: its links stay direct.
package tracking

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/links"
)

const (
	// maxLinks bounds the links of one message that lead over us; the others stay direct.
	maxLinks = 200
	// maxURL is the longest link that leads over us, in bytes.
	maxURL = 4096
)

// Apply stores where the links of a message lead, and returns its HTML with http and https links that lead over us and
// with the image that reports an open. A link that stands twice has one position; positions count from 1. Our own links
// (to unsubscribe, choose, confirm, answer), and mailto and tel links, stay as they are, and so does everything else to
// the byte. Applying it again to the same HTML gives the same. Empty HTML stays empty.
func Apply(ctx context.Context, db query.DBTX, s *links.Signer, message uuid.UUID, text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return text, nil
	}
	r := &rewriter{signer: s, message: message, base: base(s), positions: map[string]int{}}
	out, err := r.rewrite(text)
	if err != nil {
		return "", fmt.Errorf("track message %s: read its HTML: %w", message, err)
	}
	if len(r.urls) == 0 {
		return out, nil
	}
	arg := query.AddMessageLinksParams{MessageID: message, Urls: r.urls}
	for i := range r.urls {
		arg.Positions = append(arg.Positions, int32(i+1))
	}
	if err := query.New().AddMessageLinks(ctx, db, arg); err != nil {
		return "", fmt.Errorf("track message %s: store its links: %w", message, err)
	}
	return out, nil
}

// ImageURL is the address of the image that reports an open.
func ImageURL(s *links.Signer, message uuid.UUID) string { return s.URL(links.Open, message) + ".gif" }

// base is what our own links begin with.
func base(s *links.Signer) string {
	own := s.URL(links.Unsubscribe, uuid.Nil)
	return own[:strings.LastIndex(own, "/"+string(links.Unsubscribe)+"/")+1]
}

type rewriter struct {
	signer    *links.Signer
	message   uuid.UUID
	base      string
	urls      []string       // by position, from 1
	positions map[string]int // by URL
}

// rewrite copies the text token by token.
func (r *rewriter) rewrite(text string) (string, error) {
	var out strings.Builder
	image := `<img src="` + html.EscapeString(ImageURL(r.signer, r.message)) + `" width="1" height="1" alt="" style="border:0;width:1px;height:1px">`
	placed := false
	tokens := html.NewTokenizer(strings.NewReader(text))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			if err := tokens.Err(); !errors.Is(err, io.EOF) {
				return "", err
			}
			break
		}
		raw := string(tokens.Raw()) // before Token, which overwrites it
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			if token := tokens.Token(); r.tracks(&token) {
				raw = token.String()
			}
		case html.EndTagToken:
			if name, _ := tokens.TagName(); !placed && atom.Lookup(name) == atom.Body {
				out.WriteString(image)
				placed = true
			}
		}
		out.WriteString(raw)
	}
	if !placed {
		out.WriteString(image)
	}
	return out.String(), nil
}

// tracks gives the link of a tag its place and reports whether the tag changed.
func (r *rewriter) tracks(token *html.Token) bool {
	if token.DataAtom != atom.A && token.DataAtom != atom.Area {
		return false
	}
	for i := range token.Attr {
		a := &token.Attr[i]
		if a.Key != "href" || a.Namespace != "" {
			continue
		}
		to := strings.TrimSpace(a.Val)
		if !r.leadsOut(to) {
			return false
		}
		position, known := r.positions[to]
		if !known {
			if len(r.urls) == maxLinks {
				return false
			}
			r.urls = append(r.urls, to)
			position = len(r.urls)
			r.positions[to] = position
		}
		a.Val = r.signer.ClickURL(r.message, position)
		return true // a second href of the same tag is none to a browser
	}
	return false
}

// leadsOut reports whether a link leads to the web, and not to one of our own pages for people.
func (r *rewriter) leadsOut(to string) bool {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || len(to) > maxURL || (!strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https")) {
		return false
	}
	rest, own := strings.CutPrefix(to, r.base)
	if !own {
		return true
	}
	for _, k := range []links.Kind{links.Unsubscribe, links.Preferences, links.OptIn, links.Survey, links.Contract, links.Account, links.Open, links.Click} {
		if strings.HasPrefix(rest, string(k)+"/") {
			return false
		}
	}
	return true
}
