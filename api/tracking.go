package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/feedback"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/tracking"
)

// ownProvider is the provider of what our own links report.
const ownProvider = "perdura"

// recordTimeout bounds the recording of a hit, which goes on when the caller has left with the answer.
const recordTimeout = 5 * time.Second

// pixel is a transparent GIF of 1×1.
var pixel = must(base64.StdEncoding.DecodeString("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// trackingOperations are the links of tracked messages. A GET of them records and changes nothing else: it never
// unsubscribes anybody, nor changes a choice.
func (s *Server) trackingOperations() []*Operation {
	if s.links == nil {
		return nil
	}
	var all []*Operation
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		all = append(all,
			&Operation{
				Method: method, Path: "/o/{token}", ID: "openImage" + method, Summary: "The image that reports an open", Tag: "messages",
				Raw: true, Unlisted: true, Handle: s.openImage,
			},
			&Operation{
				Method: method, Path: "/l/{token}", ID: "followLink" + method, Summary: "Lead on to a link of a message", Tag: "messages",
				Raw: true, Unlisted: true, Handle: s.followLink,
			})
	}
	return all
}

// openImage always answers with the image: whoever loads it can do nothing about an error.
func (s *Server) openImage(c *Call) error {
	h := c.Response().Header()
	h.Set("Cache-Control", "private, no-store, max-age=0")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // webmail shows it in its own pages
	h.Set("Content-Length", strconv.Itoa(len(pixel)))
	if err := c.Blob(http.StatusOK, "image/gif", pixel); err != nil {
		return err
	}
	c.Response().Flush()
	message, _, err := s.links.Read(links.Open, strings.TrimSuffix(c.Param("token"), ".gif"))
	if err != nil {
		return nil
	}
	s.record(c, func(ctx context.Context) error {
		row, err := query.New().FindTracked(ctx, s.pool, message)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		hit := tracking.Hit{Method: c.Request().Method, Header: c.Request().Header, Kind: feedback.Opened, Since: since(row.HandedAt)}
		return s.hit(ctx, message, 0, hit, row.Tracked)
	})
	return nil
}

// followLink leads on to the stored link of a message, and nowhere else. The person is answered first; then the click is
// recorded, in one short transaction, before the request ends.
func (s *Server) followLink(c *Call) error {
	message, position, err := s.links.Read(links.Click, c.Param("token"))
	if err != nil {
		return problem.NoSuchPath()
	}
	now := time.Now()
	row, err := query.New().FollowLink(c.Ctx(), s.pool, query.FollowLinkParams{
		MessageID: message, Position: int32(position), Since: s.clock.At(now.Add(-tracking.Instant)),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.NoSuchPath()
	}
	if err != nil {
		return fmt.Errorf("follow a link: %w", err)
	}
	c.Response().Header().Set("Content-Length", "0")
	if err := c.Redirect(http.StatusFound, row.Url); err != nil {
		return err
	}
	c.Response().Flush()
	s.record(c, func(ctx context.Context) error {
		hit := tracking.Hit{Method: c.Request().Method, Header: c.Request().Header, Kind: feedback.Clicked, Since: since(row.HandedAt), OtherLink: row.OtherLink}
		return s.hit(ctx, message, position, hit, row.Tracked)
	})
	return nil
}

// record does what is left after the answer; an error of it concerns the log.
func (s *Server) record(c *Call, work func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Ctx()), recordTimeout)
	defer cancel()
	if err := work(ctx); err != nil {
		s.log.WarnContext(ctx, "an open or a click could not be recorded", "error", describe(err))
	}
}

// hit records an open or a click. Of a message that may not be tracked nothing is recorded. Each kind is recorded once
// for each message, link and verdict: looking again at a mail is no news.
func (s *Server) hit(ctx context.Context, message uuid.UUID, position int, h tracking.Hit, tracked bool) error {
	if !tracked {
		return nil
	}
	reason := tracking.Machine(h)
	_, err := s.take(ctx, []feedback.Report{{
		Provider: ownProvider, ExternalID: fmt.Sprintf("%s/%s/%d/%s", h.Kind, message, position, reason), Kind: h.Kind,
		MessageID: message, Link: position, Filtered: reason, At: s.clock.Now(),
	}})
	return err
}

// since is the real time since a message was handed over; negative when it was not, as far as is known.
func since(handed *time.Time) time.Duration {
	if handed == nil {
		return -1
	}
	return max(0, time.Since(*handed))
}
